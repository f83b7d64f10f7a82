"""Set a formula as MathML, which browsers draw by themselves: no script, no font to fetch."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree import ElementTree

from latex2mathml.converter import convert
from markupsafe import Markup, escape

LEAVES = {"mi", "mn", "mo", "mspace", "mtext"}
SCRIPTS = {"mover", "msub", "msubsup", "msup", "munder", "munderover"}
LAYOUT = {"math", "mfrac", "mroot", "mrow", "msqrt", "mstyle", "mtable", "mtd", "mtr"}
TAGS = LEAVES | SCRIPTS | LAYOUT
ATTRIBUTES = {"columnalign", "display", "displaystyle", "fence", "linethickness", "mathvariant"}
ATTRIBUTES |= {"maxsize", "minsize", "scriptlevel", "separator", "stretchy", "width"}
LONGEST = 2000  # characters


@lru_cache(maxsize=4096)
def formula(tex: str, *, display: bool = False) -> Markup:
    """Return a formula as MathML, or its source where that cannot be read.

    The tree is built anew from known tags and attributes, because the source may be anybody's.

    Parameters
    ----------
    tex : str
        The formula in TeX, without dollars.
    display : bool
        Whether it stands on a line of its own.
    """
    tex = tex.strip()
    known = tex.replace("{aligned}", "{split}")  # the same, by the name that the converter knows
    try:
        if len(tex) > LONGEST:
            raise ValueError("too long to be a formula")
        tree = ElementTree.fromstring(convert(known, display="block" if display else "inline"))
        if "\\" in "".join(tree.itertext()):
            raise ValueError("a command that is not known")
        html = _html(tree)
    except Exception:  # the converter raises errors of many types on what is no formula
        html = Markup("<code>{}</code>").format(tex)
    if display:
        return Markup('<span class="display" tabindex="0">{}</span>').format(html)
    return html


def _html(element: ElementTree.Element) -> Markup:
    """Write an element with what is known of it; of an unknown one only its content."""
    tag = element.tag.rpartition("}")[2]
    text = escape(element.text or "")
    inner = text + Markup("").join(_html(child) + escape(child.tail or "") for child in element)
    if tag not in TAGS:
        return inner
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and re.fullmatch("[a-z0-9. -]+", value)
    )
    return Markup(f"<{tag}{attributes}>") + inner + Markup(f"</{tag}>")
