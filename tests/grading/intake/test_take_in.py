"""Does whatever a student hands in come out as one notebook that can be graded?"""

import copy
import errno
import json
import os
import random
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum, parse_utc

from course_utils.errors import CourseError
from course_utils.grading.intake import take_in as intake
from course_utils.grading.intake.take_in import Note, take_in
from course_utils.grading.intake.times import KnownTime

ROOT = Path(__file__).parents[3]
SLUG = "convolution-arithmetic"
NAME = f"{SLUG}.ipynb"
RELEASED = ROOT / "exercises" / SLUG / NAME
BLANK = nbformat.read(RELEASED, as_version=4)
NOW = datetime.now(UTC).replace(tzinfo=None)


def answered(result=7):
    nb = copy.deepcopy(BLANK)
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = cell.source.replace("raise NotImplementedError", f"return {result}")
    return nb


def sources(notebook):
    return [cell.source for cell in notebook.cells]


def graded_cells(notebook):
    graded = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return [(c.id, c.source, c.metadata, c.cell_type) for c in graded]


class Desk:
    """A student's folder, and what is made of it."""

    def __init__(self, root):
        self.folder = root / "submitted" / "student-001" / SLUG
        self.clean = root / "clean" / "student-001" / SLUG
        self.folder.mkdir(parents=True)

    def write(self, notebook, name=NAME, days_ago=0):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, path)
        when = datetime.now().timestamp() - 86_400 * days_ago
        os.utime(path, (when, when))
        return path

    def take_in(self):
        """Take it in; return the notebook and its notes' kinds, once all that must hold does."""
        before = self.snapshot()
        notes = take_in(RELEASED, self.folder, self.clean)
        assert self.snapshot() == before
        notebook = nbformat.read(self.clean / NAME, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        assert graded_cells(notebook) == graded_cells(BLANK)
        for cell in notebook.cells:
            nbgrader = cell.metadata.get("nbgrader", {})
            if nbgrader.get("locked"):
                assert compute_checksum(cell) == nbgrader["checksum"]
        kept = notebook.metadata.pop("course")["notes"]
        assert kept == [{"kind": note.kind, "says": note.says} for note in notes]
        assert notebook.metadata == BLANK.metadata
        assert {path.name for path in self.clean.iterdir()} <= {NAME, "timestamp.txt"}
        self.notes = notes
        return notebook, [note.kind for note in notes]

    def snapshot(self):
        paths = sorted(self.folder.rglob("*")) if self.folder.is_dir() else []
        return [(p, os.lstat(p).st_mtime_ns, os.lstat(p).st_size) for p in paths]

    def timestamp(self):
        path = self.clean / "timestamp.txt"
        return path.read_text() if path.exists() else None


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_an_honest_submission(desk):
    """Is it taken over as it is, without a note and without a timestamp that nobody wrote?"""
    desk.write(answered())
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered())
    assert kinds == []
    assert desk.timestamp() is None


def test_the_released_notebook(desk):
    """Is the blank assignment taken over without a note, byte by byte but for the empty notes?"""
    desk.write(BLANK)
    notebook, kinds = desk.take_in()
    assert notebook == BLANK
    assert kinds == []


def test_the_clean_folder_is_made_anew(desk):
    """Does nothing of an earlier submission stay in the clean folder?"""
    desk.clean.mkdir(parents=True)
    (desk.clean / "numpy.py").write_text("old")
    (desk.clean / "timestamp.txt").write_text("old")
    desk.write(answered())
    desk.take_in()
    assert [path.name for path in desk.clean.iterdir()] == [NAME]


@pytest.mark.parametrize("kind", ["empty", "a link"])
def test_no_folder_to_speak_of(desk, kind):
    """Is an empty folder, or a link in its place, a blank, and named?"""
    if kind == "a link":
        desk.folder.rmdir()
        other = desk.folder.parent / "other"
        other.mkdir()
        nbformat.write(answered(), other / NAME)
        desk.folder.symlink_to(other)
    notebook, kinds = desk.take_in()
    assert notebook == BLANK
    assert kinds == ["nothing handed in"]


@pytest.mark.parametrize(
    "name",
    [
        NAME.upper(),
        f"{SLUG} (1).ipynb",
        f"Copy of {SLUG}.ipynb",
        f"my folder/{NAME}",
        "ümläut.ipynb",
        "a\nb.ipynb",
        "a\udcff.ipynb",
    ],
)
def test_a_notebook_of_another_name(desk, name):
    """Is the only notebook taken, whatever it is called and in a folder too?"""
    desk.write(answered(), name)
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered())
    assert kinds == ["file name"]


