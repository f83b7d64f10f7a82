"""Does the Makefile's installer hand on what the machine says?"""

import sys
from itertools import pairwise
from pathlib import Path

import pytest

from course_utils import install

LISTED = """\
:env:.find-links='/more'
global.cert='/etc/ssl/certs.crt'
global.constraint='/etc/pip/constraints.txt'
global.extra-index-url='file:///one file:///two'
global.find-links='/wheels'
global.index-url='https://first.example/simple'
user.index-url='https://second.example/simple'
"""
PYTHON = Path("venv/bin/python")


def test_pips_settings_are_read():
    """Are values of all places gathered, the last index taken, and others left out?"""
    assert install.pip_settings(LISTED) == {
        "find-links": ["/more", "/wheels"],
        "constraint": ["/etc/pip/constraints.txt"],
        "extra-index-url": ["file:///one", "file:///two"],
        "index-url": ["https://second.example/simple"],
    }


def test_uv_is_told_what_pip_knows():
    """Does every setting reach uv, which does not read pip's own?"""
    settings = install.pip_settings(LISTED)
    words = install.command(PYTHON, ".[all]", "/bin/uv", settings, ["https://cpu.example"])
    assert words[:5] == ["/bin/uv", "pip", "install", "--python", str(PYTHON)]
    pairs = set(pairwise(words))
    for name, values in settings.items():
        assert {(f"--{name}", value) for value in values} <= pairs
    assert ("--constraint", "constraints.txt") in pairs
    assert ("--extra-index-url", "https://cpu.example") in pairs
    assert words[-2:] == ["--editable", ".[all]"]


def test_pip_reads_its_settings_itself():
    """Is pip's command free of what pip knows already?"""
    words = install.command(PYTHON, ".[all]", "", install.pip_settings(LISTED), [])
    assert words[:4] == [str(PYTHON), "-m", "pip", "install"]
    assert "--find-links" not in words
    assert "--constraint" in words


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "no address"])
def test_an_index_that_is_not_there_is_left_out(address):
    """Is a server that does not answer no error?"""
    assert install.answers(address) is False


def test_an_installer_that_is_silent_is_seen_to_run(capfd):
    """Does a sign of life come while it runs, and its exit code in the end?"""
    assert install.follow([sys.executable, "-c", "import time; time.sleep(0.3); exit(3)"], 0.1) == 3
    assert "  still installing, after 0 s\n" in capfd.readouterr().out
