"""nbgrader's settings for this course: every `nbgrader` command run in this folder reads them."""

import os
from pathlib import Path

from course_utils.grading.secret import course_secret

c = get_config()

c.CourseDirectory.course_id = "filters-and-memory"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# What students see in place of a solution. It raises, so that an untouched exercise fails.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your code goes here"}

# A test cell that a student deleted is put back and graded.
c.OverwriteCells.add_missing_cells = True

# check() stops each call of a student's function itself; this stops cells that never end.
c.Execute.timeout = 60
c.Execute.shutdown_kernel = "immediate"

# While nbgrader autogrades, check() draws its cases from here, and they follow from the secret.
os.environ["COURSE_HIDDEN_CASES"] = "course_utils.exercises:hidden_cases"
os.environ.setdefault("COURSE_SECRET", course_secret(Path(__file__).resolve().parent))