def test_folders_are_searched_two_levels_deep(desk):
    """Is a notebook found in a folder of a folder, but not below, nor where systems hide copies?"""
    (desk.folder / "a" / "b" / "c").mkdir(parents=True)
    for hidden in ("a/b/c", ".ipynb_checkpoints", "__MACOSX"):
        desk.write(answered(1), f"{hidden}/{NAME}")
    desk.write(answered(1), f"._{NAME}")
    assert desk.take_in()[1] == ["nothing handed in"]
    desk.write(answered(2), f"a/b/{NAME}")
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered(2))
    assert kinds == ["file name"]


def test_of_several_notebooks_the_newest_counts(desk):
    """Is the newest taken, unless one has the right name or nearly so?"""
    desk.write(answered(1), "a.ipynb", days_ago=3)
    desk.write(answered(2), "b.ipynb", days_ago=1)
    desk.write(answered(3), "c.ipynb", days_ago=2)
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered(2))
    assert kinds == ["file name", "other files"]
    assert "b.ipynb (the best fit of 3)" in desk.notes[0].says
    desk.write(answered(4), NAME.upper(), days_ago=9)
    assert sources(desk.take_in()[0]) == sources(answered(4))
    desk.write(answered(5), days_ago=9)
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered(5))
    assert kinds == ["other files"]


def test_an_unreadable_notebook_gives_way_to_a_copy(desk):
    """Where the right file is empty, does a copy count, and is the fault named?"""
    (desk.folder / NAME).touch()
    desk.write(answered(), f"{SLUG} (1).ipynb")
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered())
    assert kinds == ["unreadable", "file name"]


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_notebook_that_is_no_ordinary_file(desk, kind):
    """Is a link to another's work not followed, and a folder or pipe no stop?"""
    path = desk.folder / NAME
    if kind == "link":
        nbformat.write(answered(), desk.folder.parent / "theirs.ipynb")
        path.symlink_to(desk.folder.parent / "theirs.ipynb")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    notebook, kinds = desk.take_in()
    assert notebook == BLANK
    assert kinds == ["unreadable", "nothing handed in"]
    assert kind in desk.notes[0].says or kind == "pipe"


def test_a_folder_that_is_a_link_is_not_entered(desk):
    """Does a link to a folder with someone's notebook give nothing?"""
    other = desk.folder.parent / "theirs"
    other.mkdir()
    nbformat.write(answered(), other / NAME)
    (desk.folder / "mine").symlink_to(other)
    assert desk.take_in() == (BLANK, ["nothing handed in", "other files"])


def test_other_files_are_left_behind(desk):
    """Are modules that would shadow others, data and links named and not copied?"""
    desk.write(answered())
    for name in ("numpy.py", "torch.py", "data.csv", "sitecustomize.py", "b/c.txt", "d", "e"):
        (desk.folder / name).parent.mkdir(exist_ok=True)
        (desk.folder / name).write_text("x")
    (desk.folder / "a-link").symlink_to("/etc/passwd")
    (desk.folder / ".DS_Store").write_text("x")
    (desk.folder / "__pycache__").mkdir()
    _, kinds = desk.take_in()
    assert kinds == ["other files"]
    assert "(a-link, b/c.txt, d, data.csv, e and 3 more)" in desk.notes[0].says


def test_a_folder_of_very_many_files_ends(desk, monkeypatch):
    """Does the search end where there is no end of files?"""
    monkeypatch.setattr(intake, "MAX_FILES", 50)
    desk.write(answered())
    for i in range(200):
        (desk.folder / f"{i}.txt").touch()
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered())
    assert kinds == ["other files"]


def test_files_that_came_with_the_assignment_are_no_others(desk, tmp_path):
    """Is a file that lies beside the released notebook handed in without a note?"""
    released = tmp_path / "exercises" / SLUG
    released.mkdir(parents=True)
    nbformat.write(BLANK, released / NAME)
    desk.write(answered())
    for folder in (released, desk.folder):
        (folder / "data").mkdir()
        (folder / "data" / "points.csv").write_text("1,2")
    assert take_in(released / NAME, desk.folder, desk.clean) == []


