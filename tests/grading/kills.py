"""Kill the processes of a grading command at random moments, and see that no grade changes.

    python -m tests.grading.kills 100

hits each kind of process that many times, prints how it went, and exits with 1 if a gradebook
differs: at once from what it is without a kill for those who were not flagged, and for everybody
after the same command has run again.
"""

from __future__ import annotations

import contextlib
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from nbgrader.api import Gradebook

from course_utils.grading.judge.notebook import TRIAL
from tests.grading.batch.small_class import (
    COURSE,
    PADDING,
    ROUNDS_UP,
    SIZE,
    SLOW,
    SLUG,
    copy_class,
    hand_in,
    make_class,
)

MOST_SECONDS = 300
PAUSE = (0.0, 1.0)  # seconds between two hits
STUDENTS = range(6, 9)
RUNS = 4  # of the command, until it has nothing left to do
KINDS = (
    "command", "host", "bwrap",
    "judges' warm process", "judges' guardian", "judges' kernel",
    "students' warm process", "students' guardian", "students' kernel",
)  # fmt: skip
# A second of work in the cell, in the function, and as the judge asks.
SLOW_CALL = SIZE.replace("    span =", "    import time; time.sleep(0.05)\n    span =", 1)


@dataclass
class Tally:
    """What came of the hits on one kind of process."""

    hits: int = 0
    runs: int = 0
    flagged: int = 0
    wrong: list[str] = field(default_factory=list)


def kills_class(root: Path) -> Path:
    """Make a class in which there is always something to hit."""
    make_class(root)
    for i in STUDENTS:
        size = [SLOW.format(seconds=0.3) + SIZE, SLOW_CALL, ROUNDS_UP][i % 3]
        hand_in(root, f"student-{i:03}", size, PADDING)
    return root


def start(root: Path, *words: str) -> subprocess.Popen[str]:
    """Start the command."""
    command = [sys.executable, "-m", "course_utils.cli", "--course", str(COURSE), "grade", SLUG]
    return subprocess.Popen(
        [*command, "--root", str(root), "--jobs", "2", *words],
        cwd=COURSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that came from it, as they are now."""
    with contextlib.suppress(psutil.Error):
        whole = psutil.Process(pid)
        return [whole, *whole.children(recursive=True)]
    return []


def part(process: psutil.Process) -> str:
    """Say what a process of a grading command is; nothing if it is none of the kinds."""
    command = process.cmdline()
    if "spawn_main" in str(command):
        return "host"
    if "zygote.py" not in str(command):
        return "command" if "course_utils.cli" in command else ""
    if "bwrap" in command[0]:
        return "bwrap"
    generation = [one.cmdline() for one in [process, *process.parents()]].count(command)
    whose = "judges" if TRIAL in command else "students"
    return f"{whose}' {['', 'warm process', 'guardian', 'kernel'][generation]}"


def hit(pid: int, kind: str, rng: random.Random) -> bool:
    """Kill one process of a kind below a command; say whether there was one."""
    there = []
    for one in family(pid):
        # A process that ends as it is looked at is not the one.
        with contextlib.suppress(psutil.Error, IndexError):
            if part(one) == kind:
                there.append(one)
    with contextlib.suppress(psutil.Error):
        if there:
            rng.choice(there).kill()
            return True
    return False


def graded_under_fire(root: Path, kind: str, most: int, rng: random.Random) -> tuple[int, str]:
    """Run the command and hit it at random moments, at most so often; return hits and output."""
    process = start(root)
    hits = 0
    end = time.monotonic() + MOST_SECONDS
    while process.poll() is None and time.monotonic() < end:
        time.sleep(rng.uniform(*PAUSE))
        while hits < most and process.poll() is None and time.monotonic() < end:
            if hit(process.pid, kind, rng):
                hits += 1
                break
    if process.poll() is None:
        process.kill()
        return hits, "it did not come to an end"
    out, err = process.communicate()
    return hits, f"{out}\n{err}"


def rows(root: Path) -> dict[str, Any]:
    """Return what the gradebook holds of each student."""
    if not (root / "gradebook.db").exists():
        return {}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {
            submission.student_id: sorted(
                (grade.name, grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            )
            for submission in gradebook.assignment_submissions(SLUG)
        }


def finish(root: Path) -> str:
    """Run the command until it has nothing to do; return the last output."""
    out = ""
    for _ in range(RUNS):
        process = start(root)
        out, err = process.communicate(timeout=MOST_SECONDS)
        out += err
        if process.returncode == 0:
            break
    return out


def kill_each(
    source: Path, place: Path, kind: str, hits: int, right: dict[str, Any], rng: random.Random
) -> Tally:
    """Hit one kind of process so often, in as many runs of the command as that takes."""
    tally = Tally()
    while tally.hits < hits:
        root = copy_class(source, place / f"{kind}-{tally.runs}".replace(" ", "-"))
        # Of the command there is one hit a run. More hits on a host than tries would end the run.
        most = min(hits - tally.hits, 1 if kind in ("command", "host") else 6)
        done, said = graded_under_fire(root, kind, most, rng)
        tally.hits += done
        tally.runs += 1
        flagged = set(re.findall(r"^  '(student-\d+)': ", said, re.MULTILINE))
        tally.flagged += len(flagged)
        found = rows(root)
        tally.wrong += [
            f"{kind}: {student} silently has {row}"
            for student, row in found.items()
            if student not in flagged and row != right[student]
        ]
        if (kind != "command" and "Traceback" in said) or "come to an end" in said.split("\n")[0]:
            tally.wrong.append(f"{kind}: {said}")
        last = finish(root)
        if rows(root) != right:
            tally.wrong.append(f"{kind}: the gradebook differs at the end: {last}")
        if not done and tally.runs > hits + RUNS:
            tally.wrong.append(f"{kind}: none was seen")
            break
    return tally


def kills(hits: int, place: Path, kinds: tuple[str, ...] = KINDS, seed: int = 0) -> list[Tally]:
    """Hit each kind of process so often, and print what came of it."""
    source = kills_class(place / "class")
    reference = copy_class(source, place / "unhurt")
    finish(reference)
    right = rows(reference)
    tallies = []
    for kind in kinds:
        rng = random.Random(f"{seed} {kind}")
        start_time = time.monotonic()
        tally = kill_each(source, place, kind, hits, right, rng)
        took = time.monotonic() - start_time
        print(
            f"{kind:<24} {tally.hits:4} hits in {tally.runs} runs, {took:.0f} s: "
            f"{tally.flagged} flagged, {len(tally.wrong)} wrong",
            flush=True,
        )
        print("\n".join(tally.wrong[:5]), end="\n" if tally.wrong else "")
        tallies.append(tally)
    return tallies


def main() -> int:
    """Hit each kind, or those that the command line names, as often as it says."""
    hits = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        found = kills(hits, Path(folder), tuple(sys.argv[2:]) or KINDS)
    return 1 if any(tally.wrong for tally in found) else 0


if __name__ == "__main__":
    sys.exit(main())
