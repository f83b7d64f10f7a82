"""Is an experiment kept training by training, so that it goes on where it was stopped?"""

import json

import pytest

from course_utils.bench import experiment as experiments
from course_utils.bench.experiment import Experiment
from course_utils.cli import main
from course_utils.errors import CourseError


class Stop(Exception):
    """What a person does who has waited for long enough."""


def counting(done, stop_at=None):
    """Return an experiment of six trainings that notes which it has done."""

    def study(setting):
        if len(done) == stop_at:
            raise Stop
        done.append(setting)
        return {"found": 10 * setting["seed"] + len(setting["kind"])}

    settings = [{"kind": kind, "seed": seed} for seed in range(3) for kind in ("a", "bb")]
    return Experiment(settings, study, lambda one: f"{one['kind']}: {one['found']}")


def test_each_training_is_kept_with_its_setting(tmp_path):
    """Does the file hold a line for each, in order, and is each told with its number?"""
    path = tmp_path / "new" / "file.json"
    lines = list(experiments.run(counting([]), path))
    text = path.read_text(encoding="utf-8").splitlines()
    assert len(text) == 6 + 2
    records = json.loads("\n".join(text))
    assert records[:2] == [
        {"kind": "a", "seed": 0, "found": 1},
        {"kind": "bb", "seed": 0, "found": 2},
    ]
    assert [line.split()[0] for line in lines] == [f"{n}/6" for n in range(1, 7)]
    assert "bb: 22" in lines[-1]
    assert lines[-1].endswith("0 min left)")
    assert sorted(tmp_path.rglob("*.json*")) == [path]


def test_it_goes_on_where_it_was_stopped(tmp_path):
    """Are only the trainings done that the file lacks, and is the file as if nothing had been?"""
    path, done = tmp_path / "file.json", []
    with pytest.raises(Stop):
        list(experiments.run(counting(done, stop_at=4), path))
    assert len(json.loads(path.read_text())) == 4
    again = []
    lines = list(experiments.run(counting(again), path))
    assert lines[0] == f"4 of 6 trainings are in {path} already."
    assert [one["seed"] for one in again] == [2, 2]
    list(experiments.run(counting([]), tmp_path / "whole.json"))
    assert path.read_text() == (tmp_path / "whole.json").read_text()
    assert list(experiments.run(counting(again), path)) == [
        f"6 of 6 trainings are in {path} already."
    ]
    assert len(again) == 2


def test_trainings_of_other_settings_do_not_count(tmp_path):
    """Is a training whose setting has changed done anew, and left out of the file?"""
    path, done = tmp_path / "file.json", []
    other = [{"kind": "ccc", "seed": 0, "found": 7}, {"kind": "a", "found": 7}]
    path.write_text(json.dumps(other))
    list(experiments.run(counting(done), path))
    assert len(done) == 6
    assert all(one["kind"] in ("a", "bb") for one in json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("text", "says"), [("[", "is no JSON"), ('{"a": 1}', "holds no"), ("[1]", "holds no")]
)
def test_a_file_of_another_kind_is_left_alone(tmp_path, text, says):
    """Does the error name the remedy, and is the file as it was?"""
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(CourseError, match=says + r".*--out"):
        list(experiments.run(counting([]), path))
    assert path.read_text() == text


def test_the_command_says_what_it_does(tmp_path, monkeypatch, capsys):
    """Does `course experiment` run one, keep it in the book or where it is asked to, and say so?"""
    monkeypatch.setattr(
        experiments, "find", lambda *_: (counting([]), experiments.Path("book/some.json"))
    )
    assert main(["--course", str(tmp_path), "experiment", "degradation"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 7
    assert said[-1] == f"All 6 trainings are in {tmp_path / 'book' / 'some.json'}"
    out = tmp_path / "elsewhere.json"
    assert main(["experiment", "degradation", "--out", str(out)]) == 0
    assert out.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["degradaton"], "unknown experiment 'degradaton'; did you mean 'degradation'?"),
        (["degradation", "--data", "cifar100"], "unknown data 'cifar100'; did you mean 'cifar10'?"),
        (["adding-problem", "--data", "digits"], "leave --data out"),
    ],
)
def test_what_there_is_not_is_refused(words, says, capsys):
    """Does the command end with 2, and its line name the remedy?"""
    assert main(["experiment", *words]) == 2
    assert says in capsys.readouterr().err


def test_other_data_have_a_file_of_their_own():
    """Is the book's file safe from trainings on other data?"""
    _, file = experiments.find("degradation", "cifar10", 1)
    assert file.name == "degradation-cifar10.json"
    found, file = experiments.find("degradation", None, 2)
    assert file.name == "degradation.json"
    assert {setting["seed"] for setting in found.settings} == {0, 1}
