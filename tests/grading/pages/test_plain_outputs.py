"""Can nothing of a student run on the formgrader's pages, and does what is harmless stay?"""

from __future__ import annotations

import base64
import re
import struct
from html.parser import HTMLParser

import pytest
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.server_extensions.formgrader import handlers

from course_utils.grading.pages.plain_outputs import (
    CUT,
    PICTURES,
    PIXELS,
    TEXT,
    PlainOutputs,
    harmless,
    plain_outputs,
    png,
)
from course_utils.grading.pages.safe_html import LONGEST

SCRIPT = "<script>attack()</script>"


def picture(width: int = 1, height: int = 1, extra: bytes = b"") -> str:
    """Return the head of a PNG of that size as base64."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return base64.b64encode(head + extra).decode()


def cleaned(*cells: NotebookNode, **metadata: object) -> NotebookNode:
    """Return a notebook of these cells after the preprocessor."""
    nb = new_notebook()
    nb.cells, nb.metadata = list(cells), NotebookNode(metadata)
    return PlainOutputs().preprocess(nb, {})[0]


def shown(**data: str) -> NotebookNode:
    """Return what a cell displays, with slashes for underscores in the MIME types."""
    mimes = {mime.replace("_", "/"): value for mime, value in data.items()}
    return new_output("display_data", data=mimes)


def attacks() -> list[NotebookNode]:
    """Return cells of a student that run code on the formgrader's page."""
    bad = f'"><img src=x onerror=attack()>{SCRIPT}'
    outputs = [
        shown(text_html=SCRIPT, text_plain="a table"),
        shown(application_javascript="attack()"),
        new_output("display_data", data={"image/svg+xml": f"<svg onload=attack()>{SCRIPT}</svg>"}),
        shown(text_markdown=SCRIPT),
        shown(text_latex=SCRIPT),
        shown(image_png=bad),
        shown(image_jpeg=bad),
        new_output("stream", name='stdout"><script>attack()</script>', text=SCRIPT),
        new_output("error", ename=SCRIPT, evalue=SCRIPT, traceback=[SCRIPT]),
    ]
    markdowns = [
        SCRIPT,
        "words <b onclick='attack()'>bold</b>",
        "[a link](javascript:attack())",
        "<javascript:attack()>",
        f"```mermaid\n{SCRIPT}\n```",
        "![a picture](attachment:gone.png)",
        "![a picture](https://example.org/seen.png)",
        f"```\n{SCRIPT}\n``` `\n\n`{SCRIPT}",
        f"$$a$$ {SCRIPT} [b](javascript:attack()) ``` `` `",
    ]
    return [new_code_cell("1", outputs=outputs), *map(new_markdown_cell, markdowns)]


class Tags(HTMLParser):
    """The tags of a page with what could run in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what runs `attack`, and what is fetched from elsewhere."""
        text = self.get_starttag_text() or ""
        harmful = any(
            name.startswith("on")
            or "javascript:" in (value or "")
            or "example.org" in (value or "")
            for name, value in attrs
        )
        if harmful and ("attack" in text or "example.org" in text):
            self.bad.append(text)

    def handle_data(self, data: str) -> None:
        """Note a script's text."""
        if self.cdata_elem == "script" and "attack" in data:
            self.bad.append(data)


def formgrader_page(nb: NotebookNode) -> str:
    """Return the formgrader's page of a notebook, made as the formgrader makes it."""
    exporter = HTMLExporter(
        template_name="formgrade", extra_template_basedirs=[handlers.template_path]
    )
    names = ("assignment_id", "notebook_id", "submission_id", "base_url", "student", "last_name")
    resources = dict.fromkeys((*names, "first_name", "notebook_path"), "x")
    page, _ = exporter.from_notebook_node(nb, resources={**resources, "index": 0, "total": 1})
    return page


WIDGETS = {
    "application/vnd.jupyter.widget-state+json": {
        "state": {"a": {"model_name": f"</script>{SCRIPT}"}},
        "version_major": 2,
        "version_minor": 0,
    }
}


@pytest.mark.parametrize("cell", attacks()[1:6], ids=lambda cell: cell.source[:20])
def test_markdown_attacks_are_real(cell):
    """Does each kind of Markdown do harm on the page as it is?"""
    assert Tags(formgrader_page(new_notebook(cells=[cell]))).bad


def test_a_missing_picture_breaks_the_page():
    """Is a picture that was not handed in an error on the page as it is?"""
    with pytest.raises(InvalidNotebook, match="missing attachment"):
        formgrader_page(new_notebook(cells=attacks()[6:7]))


def test_outputs_are_real_attacks():
    """Do the outputs run on the page as it is?"""
    assert len(Tags(formgrader_page(new_notebook(cells=attacks()[:1]))).bad) >= 3


def test_nothing_of_a_student_runs_in_the_formgrader():
    """Is every attack mere text after the preprocessor?"""
    page = formgrader_page(cleaned(*attacks(), widgets=WIDGETS))
    assert Tags(page).bad == []
    assert "a table" in page


