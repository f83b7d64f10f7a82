"""An instructor's own settings: ``course_config.py`` in the course's folder, if it is there.

nbgrader_config.py reads it at its end, so that what it says counts. It belongs to the instructor
alone: no new version of the course touches it.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

FILE = "course_config.py"


class BrokenSettings(SystemExit):
    """Settings that cannot be read; its message is one line that names the file and the line.

    nbgrader passes over an error in its settings and goes on without any: then students' code would
    run without a sandbox. So this ends a program that does not catch it, as no error would.
    """


def read_own_settings(config: Any, folder: Path) -> None:
    """Add the instructor's own settings to those of the course; there need be none.

    Parameters
    ----------
    config : traitlets.config.Config
        What the file calls ``c``.
    folder : Path
        The course's folder.

    Raises
    ------
    BrokenSettings
        If the file cannot be read, or an error comes up in it.
    """
    path = own_settings(folder)
    if path is None:
        return
    try:
        code = compile(path.read_bytes(), str(path), "exec")
        exec(code, {"c": config, "get_config": lambda: config, "__file__": str(path)})
    except (Exception, SystemExit) as error:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        says = (text.splitlines() or [""])[0]
        where = f", line {line}" if (line := _line(error, str(path))) else ""
        kind = type(error).__name__
        raise BrokenSettings(f"{path}{where} cannot be read: {kind}: {says}") from error


def own_settings(folder: Path) -> Path | None:
    """Return the file of an instructor's own settings; None if there is none."""
    path = folder / FILE
    return path if os.path.lexists(path) else None


def _line(error: BaseException, file: str) -> int | None:
    """Return the line of a file in which an error came up, in what it calls or in its writing."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)
