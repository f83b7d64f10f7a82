"""Build the book, print it, and serve it on this machine."""

from __future__ import annotations

import errno
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.fingerprint import fingerprint

INPUTS = ("book", "course_utils", "_config.yml", "_toc.yml", "constraints.txt")
# Run this way, it is the Jupyter Book of the same environment, whatever the PATH says.
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
# How a fault looks in the log: Sphinx's warnings, and a page whose cell failed.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FAULT = re.compile(r"\b(WARNING|ERROR|CRITICAL): |ExecutionError: ")
# What Sphinx says of its progress, and what is done before each of its steps, and by it, per cent.
STEP = re.compile(r"(?P<step>reading sources|writing output)\.{3} \[ *(?P<percent>\d+)%\]")
STEPS = {"reading sources": (0, 90), "writing output": (90, 10)}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PRINTING = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever a page asks for, nothing leaves the machine
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
    # Print when nothing is left to do: formulas are set after the page has loaded.
    "--virtual-time-budget=600000",
)
PRINTED_IN = 1800  # seconds


Tell = Callable[[int], None]


def build_book(
    root: Path, out: Path, *, strict: bool = True, tell: Tell = lambda percent: None
) -> Path:
    """Build the book and return the folder with its `index.html`.

    Pages are executed again when they or anything in `course_utils` changed. When nothing at all
    changed since the last build, there is nothing to do.

    Parameters
    ----------
    root : Path
        The course's folder, with `_config.yml` and `_toc.yml`.
    out : Path
        Where to build. The pages go to `out / "_build" / "html"`.
    strict : bool
        Whether a warning or a broken reference fails the build.
    tell : callable
        Told how much is done, per cent, as the build goes on.

    Raises
    ------
    CourseError
        If `root` holds no book, Jupyter Book is not installed, or the build fails.
    """
    return _build(root, out, "html", strict=strict, tell=tell)


def print_book(
    root: Path, out: Path, *, strict: bool = True, tell: Tell = lambda percent: None
) -> Path:
    """Make one PDF of the whole book and return its path, ``out / "_build" / "pdf" / "book.pdf"``.

    Chromium prints it from the book on a single page, without a network. It is tagged for screen
    readers and has an outline. What pages show is made as in :func:`build_book`.

    Raises
    ------
    CourseError
        As :func:`build_book`, and if Chromium is not there or prints nothing.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise CourseError("Chromium prints the PDF: on Debian, apt-get install chromium")
    page = _build(root, out, "singlehtml", strict=strict, tell=tell)
    pdf = page.parent / "pdf" / "book.pdf"
    made_from = (page.parent / "singlehtml-built-from").read_text(encoding="utf-8")
    stamp = pdf.parent / "built-from"
    if pdf.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from:
        return pdf
    pdf.parent.mkdir(exist_ok=True)
    stamp.unlink(missing_ok=True)
    pdf.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, *PRINTING, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # which Chromium refuses to root
        command.append((page / "index.html").resolve().as_uri())
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=PRINTED_IN
            )
        except subprocess.TimeoutExpired:
            raise CourseError(f"{browser} printed nothing in {PRINTED_IN} s") from None
    if run.returncode or not pdf.is_file():
        lines = run.stderr.strip().splitlines() or ["it says nothing"]
        raise CourseError(f"{browser} printed nothing: {lines[-1]}")
    stamp.write_text(made_from, encoding="utf-8")
    return pdf


def _build(root: Path, out: Path, builder: str, *, strict: bool, tell: Tell) -> Path:
    """Build the book in one of Sphinx's ways, unless it is there and nothing has changed."""
    if not (root / "_toc.yml").is_file():
        raise CourseError(f"{root} has no _toc.yml: run this in the course's folder")
    html = out / "_build" / builder
    stamp = html.parent / f"{builder}-built-from"
    made_from = f"{strict} {fingerprint(root, INPUTS)}"
    if (html / "index.html").is_file() and stamp.is_file() and stamp.read_text() == made_from:
        return html
    stamp.unlink(missing_ok=True)
    if importlib.util.find_spec("jupyter_book") is None:
        raise CourseError('Jupyter Book is not installed: pip install -e ".[book]"')
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(root)]
    command += ["--path-output", str(out), "--keep-going", "--builder", builder]
    if strict:
        command += ["-W", "-n"]
    log = html.parent / "build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    returncode, text = _run(command, root, tell)
    log.write_text(text, encoding="utf-8")
    if returncode:
        lines = text.splitlines()
        found = [line for line in lines if FAULT.search(line)] or lines[-1:]
        raise CourseError(f"the book was not built: {found[0].strip()} (all of it: {log})")
    stamp.write_text(made_from, encoding="utf-8")
    return html


def _run(command: list[str], folder: Path, tell: Tell) -> tuple[int, str]:
    """Run Sphinx, tell how far it is, and return its exit code and all that it said."""
    said = []
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout
        for line in run.stdout:
            said.append(COLOURS.sub("", line))
            if found := STEP.search(said[-1]):
                tell(percent_done(found["step"], int(found["percent"])))
    return run.returncode, "".join(said)


def percent_done(step: str, percent: int) -> int:
    """Return how much of a build is done when so much of one of its steps is.

    Pages are executed while their sources are read, which is nearly all of the work.

    Examples
    --------
    >>> percent_done("reading sources", 50), percent_done("writing output", 100)
    (45, 100)
    """
    before, share = STEPS[step]
    return before + percent * share // 100


def serve_book(html: Path, port: int) -> None:
    """Serve a built book at http://127.0.0.1:`port` until interrupted.

    Raises
    ------
    CourseError
        If the port is in use.
    """
    handler = partial(_QuietHandler, directory=str(html))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CourseError(f"port {port} is in use: try --port {port + 1}") from None
    except OverflowError:
        raise CourseError(f"{port} is no port: take one from 1024 to 65535") from None
    with server:
        print(f"The book is at http://127.0.0.1:{server.server_port} (Ctrl-C stops)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each page."""
