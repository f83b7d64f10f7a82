"""Keep of a student's cells only what is text or a picture, wherever they are shown.

A student's code may display HTML, and a student's Markdown may hold it. nbgrader's formgrader
shows both as they are, on the address of the instructor's Jupyter server.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
import struct
from typing import Any

from markupsafe import escape
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters.markdown_mistune import (
    IPythonRenderer,
    MarkdownWithMath,
    markdown2html_mistune,
)
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor

from course_utils.grading.judge.cells import is_test
from course_utils.grading.pages.safe_html import LONGEST

TEXT = 100_000  # characters kept of a cell's text
PICTURES = 1_000_000  # bytes kept of a cell's pictures
PIXELS = 20_000_000  # a picture with more may stop a browser
CUT = "\n... the rest is left out ..."
PNG = b"\x89PNG\r\n\x1a\n"


class PlainOutputs(NbGraderPreprocessor):
    """Drop rich outputs, widgets and raw HTML of students. Released cells stay as they are."""

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Clean a notebook in place."""
        nb.metadata.pop("widgets", None)
        for cell in nb.cells:
            if cell.cell_type == "code":
                count = cell.get("execution_count")
                cell.execution_count = count if isinstance(count, int) else None
                if not is_test(cell):
                    cell.outputs = plain_outputs(cell.outputs)
            elif not is_released(cell):
                cell.pop("attachments", None)
                cell.source = harmless(cell.source)
        return nb, resources


def is_released(cell: NotebookNode) -> bool:
    """Say whether a cell is locked, so that its source is the release's."""
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


def plain_outputs(
    outputs: list[NotebookNode], *, text: int = TEXT, pictures: int = PICTURES
) -> list[NotebookNode]:
    """Return new outputs with text, errors and PNG pictures only, up to a size.

    Parameters
    ----------
    outputs : list of NotebookNode
        As a kernel sent them: any value may be of a wrong type.
    text : int
        Characters to keep of all text together.
    pictures : int
        Bytes to keep of all pictures together.
    """
    kept = []
    for output in outputs:
        if text <= 0:
            break
        made, used = _plain(output, text, pictures)
        pictures -= len(made.get("data", {}).get("image/png", "")) if made else 0
        text -= used
        kept += [made] if made else []
    return kept


def _plain(output: NotebookNode, text: int, pictures: int) -> tuple[NotebookNode | None, int]:
    """Return an output made anew, and the characters of text in it."""
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        said = _cut(_string(output.get("text")), text)
        return new_output("stream", name=name, text=said), len(said)
    if kind == "error":
        trace = _cut("\n".join(map(_string, _items(output.get("traceback")))), text)
        name, value = (_cut(_string(output.get(key)), text) for key in ("ename", "evalue"))
        made = new_output("error", ename=name, evalue=value, traceback=trace.split("\n"))
        return made, max(len(trace), len(value), 1)
    data = output.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, dict):
        return None, 0
    said = _cut(_string(data.get("text/plain")), text)
    picture = png(data.get("image/png"), pictures)
    mimes = {"text/plain": said} | ({"image/png": picture} if picture else {})
    return new_output("display_data", data=mimes), len(said)


def png(data: Any, size: int) -> str:
    """Return a picture as base64 if it is a PNG of at most `size` characters, else nothing."""
    if not isinstance(data, str) or len(data) > size:
        return ""
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
        width, height = struct.unpack(">II", raw[16:24])
    except (binascii.Error, ValueError, struct.error):
        return ""
    if not raw.startswith(PNG) or width * height > PIXELS:
        return ""
    return base64.b64encode(raw).decode()


@functools.lru_cache(maxsize=256)  # most cells of a class are as they were released
def harmless(source: str) -> str:
    """Return Markdown that shows the same and does nothing, in nbconvert's own rendering.

    A source that is already harmless stays as it is. Otherwise its angle brackets are escaped,
    outside of code if that is enough; where it is not, or the source is very long, the whole is
    shown as it was typed.
    """
    parts = re.split(r"(```.*?```|`[^`\n]*`)", source, flags=re.DOTALL)
    outside = "".join(part if i % 2 else part.replace("<", "&lt;") for i, part in enumerate(parts))
    for attempt in (source, outside, source.replace("<", "&lt;")):
        if len(source) <= LONGEST and _does_nothing(attempt):
            return attempt
    typed = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in source)
    return f"<pre>{typed}</pre>"


class Inert(IPythonRenderer):
    """nbconvert's renderer, but that HTML, scripts, pictures and diagrams are only text."""

    def __init__(self) -> None:
        super().__init__(escape=False, allow_harmful_protocols=False)

    def inline_html(self, html: str) -> str:
        """Escape HTML within a line."""
        return str(escape(html))

    def block_html(self, html: str) -> str:
        """Escape HTML on lines of its own."""
        return str(escape(html))

    def block_mermaidjs(self, code: str) -> str:
        """Escape a diagram's source."""
        return str(escape(code))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Leave a picture's description."""
        return text


def _does_nothing(source: str) -> bool:
    """Say whether nbconvert makes of it what a renderer that lets nothing through makes of it."""
    try:
        return MarkdownWithMath(Inert()).render(source) == markdown2html_mistune(source)
    except Exception:  # a picture that is missing, say: what cannot be rendered is not harmless
        return False


def _string(value: Any) -> str:
    return "".join(part for part in _items(value) if isinstance(part, str))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: max(size, 0)] + CUT
