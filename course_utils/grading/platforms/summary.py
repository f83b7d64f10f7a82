"""`course collect` at the terminal: a table of who handed in, and what is to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from course_utils.grading.intake.roster import DROPPED, LISTED, UNLISTED
from course_utils.grading.note import counted, listed, printable, quoted
from course_utils.grading.platforms.attempts import BEST, LAST, LAST_IN_TIME
from course_utils.grading.platforms.collect import collect
from course_utils.grading.platforms.collected import TITLES, Collected

SHOWN = 20  # lines of what was left out
NOT_NAMED = ("on the list", "  handed in", "handed in")
WIDTH = 42
SHEETS = {
    "moodle": "this assignment's grading worksheet",
    "canvas": "the exported gradebook",
    "blackboard": "the downloaded grade centre",
    "folder": "a CSV file with a column id",
}
COUNTS = {
    LAST: "the last counts",
    LAST_IN_TIME: "the last in time counts",
    BEST: "the best counts",
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
    with tqdm(desc="Collecting", unit=" attempt", disable=None, leave=False) as bar:

        def advance(_: str) -> None:
            bar.update()

        found = collect(
            course, root, slug, platform, downloads,
            roster=roster, rule=rule, clock=clock, advance=advance,
        )  # fmt: skip
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
    lines = [
        f"{found.slug} from {TITLES[found.platform]}: {counted(found.given, 'attempt')} in the "
        f"download, {found.new} of them new."
    ]
    if found.roster is None:
        lines.append(_row("handed in", found.attempts))
    else:
        lines += [
            _row("on the list", found.roster.present),
            _row("  handed in", found.with_status(LISTED)),
            _row("  did not", found.missing, found),
            _row("dropped, not graded", found.with_status(DROPPED), found),
            _row("not on the list, not graded", found.with_status(UNLISTED), found),
        ]
    lines.append(_row("late", found.late, found))
    several = [f"{name} ({len(kept)})" for name, kept in found.attempts.items() if len(kept) > 1]
    lines.append(_row(f"several attempts, {COUNTS[found.rule]}", several))
    lines += _of_list(found, sheet) + _hints(found)
    if found.left_out:
        lines.append(f"Left out, or to be looked at: {len(found.left_out)}")
        lines += [f"  {what}" for what in found.left_out[:SHOWN]]
        more = len(found.left_out) - SHOWN
        lines += [f"  and {more} more"] if more > 0 else []
    lines.append(f"`course grade {found.slug}` grades what counts.")
    return "\n".join(line for line in lines if line)


def _row(title: str, names: Iterable[str], found: Collected | None = None) -> str:
    """Write a row: how many, and who."""
    names = list(names)
    people = found.roster.people if found and found.roster else {}
    shown = [f"{one} {people[one].name}".strip() if one in people else one for one in names]
    who = f"  {listed(shown)}" if names and title not in NOT_NAMED else ""
    return f"  {title:<{WIDTH}}{len(names):>4}{who}"


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
    sheet = SHEETS[found.platform]
    has_keys = found.merged and found.merged.keys
    if found.by_name:
        lines.append(
            f"Known by the name only, as no list has their numbers: {listed(found.by_name)}. "
            f"{sheet} has them."
        )
    if found.roster is None:
        lines.append(f"There is no list of the class: {sheet} makes one, with --roster.")
    elif found.with_status(UNLISTED) and (found.platform == "moodle" or not has_keys):
        lines.append(f"Who is not on the list may be in {sheet}: give that with --roster.")
    return lines + _of_times(found)


def _of_times(found: Collected) -> list[str]:
    """Say what is not known of when who handed in."""
    lines, platform, times = [], TITLES[found.platform], f"times/{found.slug}.csv"
    untimed = [name for name in found.untimed if name not in found.late]
    if marked := [name for name in found.untimed if name in found.late]:
        lines.append(
            f"LATE by {platform}, without a time: {listed(marked)}. Nothing is taken off: write "
            f"the time into {times}."
        )
    if untimed and found.platform in ("moodle", "blackboard"):  # Canvas says who was late
        has_times = found.platform == "moodle" and not found.unread
        where = f"{SHEETS['moodle']} has times, or " if has_times else ""
        lines.append(
            f"It is not known when {listed(untimed)} handed in, so nothing is taken off for "
            f"being late: {where}write it into {times}."
        )
    if found.unread:
        lines.append(
            f"Times of the sheet that cannot be read: {len(found.unread)}, the first "
            f"{quoted(found.unread[0])}. Have {platform} speak English or German, and download "
            "the sheet again."
        )
    if found.late_there:
        lines.append(
            f"Late by {platform}, and in time by the due date here: {listed(found.late_there)}. "
            "Is the date the same, and --zone that of its clock?"
        )
    if found.late_here and not found.unread:
        lines.append(
            f"In time by {platform}, and late by the due date here: {listed(found.late_here)}. "
            "Who has an extension there needs one from `course due`, too."
        )
    return lines
