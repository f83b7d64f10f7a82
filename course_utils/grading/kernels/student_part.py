"""The part of the package that students get, in the kit and in the sandbox: no answers in it.

`arithmetic` and `layer_arithmetic` are not part of it, because their functions answer exercises.
"""

from __future__ import annotations

import shutil
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
STUDENT_PART = (
    *("__init__.py", "errors.py", "checks", "desk", "plotting.py", "gradcheck.py"),
    *("data/__init__.py", "data/digits.py", "data/photographs.py"),
)


def student_files() -> dict[str, Path]:
    """Return the files of the student's part by their names in the package, such as `checks/x.py`.

    Compiled Python files and hidden ones do not count.
    """
    found = {}
    for part in STUDENT_PART:
        path = PACKAGE / part
        for file in path.rglob("*") if path.is_dir() else [path]:
            name = file.relative_to(PACKAGE)
            left_out = any(step == "__pycache__" or step.startswith(".") for step in name.parts)
            if file.is_file() and not left_out:
                found[name.as_posix()] = file
    return dict(sorted(found.items()))


def write_student_part(target: Path) -> None:
    """Copy the student's part to `target/course_utils`, so that `target` can be a Python path."""
    for name, file in student_files().items():
        copy = target / "course_utils" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
