"""Progress on a terminal, for what may take a while."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")
MOMENT = 2.0  # seconds for which nothing is shown


class Follow(Protocol):
    """How somebody is kept informed of what is gone through."""

    def __call__(self, things: Collection[T], what: str) -> Iterable[T]:
        """Go through the things, and show by what they are called how far this is."""


def quietly(things: Collection[T], what: str) -> Iterable[T]:
    """Go through things and show nothing."""
    return things


def on_terminal(things: Collection[T], what: str) -> Iterator[T]:
    """Go through things, with a bar once this takes longer than a moment.

    Nothing is shown where stderr is no terminal, or where tqdm is not installed.
    """
    try:
        from tqdm import tqdm
    except ImportError:
        yield from things
        return
    with tqdm(things, desc=what, delay=MOMENT, disable=None, leave=False) as bar:

        def show() -> None:
            """Show it even if the first thing takes longer; so it is wiped out at the end, too."""
            bar.delay = 0
            bar.refresh()

        late = threading.Timer(MOMENT, show)
        late.daemon = True
        if not bar.disable:
            late.start()
        try:
            yield from bar
        finally:
            late.cancel()
