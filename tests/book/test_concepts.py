"""Does everything that the concept index names exist?"""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from course_utils.exercises.catalog import exercise_names, topics
from tests.book import rules
from tests.book.source import BOOK, pages

ENTRIES = yaml.safe_load((BOOK / "concepts.yml").read_text(encoding="utf-8"))
LABELS = {label for page in pages() for label in re.findall(r"^\(([\w-]+)\)=", page.text, re.M)}
EXERCISES = {name for topic in topics() for name in exercise_names(topic)}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["concept"])
def test_what_an_entry_names_exists(entry):
    """Are section, term, functions and exercises of a concept there?"""
    assert set(entry) <= {"concept", "term", "section", "functions", "exercises"}
    assert entry["section"] in LABELS, "no page has this label"
    if "term" in entry:
        assert entry["term"].lower() in rules.glossary()
    for function in entry["functions"]:
        module, _, name = f"course_utils.{function}".rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))
    assert set(entry["exercises"]) <= EXERCISES


def test_each_exercise_has_its_concept():
    """Does the index lead from each exercise of the course to the section that it rests on?"""
    named = {exercise for entry in ENTRIES for exercise in entry["exercises"]}
    assert EXERCISES - named == set(), "add them to book/concepts.yml"


def test_a_concept_has_one_entry():
    """Is no concept listed twice?"""
    names = [entry["concept"].lower() for entry in ENTRIES]
    assert len(set(names)) == len(names)


def test_functions_are_links_where_the_book_has_them(html: Path):
    """In the built page, does each row link its section, and each documented function?"""
    text = (html / "book" / "concepts.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr class=\"row-[a-z]+\">.*?</tr>", text, re.DOTALL)[1:]
    assert len(rows) == len(ENTRIES)
    for row in rows:
        assert re.search(r'<a class="reference internal" href="[^"]+\.html#[^"]+"', row)
    if (BOOK / "functions").is_dir():
        functions = sum(len(entry["functions"]) for entry in ENTRIES)
        linked = len(
            re.findall(r'href="[^"]*functions/[^"]+"', text[text.index("concept-index") :])
        )
        assert linked >= functions
