"""Is progress shown on a terminal that waits, and nowhere else?"""

import io
import sys
import time

from course_utils.grading import progress
from course_utils.grading.progress import on_terminal, quietly


class Terminal(io.StringIO):
    """A stderr that says that it is a terminal."""

    def isatty(self):
        return True


def put_terminal(monkeypatch):
    """Put a terminal in place of stderr; between fixtures and tests pytest puts its own there."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    return sys.stderr


def test_what_takes_long_is_shown(monkeypatch):
    """Is there a bar even while the first thing takes long, and none of it left at the end?"""
    screen = put_terminal(monkeypatch)
    monkeypatch.setattr(progress, "MOMENT", 0.05)
    things = on_terminal(["a", "b"], "Reading")
    assert next(things) == "a"
    for _ in range(100):
        time.sleep(0.02)
        if "Reading:   0%" in screen.getvalue():
            break
    assert "Reading:   0%" in screen.getvalue()
    assert list(things) == ["b"]
    assert screen.getvalue().endswith("\r")


def test_what_is_quick_is_not_shown(monkeypatch):
    """Is nothing written within a moment?"""
    screen = put_terminal(monkeypatch)
    assert list(on_terminal(range(3), "Reading")) == [0, 1, 2]
    assert screen.getvalue().strip() == ""


def test_nothing_is_shown_where_there_is_no_terminal(capsys, monkeypatch):
    """Is a file of messages left without bars, and are all things there without tqdm, too?"""
    monkeypatch.setattr(progress, "MOMENT", 0)
    assert list(on_terminal(range(3), "Reading")) == [0, 1, 2]
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(on_terminal(range(3), "Reading")) == [0, 1, 2]
    assert quietly([3], "Reading") == [3]
    assert capsys.readouterr().err == ""