def timed(desk, content, days_ago=0):
    desk.write(answered(), days_ago=days_ago)
    path = desk.folder / "timestamp.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return desk.take_in()[1]


@pytest.mark.parametrize(
    ("form", "hours"),
    [
        ("%Y-%m-%d %H:%M:%S.%f UTC", 0),
        ("%Y-%m-%d %H:%M:%S", 0),
        ("%Y-%m-%dT%H:%M:%S+02:00", -2),
        ("\ufeff%Y-%m-%d %H:%M:%S UTC\r\n", 0),
        ("%Y-%m-%d %H:%M:%S Asia/Tokyo", -9),
        ("%Y-%m-%d %H:%M:%S Nowhere/Land", 0),
        ("%Y-%m-%dT%H:%M:%S XYZ", 0),
    ],
)
def test_a_time_that_can_be_believed(desk, form, hours):
    """Is an honest time kept, in the form that nbgrader reads?"""
    when = (NOW - timedelta(days=5)).replace(microsecond=0)
    assert timed(desk, when.strftime(form), days_ago=6) == []
    assert desk.timestamp() == f"{when + timedelta(hours=hours)} UTC"
    assert parse_utc(desk.timestamp()) == when + timedelta(hours=hours)


@pytest.mark.parametrize(
    "content",
    [
        "2001-01-01 00:00:00 UTC",
        pytest.param(f"{NOW + timedelta(days=2)} UTC", id="in two days"),
        "9999-12-31 23:59:59 UTC",
        "0001-01-01 00:00:00 Asia/Tokyo",
        "2026-02-31 00:00:00 UTC",
        "2026-01-01 00:00:00 /etc/passwd",
        "yesterday",
        "",
        "\x00" * 50,
        b"\xff\xfe\x00",
        pytest.param(f"{NOW} UTC" + " " * 2000, id="2000 blanks"),
    ],
)
def test_a_time_that_cannot_be_right(desk, content):
    """Does the time of the notebook file count instead of a forged or broken one?"""
    assert timed(desk, content, days_ago=3) == ["timestamp"]
    when = parse_utc(desk.timestamp())
    assert desk.timestamp().endswith(" UTC")
    now = datetime.now(UTC).replace(tzinfo=None)
    assert abs(now - timedelta(days=3) - when) < timedelta(minutes=10)
    assert f"{when:%Y-%m-%d %H:%M}" in desk.notes[-1].says


@pytest.mark.parametrize(
    ("claims", "kinds"),
    [
        (timedelta(minutes=-4), []),  # clocks may differ
        (timedelta(minutes=-8), ["timestamp"]),
        (timedelta(days=-3), ["timestamp"]),
        (timedelta(days=-400), ["timestamp"]),
        (timedelta(days=1), []),
    ],
)
def test_a_time_before_the_notebook_was_changed(desk, claims, kinds):
    """Does it count for nothing, since the student can have written it himself?"""
    changed = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=2)
    assert timed(desk, f"{changed + claims} UTC", days_ago=2) == kinds
    counts = changed if kinds else changed + claims
    assert abs(parse_utc(desk.timestamp()) - counts) < timedelta(minutes=1)


