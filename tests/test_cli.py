"""Does each command do its work, and answer trouble with one line that names the mend?"""

import errno
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils import cli
from course_utils.book import build_book
from course_utils.checks.check import frozen_cases
from course_utils.checks.grade import grade
from course_utils.exercises import find

ROOT = Path(__file__).parent.parent
VERBS = (
    "demo", "book", "release", "freeze", "kit", "check", "grade", "report", "bench", "similar",
    "doctor", "new", "exercise", "experiment", "prove", "progress", "reset",
    "collect", "return",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example(verb, capsys):
    """Does `--help` show how the verb is used?"""
    assert cli.main([verb, "--help"]) == 0
    assert f"Example: course {verb}" in capsys.readouterr().out


def test_help_lists_every_verb_with_a_whole_sentence(capsys, monkeypatch):
    """Does `course --help` say on a narrow terminal, too, what each verb does?"""
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0]
    rows = dict(line.split(None, 1) for line in listed.splitlines())
    assert set(rows) == set(VERBS)
    assert all(summary.endswith(".") and "..." not in summary for summary in rows.values())


def test_help_waits_for_no_library():
    """Is nothing imported for `--help` that takes long?"""
    code = (
        "import sys\n"
        "from course_utils import cli\n"
        "cli.main(['grade', '--help'])\n"
        "print('slow:', {'numpy', 'torch', 'nbgrader', 'nbformat', 'IPython'} & set(sys.modules))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("slow: set()\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Commands:"),
        (["no-such-verb"], "No such command 'no-such-verb'"),
        (["report"], "Missing argument 'SLUG'"),
        (["book", "--port", "x"], "'x' is not a valid integer"),
        (["report", "lstm", "--csv", "--json"], "--json and --csv exclude each other"),
        (["grade", "lstm", "--isolation", "some"], "'some' is not one of 'best', 'required'"),
        (["doctor", "--jsn"], "No such option '--jsn'. Did you mean '--json'?"),
    ],
)
def test_wrong_use_is_exit_code_2(words, says, capsys):
    """Is a mistyped command told apart from a problem that was found, and what was meant named?"""
    assert cli.main(words) == 2
    assert says in capsys.readouterr().err


def not_utf8(path):
    path.write_bytes(b"\xff\xfe\x00")


def truncated(path):
    path.write_text('{"cells": [', encoding="utf-8")


def wrong_json(path):
    path.write_text('{"cells": 3, "nbformat": 4}', encoding="utf-8")


def checkless(path):
    nbformat.write(nbformat.v4.new_notebook(), path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.mkdir(), "is a folder: name the notebook in it"),
        (lambda path: path.touch(), "is not a readable notebook"),
        (not_utf8, "is not a readable notebook"),
        (truncated, "is not a readable notebook"),
        (wrong_json, "is not a readable notebook"),
        (checkless, "holds no check cell"),
    ],
)
def test_an_unreadable_notebook_is_one_line(make, says, tmp_path, capsys):
    """Is each kind of broken file named, without a traceback?"""
    path = tmp_path / "answers.ipynb"
    make(path)
    assert cli.main(["check", str(path)]) == 2
    assert_one_line(capsys.readouterr().err, says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["release", "convolution-aritmetic"], "did you mean 'convolution-arithmetic'?"),
        (["release", "zzz"], "unknown topic 'zzz'; there are architectures, "),
        (["demo", "zzz"], "unknown topic 'zzz'"),
        (["kit", "zzz"], "unknown topic 'zzz'; there are architectures, "),
        (["--course", "{empty}", "kit"], "solutions is missing"),
        (["--course", "{empty}", "release"], "solutions is missing: run this in the course's"),
        (["--course", "{empty}", "demo"], "solutions is missing"),
        (["--course", "{empty}", "book"], "has no _toc.yml: run this in the course's folder"),
        (["--course", "{empty}/none", "book"], "has no _toc.yml"),
        (["report", "convolution-arithmetic", "--root", "{empty}"], "has no gradebook.db"),
        (["book", "--serve", "--port", "{taken}"], "is in use: try --port"),
    ],
)  # fmt: skip
def test_trouble_is_one_line_with_the_mend(words, says, tmp_path, monkeypatch, capsys):
    """Is a person told what to do, in one line, with exit code 2?"""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("course_utils.book.build_book", build_book_unless_empty)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        names = {"empty": str(tmp_path), "taken": str(taken.getsockname()[1])}
        assert cli.main([word.format(**names) for word in words]) == 2
    assert_one_line(capsys.readouterr().err, says)


def build_book_unless_empty(root, out):
    """Stand in for the build where the book's folder is right, to save its time."""
    if (root / "_toc.yml").is_file():
        return out
    return build_book(root, out)


