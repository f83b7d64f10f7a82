"""The verbs that grade a class and show what came of it."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import FINE, PATH, PROBLEM, verb

OUT = "With --html: the folder for the pages (default: reports/SLUG in the root)."


@verb("course grade convolution-arithmetic --jobs 4")
@click.argument("slug", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="Grade all that was handed in.")
@click.option(
    "--root", type=PATH, help="The folder with submitted/ and the gradebook (default: the course)."
)
@click.option("--jobs", default=0, help="How many notebooks run at a time (default: the cores).")
@click.option(
    "--student",
    multiple=True,
    help="Grade this one only, be it one who is not on the list of the class; may be repeated.",
)
@click.option("--force", is_flag=True, help="Run what has not changed, too.")
@click.option(
    "--dry-run", is_flag=True, help="Write no grade; say who would rise or fall, and why."
)
@click.option("--diff", is_flag=True, help="Show the exercises and cases that change a grade.")
@click.option("--json", is_flag=True, help="As JSON.")
@click.option(
    "--accept-falls", is_flag=True, help="Lower grades, too, where the course has changed."
)
@click.option(
    "--isolation",
    type=click.Choice(["best", "required"]),
    help="required: refuse to grade where students' code cannot be isolated.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Run the notebooks on a dask cluster.")
def grade(
    folder: Path,
    slug: str,
    everything: bool,
    root: Path | None,
    jobs: int,
    student: tuple[str, ...],
    force: bool,
    dry_run: bool,
    diff: bool,
    json: bool,
    accept_falls: bool,
    isolation: str | None,
    scheduler: str | None,
) -> int:
    """Grade a class: many at once, and only what has changed."""
    if everything == bool(slug):
        raise click.UsageError("name an assignment, or give --all, and not both")
    from course_utils.grading.batch.screen import Wishes, grade_all_on_screen, grade_on_screen

    wishes = Wishes(
        students=student,
        jobs=jobs,
        scheduler=scheduler or "",
        isolation=isolation or "",
        force=force,
        dry_run=dry_run,
        accept_falls=accept_falls,
        diff=diff,
        json=json,
    )
    if everything:
        return grade_all_on_screen(folder, root or folder, wishes)
    return grade_on_screen(folder, root or folder, slug, wishes)


@verb("course report convolution-arithmetic --root _demo")
@click.argument("slug", help="The topic.")
@click.option(
    "--root", type=PATH, default=Path.cwd, help="The folder with gradebook.db (default: this)."
)
@click.option("--json", is_flag=True, help="As JSON.")
@click.option("--csv", is_flag=True, help="The scores as CSV.")
@click.option("--html", is_flag=True, help="As a page with plots, links and similar submissions.")
@click.option("--out", type=PATH, metavar="DIR", help=OUT)
def report(
    folder: Path, slug: str, root: Path, json: bool, csv: bool, html: bool, out: Path | None
) -> None:
    """Show a graded class: scores, statistics, commonest mistakes."""
    from course_utils.grading.progress import on_terminal
    from course_utils.grading.report import rendering
    from course_utils.grading.report.class_report import class_report
    from course_utils.grading.report.results import gradebook_address

    _one_form(out, json=json, csv=csv, html=html)
    found = class_report(root, slug, gradebook_address(folder, root), on_terminal)
    if html:
        from course_utils.grading.report.page import write_class_page

        print(f"Open {write_class_page(root, found, out, on_terminal)}")
    elif csv:
        print(rendering.to_csv(found.students), end="")
    elif json:
        print(rendering.to_json(found))
    else:
        print(rendering.to_text(found), end="")


@verb("course similar convolution-arithmetic --root _demo --least 0.9")
@click.argument("slug", help="The topic.")
@click.option(
    "--root",
    type=PATH,
    default=Path.cwd,
    help="The folder with submitted/ and exercises/ (default: this).",
)
@click.option(
    "--least",
    default=0.8,
    show_default=True,
    metavar="SHARE",
    help="The smallest share of common code to list.",
)
@click.option("--json", is_flag=True, help="As JSON.")
@click.option("--html", is_flag=True, help="As pages, side by side, with what they share marked.")
@click.option("--out", type=PATH, metavar="DIR", help=OUT)
def similar(
    folder: Path, slug: str, root: Path, least: float, json: bool, html: bool, out: Path | None
) -> None:
    """List submissions that resemble each other.

    They are for a person to judge: resemblance is no proof.
    """
    from course_utils.grading.progress import on_terminal
    from course_utils.grading.report.similar import similar, to_json, to_text

    _one_form(out, json=json, html=html)
    found = similar(root, slug, least=least, follow=on_terminal)
    if html:
        from course_utils.grading.report.page import write_similar_page

        print(f"Open {write_similar_page(root, found, out, on_terminal)}")
    else:
        print(f"{to_json(found)}\n" if json else to_text(found), end="")


def _one_form(out: Path | None, **forms: bool) -> None:
    """Refuse several forms of a result at once, and a folder for what is no page."""
    asked = [f"--{name}" for name, is_asked in forms.items() if is_asked]
    if len(asked) > 1:
        raise click.UsageError(f"{' and '.join(asked)} exclude each other: ask for one of them")
    if out and not forms["html"]:
        raise click.UsageError("--out is for pages: add --html")


@verb("course doctor --json")
@click.option("--json", is_flag=True, help="As JSON.")
def doctor(folder: Path, json: bool) -> int:
    """Say what this machine can do, and how to get what is missing."""
    from course_utils.grading.doctor import examine, is_fine, to_json, to_text
    from course_utils.grading.progress import on_terminal

    found = examine(folder, on_terminal)
    print(to_json(found) if json else to_text(found))
    return FINE if is_fine(found) else PROBLEM
