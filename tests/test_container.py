"""Do the files of the container say the same as each other, as the doctor and as the tests?"""

import json
import re
import subprocess
from pathlib import Path

from course_utils.grading.doctor import CONTAINER

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SETTINGS = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
PACKAGES = ROOT / ".devcontainer" / "packages"


def options(text):
    return re.findall(r"--security-opt[ =\"',]+([\w=]+)", text)


def test_all_ask_for_the_same_rights():
    """Do the image's page, the development container and the doctor name the same options?"""
    asked = options(CONTAINER)
    assert len(asked) == 2
    assert options(DOCKERFILE) == asked
    assert options(" ".join(SETTINGS["runArgs"])) == asked
    assert "--shm-size 1g" in DOCKERFILE
    assert "--shm-size 1g" in " ".join(SETTINGS["runArgs"])


def test_the_development_container_is_the_image():
    """Is it built from the Dockerfile, with its user, its folder and its Python?"""
    place = ROOT / ".devcontainer" / SETTINGS["build"]["dockerfile"]
    assert place.resolve() == ROOT / "Dockerfile"
    assert f"USER {SETTINGS['remoteUser']}\n" in DOCKERFILE
    assert f"WORKDIR {SETTINGS['workspaceFolder']}\n" in DOCKERFILE
    python = SETTINGS["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert f"install.py {python.removesuffix('/bin/python')} '.[all]'" in DOCKERFILE


def test_the_packages_are_those_that_the_tests_need():
    """Is each package that the tests install in the image, and the script one that bash reads?"""
    subprocess.run(["bash", "-n", PACKAGES], check=True)
    text = PACKAGES.read_text(encoding="utf-8")
    needed = re.findall(r"missing\+=\(([\w-]+)\)", (ROOT / ".ci" / "run").read_text())
    assert len(needed) >= 4
    assert all(f" {name}" in text for name in needed)
    assert "COPY .devcontainer/packages" in DOCKERFILE


def test_nothing_of_a_class_gets_into_an_image():
    """Is all that git leaves out left out of the image, too?"""
    left_out = (ROOT / ".dockerignore").read_text().split()
    ignored = (ROOT / ".gitignore").read_text().split()
    private = [name.strip("/") for name in ignored if not name.startswith((".venv", "*", "_"))]
    private = [name for name in private if not re.search(r"cache|checkpoints|hypothesis", name)]
    assert {".course-secret", "gradebook.db", "submitted"} <= {*private}
    assert {*private} <= {*left_out}
