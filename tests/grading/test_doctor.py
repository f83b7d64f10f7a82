"""Does `course doctor` say what is there, what is missing, and how to get it?"""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from course_utils import cli
from course_utils.grading import doctor
from course_utils.grading.doctor import MISSING, NOTE, OK, Finding
from course_utils.grading.kernels import sandbox, student


@pytest.fixture
def _no_memory_of_a_sandbox():
    """Have the sandbox looked for again, here and afterwards."""
    sandbox.refusal.cache_clear()
    yield
    sandbox.refusal.cache_clear()


@pytest.fixture
def bwrap(_no_memory_of_a_sandbox, tmp_path, monkeypatch):
    """A function that puts a program `bwrap` of a given script in the place of the real one."""

    def put(script):
        program = tmp_path / "bwrap"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(tmp_path))

    return put


def test_this_machine_is_looked_at(capsys):
    """Is each thing named, with a state, and does the exit code follow from the states?"""
    code = cli.main(["doctor", "--json"])
    data = json.loads(capsys.readouterr().out)
    names = [finding["what"] for finding in data["findings"]]
    assert names == [
        "Python", "PyTorch", "nbgrader", "sandbox", "kernels",
        "cores", "memory", "/dev/shm", "Chromium", "dask", "settings",
    ]  # fmt: skip
    states = [finding["state"] for finding in data["findings"]]
    assert set(states) <= {OK, NOTE, MISSING}
    assert data["fine"] == (MISSING not in states)
    assert code == (0 if data["fine"] else 1)
    for finding in data["findings"]:
        assert finding["found"]
        assert bool(finding["mend"]) == (finding["state"] != OK)


def test_the_text_says_so_if_all_is_there(monkeypatch, capsys):
    """Is a good machine told so in one line, without a warning?"""
    monkeypatch.setattr(doctor, "examine", lambda *_: [Finding("sandbox", "namespaces")])
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out == "sandbox      ok       namespaces\n\nAll is there.\n"


def test_a_missing_sandbox_is_warned_of(monkeypatch, capsys):
    """Is it clear what a machine without a sandbox means?"""
    finding = Finding("sandbox", "none: it is not there", MISSING, "Get it.")
    monkeypatch.setattr(doctor, "examine", lambda *_: [Finding("Python", "3"), finding])
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "Missing: sandbox." in out
    assert "Mend: Get it." in out
    assert "WARNING" in out
    assert "with your rights" in out
    assert max(map(len, out.splitlines())) <= doctor.WIDTH


def test_a_note_is_no_failure(monkeypatch, capsys):
    """Does what could be better, but serves, leave the exit code at 0?"""
    monkeypatch.setattr(
        doctor, "examine", lambda *_: [Finding("cores", "1 of 8", NOTE, "Do less.")]
    )
    assert cli.main(["doctor"]) == 0
    assert "WARNING" not in capsys.readouterr().out


@pytest.mark.usefixtures("_no_memory_of_a_sandbox")
def test_no_bubblewrap_is_named(tmp_path, monkeypatch):
    """Is a machine without bubblewrap told how to install it?"""
    monkeypatch.setenv("PATH", str(tmp_path))
    found = doctor._sandbox()
    assert found.state == MISSING
    assert found.found == "none: bubblewrap is not installed"
    assert "apt-get install bubblewrap" in found.mend


