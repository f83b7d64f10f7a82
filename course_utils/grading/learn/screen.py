"""`course learn` at the terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from course_utils.errors import CourseError, did_you_mean
from course_utils.grading.learn.clusters import Cluster
from course_utils.grading.learn.keep import keep
from course_utils.grading.learn.unexplained import answers, clustered, wanted_answers
from course_utils.grading.note import counted, listed, printable

WIDTH = 100
MOST_LINES = 25  # of an answer's code


def find_clusters(course: Path, root: Path, slug: str) -> list[Cluster]:
    """Return the wrong answers that nobody has explained, by what they come to, with progress."""
    wanted = wanted_answers(course, root, slug)
    with tqdm(total=len(wanted), desc="Running", unit=" student", disable=None, leave=False) as bar:
        found = answers(course, root, slug, wanted, lambda done, _: bar.update(done - bar.n))
    return clustered(found)


def to_text(slug: str, found: Sequence[Cluster]) -> str:
    """Return clusters as text: who gave such an answer, and the shortest one."""
    if not found:
        return f"{slug}: every wrong answer that returns something has its sentence.\n"
    students = len({student for cluster in found for student in cluster.students})
    head = (
        f"{slug}: wrong answers of {counted(students, 'student')} without a sentence, in "
        f"{counted(len(found), 'cluster')}. Answers of one cluster come to the same on every case."
    )
    blocks = [textwrap.fill(head, WIDTH), *map(_block, found)]
    first = found[0].name
    blocks.append(
        f'Explain one: course learn {slug} --cluster {first} --sentence "You ...; do ..."'
    )
    return printable("\n\n".join(blocks) + "\n")


def to_json(found: Sequence[Cluster]) -> str:
    """Return clusters as JSON."""
    return json.dumps(
        [
            {
                "cluster": cluster.name,
                "exercise": cluster.exercise,
                "students": list(cluster.students),
                "code": cluster.code,
            }
            for cluster in found
        ],
        indent=1,
    )


def learn(root: Path, found: Sequence[Cluster], name: str, sentence: str, mistake: str) -> Path:
    """Keep a cluster as a mistake with a sentence; return the file.

    Raises
    ------
    CourseError
        If there is no such cluster, or :func:`.keep.keep` refuses.
    """
    names = [cluster.name for cluster in found]
    if name not in names:
        raise CourseError(f"there is no cluster {name!r}; {did_you_mean(name, names)}")
    return keep(root, found[names.index(name)], sentence, mistake)


def _block(cluster: Cluster) -> str:
    who = f"{counted(len(cluster.students), 'student')} ({listed(cluster.students)})"
    return "\n".join([f"{cluster.name}: {who}", *_code_lines(cluster.code)])


def _code_lines(code: str) -> Iterator[str]:
    lines = code.splitlines()
    yield from (f"    {line}" for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        yield f"    ... and {len(lines) - MOST_LINES} lines more"
