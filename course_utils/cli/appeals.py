"""The verbs for an appeal: explain a grade, prove it, reveal what the hidden cases come from."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import FINE, PATH, PROBLEM, trouble, verb

ROOT = "The folder with submitted/ and the gradebook (default: the course)."


@verb("course explain lstm --student student-004 lstm_forward")
@click.argument("slug", help="The assignment.")
@click.argument("exercise", default="", help="Tell of this one alone.")
@click.option("--student", required=True, metavar="ID", help="Whose grade.")
@click.option("--root", type=PATH, metavar="DIR", help=ROOT)
@click.option("--json", is_flag=True, help="As JSON.")
@click.option("--receipt", type=PATH, metavar="FILE", help="Write what reproduces the score.")
@click.option("--reveal", is_flag=True, help="Put the assignment's secret into the receipt.")
@click.option("--force", is_flag=True, help="Reveal it while somebody may still hand in.")
def explain(
    folder: Path,
    slug: str,
    exercise: str,
    student: str,
    root: Path | None,
    json: bool,
    receipt: Path | None,
    reveal: bool,
    force: bool,
) -> int:
    """Show what a grade is made of, hidden numbers included.

    The notebook is run again with the cases that graded it. Submissions and grades stay as they
    are.
    """
    from course_utils.grading.appeal.as_text import as_text, to_json
    from course_utils.grading.appeal.explain import explain
    from course_utils.grading.appeal.receipt import NOT_SAME, make_receipt, write_receipt

    if reveal and receipt is None:
        raise click.UsageError("--reveal is for a receipt: name its file with --receipt")
    if reveal:
        _warn(folder, root or folder, slug, force)
    subject, found = explain(folder, root or folder, slug, student, exercise)
    print(to_json(found, exercise) if json else as_text(found, exercise), end="")
    if receipt is not None and not found.same:
        return trouble(NOT_SAME)
    if receipt is not None:
        write_receipt(receipt, make_receipt(folder, subject, found, reveal=reveal))
        trouble(f"The receipt is written: {receipt}")
    return FINE if found.same else PROBLEM


@verb("course reveal convolution-arithmetic --secret")
@click.argument("slug", help="The assignment.")
@click.option("--secret", is_flag=True, help="Show the secret, too.")
@click.option("--root", type=PATH, metavar="DIR", help=ROOT)
@click.option("--force", is_flag=True, help="Show it while somebody may still hand in.")
def reveal(folder: Path, slug: str, secret: bool, root: Path | None, force: bool) -> None:
    """Show what hidden cases are drawn from, or its SHA-256.

    The SHA-256 is what START in the kit tells students. The secret should wait for the deadline.
    """
    from course_utils.grading.handout.release import require_topic
    from course_utils.grading.secret import assignment_secret, commitment

    require_topic(folder, slug)
    if secret:
        _warn(folder, root or folder, slug, force)
    value = assignment_secret(folder, slug)
    print(f"commitment  {commitment(value)}")
    if secret:
        print(f"secret      {value}")


@verb("course verify convolution-arithmetic.ipynb receipt.json")
@click.argument("notebook", type=PATH, help="What was handed in.")
@click.argument("receipt", type=PATH, help="The file that `course explain` wrote.")
@click.option(
    "--commitment", default="", metavar="HEX", help="What was published of the assignment's secret."
)
@click.option(
    "--root", type=PATH, metavar="DIR", help="The folder with exercises/ (default: the course)."
)
def verify(folder: Path, notebook: Path, receipt: Path, commitment: str, root: Path | None) -> int:
    """Grade a notebook anew and compare with its receipt.

    It takes the course's folder with the assignment, and no gradebook.
    """
    from course_utils.grading.appeal.receipt import read_receipt
    from course_utils.grading.appeal.verify import verify

    found = verify(folder, root or folder, notebook, read_receipt(receipt), commitment)
    print(found.as_text(), end="")
    return PROBLEM if found.problems else FINE


def _warn(course: Path, root: Path, slug: str, force: bool) -> None:
    """Warn of giving out a secret, and refuse it unless it is forced."""
    from course_utils.grading.appeal.reveal import require_over, warning

    trouble(warning(slug) if force else require_over(course, root, slug))