def test_a_refusal_is_shown_in_bubblewraps_words(bwrap, monkeypatch, tmp_path):
    """Does a machine that refuses user namespaces get bwrap's own message, and a mend?"""
    bwrap("echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    monkeypatch.setattr(doctor, "SYSTEM", tmp_path / "none")
    found = doctor._sandbox()
    assert found.state == MISSING
    assert "bwrap: No permissions to create new namespace" in found.found
    assert found.mend == doctor.CONTAINER
    assert not sandbox.available()


def test_a_silent_refusal_has_its_code(bwrap):
    """Is a bwrap that fails without a word told from one that works?"""
    bwrap("exit 7")
    assert sandbox.refusal() == "bwrap ended with code 7"


def test_a_bubblewrap_that_works_is_ok(bwrap):
    """Is a sandbox reported where bwrap makes one?"""
    bwrap("exit 0")
    assert doctor._sandbox() == Finding("sandbox", "namespaces, made by bubblewrap")


@pytest.mark.parametrize("name", list(doctor.REFUSING))
def test_the_setting_that_refuses_is_named(name, tmp_path):
    """Is the system's setting that refuses user namespaces found, with how to change it?"""
    value, mend = doctor.REFUSING[name]
    for other, (refusing, _) in doctor.REFUSING.items():
        path = tmp_path / other
        path.parent.mkdir(exist_ok=True)
        path.write_text("1\n" if refusing == "0" else "0\n")
    assert doctor.refused_by(tmp_path) == ""
    (tmp_path / name).write_text(f"{value}\n")
    assert doctor.refused_by(tmp_path) == f"As root: {mend}."


def test_why_kernels_are_not_forked(monkeypatch):
    """Is the reason shown for which kernels are started and not forked, as no failure?"""
    monkeypatch.setattr(student, "why_not_forked", lambda torch: "PermissionError: /proc")
    found = doctor._kernels()
    assert found.state == NOTE
    assert found.found.endswith("takes longer: PermissionError: /proc")


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_the_kernels_own_error_is_the_reason(monkeypatch):
    """Does a kernel that dies as it is forked leave its last words?"""
    limits = {**student.DEFAULT_LIMITS.as_request(), "memory": "no number"}
    monkeypatch.setattr(student.Limits, "as_request", lambda self: limits)
    student.why_not_forked.cache_clear()
    try:
        assert "TypeError: 'str' object" in student.why_not_forked()
        assert not student.forks()
    finally:
        student.why_not_forked.cache_clear()


def test_elsewhere_than_on_linux_none_are_forked(monkeypatch):
    """Is a system on which forking is unsafe named as the reason?"""
    monkeypatch.setattr(student, "can_fork", lambda: False)
    student.why_not_forked.cache_clear()
    try:
        assert student.why_not_forked() == "forking is safe on Linux only"
    finally:
        student.why_not_forked.cache_clear()


@pytest.mark.parametrize(
    ("module", "content", "says"),
    [
        ("no_such_library", None, "not installed (no_such_library is not there)"),
        ("half_a_library", "import no_such_part", "not installed (no_such_part is not there)"),
        ("broken_library", "raise OSError('libfoo.so is too old\\nmore')", "broken: libfoo.so is"),
        ("old_library", "__version__ = '0.0.1'", "0.0.1; the course is tested with 9.9"),
    ],
)
def test_a_library_that_will_not_do(module, content, says, tmp_path, monkeypatch):
    """Is a library that is missing, broken or of another version named with the mend?"""
    if content:
        (tmp_path / f"{module}.py").write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(doctor, "_wanted", lambda _: "9.9")
    found = doctor._library("library", module, "grading")
    assert says in found.found
    assert found.state == (NOTE if "tested" in says else MISSING)
    assert '".[grading]"' in found.mend


def test_a_version_with_a_suffix_is_the_version(tmp_path, monkeypatch):
    """Is 9.9+cpu taken for 9.9?"""
    (tmp_path / "suffixed_library.py").write_text("__version__ = '9.9+cpu'")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(doctor, "_wanted", lambda _: "9.9")
    assert doctor._library("library", "suffixed_library", "grading").state == OK


def test_the_versions_are_those_that_the_course_asks_for():
    """Are the pinned versions read from the course's own requirements?"""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("torch", "nbgrader"):
        assert f'"{name}=={doctor._wanted(name)}"' in text
    assert doctor._wanted("numpy") == ""


@pytest.mark.parametrize(("ours", "found"), [(64, "64"), (1, "1 of 64")])
def test_a_share_of_the_cores_is_shown(ours, found, monkeypatch):
    """Is it said how many of the machine's cores are ours, where it is not all?"""
    monkeypatch.setattr(doctor, "cores", lambda: ours)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert doctor._cores() == Finding("cores", found)


def test_little_memory_means_fewer_jobs(tmp_path, monkeypatch):
    """Does a container's limit on memory count, and lead to fewer jobs?"""
    (tmp_path / "memory.max").write_text(str(4 * doctor.GIB))
    (tmp_path / "memory.current").write_text(str(doctor.GIB))
    monkeypatch.setattr(doctor, "LIMITS", tmp_path)
    monkeypatch.setattr(doctor, "JOB_GIB", 1.5)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    found = doctor._memory()
    assert found.state == NOTE
    assert "--jobs 2" in found.mend
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert doctor._memory().state == OK


def test_little_shared_memory_is_noted(tmp_path, monkeypatch):
    """Is a small /dev/shm, as containers have it, noted with the mend?"""
    monkeypatch.setattr(doctor, "SHARED_MIB", 2**40)
    found = doctor._shared_memory(tmp_path)
    assert found.state == NOTE
    assert "--shm-size" in found.mend


def test_no_chromium_is_missing_for_the_tests():
    """Is Chromium asked for by name?"""
    assert doctor._chromium(lambda _: None).state == MISSING
    assert doctor._chromium(lambda name: f"/bin/{name}") == Finding("Chromium", "/bin/chromium")


def test_own_settings_are_looked_at(tmp_path):
    """Is it said whether there are any, and in which line they are wrong?"""
    file = tmp_path / "course_config.py"
    assert doctor._own_settings(tmp_path).found.startswith("the course's; course_config.py would")
    file.write_text("c.LateRule.grace_minutes = 5\n")
    found = doctor._own_settings(tmp_path)
    assert (found.state, found.found) == (OK, "the course's, and your own in course_config.py")
    file.write_text("c.LateRule.grace_minutes = 5\nc.LateRule.per_day = 1 /\n")
    found = doctor._own_settings(tmp_path)
    assert found.state == MISSING
    assert f"{file}, line 2 cannot be read: SyntaxError" in found.found