def test_interrupting_is_no_traceback(monkeypatch, capsys):
    """Does Ctrl-C end a command quietly?"""

    def interrupt(*names, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("course_utils.grading.handout.freeze.freeze", interrupt)
    assert cli.main(["freeze"]) == 1
    assert_one_line(capsys.readouterr().err.strip(), "course freeze: stopped")


def test_interrupting_before_a_verb_begins_is_no_traceback(monkeypatch, capsys):
    """Does Ctrl-C end a command quietly that has not yet begun?"""

    def interrupt(context):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.course, "invoke", interrupt)
    assert cli.main(["freeze"]) == 1
    assert_one_line(capsys.readouterr().err.strip(), "course: stopped")


def full(*names, **options):
    raise OSError(errno.ENOSPC, "No space left on device", "records/a")


def full_for_a_reason(*names, **options):
    try:
        raise sqlite3.OperationalError("database or disk is full")
    except sqlite3.Error as error:
        raise RuntimeError("not written") from error


@pytest.mark.parametrize(
    ("fail", "says"),
    [
        (full, "course freeze: the disk that holds records/a is full. Make room"),
        (full_for_a_reason, "course freeze: the disk is full. Make room"),
    ],
)
def test_a_full_disk_is_one_line(fail, says, monkeypatch, capsys):
    """Is a full disk named with the mend, whoever says so?"""
    monkeypatch.setattr("course_utils.grading.handout.freeze.freeze", fail)
    assert cli.main(["freeze"]) == 1
    assert_one_line(capsys.readouterr().err.strip(), says)


def test_another_error_is_not_hidden(monkeypatch):
    """Does a fault of the course's own keep its traceback?"""

    def fail(*names, **options):
        raise ZeroDivisionError

    monkeypatch.setattr("course_utils.grading.handout.freeze.freeze", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["freeze"])


def test_what_is_shown_does_nothing_to_the_terminal(monkeypatch, capsys, tmp_path):
    """Are the sequences that a terminal acts on written out, in errors and in reports?"""
    assert cli.main(["check", "\x1b[2Jx.ipynb"]) == 2
    assert_one_line(capsys.readouterr().err, "there is no file \\x1b[2Jx.ipynb")
    reports = [("a\x1b[1m", "text\x1b]0;title\x07", False)]
    monkeypatch.setattr("course_utils.desk.command.self_check", lambda path: reports)
    (tmp_path / "x.ipynb").write_text("{}", encoding="utf-8")
    assert cli.main(["check", str(tmp_path / "x.ipynb")]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_the_kit_is_put_where_it_is_asked_for(tmp_path, capsys):
    """Does `course kit` make the zip and say where it is?"""
    out = tmp_path / "hand outs"
    assert cli.main(["--course", str(ROOT), "kit", "--out", str(out)]) == 0
    path = out / "filters-and-memory-kit.zip"
    assert path.is_file()
    assert capsys.readouterr().out == f"The kit is made: {path}\n"


def test_the_solution_passes_its_own_checks(capsys):
    """Does `course check` run a notebook and find every check passed?"""
    slug = "convolution-arithmetic"
    path = ROOT / "solutions" / slug / f"{slug}.ipynb"
    before = path.read_bytes()
    assert cli.main(["check", str(path)]) == 0
    assert "All 10 checks pass." in capsys.readouterr().out
    assert path.read_bytes() == before


def test_the_released_notebook_does_not_pass_untouched(capsys):
    """Does every check of the released notebook fail, and say that nothing is written yet?"""
    slug = "convolution-arithmetic"
    assert cli.main(["check", str(ROOT / "exercises" / slug / f"{slug}.ipynb")]) == 1
    out = capsys.readouterr().out
    assert out.count("nothing is written yet") == 10
    assert "10 of 10 checks do not pass yet" in out


def test_core_needs_only_numpy():
    """Can a student's part be imported where neither torch nor IPython nor nbgrader is?"""
    code = (
        "import sys\n"
        "for name in ('torch', 'IPython', 'nbgrader', 'nbformat', 'matplotlib', 'tqdm'):\n"
        "    sys.modules[name] = None\n"
        "from course_utils.arithmetic import output_size\n"
        "from course_utils.checks import check\n"
        "check('output_size', output_size)\n"
        "import course_utils.cli\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "2 of 2 points" in run.stdout


def test_makefile_and_readme_name_targets_that_exist():
    """Are the README's commands those of the Makefile and of `course`?"""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    readme = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    for word in re.findall(r"(?:`|^)make ([a-z]+)", readme, re.MULTILINE):
        assert word in targets
    for verb in re.findall(r"(?:`|^)course ([a-z]+)", readme, re.MULTILINE):
        assert verb in VERBS


def test_the_readmes_table_is_what_a_student_sees():
    """Is the report in the README the one that this mistake gets?"""
    wrong = find("output_size").mistakes["rounds_up"].function
    report = grade(frozen_cases("output_size"), wrong)
    assert f"```\n{report}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")


def assert_one_line(text, says):
    assert says in text
    assert text.strip().count("\n") == 0
    assert "Traceback" not in text
