"""Is what students wrote shown and logged so that no terminal acts on it?"""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.grading.note import LONGEST_NAME, log_printable, printable, quoted

RAW = [
    "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://a.b\x1b\\", "\x9b31m", "\x08\x08", "\r", "\x00",
    "\u202e", "\u2066", "\u200b", "\udcff", "\ud800", "\u2028", "\xad", "\x7f", "\x85",
    "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("raw", RAW, ids=ascii)
def test_what_acts_is_written_out(raw):
    """Is it printable and encodable, with the rest as it was, and still to be told apart?"""
    shown = printable(f"ä{raw}b\nc")
    assert shown.startswith("ä\\")
    assert shown.endswith("b\nc")
    assert shown.replace("\n", "").isprintable()
    assert shown.encode()
    assert quoted(raw).isprintable()


@given(st.text(st.characters()))
def test_whatever_is_shown_is_printable(text):
    """Is each line of it, and is a printable text untouched?"""
    assert all(line.isprintable() for line in printable(text).split("\n"))
    assert printable(printable(text)) == printable(text)
    assert len(quoted(text)) <= LONGEST_NAME + 2


@pytest.fixture
def log():
    """A logger, and what it wrote."""
    factory = logging.getLogRecordFactory()
    log_printable()
    log_printable()
    logger, stream = logging.getLogger("test of notes"), io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)
    logging.setLogRecordFactory(factory)


def test_a_log_is_printable(log):
    """Is it in the message, the arguments, and in a traceback?"""
    logger, stream = log
    logger.warning("a\x1b[2Jb %s %d", "\u202ec", 3)
    logger.warning("no arguments: 100 %")
    try:
        raise ValueError("\x1b[31mred")
    except ValueError:
        logger.exception("it failed")
    text = stream.getvalue()
    assert text.startswith("a\\x1b[2Jb \\u202ec 3\nno arguments: 100 %\nit failed\nTraceback")
    assert text.endswith("ValueError: \\x1b[31mred\n")
    assert all(line.isprintable() for line in text.split("\n"))
