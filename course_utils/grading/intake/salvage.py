"""Read a notebook that a student handed in, however broken the file is.

Of each cell only what grading needs is read: its type, source, id and grade_id. Outputs are cut out
of the file's bytes before they are parsed, so that a large file costs little more than its size.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_utils.grading.note import Note, clean_text, counted, listed

MAX_BYTES = 20_000_000  # of a notebook without its outputs
MAX_READ = 200_000_000  # of a file
MAX_SOURCE = 1_000_000  # characters of one cell
MAX_BRACKETS = 2_000_000
MAX_FAULTS = 100

CURRENT = 4  # the major version of the notebook format
SOURCES = ("source", "input", "code", "text")  # what versions 4, 3 and 2, 1 call it
TYPES = {"code": "code", "markdown": "markdown", "raw": "raw"}
TEXTS = {"heading": "markdown", "html": "markdown", "text": "markdown", "plaintext": "markdown"}

WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Everything up to the next bracket that is not in a string. It never backtracks.
TO_BRACKET = re.compile(rb'(?:[^][{}"]++|"(?:[^"\\]++|\\.)*+")*+([][{}])', re.DOTALL)
BULK = re.compile(rb'"(?:outputs|attachments|widgets)"\s*:\s*$')
CELL_START = re.compile(
    r'\{\s*"(?:attachments|cell_type|collapsed|execution_count|id|input|language|metadata'
    r'|outputs|source)"\s*:'
)
# Control characters are let through, and numbers of any length.
DECODER = json.JSONDecoder(strict=False, parse_int=float)


def read_notebook(path: Path) -> tuple[NotebookNode | None, list[Note]]:
    """Read what can be read of a notebook.

    Returns
    -------
    notebook : NotebookNode or None
        Cells with type, source, id and grade_id only; None if nothing can be saved.
    notes : list of Note
        What was wrong with the file.

    Raises
    ------
    OSError
        If the system refuses to read it.
    """
    name = listed([path.name])
    try:
        data = read_regular(path, MAX_READ)
    except OSError as error:
        if error.errno:  # it is the system's refusal, and says nothing of what was handed in
            raise
        return None, [Note("unreadable", f"{name} was not read, because {error.args[-1]}.")]
    if not data.strip(b"\x00 \t\r\n"):
        return None, [
            Note("unreadable", f"{name} is empty: save the notebook and hand it in again.")
        ]
    notes = []
    if len(data) > MAX_BYTES:
        says = f"{name} has {len(data) // 1_000_000} MB: clear the outputs before you hand it in."
        notes.append(Note("large", says))
    data, encoding = _as_utf8(data)
    without = _without_outputs(data)
    if without is None or len(without) > MAX_BYTES:
        says = f"{name} is too large to be read: take the data out of the cells, and save it again."
        return None, [*notes, Note("unreadable", says)]
    text, encoding = _decoded(without, encoding)
    if encoding:
        says = f"{name} was read as {encoding}: a notebook is saved as UTF-8, as Jupyter does."
        notes.append(Note("encoding", says))
    found, version, whole = _parsed(text)
    if not whole:
        if len(data) <= MAX_BYTES:  # a fault in the outputs can hide what follows them
            text, _ = _decoded(data, encoding)
        found = list(_salvaged(text))
        if not found:
            says = f"{name} is not a notebook: open it in Jupyter, save it, and hand it in again."
            return None, [*notes, Note("unreadable", says)]
        says = (
            f"{name} is damaged, and only what is whole was taken ({counted(len(found), 'cell')})"
        )
        notes.append(Note("damaged", f"{says}: open it in Jupyter and save it again."))
    if version is not None and int(version) != CURRENT:
        says = f"{name} is in version {int(version)} of the format: save it with a current Jupyter."
        notes.append(Note("old format" if version < CURRENT else "new format", says))
    cells, more = _cells(found, name)
    notebook = NotebookNode(
        nbformat=CURRENT, nbformat_minor=5, metadata=NotebookNode(), cells=cells
    )
    return notebook, notes + more


def read_regular(path: Path, limit: int) -> bytes:
    """Read an ordinary file; neither follow a link, nor open a pipe or a device.

    Raises
    ------
    OSError
        If it is something else, larger than `limit` bytes, or cannot be opened; the last of its
        arguments says so in words.
    """
    _require_regular(os.lstat(path).st_mode)
    # What lies there may have been exchanged since.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        _require_regular(os.fstat(handle).st_mode)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"it is larger than {limit // 1_000_000} MB: clear its outputs")
    return data


def _require_regular(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise OSError("it is a link, and links are not followed: hand in the file itself")
    if stat.S_ISDIR(mode):
        raise OSError("it is a folder: hand in the notebook that is in it")
    if not stat.S_ISREG(mode):
        raise OSError("it is not an ordinary file: hand in a copy of the notebook")


def _as_utf8(data: bytes) -> tuple[bytes, str]:
    """Return the data without a byte order mark and, where that is another one, its encoding."""
    for mark, encoding in WIDE.items():
        if data.startswith(mark):
            text = data.decode(encoding, "replace")
            return text.encode("utf-8", "replace"), encoding.upper()
    return data.removeprefix(codecs.BOM_UTF8), ""


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    """Decode what should be UTF-8, else by whichever of it and Windows' code page fits better.

    The code page is Latin-1 with quotation marks, dashes and the euro where that has controls.
    """
    try:
        return data.decode("utf-8"), encoding
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    faults = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 2 * faults:
        return text, "UTF-8 with faults"
    return data.decode("cp1252", "replace"), "Windows-1252"


def _without_outputs(data: bytes) -> bytes | None:
    """Cut out what lies between the brackets of outputs; None if there are too many brackets."""
    kept, start, cut, depth, end = [], 0, 0, 0, 0
    for _ in range(MAX_BRACKETS):
        found = TO_BRACKET.match(data, end)
        if not found:
            break
        end = found.end()
        if data[end - 1] in b"[{":
            depth += 1
            if not cut and BULK.search(data, max(0, end - 40), end - 1):
                kept.append(data[start:end])
                cut = depth
        else:
            if cut and cut == depth:
                start, cut = end - 1, 0
            depth -= 1
    else:
        return None
    if not cut:
        kept.append(data[start:])
    return b"".join(kept)


def _parsed(text: str) -> tuple[list[Any], float | None, bool]:
    """Parse a whole notebook: what is in its list of cells, its version, and whether that went."""
    text = text.lstrip()
    try:
        notebook, end = DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return [], None, False
    if not isinstance(notebook, dict) or text[end:].strip("\x00 \t\r\n"):
        return [], None, False
    version = notebook.get("nbformat")
    known = isinstance(version, float) and 0 < version < 1000
    sheets = notebook.get("worksheets")
    lists = [
        sheet["cells"]
        for sheet in [notebook, *(sheets if isinstance(sheets, list) else [])]
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
    ]
    cells = [cell for found in lists for cell in found]
    return cells, version if known else None, bool(lists)


def _salvaged(text: str) -> Iterator[dict[str, Any]]:
    """Yield the cells that can be parsed one by one, wherever they stand."""
    position = faults = 0
    while faults < MAX_FAULTS and (start := CELL_START.search(text, position)):
        try:
            cell, position = DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            faults += 1
            position = start.start() + 1
            continue
        if "cell_type" in cell:
            yield cell


def _cells(found: list[Any], name: str) -> tuple[list[NotebookNode], list[Note]]:
    cells, notes, large, odd, cleaned = [], [], 0, 0, 0
    for data in found:
        if not isinstance(data, dict):
            odd += 1
            continue
        source = _source(data)
        if len(source) > MAX_SOURCE:
            large += 1
            continue
        cleaned += source != clean_text(source)
        cells.append(_cell(data, clean_text(source)))
    if large:
        says = f"{name} has {counted(large, 'cell')} with over a million characters, left out"
        notes.append(Note("large cell", f"{says} here: keep data in files, and hand it in again."))
    if odd:
        says = f"{name} has {counted(odd, 'thing')} among its cells that no cell can be, left out"
        notes.append(Note("damaged", f"{says} here: open it in Jupyter and save it again."))
    if cleaned:
        says = (
            f"{name} has {counted(cleaned, 'cell')} with characters that no file of text can hold"
        )
        notes.append(Note("characters", f"{says}, taken out here: type those places anew."))
    return cells, notes


def _source(data: dict[str, Any]) -> str:
    source = next((data[key] for key in SOURCES if key in data), "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _cell(data: dict[str, Any], source: str) -> NotebookNode:
    kind = data.get("cell_type")
    has_run = "outputs" in data or "execution_count" in data
    known = {**TYPES, **TEXTS}.get(kind) if isinstance(kind, str) else None
    cell = NotebookNode(cell_type=known or ("code" if has_run else "raw"), source=source)
    cell.metadata = NotebookNode()
    if isinstance(data.get("id"), str):
        cell.id = data["id"]
    metadata = data.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    if isinstance(grade_id, str):
        cell.metadata.nbgrader = NotebookNode(grade_id=grade_id)
    return cell
