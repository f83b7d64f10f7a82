"""Label the works of the bibliography as the text cites them: by author and year.

Sphinx's own labels, [HS97], are another name for what the text calls Hochreiter and Schmidhuber
(1997). `bibtex_default_style: author_year` in `_config.yml` asks for these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.alpha import Style as AlphaStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


def label(entry: Entry) -> str:
    """Return a work's label: up to two family names, or the first and et al., and the year."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
    named = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    text = f"{named or entry.fields.get('title', entry.key)}, {entry.fields.get('year', 'n.d.')}"
    return text.replace("{", "").replace("}", "")


class AuthorYearLabels(BaseLabelStyle):
    """Labels by author and year."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        """Yield the label of each work."""
        return map(label, sorted_entries)


class AuthorYearStyle(AlphaStyle):
    """The entries of the style alpha, under labels by author and year."""

    default_label_style = "author_year"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with pybtex, which makes the bibliography."""
    register_plugin("pybtex.style.labels", "author_year", AuthorYearLabels)
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
