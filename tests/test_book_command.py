"""Does the book's command answer trouble with one line that names the mend?"""

import errno
import socket
import subprocess
import threading
import urllib.request
from http.server import ThreadingHTTPServer

import pytest

from course_utils import book
from course_utils.errors import CourseError
from tests.book.small import build_small_book


def test_a_folder_without_a_book_is_refused(tmp_path):
    """Is a person told where to run the command?"""
    with pytest.raises(CourseError, match=r"has no _toc\.yml: run this in the course's folder"):
        book.build_book(tmp_path, tmp_path)


def test_a_failed_build_shows_its_first_warning(tmp_path):
    """Is the fault named, and the whole log kept?"""
    (tmp_path / "_config.yml").write_text("title: A book\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    (tmp_path / "intro.md").write_text("# A book\n\nSee [this](no-such-page.md).\n")
    with pytest.raises(CourseError, match="no-such-page") as caught:
        book.build_book(tmp_path, tmp_path)
    assert "\n" not in str(caught.value)
    assert "no-such-page" in (tmp_path / "_build" / "build.log").read_text()


FAILS = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# A page

```{code-cell} ipython3
raise LookupError("a cell that fails")
```
"""


def test_a_page_that_fails_fails_the_build(tmp_path):
    """Is no book built of which a cell fails, so that a built one has run to its end?"""
    with pytest.raises(CourseError, match=r"one\.md: .*CellExecutionError"):
        build_small_book(tmp_path, {"start": "# A book\n", "one": FAILS, "other": FAILS})
    assert "LookupError: a cell that fails" in (tmp_path / "_build" / "build.log").read_text()


def test_a_book_is_built_again_when_anything_changed(tmp_path, monkeypatch):
    """Is an edit of a page, of the package or of a setting answered with a new build, each once?"""
    runs = []

    def build(command, folder, tell):
        runs.append(command)
        html = tmp_path / "_build" / "html"
        html.mkdir(parents=True, exist_ok=True)
        (html / "index.html").touch()
        return 0, ""

    monkeypatch.setattr(book, "_run", build)
    (tmp_path / "course_utils").mkdir()
    for count, name in enumerate(
        ["_toc.yml", "_config.yml", "course_utils/arithmetic.py"], start=1
    ):
        (tmp_path / name).write_text("an edit")
        for _ in range(2):
            book.build_book(tmp_path, tmp_path)
        assert len(runs) == count
    (tmp_path / "_build" / "html" / "index.html").unlink()
    book.build_book(tmp_path, tmp_path)
    assert len(runs) == 4


def test_a_failed_build_is_tried_again(tmp_path, monkeypatch):
    """Is a book that was not built never taken for one that is up to date?"""
    (tmp_path / "_toc.yml").touch()
    monkeypatch.setattr(book, "_run", lambda *args: (1, "intro.md: WARNING: a fault"))
    for _ in range(2):
        with pytest.raises(CourseError, match="a fault"):
            book.build_book(tmp_path, tmp_path)


def test_the_build_tells_how_far_it_is(tmp_path, monkeypatch):
    """Are Sphinx's lines of progress read, in colours too, and told as they come?"""
    (tmp_path / "_toc.yml").touch()
    said = (
        "\\x1b[1mreading sources... \\x1b[39;49;00m[ 50%] \\x1b[35mindex\\n"
        "writing output... [ 40%] page\\nwriting output... [100%] page\\n"
    )
    page = tmp_path / "_build" / "html"
    page.mkdir(parents=True)
    script = f"print('{said}'); open('{page / 'index.html'}', 'w')"
    monkeypatch.setattr("course_utils.book.JUPYTER_BOOK", script)
    told = []
    assert book.build_book(tmp_path, tmp_path, tell=told.append) == page
    assert told == [45, 94, 100]
    assert "\x1b" not in (tmp_path / "_build" / "build.log").read_text()


def test_a_port_in_use_is_named_with_another(tmp_path):
    """Is a free neighbour proposed?"""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CourseError, match=f"port {port} is in use: try --port {port + 1}"):
            book.serve_book(tmp_path, port)


def test_no_port_is_no_port(tmp_path):
    """Is a number that is no port refused?"""
    with pytest.raises(CourseError, match="is no port"):
        book.serve_book(tmp_path, 99999)


def test_other_socket_errors_are_not_hidden(tmp_path, monkeypatch):
    """Does an error that is not about the port in use come through?"""

    def refuse(*args, **kwargs):
        raise OSError(errno.EACCES, "not allowed")

    monkeypatch.setattr(book, "ThreadingHTTPServer", refuse)
    with pytest.raises(OSError, match="not allowed"):
        book.serve_book(tmp_path, 8000)


def test_pages_are_served(tmp_path, monkeypatch, capsys):
    """Is the page that was built the page that comes?"""
    (tmp_path / "index.html").write_text("the book")
    servers = []

    class Remembered(ThreadingHTTPServer):
        def __init__(self, *args):
            super().__init__(*args)
            servers.append(self)

    monkeypatch.setattr(book, "ThreadingHTTPServer", Remembered)
    thread = threading.Thread(target=book.serve_book, args=(tmp_path, 0))
    thread.start()
    while not servers:
        thread.join(0.01)
    url = f"http://127.0.0.1:{servers[0].server_port}/"
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"the book"
    servers[0].shutdown()
    thread.join()
    assert url.rstrip("/") in capsys.readouterr().out


@pytest.fixture
def one_page(tmp_path, monkeypatch):
    """A folder whose book on a single page is built already, and a browser that is no browser."""

    def build(root, out, builder, *, strict, tell):
        page = tmp_path / "_build" / builder
        page.mkdir(parents=True, exist_ok=True)
        (page.parent / f"{builder}-built-from").write_text("a digest")
        return page

    monkeypatch.setattr(book, "_build", build)
    monkeypatch.setattr(book.shutil, "which", lambda name: "/bin/chromium")
    return tmp_path


def test_a_pdf_needs_chromium(tmp_path, monkeypatch):
    """Is a person without Chromium told how to get it, before anything is built?"""
    monkeypatch.setattr(book.shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match="apt-get install chromium"):
        book.print_book(tmp_path, tmp_path)


def test_a_pdf_that_is_not_printed_is_trouble(one_page, monkeypatch):
    """Is a browser that fails, or makes no file, or never ends, told in one line?"""
    failed = subprocess.CompletedProcess([], 0, "", "a line\nno display\n")
    monkeypatch.setattr(book.subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(CourseError, match="printed nothing: no display"):
        book.print_book(one_page, one_page)

    def hangs(command, *, timeout, **kwargs):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(book.subprocess, "run", hangs)
    with pytest.raises(CourseError, match="printed nothing in 1800 s"):
        book.print_book(one_page, one_page)


def test_a_pdf_is_printed_once(one_page, monkeypatch):
    """Is the PDF printed again only when its page has changed or it is gone?"""
    runs = []

    def prints(command, **kwargs):
        runs.append(command)
        (path,) = (word.partition("=")[2] for word in command if "--print-to-pdf=" in word)
        (one_page / path).write_text("a PDF")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(book.subprocess, "run", prints)
    for _ in range(2):
        pdf = book.print_book(one_page, one_page)
    assert len(runs) == 1
    pdf.unlink()
    book.print_book(one_page, one_page)
    assert len(runs) == 2
