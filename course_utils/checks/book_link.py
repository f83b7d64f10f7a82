"""Links from what a check says to the book: to a live picture, in the setting of a case.

The book is in the kit, beside the exercises, or where the instructor says. JupyterLab shows a page
of the kit without its scripts, and so without the setting of a picture; a browser needs the file's
own address for that, which cannot be followed from JupyterLab and has to be copied.
"""

from __future__ import annotations

import re
from pathlib import Path

FASTER = "See how it becomes faster"
SEE = "See such a case in the book's picture"
COPY = "JupyterLab shows the page without it. For the picture, copy this address into your browser:"
BESIDE = "../../book/"  # from the folder of an assignment
FIRST = "intro.html"  # which a built book has, and its sources have not
PLACE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+\.html(\?[\w.=&-]+)?#[a-z0-9-]+")


def where(elsewhere: str = "") -> str:
    """Return where the folder `book` lies for a notebook that is at work: an address, with a slash.

    Parameters
    ----------
    elsewhere : str
        The address of the course's book, for notebooks that have none beside them; empty if it
        is nowhere.
    """
    here = Path(BESIDE).resolve()
    return f"{here.as_uri()}/" if (here / FIRST).is_file() else in_site(elsewhere)


def in_site(address: str) -> str:
    """Return where the folder `book` lies in a book that is at an address; empty for none."""
    return f"{address.rstrip('/')}/book/" if address else ""


def link(book: str, place: str) -> str:
    """Return the address of a place in the book; empty where there is no book, or no place."""
    return book + place if book and PLACE.fullmatch(place) else ""


def from_notebook(address: str) -> str:
    """Return an address as a link in a notebook has it: that of a file begins at the notebook."""
    return BESIDE + address.rpartition("/book/")[2] if is_file(address) else address


def is_file(address: str) -> bool:
    """Say whether an address is that of a file, which a page from a server cannot lead to."""
    return address.startswith("file:")
