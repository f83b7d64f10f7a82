"""Draw the grey of figures, their letters and axes, dark on a light page and light on a dark one.

No single grey has a contrast of 4.5 on both. Figures are SVG in an `img`, which follows the colour
scheme of the page around it, so a style inside of them chooses. In print and elsewhere the grey of
`course_utils.plotting` stays.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from course_utils.plotting import INK

LIGHT, DARK = "#58606b", "#a3adb8"  # --pst-color-text-muted of custom.css
STYLE = (
    f"<style>:root{{--ink:{LIGHT}}}"
    f"@media (prefers-color-scheme:dark){{:root{{--ink:{DARK}}}}}</style>"
)


def in_both_modes(svg: str) -> str:
    """Return a figure whose grey is chosen by the colour scheme."""
    if INK not in svg:
        return svg
    head, opened, rest = svg.partition("<svg")
    attributes, closed, body = rest.partition(">")
    return head + opened + attributes + closed + STYLE + body.replace(INK, f"var(--ink, {LIGHT})")


def restyle(app: Sphinx, exception: Exception | None) -> None:
    """Change the figures that were copied to the built book."""
    if exception is not None or app.builder.name != "html":
        return
    for path in Path(app.outdir, "_images").glob("*.svg"):
        svg = path.read_text(encoding="utf-8")
        if (changed := in_both_modes(svg)) != svg:
            path.write_text(changed, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", restyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