def test_times_that_are_trusted(desk):
    """Does the older time count where an instructor says that he wrote it, but no garbage?"""
    desk.write(answered())
    (desk.folder / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    trusted = KnownTime(timestamps="trusted")
    assert take_in(RELEASED, desk.folder, desk.clean, trusted) == []
    assert desk.timestamp() == "2026-01-02 03:04:05 UTC"
    (desk.folder / "timestamp.txt").write_text("02/01")
    assert [n.kind for n in take_in(RELEASED, desk.folder, desk.clean, trusted)] == ["timestamp"]


@pytest.mark.parametrize("theirs", [None, "2026-01-01 00:00:00 UTC", "soon", "\x00"])
def test_a_recorded_time_counts(desk, theirs):
    """Does the collector's record stand, whatever the student wrote, and however new the file?"""
    desk.write(answered())
    if theirs:
        (desk.folder / "timestamp.txt").write_text(theirs)
    known = KnownTime("2026-02-03 04:05:06 UTC")
    assert take_in(RELEASED, desk.folder, desk.clean, known) == []
    assert desk.timestamp() == "2026-02-03 04:05:06 UTC"


@pytest.mark.parametrize("recorded", ["12:00", "soon", "2026-13-01 12:00", "03.02.2026", "=1+1"])
def test_a_recorded_time_that_is_none(desk, recorded):
    """Is it named with the file that it stands in, and no day made up?"""
    desk.write(answered())
    notes = take_in(RELEASED, desk.folder, desk.clean, KnownTime(recorded, file="times/a.csv"))
    assert [note.kind for note in notes] == ["timestamp"]
    assert "times/a.csv" in notes[0].says
    assert desk.timestamp() is None


def test_a_timestamp_that_is_a_link(desk):
    """Is a link in the place of the time not read?"""
    (desk.folder.parent / "t").write_text(f"{NOW} UTC")
    (desk.folder / "timestamp.txt").symlink_to(desk.folder.parent / "t")
    desk.write(answered())
    assert desk.take_in()[1] == ["timestamp"]


@pytest.mark.parametrize("when", [-1e15, 2**40, 2**62 / 1e9])
def test_a_file_from_the_far_future(desk, when):
    """Is a notebook file that was changed at no possible time dated now at the latest?"""
    path = desk.write(answered())
    (desk.folder / "timestamp.txt").write_text("never")
    try:
        os.utime(path, (when, when))
    except (OSError, OverflowError):
        pytest.xfail("this file system keeps no such time")
    desk.take_in()
    now = datetime.now(UTC).replace(tzinfo=None)
    assert parse_utc(desk.timestamp()) <= now + timedelta(minutes=1)


def test_a_time_without_a_notebook(desk):
    """Does a time alone neither help nor stop?"""
    now = datetime.now(UTC).replace(tzinfo=None)
    (desk.folder / "timestamp.txt").write_text(f"{now} UTC")
    assert desk.take_in() == (BLANK, ["nothing handed in"])
    assert desk.timestamp() == f"{now} UTC"
    (desk.folder / "timestamp.txt").write_text("soon")
    assert desk.take_in()[1] == ["nothing handed in", "timestamp"]


REFUSALS = [
    PermissionError(errno.EACCES, "Permission denied"),
    OSError(errno.EIO, "Input/output error"),
    FileNotFoundError(errno.ENOENT, "No such file or directory"),
]


@pytest.mark.parametrize("error", REFUSALS, ids=str)
@pytest.mark.parametrize("which", [NAME, "timestamp.txt"])
def test_a_file_that_the_system_refuses(desk, monkeypatch, which, error):
    """Is it named, with what to do, and never taken for a blank; even where there is a copy?"""
    desk.write(answered())
    desk.write(answered(1), "copy.ipynb")
    (desk.folder / "timestamp.txt").write_text("2026-01-01 00:00 UTC")
    opened = os.open

    def refuse(path, *args, **kwargs):
        if Path(path).name == which:
            raise type(error)(*error.args, str(path))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CourseError, match=rf"{which}' cannot be read \({error.strerror}\): "):
        take_in(RELEASED, desk.folder, desk.clean)
    assert not desk.clean.exists()


@pytest.mark.parametrize("which", ["", "mine"])
def test_a_folder_that_the_system_refuses(desk, monkeypatch, which):
    """Is one that may hold the notebook named, and one beside the notebook no matter?"""
    (desk.folder / "mine").mkdir()
    scanned = os.scandir

    def refuse(path):
        if Path(path) == desk.folder / which:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scanned(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CourseError, match="give yourself the right"):
        take_in(RELEASED, desk.folder, desk.clean)
    desk.write(answered())
    assert take_in(RELEASED, desk.folder, desk.clean) == []


@pytest.mark.parametrize("gone", ["folder", "folder within", "notebook", "for a file"])
def test_what_vanishes_is_no_blank(desk, monkeypatch, gone):
    """Is a submission named, and nothing written, if what it had goes while it is read?"""
    desk.write(answered(), f"inner/{NAME}" if gone == "folder within" else NAME)
    scanned, files = os.scandir, intake._files

    def scan(folder):
        if gone == "folder within" and folder == desk.folder / "inner":
            (folder / NAME).unlink()
            folder.rmdir()
        return scanned(folder)

    def found(folder):
        if gone in ("folder", "for a file"):
            shutil.rmtree(folder)
        if gone == "for a file":
            folder.write_text("x")
        there = files(folder)
        if gone == "notebook":
            (folder / NAME).unlink()
        return there

    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(intake, "_files", found)
    with pytest.raises(CourseError, match=r"cannot be read \((No such|Not a)"):
        take_in(RELEASED, desk.folder, desk.clean)
    assert not desk.clean.exists()


