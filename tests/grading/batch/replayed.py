"""What a notebook came to once, with other scores: no kernel is needed to change a grade."""

import copy

import nbformat

from course_utils.checks.report import MIME
from course_utils.grading.batch.records import Records
from course_utils.grading.judge.notebook import Judged
from course_utils.grading.judge.verdict import Verdict
from tests.grading.batch.small_class import SLUG, TESTS


def replayed(root, **scores):
    """Return a function to run tasks with: it gives what is kept in `root`, with these scores.

    In a test that gets another score all cases turn wrong, or right if it gets all points.
    """

    def run(task):
        record = copy.deepcopy(Records(root, SLUG).load(task.student))
        tests = {name: outputs for name, (_, outputs) in record.tests.items()}
        tests |= task.known
        for name, score in scores.items():
            tests[name] = [*_turned(tests[name][:-1], score), Verdict("scored", score).output]
        own = iter(record.cells)
        cells = [c for c in nbformat.reads(task.notebook, 4).cells if c.cell_type == "code"]
        ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
        outputs = [tests[name] if name in TESTS else next(own) for name in ids]
        return Judged([[nbformat.from_dict(o) for o in cell] for cell in outputs], tier="none")

    return run


def _turned(outputs, score):
    for output in outputs:
        for row in output.get("data", {}).get(MIME, {}).get("rows", []):
            row["passed"] = score > 1
    return outputs
