"""Does nbgrader's own page, the formgrader, grade with this course's judge?"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from course_utils.grading.handout.sample_class import sample_class
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.results import results

COURSE = Path(__file__).parents[2]
SLUG = "convolution-arithmetic"
TOKEN = "a-token-of-this-test"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A course of its own, in which one student has handed in; the date beside it is garbage."""
    root = tmp_path_factory.mktemp("formgrader")
    shutil.copy(COURSE / "nbgrader_config.py", root)
    shutil.copytree(COURSE / "solutions", root / "solutions")
    nbgrader(root, root, "generate_assignment", SLUG)
    source = nbformat.read(root / "solutions" / SLUG / f"{SLUG}.ipynb", as_version=4)
    released = nbformat.read(root / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
    folder = root / "submitted" / "student-003" / SLUG
    folder.mkdir(parents=True)
    handed_in = sample_class(SLUG, source, released)["student-003"]
    nbformat.write(handed_in, folder / f"{SLUG}.ipynb")
    (folder / "timestamp.txt").write_text("soon")
    return root


@pytest.fixture(scope="module")
def server(root):
    """The address of a Jupyter server with nbgrader's page, in the course's folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    settings = ["--no-browser", "--allow-root", "--port=0", f"--IdentityProvider.token={TOKEN}"]
    settings.append("--ServerApp.port_retries=0")
    settings.append("--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True")
    log = (root / "server.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", *settings],
        cwd=root,
        env={**os.environ, "PATH": path, "JUPYTER_RUNTIME_DIR": str(root / "runtime")},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield _address(root, process)
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _address(root, process):
    """Wait until the server has written where it listens, and answers."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        for file in (root / "runtime").glob("jpserver-*.json"):
            url = json.loads(file.read_text())["url"]
            try:
                with urllib.request.urlopen(f"{url}api?token={TOKEN}", timeout=5):
                    return url
            except OSError:
                pass
        time.sleep(0.2)
    pytest.fail((root / "server.log").read_text()[-3000:])


def test_a_submission_is_graded_by_a_click(root, server, browser):
    """Does a click on the page grade a submission, and does the page show the score?"""
    page = browser.new_page()
    page.goto(f"{server}tree?token={TOKEN}")  # logs in
    page.goto(f"{server}formgrader/manage_submissions/{SLUG}")
    page.get_by_text("student-003").first.wait_for(timeout=30_000)
    page.locator("td.autograde a").first.click()
    page.get_by_text("Success").first.wait_for(timeout=120_000)
    page.reload()
    page.locator("td.score", has_text="27").first.wait_for(timeout=30_000)
    [result] = results(root, SLUG)
    assert (result.student, result.total) == ("student-003", 27)
    page.close()
