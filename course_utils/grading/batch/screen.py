"""`course grade` at the terminal: progress, and one summary."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from course_utils.cores import cores
from course_utils.errors import CourseError
from course_utils.grading.batch.host import Host, kept, preload
from course_utils.grading.batch.stop import Stop
from course_utils.grading.kernels import sandbox
from course_utils.grading.note import counted, listed, printable, quoted

if TYPE_CHECKING:
    from course_utils.grading.batch.grade import Summary

SHOWN = 10  # flagged students in the summary
TIERS = {
    "namespaces": "each student's code ran in namespaces of its own.",
    "sandbox": "each student's code ran in bubblewrap's sandbox, without limits on all its "
    "processes together; `course doctor` says why.",
    "none": "students' code ran with the rights of whoever ran it! " + sandbox.MEND,
}


def grade_on_screen(
    course: Path,
    root: Path,
    slug: str,
    *,
    students: Sequence[str] = (),
    jobs: int = 0,
    scheduler: str = "",
    isolation: str = "",
    force: bool = False,
) -> int:
    """Grade a class, show progress and a summary, and return the exit code.

    Parameters
    ----------
    course, root : Path
        The folders with nbgrader_config.py and with the submissions.
    slug : str
    students : sequence of str
        Whose; everybody's if it is empty.
    jobs : int
        How many at a time; 0 for one for each core.
    scheduler, isolation, force
        See :meth:`.grade.Batch.grade`.
    """
    if jobs < 0:
        raise CourseError(f"--jobs must be a number of notebooks at a time, not {jobs}")
    stop = Stop()
    with (
        stop.at_signals(),
        _head_start(jobs or cores(), root, slug, scheduler) as host,
        tqdm(desc="Grading", unit=" student", disable=None, leave=False) as bar,
    ):
        with kept():
            from course_utils.grading.batch.grade import Batch  # and nbgrader, which takes a second

        batch = Batch(course, root, slug, isolation)

        def begin(count: int) -> None:
            bar.reset(total=count)

        def advance(_: str) -> None:
            bar.update()

        try:
            summary = batch.grade(
                students,
                jobs=jobs or cores(),
                scheduler=scheduler,
                host=host,
                force=force,
                stop=stop,
                begin=begin,
                advance=advance,
            )
        except KeyboardInterrupt:
            bar.close()
            print(
                f"Stopped. What was graded is saved; `course grade {slug}` goes on from here.",
                file=sys.stderr,
            )
            raise
    print(printable(to_text(slug, summary)))
    return 1 if summary.flagged or summary.broken else 0


def to_text(slug: str, summary: Summary) -> str:
    """Return a summary as text."""
    count = counted(len(summary.graded), "submission")
    lines = [f"{slug}: {count} graded in {summary.seconds:.0f} s, "]
    lines[0] += f"{len(summary.unchanged)} unchanged."
    lines += [f"Isolation: {TIERS.get(tier, tier)}" for tier in sorted(summary.tiers)]
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
    lines.append(f"`course report {slug}` shows the scores and the commonest mistakes.")
    return "\n".join(lines)


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
