"""Install the project into a virtual environment, by uv where it is there and by pip where not.

Run by the Makefile, before anything is installed:

    python3 course_utils/install.py .venv '.[all]'

uv does not read pip's configuration, so what that says of indexes, local files and constraints is
passed on. On Linux PyTorch's own index is added where it answers, since its builds for the CPU are
a tenth of the size of those that the common index has.
"""

from __future__ import annotations

import ast
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
EVERY = 20.0  # seconds between two signs of life
ANSWERS = 4.0  # seconds in which that index must answer
CONSTRAINTS = "constraints.txt"
# Settings of pip that may hold several values, and the options by which uv and pip take them.
PASSED_ON = ("index-url", "extra-index-url", "find-links", "constraint", "trusted-host")
UV_OPTIONS = {"trusted-host": "allow-insecure-host"}


def install(environment: Path, what: str) -> int:
    """Make the virtual environment and install; return the installer's exit code."""
    python = environment / "bin" / "python"
    uv = shutil.which("uv")
    who = "uv" if uv else "pip"
    print(
        f"Installing {what} with {who}, which is silent; the first time takes minutes.", flush=True
    )
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    listed = subprocess.run(
        [str(python), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    extra = [CPU_BUILDS] if sys.platform == "linux" and answers(CPU_BUILDS) else []
    words = command(python, what, uv or "", pip_settings(listed.stdout), extra)
    return follow(words)


def follow(words: Sequence[str], every: float = EVERY) -> int:
    """Run a command that says nothing, and say now and then that it still runs.

    Parameters
    ----------
    words : sequence of str
        The command.
    every : float
        After how many seconds each time.

    Returns
    -------
    int
        Its exit code.
    """
    start = time.monotonic()
    with subprocess.Popen(words) as process:
        while True:
            try:
                return process.wait(every)
            except subprocess.TimeoutExpired:
                print(f"  still installing, after {time.monotonic() - start:.0f} s", flush=True)


def command(
    python: Path, what: str, uv: str, settings: Mapping[str, list[str]], extra: list[str]
) -> list[str]:
    """Return the command that installs.

    Parameters
    ----------
    python : Path
        Of the virtual environment.
    what : str
        What to install, in place: ``.[all]``.
    uv : str
        The program; empty for pip, which reads its own settings.
    settings : dict of str to list of str
        What pip's configuration says.
    extra : list of str
        Further indexes.
    """
    options = ["--quiet", "--constraint", CONSTRAINTS]
    for index in extra:
        options += ["--extra-index-url", index]
    if not uv:
        return [str(python), "-m", "pip", "install", *options, "--editable", what]
    for name in PASSED_ON:
        for value in settings.get(name, ()):
            options += [f"--{UV_OPTIONS.get(name, name)}", value]
    # As pip does, take the best of all indexes, and not all that the first one has of a package.
    options += ["--index-strategy", "unsafe-best-match"]
    return [uv, "pip", "install", "--python", str(python), *options, "--editable", what]


def pip_settings(listed: str) -> dict[str, list[str]]:
    """Read what `pip config list` prints: a line ``global.find-links='/wheels'`` for each setting.

    A setting that is made in several places counts as often; pip takes the last of an index.

    Examples
    --------
    >>> pip_settings("global.find-links='/wheels /more'")
    {'find-links': ['/wheels', '/more']}
    """
    found: dict[str, list[str]] = {}
    for line in listed.splitlines():
        place, _, value = line.partition("=")
        name = place.rpartition(".")[2]
        if name in PASSED_ON:
            values = ast.literal_eval(value).split()
            kept = [] if name == "index-url" else found.get(name, [])
            found[name] = list(dict.fromkeys([*kept, *values]))
    return found


def answers(address: str) -> bool:
    """Say whether a server answers soon."""
    try:
        with urllib.request.urlopen(f"{address}/torch/", timeout=ANSWERS) as reply:
            return bool(reply.status == 200)
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    os.chdir(Path(__file__).parent.parent)
    if platform.system() == "Windows":
        sys.exit("the Makefile needs Linux or macOS: on Windows, use its Linux (WSL)")
    sys.exit(install(Path(sys.argv[1]), sys.argv[2]))
