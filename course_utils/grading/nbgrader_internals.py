"""What this course replaces inside nbgrader and nbconvert, which have no setting for it.

All of it knows how nbgrader `VERSION` works inside; with another version, read these again.
"""

from __future__ import annotations

import contextlib
import functools
import unittest.mock
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import nbformat
import nbgrader.api
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import sqlalchemy
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, SubmittedNotebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

VERSION = "0.9.6"


def use_autograder(kind: type, timestamp: Callable[..., Any], students: Callable[..., Any]) -> None:
    """Have `nbgrader autograde` and the formgrader use an autograder.

    Parameters
    ----------
    kind : type
        The autograder: its class is replaced where it is looked up.
    timestamp, students : callable
        What tells the formgrader when a submission was handed in, and who handed in. nbgrader's own
        reading takes a pattern for an id and fails on what is no date, and its page with it.
    """
    nbgrader.apps.autogradeapp.Autograde = kind
    nbgrader.apps.api.Autograde = kind
    NbGraderAPI.get_submitted_timestamp = timestamp
    NbGraderAPI.get_submitted_students = students


def use_known_version() -> None:
    """Have a new gradebook marked with its version without a process that finds it out.

    nbgrader runs `alembic heads` for each, which takes a second and a half.
    """
    nbgrader.api.get_alembic_version = gradebook_version


@functools.cache
def gradebook_version() -> str:
    """Return the version of the gradebooks that this nbgrader makes, as `alembic heads` says it."""
    from alembic.script import ScriptDirectory  # who makes no gradebook need not wait for it

    head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    assert head
    return head


class QuickExporter(NotebookExporter):
    """nbconvert's exporter, which copies a notebook once and validates it once."""

    def _preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Take all steps on a notebook that is a copy already."""
        for step in self._preprocessors:
            nb, resources = step(nb, resources)
        nbformat.validate(nb, relax_add_props=True)
        return nb, resources


class SaveAtOnce(SaveAutoGrades):
    """nbgrader's `SaveAutoGrades`, with two looks into the gradebook in place of two a cell.

    Attributes
    ----------
    scores : dict of str to float or None
        The automatic scores of the last notebook, by test.
    """

    scores: dict[str, float | None]

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Save the scores of a notebook, and whether its answers were touched."""
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            notebook = gradebook.find_submission_notebook(
                names["notebook"], names["assignment"], names["student"]
            )
            # What the methods for single cells ask the gradebook for is looked up here.
            grades = _by_cell(gradebook, Grade, notebook)
            comments = _by_cell(gradebook, Comment, notebook)
            self.notebook_id = self.assignment_id = self.student_id = ""
            self.gradebook = SimpleNamespace(
                find_grade=lambda name, *_: grades[name],
                find_comment=lambda name, *_: comments[name],
                db=SimpleNamespace(commit=lambda: None),
            )
            nb, resources = NbGraderPreprocessor.preprocess(self, nb, resources)
            self.scores = {name: grade.auto_score for name, grade in grades.items()}
            gradebook.db.commit()
        return nb, resources


def _by_cell(
    gradebook: Gradebook, kind: type[Grade] | type[Comment], notebook: SubmittedNotebook
) -> dict[str, Any]:
    """Return the grades or the comments of a student's notebook, by the names of their cells."""
    pairs = gradebook.db.query(BaseCell.name, kind).join(BaseCell, kind.cell_id == BaseCell.id)
    return dict(pairs.filter(kind.notebook_id == notebook.id))


@contextlib.contextmanager
def one_transaction(address: str) -> Iterator[sqlalchemy.Connection]:
    """Let all gradebooks that are opened meanwhile write in one transaction, or not at all.

    It is kept at the end, unless something fails or the connection that this yields is rolled back.

    nbgrader opens ten for each student. Each would connect, look for its tables and its course,
    compile its queries and wait for the disk, and between two of them half a grade would be there.
    """
    with (
        _engine(address).begin() as connection,
        unittest.mock.patch.multiple(
            nbgrader.api,
            create_engine=lambda *_, **__: connection,
            inspect=lambda _: SimpleNamespace(get_table_names=lambda: ["they are there"]),
            Base=SimpleNamespace(metadata=SimpleNamespace(create_all=lambda bind: None)),
        ),
        unittest.mock.patch.object(Gradebook, "check_course", return_value=None),
        unittest.mock.patch.object(Gradebook, "close", lambda gradebook: gradebook.db.remove()),
    ):
        yield connection


@functools.cache
def _engine(address: str) -> sqlalchemy.Engine:
    """Return an engine that keeps no connection, but remembers the queries that it has compiled."""
    return sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