@pytest.mark.parametrize("error", [KeyError, RecursionError, MemoryError])
def test_what_nobody_foresaw(desk, monkeypatch, error):
    """Does an error in the intake itself give a blank that says so?"""

    def fail(*_):
        raise error

    desk.write(answered())
    monkeypatch.setattr(intake, "_found", fail)
    assert desk.take_in() == (BLANK, ["unreadable"])
    assert desk.notes == [
        Note(
            "unreadable",
            f"This submission could not be read ({error.__name__}): ask your instructor.",
        )
    ]


def test_letters_that_no_file_can_hold(desk):
    """Are half characters and NULs in a source written as something that can be read?"""
    text = nbformat.writes(answered())
    (desk.folder / NAME).write_text(text.replace("return 7", "return '\\ud800\\u0000'"))
    notebook, kinds = desk.take_in()
    assert sources(notebook) == sources(answered("'\ufffd'"))
    assert kinds == ["characters"]


def test_a_damaged_and_mangled_notebook_names_each_fault(desk):
    """Do the notes of reading, rebuilding and the folder come together?"""
    nb = answered()
    nb.cells[5].source = "pass"
    (desk.folder / NAME).write_text(nbformat.writes(nb)[:-2000])
    (desk.folder / "numpy.py").touch()
    (desk.folder / "timestamp.txt").touch()
    kinds = desk.take_in()[1]
    assert kinds == ["damaged", "changed", "missing", "missing", "other files", "timestamp"]


KEYS = "cells cell_type source metadata nbgrader grade_id id nbformat outputs worksheets input"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS.split()) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)
SEEDS = st.integers(0, 2**32 - 1)
RELAXED = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@RELAXED
@given(JSON)
def test_any_json(desk, value):
    """Does any JSON in place of a notebook come out as a gradable one?"""
    (desk.folder / NAME).write_text(json.dumps(value))
    desk.take_in()


@RELAXED
@given(st.lists(JSON, min_size=1, max_size=6), SEEDS)
def test_any_values_in_a_notebook(desk, values, seed):
    """Does any JSON in place of any part of a notebook, in any order, come out well?"""
    rng = random.Random(seed)
    extra = []
    notebook = json.loads(nbformat.writes(answered()))
    for value in values:
        broken = copy.deepcopy(rng.choice(notebook["cells"]))
        metadata = broken["metadata"]
        part = rng.choice([p for p in (broken, metadata, metadata.get("nbgrader")) if p])
        part[rng.choice(sorted(part))] = value
        extra += [broken, value]
    originals = notebook["cells"]
    notebook["cells"] = rng.sample(originals, rng.randrange(len(originals) + 1)) + extra
    rng.shuffle(notebook["cells"])
    (desk.folder / NAME).write_text(json.dumps(notebook))
    desk.take_in()


@RELAXED
@given(SEEDS)
def test_any_damage_to_the_bytes(desk, seed):
    """Does a file with bytes cut, doubled and overwritten come out as a gradable one?"""
    rng = random.Random(seed)
    content = nbformat.writes(answered()).encode()
    for _ in range(rng.randrange(1, 5)):
        start, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
        middle = rng.choice([b"", content[start:end] * 2, rng.randbytes(20), b"[", b'"'])
        content = content[:start] + middle + content[end if rng.random() < 0.3 else start :]
    (desk.folder / NAME).write_bytes(content)
    desk.take_in()


def test_every_note_is_one_sentence_that_says_how_to_mend_it(desk):
    """Does each note have a colon before its advice, and one full stop?"""
    nb = answered()
    twins = [copy.deepcopy(nb.cells[8]), copy.deepcopy(nb.cells[7])]
    twins[0].id, twins[1].id = "a", "b"
    nb.cells = [nb.cells[5], *nb.cells[7:], *twins]
    desk.write(nb, "other.ipynb")
    (desk.folder / "x.py").touch()
    (desk.folder / NAME).touch()
    (desk.folder / "timestamp.txt").touch()
    kinds = desk.take_in()[1]
    assert len(kinds) >= 8
    for note in desk.notes:
        assert re.fullmatch(r".+: [a-z][^.]+(\.ipynb[^.]*)?\.", note.says), note.says
