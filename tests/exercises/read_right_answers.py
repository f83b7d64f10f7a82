"""Read right answers at many drawn points, and count what is said of them: it must be nothing.

    python -m tests.exercises.read_right_answers batch_norm_backward peephole_step_backward

takes the answers of the corpus, and those of ``further_styles``, on a thousand draws each;
``--draws=20`` takes fewer. It prints each false difference, and exits with 1 if there is one. A
style in which something is not read is no fault; how often that is, is printed as well. Control-C
(SIGINT) ends an exercise early and tells how far it came.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import time

import numpy as np

from course_utils.authoring.changes import right_answers
from course_utils.checks.formula import at_points
from course_utils.checks.readings import readings
from course_utils.exercises.catalog import find
from tests.exercises.further_styles import STYLES

MOST = 5  # false differences that are shown of each answer
SOME = 10  # one draw of so many is looked at for what is not read


def false_differences(name: str, draws: range) -> int:
    """Print what is said of right answers, and return on how many draws anything is."""
    exercise = find(name)
    answers = {**right_answers(exercise), **{f.__name__: f for f in STYLES.get(name, [])}}
    said, unread, seconds = (dict.fromkeys(answers, 0) for _ in range(3))
    done = 0
    with contextlib.suppress(KeyboardInterrupt):  # then it tells how far it came
        for draw in draws:
            probe = exercise.reading(np.random.default_rng(draw), hidden=True)
            if probe is None:
                print(f"{name}: no points were found on draw {draw}", flush=True)
                continue
            points = probe.stacked()
            for style, function in answers.items():
                start = time.process_time()
                parts = at_points(function, math.inf)(*points, **probe.fixed)
                found = readings(probe, parts)
                seconds[style] += time.process_time() - start
                unread[style] += draw % SOME == 0 and None in probe.read(parts)
                said[style] += bool(found)
                if found and said[style] <= MOST:
                    print(f"{name}, {style}, draw {draw}: {' '.join(found)}", flush=True)
            done += 1
    for style in answers:
        print(
            f"{name}, {style}: false on {said[style]} of {done} draws, not read at some place on "
            f"{unread[style]} of {-(-done // SOME)}; {seconds[style] / max(done, 1):.3f} s a draw",
            flush=True,
        )
    return sum(said.values())


def main() -> int:
    """Read the answers of the exercises that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="so that several can share the work")
    arguments = parser.parse_args()
    draws = range(arguments.first, arguments.first + arguments.draws)
    false = [false_differences(name, draws) for name in arguments.names]
    return 1 if any(false) else 0


if __name__ == "__main__":
    sys.exit(main())
