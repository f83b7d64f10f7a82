"""Does the secret wait until nobody hands in any more?"""

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from nbgrader.api import Gradebook

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.grading.appeal.reveal import require_over
from course_utils.grading.secret import commitment
from tests.grading.batch.small_class import COURSE, SECRET, SLUG

pytestmark = pytest.mark.xdist_group("appeal")  # the class is graded once
SOON = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(days=2)
PAST = SOON - timedelta(days=9)


@pytest.fixture
def book(graded, tmp_path):
    """A folder with a gradebook and nothing else."""
    shutil.copyfile(graded / "gradebook.db", tmp_path / "gradebook.db")
    return tmp_path


@pytest.fixture
def due(book):
    """Return a function that sets when the assignment is due, and extensions."""
    path = book / "deadlines" / f"{SLUG}.csv"
    path.parent.mkdir(exist_ok=True)

    def set_due(when, extensions="student,due\n"):
        with Gradebook(f"sqlite:///{book / 'gradebook.db'}") as gradebook:
            gradebook.update_or_create_assignment(SLUG, duedate=when)
        path.write_text(extensions)
        return book

    return set_due


def run(root, *words):
    return cli.main(["--course", str(COURSE), "reveal", SLUG, "--root", str(root), *words])


def test_the_commitment_may_be_told_at_any_time(due, capsys):
    """Is it there before the deadline, and without the secret?"""
    assert run(due(SOON)) == 0
    assert capsys.readouterr().out == f"commitment  {commitment(SECRET)}\n"


def test_the_secret_waits_for_the_deadline(due, capsys):
    """Is it refused before, told afterwards with a warning, and told before if it is forced?"""
    assert run(due(SOON), "--secret") == 2
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert f"the class may hand {SLUG} in until {SOON:%Y-%m-%d %H:%M} UTC" in err
    assert run(due(SOON), "--secret", "--force") == 0
    assert f"secret      {SECRET}\n" in capsys.readouterr().out
    assert run(due(PAST), "--secret") == 0
    out, err = capsys.readouterr()
    assert f"secret      {SECRET}\n" in out
    assert "Give it out when nobody hands in any more" in err
    assert "due date" not in err


def test_an_extension_counts(due):
    """Does one student's later deadline hold the secret back?"""
    rows = f"student,due\nstudent-001,{PAST} UTC\nstudent-017,{SOON} UTC\n"
    with pytest.raises(CourseError, match="'student-017' may hand"):
        require_over(COURSE, due(PAST, rows), SLUG)


@pytest.mark.parametrize("text", ["student,due\nstudent-017,some day\n", "who,when\na,b\n", "\xff"])
def test_what_cannot_be_read_holds_it_back(due, text):
    """Does a spoilt list of extensions let nothing out?"""
    root = due(PAST, "")
    (root / "deadlines" / f"{SLUG}.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(CourseError, match="nobody knows who may still hand in"):
        require_over(COURSE, root, SLUG)


def test_no_due_date_is_told(due, tmp_path):
    """Is it said that nobody knows the deadline, with a gradebook and without one?"""
    for root in (due(None, "student,due\n"), tmp_path / "nothing"):
        assert "no due date" in require_over(COURSE, root, SLUG)


def test_an_unknown_assignment_is_one_line(capsys):
    """Is no commitment made up for a name that is none?"""
    assert cli.main(["--course", str(COURSE), "reveal", "convolution-aritmetic"]) == 2
    assert re.search("did you mean 'convolution-arithmetic'", capsys.readouterr().err)
