"""Does the asker's end of a kernel's sockets believe nothing?"""

import json
import os
import socket
import threading

import pytest

from course_utils.grading.kernels import connection as module
from course_utils.grading.kernels.connection import Connection


@pytest.fixture(autouse=True, params=["Linux", "elsewhere"])
def system(request, monkeypatch):
    """Do without what only Linux has, too."""
    if request.param == "elsewhere":
        monkeypatch.delattr(os, "O_PATH")


@pytest.fixture
def other_side(tmp_path):
    """Sockets in a folder, as a kernel would make them."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as requests,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as interrupts,
    ):
        requests.bind(str(tmp_path / "requests"))
        requests.listen()
        interrupts.bind(str(tmp_path / "interrupts"))
        yield requests, interrupts


@pytest.fixture
def connected(tmp_path, other_side):
    """A connection, and the other side of it."""
    ours = Connection(tmp_path)
    theirs, _ = other_side[0].accept()
    yield ours, theirs
    ours.close()
    theirs.close()


def messages(ours, seconds=0.2):
    return list(ours.messages(seconds))


def test_requests_and_messages_cross(connected, other_side):
    """Does a request go out as a line, do messages come, and does an interrupt arrive?"""
    ours, theirs = connected
    assert ours.send({"cell": "1 +\n1"})
    assert json.loads(theirs.makefile().readline()) == {"cell": "1 +\n1"}
    theirs.sendall(b'\n{"output": 1}\n\n{"do')
    assert messages(ours) == [{"output": 1}]
    theirs.sendall(b'ne": true}\n')
    assert messages(ours) == [{"done": True}]
    ours.interrupt()
    assert other_side[1].recv(10)


def test_what_makes_no_sense_is_passed_over(connected):
    """Are half lines, bytes that are no text, deep nests and other JSON passed over?"""
    ours, theirs = connected
    for line in (b'{"half', b"\xff\xfe", b"[" * 50_000, b"3", b"null", b'"done"', b"\x00"):
        theirs.sendall(line + b"\n")
    theirs.sendall(b'{"done": true}\n')
    assert messages(ours) == [{"done": True}]


def test_a_line_too_long_is_told(connected, monkeypatch):
    """Is a line that is too long to take told as None, and the next one heard?"""
    monkeypatch.setattr(module, "MOST_LINE", 1000)
    ours, theirs = connected
    writer = threading.Thread(target=theirs.sendall, args=(b"x" * 10**7 + b'\n{"done": 1}\n',))
    writer.start()
    assert messages(ours, 2) == [None, {"done": 1}]
    writer.join()
    assert ours.received > 10**7


def test_it_knows_when_the_other_side_is_gone(connected):
    """Does it tell an end from a silence?"""
    ours, theirs = connected
    assert messages(ours) == []
    assert not ours.gone
    theirs.close()
    assert messages(ours) == []
    assert ours.gone


@pytest.mark.parametrize("name", ["requests", "interrupts"])
@pytest.mark.parametrize("kind", ["link", "file", "pipe", "nothing"])
def test_only_a_socket_that_lies_there_counts(tmp_path, other_side, name, kind):
    """Is a link to another socket not followed, and what is no socket refused?"""
    path = tmp_path / name
    path.rename(tmp_path / "elsewhere")
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "file":
        path.write_text("")
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(OSError, match=name):
        Connection(tmp_path)
