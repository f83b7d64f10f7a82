"""A small book in the dress of the real one, to try what no chapter has to show yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shutil import copytree, ignore_patterns

import yaml

from course_utils.book import build_book

ROOT = Path(__file__).parents[2]


def build_small_book(folder: Path, pages: Mapping[str, str]) -> Path:
    """Build a book of these pages, by name, the first of which is its root; return its folder."""
    copytree(ROOT / "book", folder / "book", ignore=ignore_patterns("*.md", "images"))
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["exclude_patterns"] = ["_build"]
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    root, *others = pages
    chapters = [{"file": name} for name in others]
    toc = {"format": "jb-book", "root": root, "chapters": chapters}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    return build_book(folder, folder)
