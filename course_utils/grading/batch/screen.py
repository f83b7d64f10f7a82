"""`course grade` at the terminal: progress, and one summary."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from course_utils.cores import cores
from course_utils.errors import CourseError
from course_utils.grading.batch.host import Host, kept, preload
from course_utils.grading.batch.stop import Stop
from course_utils.grading.intake.roster import FILE
from course_utils.grading.kernels import sandbox
from course_utils.grading.kernels.student import NotIsolated
from course_utils.grading.note import counted, listed, printable, quoted

if TYPE_CHECKING:
    from course_utils.grading.batch.summary import Summary

SHOWN = 10  # flagged students in the summary
TIERS = {
    "namespaces": "each student's code ran in namespaces of its own.",
    "sandbox": "each student's code ran in bubblewrap's sandbox, without limits on all its "
    "processes together; `course doctor` says why.",
    "none": "students' code ran with the rights of whoever ran it! " + sandbox.MEND,
}


@dataclass(frozen=True)
class Wishes:
    """How to grade, and what to show: see :meth:`.grade.Batch.grade` for the first ones.

    Attributes
    ----------
    students : sequence of str
    jobs : int
        How many at a time; 0 for one for each core.
    scheduler, isolation : str
    force, dry_run, accept_falls : bool
    diff : bool
        Whether to show what each grade that changes is made of.
    json : bool
        Whether to show it as JSON.
    """

    students: Sequence[str] = ()
    jobs: int = 0
    scheduler: str = ""
    isolation: str = ""
    force: bool = False
    dry_run: bool = False
    accept_falls: bool = False
    diff: bool = False
    json: bool = False


def grade_on_screen(course: Path, root: Path, slug: str, wishes: Wishes) -> int:
    """Grade a class, show progress and a summary, and return the exit code.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    slug : str
    wishes : Wishes
    """
    return _show({slug: _graded(course, root, slug, wishes)}, {}, wishes)


def grade_all_on_screen(course: Path, root: Path, wishes: Wishes) -> int:
    """Grade all that was handed in, one assignment after another, with one summary at the end.

    An assignment that cannot be graded stops no other.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    wishes : Wishes
    """
    with kept():
        from course_utils.grading.batch.gradebook import assignments

    found: dict[str, Summary] = {}
    failed: dict[str, str] = {}
    for slug in assignments(course, root):
        try:
            found[slug] = _graded(course, root, slug, wishes)
        except NotIsolated:
            raise  # every other would be refused, too
        except CourseError as error:
            failed[slug] = str(error)
    return _show(found, failed, wishes, in_all=True)


def _graded(course: Path, root: Path, slug: str, wishes: Wishes) -> Summary:
    """Grade one assignment, and show progress."""
    if wishes.jobs < 0:
        raise CourseError(f"--jobs must be a number of notebooks at a time, not {wishes.jobs}")
    jobs = wishes.jobs or cores()
    stop = Stop()
    with (
        stop.at_signals(),
        _head_start(jobs, root, slug, wishes.scheduler) as host,
        tqdm(desc=f"Grading {slug}", unit=" student", disable=None, leave=False) as bar,
    ):
        with kept():
            from course_utils.grading.batch.grade import Batch  # and nbgrader, which takes a second

        batch = Batch(course, root, slug, wishes.isolation)

        def begin(count: int) -> None:
            bar.reset(total=count)

        def advance(_: str) -> None:
            bar.update()

        try:
            return batch.grade(
                wishes.students,
                jobs=jobs,
                scheduler=wishes.scheduler,
                host=host,
                force=wishes.force,
                dry_run=wishes.dry_run,
                accept_falls=wishes.accept_falls,
                stop=stop,
                begin=begin,
                advance=advance,
            )
        except KeyboardInterrupt:
            bar.close()
            what = "run is kept" if wishes.dry_run else "graded is saved"
            print(
                f"Stopped. What was {what}; `course grade {slug}` goes on from here.",
                file=sys.stderr,
            )
            raise


def _show(
    found: Mapping[str, Summary],
    failed: Mapping[str, str],
    wishes: Wishes,
    *,
    in_all: bool = False,
) -> int:
    """Print what came of some assignments, with a line on all of them, and return the exit code."""
    from course_utils.grading.batch.preview import to_data

    fine = not failed and all(summary.is_fine for summary in found.values())
    if wishes.json:
        data = [to_data(slug, summary) for slug, summary in found.items()]
        data += [{"assignment": slug, "failed": why} for slug, why in failed.items()]
        print(json.dumps(data, indent=2))
        return 0 if fine else 1
    texts = [to_text(slug, summary, diff=wishes.diff) for slug, summary in found.items()]
    texts += [f"{slug}: not graded: {why}" for slug, why in failed.items()]
    if in_all:
        texts.append(_in_all(found, failed))
    print(printable("\n\n".join(texts)))
    return 0 if fine else 1


def _in_all(found: Mapping[str, Summary], failed: Mapping[str, str]) -> str:
    """Say how much was done in all, and which assignments a person should look at."""
    graded = sum(len(summary.graded) for summary in found.values())
    same = sum(len(summary.unchanged) for summary in found.values())
    odd = [slug for slug, summary in found.items() if not summary.is_fine] + [*failed]
    said = f"In all: {counted(len(found), 'assignment')}, {counted(graded, 'grade')} written, "
    return f"{said}{same} unchanged.{f' Look at {listed(odd)}.' if odd else ''}"


def to_text(slug: str, summary: Summary, *, diff: bool = False) -> str:
    """Return a summary as text; with `diff`, what each grade that changes is made of."""
    from course_utils.grading.batch import preview

    lines = [f"{slug}: {_counts(summary)}"]
    lines += [f"Isolation: {TIERS.get(tier, tier)}" for tier in sorted(summary.tiers)]
    if diff:
        lines += [printable(line, keep="") for line in preview.details(summary)]
    if summary.dry:
        lines += [printable(line, keep="") for line in preview.overview(summary)]
    else:
        lines += _risen_and_fallen(slug, summary)
    lines += _left_out(summary)
    if summary.flagged:
        who = listed(sorted(summary.flagged))
        lines.append(f"Look at {counted(len(summary.flagged), 'submission')}: {who}")
        flagged = sorted(summary.flagged.items())[:SHOWN]
        lines += [printable(f"  {quoted(name)}: {why}") for name, why in flagged]
        lines.append("The next run tries these again.")
    for test, students in sorted(summary.broken.items()):
        lines.append(f"A test of the course itself failed: {test}")
        lines.append(
            f"  It gives no points to {counted(len(students), 'submission')} "
            f"({listed(sorted(students))}). Mend it, release it again, and grade again."
        )
    if summary.dry:
        lines += _next(slug, summary, diff)
    else:
        lines.append(f"`course report {slug}` shows the scores and the commonest mistakes.")
    return "\n".join(lines)


def _counts(summary: Summary) -> str:
    """Say how many were run, written and left."""
    ran = {*summary.ran}
    if summary.dry:
        count = counted(len(ran), "submission")
        return f"a dry run. {count} run in {summary.seconds:.0f} s; nothing was written."
    graded = [name for name in summary.graded if name in ran]
    said = f"{counted(len(graded), 'submission')} graded in {summary.seconds:.0f} s, "
    said += f"{len(summary.unchanged)} unchanged"
    if anew := len(summary.graded) - len(graded):
        said += f", {anew} written anew without being run"
    return f"{said}."


def _risen_and_fallen(slug: str, summary: Summary) -> list[str]:
    """Say whose grades are other ones than before, and whose were held back."""
    from course_utils.grading.batch.preview import grouped, in_a_line

    groups = grouped(summary)
    held, lines = {*summary.held}, []
    if rises := [one for one in groups["rises"] if one.student in {*summary.graded}]:
        lines.append(f"{counted(len(rises), 'grade')} rose: {listed(o.student for o in rises)}")
    if falls := [one for one in groups["falls"] if one.student in {*summary.graded}]:
        lines.append(f"{counted(len(falls), 'grade')} fell:")
        lines += [printable(f"  {in_a_line(one)}", keep="") for one in falls[:SHOWN]]
        lines += _more(falls)
    if back := [one for one in groups["falls"] if one.student in held]:
        lines.append(f"{counted(len(back), 'grade')} would fall, and stayed as before:")
        lines += [printable(f"  {in_a_line(one)}", keep="") for one in back[:SHOWN]]
        lines += _more(back)
        lines.append(
            f"Look at `course grade {slug} --dry-run --diff`; to write these, too, give "
            "`--accept-falls`."
        )
    return lines


def _more(found: Sequence[object]) -> list[str]:
    return [f"  and {len(found) - SHOWN} more"] if len(found) > SHOWN else []


def _left_out(summary: Summary) -> list[str]:
    """Say who handed in and was not graded."""
    lines = []
    if summary.dropped:
        many = counted(len(summary.dropped), "student")
        lines.append(f"{many} dropped in {FILE}, not graded: {listed(summary.dropped)}")
    if summary.unlisted:
        many = counted(len(summary.unlisted), "student")
        lines.append(
            f"{many} not on the list in {FILE}, not graded: {listed(summary.unlisted)}: add a "
            "line for each, or name them with --student"
        )
    return lines


def _next(slug: str, summary: Summary, diff: bool) -> list[str]:
    """Say what to do after a dry run."""
    if not summary.changes:
        return []
    falls = any(one.falls for one in summary.changes.values())
    told = diff or not (falls or any(one.rises for one in summary.changes.values()))
    lines = [] if told else ["`--diff` shows which exercises and cases changed."]
    also = "; with `--accept-falls`, those that fall, too" if falls else ""
    return [*lines, f"`course grade {slug}` writes this and runs nothing again{also}."]


@contextmanager
def _head_start(jobs: int, root: Path, slug: str, scheduler: str) -> Iterator[Host | None]:
    """Have this machine's worker make ready while this process does."""
    if scheduler:
        yield None
        return
    with Host(jobs) as host:
        with suppress(BrokenExecutor):  # it was killed: there will be another
            host.submit(preload, "course_utils.grading.batch.task")
            from course_utils.grading.batch.task import warm_up

            host.submit(warm_up, root / "exercises" / slug / f"{slug}.ipynb")
        yield host
