"""Tell whether files have changed since something was made from them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path


def fingerprint(root: Path, names: Iterable[str]) -> str:
    """Return a digest of the names and contents of files and folders below `root`.

    Compiled Python files do not count.
    """
    total = sha256()
    for name in names:
        path = root / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                content = file.read_bytes()
                total.update(f"{file.relative_to(root)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()
