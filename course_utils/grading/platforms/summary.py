"""`course collect` at the terminal: a table of who handed in, and what is to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from course_utils.grading.intake.roster import DROPPED, LISTED, UNLISTED
from course_utils.grading.note import counted, listed, printable
from course_utils.grading.platforms.attempts import BEST, LAST_IN_TIME
from course_utils.grading.platforms.collect import TITLES, Collected, collect

SHOWN = 20  # lines of what was left out
COUNTS = {
    LAST_IN_TIME: "the last one in time counts, or else the first",
    BEST: "the best one counts",
}


def collect_on_screen(
    course: Path,
    root: Path,
    slug: str,
    platform: str,
    downloads: Sequence[Path],
    *,
    roster: Path | None,
    rule: str,
    clock: str,
) -> int:
    """Collect, show the table, and return the exit code.

    Parameters
    ----------
    course, root, slug, platform, downloads, roster, rule, clock
        See :func:`.collect.collect`.
    """
    with tqdm(desc="Grading attempts", unit=" attempt", disable=None, leave=False) as bar:
        found = collect(
            course,
            root,
            slug,
            platform,
            downloads,
            roster=roster,
            rule=rule,
            clock=clock,
            advance=lambda _: bar.update() and None,
        )
    print(printable(to_text(found, roster.name if roster else "")))
    return 0 if found.is_fine else 1


def to_text(found: Collected, sheet: str = "") -> str:
    """Return what came of collecting as text.

    Parameters
    ----------
    found : Collected
    sheet : str
        The name of the sheet that was merged into the list.
    """
    total = sum(map(len, found.attempts.values()))
    lines = [
        f"{found.slug} from {TITLES[found.platform]}: {counted(total, 'attempt')} of "
        f"{counted(len(found.attempts), 'student')}, {found.new} of them new."
    ]
    if found.roster is None:
        lines += [_row("handed in", found.attempts)]
    else:
        lines += [
            f"On the list: {len(found.roster.present)}",
            _row("handed in", found.with_status(LISTED)),
            _row("did not", found.missing, found),
            _row("Dropped", found.with_status(DROPPED), found, after="not graded"),
            _row("Not listed", found.with_status(UNLISTED), found, after="not graded"),
        ]
    lines.append(_row("Late", found.late))
    several = {
        name: found.attempts[name] for name in found.attempts if len(found.attempts[name]) > 1
    }
    counts = COUNTS.get(found.rule, "the last one counts")
    lines.append(
        _row("Several", [f"{name} ({len(several[name])})" for name in several], after=counts)
    )
    lines += _of_list(found, sheet) + _hints(found)
    if found.left_out:
        lines.append(f"Left out, or to be looked at: {len(found.left_out)}")
        lines += [f"  {what}" for what in found.left_out[:SHOWN]]
        more = len(found.left_out) - SHOWN
        lines += [f"  and {more} more"] if more > 0 else []
    lines.append(f"`course grade {found.slug}` grades what counts.")
    return "\n".join(line for line in lines if line)


def _row(title: str, names: Iterable[str], found: Collected | None = None, after: str = "") -> str:
    """Write a row: how many, who, and what follows from it."""
    names = list(names)
    people = found.roster.people if found and found.roster else {}
    shown = [f"{one} {people[one].name}".strip() if one in people else one for one in names]
    who = f"  {listed(shown)}" if names and title != "handed in" else ""
    return f"  {title:<12}{len(names):>4}{who}" + (f": {after}" if who and after else "")


def _of_list(found: Collected, sheet: str) -> list[str]:
    """Say what became of the list of the class."""
    lines = []
    if found.merged and found.merged.new:
        lines.append(f"New in roster.csv: {len(found.merged.new)}, {listed(found.merged.new)}")
    if found.merged and found.merged.gone:
        lines.append(
            f"No longer in {sheet}: {listed(found.merged.gone)}. Who left the class gets yes under "
            "dropped in roster.csv."
        )
    if found.merged and found.merged.unnamed:
        lines.append(f"In {sheet}, and no id can be made of it: {listed(found.merged.unnamed)}")
    return lines


def _hints(found: Collected) -> list[str]:
    """Say what else there is to do."""
    lines = []
    if found.roster and not found.merged and found.with_status(UNLISTED):
        again = "this assignment's grading worksheet" if found.platform == "moodle" else "its sheet"
        lines.append(f"Who is not listed may be in {again}: give it with --roster.")
    if found.roster is None:
        lines.append("There is no list of the class: with --roster LIST there is one.")
    if found.untimed:
        lines.append(
            f"Of {found.untimed} it is not known when they handed in, so being late costs them "
            f"nothing: write their times into times/{found.slug}.csv."
        )
    return lines