def test_widgets_are_dropped():
    """Is the state of widgets gone, which the page would write into a script?"""
    nb = cleaned(widgets=WIDGETS, kernelspec={"name": "python3"})
    assert nb.metadata == {"kernelspec": {"name": "python3"}}


def test_what_is_text_stays():
    """Do prints, results, errors and pictures come through unchanged?"""
    said = new_output("stream", name="stderr", text="a\x1b[31mb")
    result = new_output(
        "execute_result", data={"text/plain": "3"}, execution_count=2, metadata={"a": 1}
    )
    error = new_output("error", ename="ValueError", evalue="no", traceback=["one", "two"])
    drawn = shown(image_png=picture(), text_plain="<Figure>")
    kept = plain_outputs([said, result, error, drawn])
    assert kept == [said, new_output("display_data", data={"text/plain": "3"}), error, drawn]


def test_the_outputs_of_a_test_stay():
    """Does the grader's own table stay, but not what a manually graded answer displays?"""
    table = shown(text_html="<table></table>")
    test, answer = (
        new_code_cell("", outputs=[table], metadata={"nbgrader": {"grade": True, "solution": own}})
        for own in (False, True)
    )
    nb = cleaned(test, answer)
    assert nb.cells[0].outputs == [table]
    assert nb.cells[1].outputs == [shown(text_plain="")]


def test_a_released_text_stays():
    """Is the HTML of a locked cell, which is the release's, left alone?"""
    text = "<details>a hint</details>"
    nb = cleaned(new_markdown_cell(text, metadata={"nbgrader": {"locked": True}}))
    assert nb.cells[0].source == text


@pytest.mark.parametrize(
    "source",
    [
        "a < b and b > c, *so* $a < c$",
        "# Title\n\n- one\n- [two](https://example.org)\n\n```python\nif a < b: pass\n```",
        "| a | b |\n|---|---|\n| `<b>` | 2 |",
        "&lt;b&gt; &amp; caf\u00e9",
        "",
    ],
)
def test_harmless_markdown_stays(source):
    """Is Markdown without HTML left alone, comparisons and code with brackets included?"""
    assert harmless(source) == source


def test_code_keeps_its_brackets():
    """Are brackets escaped outside of code only, where that is enough?"""
    assert harmless("<b>x</b> `a < b`") == "&lt;b>x&lt;/b> `a < b`"


def test_a_very_long_text_is_shown_as_typed():
    """Is a text that would keep the formgrader busy made into one block, without its HTML?"""
    shown_as = harmless("<b>\n\n" + "\\\\[" * LONGEST)
    assert re.fullmatch("<pre>[^<>\\\\\n]*</pre>", shown_as)
    assert shown_as.startswith("<pre>&#60;b&#62;&#10;&#10;&#92;")


def test_text_is_cut():
    """Is a flood cut, over all outputs of the cell together, and does it say so?"""
    flood = [new_output("stream", name="stdout", text="x" * TEXT)] * 3
    kept = plain_outputs([new_output("stream", name="stdout", text="y"), *flood])
    assert len(kept) == 2
    assert kept[1].text == "x" * (TEXT - 1) + CUT


def test_a_flood_of_errors_is_cut():
    """Are name, message and trace of an error cut, too?"""
    long = "x" * (2 * TEXT)
    error = new_output("error", ename=long, evalue=long, traceback=[long, long])
    (kept,) = plain_outputs([error, error])
    assert max(len(kept.ename), len(kept.evalue), len("".join(kept.traceback))) < TEXT + 100


@pytest.mark.parametrize(
    "data",
    [
        None,
        ["a"],
        "",
        "no base64!",
        base64.b64encode(b"GIF89a" + bytes(20)).decode(),
        base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        picture(PIXELS, 2),
        picture(extra=bytes(PICTURES)),
    ],
)
def test_what_is_no_picture_is_dropped(data):
    """Is each thing but a PNG of a decent size refused?"""
    assert png(data, PICTURES) == ""


def test_pictures_have_a_size_together():
    """Do many pictures come to no more than the limit?"""
    one = shown(image_png=picture(extra=bytes(PICTURES // 3)))
    kept = plain_outputs([one] * 9)
    assert sum("image/png" in output.data for output in kept) == 2


@pytest.mark.parametrize(
    "output",
    [
        NotebookNode(output_type="stream", name=3, text=["a", 4]),
        NotebookNode(output_type="error", ename=None, evalue=3, traceback="t"),
        NotebookNode(output_type="display_data", data=NotebookNode({"text/plain": 3})),
        NotebookNode(output_type="display_data", data="x"),
        NotebookNode(output_type="update_display_data"),
        NotebookNode(),
    ],
)
def test_wrong_types_do_not_stop_it(output):
    """Does any value that a hostile kernel may send pass without an error?"""
    for kept in plain_outputs([output]):
        assert isinstance(kept.get("text", ""), str)


def test_a_count_is_a_number():
    """Is an execution count that is no number dropped?"""
    cells = [new_code_cell("", execution_count=3), new_code_cell("")]
    cells[1].execution_count = SCRIPT
    assert [cell.execution_count for cell in cleaned(*cells).cells] == [3, None]
