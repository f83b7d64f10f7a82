"""The built book, for the kit: without what only a web server or a developer needs.

It lies in the kit as it is built, so that all its links and its search work from the folder, and
the links in statements lead into it. Below the heading of a section, the exercises are named that
send their readers there.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from course_utils.errors import CourseError
from course_utils.grading.handout.book_links import references

# Source maps, fonts that every browser of today has in a smaller form, and texts of themes in
# other languages.
LEFT_OUT = re.compile(
    r"\.map$|\.ttf$|^_static/locales/|^_sources/|^(objects\.inv|index\.html|\.buildinfo)$"
)
# JupyterLab's own address, as long as no other is running.
LAB = "http://localhost:8888/lab/tree"


def slim_book(built: Path, notebooks: Mapping[str, NotebookNode]) -> dict[str, bytes]:
    """Return the files of the book by their paths in the kit.

    Parameters
    ----------
    built : Path
        The folder into which the book was built.
    notebooks : dict of str to NotebookNode
        The assignments in the kit, by their names.

    Raises
    ------
    CourseError
        If there is no built book.
    """
    if not (built / "book" / "intro.html").is_file():
        raise CourseError(f"{built} holds no book: run `course book` first")
    files = {
        name: path.read_bytes()
        for path in sorted(built.rglob("*"))
        if path.is_file() and not LEFT_OUT.search(name := path.relative_to(built).as_posix())
    }
    for page, sections in _asked_at(notebooks).items():
        name = f"book/{page}.html"
        if name in files:
            files[name] = with_exercises(files[name].decode("utf-8"), sections).encode("utf-8")
    return files


def with_exercises(page: str, sections: Mapping[str, list[tuple[str, str]]]) -> str:
    """Return a page that names exercises below headings.

    Parameters
    ----------
    page : str
    sections : dict of str to list of (str, str)
        The assignments and the titles of the exercises, by the anchors of the sections.
    """
    for anchor, exercises in sections.items():
        links = ", ".join(
            f'<a href="{LAB}/exercises/{slug}/{slug}.ipynb">{html.escape(title)}</a>'
            for slug, title in exercises
        )
        slug = exercises[0][0]
        word = "Exercise" if len(exercises) == 1 else "Exercises"
        line = (
            f"<p><em>{word} on this:</em> {links} in <code>exercises/{slug}/{slug}.ipynb</code>"
            " (the link opens it while JupyterLab runs).</p>"
        )
        heading = re.search(rf'<section id="{re.escape(anchor)}".*?</h[1-6]>', page, re.DOTALL)
        if heading:
            page = f"{page[: heading.end()]}\n{line}{page[heading.end() :]}"
    return page


def _asked_at(
    notebooks: Mapping[str, NotebookNode],
) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Return which exercises send to which sections, by page and anchor."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for slug, notebook in notebooks.items():
        for cell in notebook.cells:
            title = re.match(r"### (\d+\. `\w+`)", cell.source)
            if title:
                for page, anchor in references(cell.source):
                    found[page][anchor].append((slug, title[1].replace("`", "")))
    return found
