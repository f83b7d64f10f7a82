"""Do the pages for instructors work, command by command, from the zip files to the CSV?"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
import nbgrader.plugins
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange
from nbgrader.plugins import FileNameCollectorPlugin
from traitlets.config import Config

from course_utils import cli
from course_utils.grading.autograde import CourseAutograde
from course_utils.grading.handout.sample_class import sample_class
from course_utils.grading.judge.preprocessor import Judge
from course_utils.grading.kernels.limits import DEFAULT_LIMITS, Limits
from course_utils.grading.late_rule import LateRule
from course_utils.grading.nbgrader_command import nbgrader as run_nbgrader

ROOT = Path(__file__).parents[2]
PAGES = (  # in the order in which they are read
    "index", "your-assignments", "grading-rules", "appeals", "where-it-runs", "larger-classes",
)  # fmt: skip
FOLDER = ROOT / "book" / "running-a-class"
PAGE = "\n".join((FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in PAGES)
SLUG = "convolution-arithmetic"
STUDENTS = ("student-002", "student-004", "student-011")
PORT = "8786"
PRINTED, NOT_RUN, BACKGROUND = "printed", "not run", "in the background"
FIRST_LINES = "printed, its first lines"
SECRET = "the secret of these pages"
WORKSHEET = (  # who, and what Moodle says of the time
    ("002", "Thursday, 1 October 2026, 9:30 AM", "Submitted for grading"),
    ("004", "Friday, 2 October 2026, 3:15 PM", "Submitted for grading - 1 day 3 hours late"),
    ("011", "Thursday, 1 October 2026, 8:00 AM", "Submitted for grading"),
    ("016", "-", "No submission"),
)


@dataclass(frozen=True)
class Block:
    """A fenced block of the page, and the comment right above it."""

    mark: str
    language: str
    text: str


def blocks():
    """The fenced blocks of the page, in their order."""
    found = re.finditer(r"(?:^% ([^\n]*)\n)?^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [Block((m[1] or "").split(":")[0], m[2], m[3]) for m in found]


def settings():
    """The course's own settings."""
    source = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    config = Config()
    file = str(ROOT / "nbgrader_config.py")
    exec(source, {"get_config": lambda: config, "__file__": file})
    return config


@pytest.fixture
def course(tmp_path):
    """A course of two assignments, and what Moodle gives in the home of its instructor."""
    root = tmp_path / "course"
    for slug in (SLUG, "lstm"):
        for folder in ("solutions", "exercises"):
            shutil.copytree(ROOT / folder / slug, root / folder / slug)
    for name in ("nbgrader_config.py", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, root)
    source, released = (
        nbformat.read(root / folder / SLUG / f"{SLUG}.ipynb", as_version=4)
        for folder in ("solutions", "exercises")
    )
    handed_in = sample_class(SLUG, source, released)
    downloads = tmp_path / "home" / "Downloads"
    downloads.mkdir(parents=True)
    with zipfile.ZipFile(downloads / "submissions.zip", "w") as file:
        for student in STUDENTS:
            number = student.removeprefix("student-")
            folder = f"Student {number}_4{number}_assignsubmission_file"
            file.writestr(f"{folder}/{SLUG}.ipynb", nbformat.writes(handed_in[student]))
    (downloads / "Grades.csv").write_text(worksheet(), encoding="utf-8-sig")
    return root


def worksheet():
    """Moodle's grading worksheet."""
    lines = [
        "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,"
        "Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments"
    ]
    for number, time_of, status in WORKSHEET:
        who = f"Participant 4{number},Student {number},student-{number},"
        who += f"student-{number}@example.edu"
        lines.append(f'{who},{status},,27.00,Yes,"{time_of}",-,')
    return "\n".join([*lines, ""])


@pytest.fixture
def environment(tmp_path):
    """What an instructor's shell has."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    home = str(tmp_path / "home")
    own = {"PATH": path, "HOME": home, "OMP_NUM_THREADS": "1", "COURSE_SECRET": SECRET}
    return {**os.environ, **own}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def masked(text):
    """A text without its decimals and seconds, which may differ from run to run."""
    return re.sub(r"\d+\.\d+|\d+(?= s\b)", "#", text)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the page shows Linux")
def test_every_command_works(course, environment, tmp_path):
    """Do the page's commands work in their order, and print what the page shows?"""
    port = free_port()
    programs = []
    printed = ""
    try:
        for block in blocks():
            text = block.text.replace(PORT, port)
            if block.mark == BACKGROUND:
                with (tmp_path / "background.log").open("a") as log:
                    programs.append(
                        subprocess.Popen(
                            ["bash", "-c", f"exec {text}"], cwd=course, env=environment,
                            stdout=log, stderr=log, start_new_session=True,
                        )
                    )  # fmt: skip
            elif block.language == "shell" and block.mark != NOT_RUN:
                printed = output(text, course, environment)
            elif block.mark == PRINTED:
                assert masked(block.text) == masked(printed.replace(str(course), "~/course"))
            elif block.mark == FIRST_LINES:
                assert masked(printed).startswith(masked(block.text).rstrip())
    finally:
        for program in reversed(programs):
            os.killpg(program.pid, signal.SIGTERM)
            program.wait(30)


