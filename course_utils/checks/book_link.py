"""Links from what a check says to the book: to a live picture, in the setting of a case.

The book is in the kit, beside the exercises, or where the instructor says.
"""

from __future__ import annotations

import re
from pathlib import Path

SEE = "See such a case in the book's picture"
BESIDE = "../../book/"  # from the folder of an assignment
FIRST = "intro.html"  # which a built book has, and its sources have not
PICTURE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+\.html\?[\w.=&-]+#[a-z0-9-]+")


def where(elsewhere: str = "") -> str:
    """Return where the folder `book` lies, as seen from a notebook that is at work.

    Parameters
    ----------
    elsewhere : str
        The address of the course's book, for notebooks that have none beside them; empty if it
        is nowhere.
    """
    return BESIDE if Path(BESIDE, FIRST).is_file() else in_site(elsewhere)


def in_site(address: str) -> str:
    """Return where the folder `book` lies in a book that is at an address; empty for none."""
    return f"{address.rstrip('/')}/book/" if address else ""


def link(book: str, picture: str) -> str:
    """Return the address of a picture; empty where there is no book, or that is no picture's."""
    return book + picture if book and PICTURE.fullmatch(picture) else ""
