"""Links from what a check says to the book: to a live picture, in the setting of a case.

The book is in the kit, beside the exercises, or where the instructor says.
"""

from __future__ import annotations

import re
from pathlib import Path

FASTER = "See how it becomes faster"
SEE = "See such a case in the book's picture"
BESIDE = "../../book/"  # from the folder of an assignment
FIRST = "intro.html"  # which a built book has, and its sources have not
PLACE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+\.html(\?[\w.=&-]+)?#[a-z0-9-]+")


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


def link(book: str, place: str) -> str:
    """Return the address of a place in the book; empty where there is no book, or no place."""
    return book + place if book and PLACE.fullmatch(place) else ""