def output(text, course, environment):
    """What a block of commands prints; each command must succeed."""
    start = time.monotonic()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=course, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    print(f"{time.monotonic() - start:5.1f} s  {text.strip().splitlines()[-1]}")
    fine = (0, 1) if text == "course doctor\n" else (0,)  # a machine may lack something
    assert done.returncode in fine, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_commands_that_are_not_run_can_be_read():
    """Is what cannot run in a test at least a command that exists, rightly put?"""
    for block in blocks():
        if block.language != "shell" or block.mark not in (NOT_RUN, BACKGROUND):
            continue
        read = subprocess.run(["bash", "-n"], input=block.text, text=True, check=False)
        assert read.returncode == 0
        for line in block.text.splitlines():
            words = shlex.split(line)
            assert words[0] in ("course", "nbgrader", "jupyter", "pip", "dask", "createdb")
            if words[0] == "course":
                cli.course.commands[words[1]].make_context(words[1], words[2:])
            if words[0] == "nbgrader":
                name = words[1].replace("_", "")
                assert (Path(nbgrader.__file__).parent / "apps" / f"{name}app.py").is_file()


def test_commands_in_sentences_exist():
    """Is each `course` command that the prose names one that there is?"""
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    named = [words.split() for words in re.findall(r"`course ([a-z][^`]*)`", prose)]
    assert len(named) > 3
    for verb, *_ in named:
        assert verb in cli.course.commands


def test_every_block_has_a_known_form():
    """Is no command left out of these tests, and no output shown that none of them compares?"""
    for block in blocks():
        assert block.language in ("shell", "text", "python")
        assert block.mark in ("", PRINTED, FIRST_LINES, NOT_RUN, BACKGROUND)
        docker = block.text.startswith("docker build")  # there is none where the tests run
        assert docker or (block.mark in (PRINTED, FIRST_LINES)) == (block.language == "text")
    assert PAGE.count("\n```") == 2 * len(blocks())


def test_settings_exist():
    """Is each setting that the page shows one that its class has, with a value that it takes?"""
    ours = (Judge, CourseAutograde, LateRule)
    theirs = (CourseDirectory, Exchange, NbGraderAPI)
    kinds = {kind.__name__: kind for kind in (*ours, *theirs)}
    shown = [block.text for block in blocks() if block.language == "python"]
    shown += re.findall(r"`(c\.\w+\.\w+ = [^`]*)`", PAGE)
    assert len(shown) > 3
    for text in shown:
        config = Config()
        exec(text, {"c": config})
        for name, values in config.items():
            kind = kinds.get(name) or getattr(nbgrader.plugins, name)
            made = kind(config=config)
            for trait, value in values.items():
                assert made.trait_metadata(trait, "config")
                assert getattr(made, trait) == value
            if name == "Judge":
                Limits(**made.limits)


def test_the_limits_are_the_defaults():
    """Does the page's table hold every limit, with the value that it has?"""
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.MULTILINE)
    seconds = ("cell_seconds", "test_seconds", "notebook_seconds")
    want = {name: getattr(Judge(), name) for name in seconds} | asdict(DEFAULT_LIMITS)
    assert {name: int(value) for name, value in rows} == want


def collect(pattern, name):
    """What nbgrader makes of a file's name."""
    plugin = FileNameCollectorPlugin()
    plugin.named_regexp = pattern
    return plugin.collect(f"/home/somebody7/course/downloaded/{SLUG}/extracted/{name}")


@pytest.mark.parametrize(
    ("name", "student", "file"),
    [
        (f"submissions/student-017_{SLUG}.ipynb", "student-017", SLUG),
        (f"submissions-2026/student-017_{SLUG}.ipynb", "student-017", SLUG),
        (f"student-017_{SLUG}.ipynb", "student-017", SLUG),
        ("submissions/student-017_my_last_try (2).ipynb", "student-017", "my_last_try (2)"),
        (f"student-017/{SLUG}.ipynb", "student-017", SLUG),
        ("student-017/my_answers.ipynb", "student-017", "my_answers"),
        ("student-017/week 3/answers.ipynb", "student-017", "answers"),
        (f"student-017_{SLUG}/answers.ipynb", "student-017", "answers"),
        ("submissions/student-017/answers.ipynb", "student-017", "answers"),
        ("submissions/4711/week 3/answers.ipynb", "4711", "answers"),
        ("submissions/a1b2c3/answers.ipynb", "a1b2c3", "answers"),
    ],
)
def test_ids_are_read_from_names(name, student, file):
    """Does the committed pattern find whose a notebook is?"""
    found = collect(settings().FileNameCollectorPlugin.named_regexp, name)
    assert found == {"student_id": student, "file_id": file}


@pytest.mark.parametrize(
    "name",
    [
        "submissions/answers.ipynb",
        "answers.ipynb",
        "submissions/Any Name_4711_assignsubmission_file_/answers.ipynb",
        "student-017/answers.txt",
    ],
)
def test_a_name_without_an_id_is_nobodys(name):
    """Is what has no id left out, and never given to a folder further up?"""
    assert not collect(settings().FileNameCollectorPlugin.named_regexp, name)


def test_the_patterns_of_the_page_read_its_examples():
    """Does each pattern of the table find the id beside it in the name beside it?"""
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    for name, student, pattern in rows:
        found = collect(pattern, f"submissions/{name}")
        assert found["student_id"] == student
        assert found["file_id"] in (SLUG, "answers")


def test_the_time_in_a_name_is_kept(course):
    """Does a time in a file's name become the time of the submission, to the minute?"""
    pattern = next(row for row in re.findall(r"`(\.\*[^`]+)`", PAGE) if "timestamp" in row)
    archive = course / "downloaded" / SLUG / "archive"
    archive.mkdir(parents=True)
    released = course / "exercises" / SLUG / f"{SLUG}.ipynb"
    shutil.copy(released, archive / f"student-017_20261001T093000_{SLUG}.ipynb")
    run_nbgrader(
        course, course, "zip_collect", SLUG, f"--FileNameCollectorPlugin.named_regexp={pattern}"
    )
    time_of = (course / "submitted" / "student-017" / SLUG / "timestamp.txt").read_text()
    assert time_of == "2026-10-01 09:30:00"
