"""nbgrader's settings for this course: every `nbgrader` command run in this folder reads them.

Write your own into course_config.py beside this file, which is read at the end. A new version of
the course brings a new nbgrader_config.py; it leaves yours alone.
"""

from pathlib import Path

from course_utils.grading.autograde import use_course_autograde
from course_utils.grading.own_settings import read_own_settings
from course_utils.grading.pages.feedback import configure_feedback

c = get_config()

c.CourseDirectory.course_id = "filters-and-memory"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# What students see in place of a solution. It raises, so that an untouched exercise fails.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your code goes here"}

# Submissions are rebuilt from the release before anything of nbgrader's reads them.
use_course_autograde()

# The student's cells run in a sandbox, the tests in a process of their own.
c.Judge.course = str(Path(__file__).resolve().parent)
c.Autograde.autograde_preprocessors = [
    "course_utils.grading.judge.preprocessor.Judge",
    "nbgrader.preprocessors.SaveAutoGrades",
    "course_utils.grading.pages.plain_outputs.PlainOutputs",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What late work loses: nothing, unless course_config.py sets a rule under c.LateRule.
c.AssignLatePenalties.plugin_class = "course_utils.grading.late_rule.LateRule"

# The page that a student gets back. If the book is online, name its address: where a mistake is
# named, the page then links to the book's picture of it.
configure_feedback(c)
c.FeedbackExporter.book = ""

# What was downloaded is unpacked within bounds; grades are exported as text that stays text.
c.ZipCollectApp.extractor_plugin = "course_utils.grading.intake.collect.SafeExtractor"
c.ZipCollectApp.collector_plugin = "course_utils.grading.intake.collect.CourseCollector"
c.ExportApp.plugin_class = "course_utils.grading.report.export.SafeCsvExport"

# Whose notebook is it? `nbgrader zip_collect` reads that from its path. An id has a digit and no
# underscore. It stands before the first underscore of the notebook's name, as in
# student-017_convolution-arithmetic.ipynb, or it begins the name of a folder or zip around it. The
# book's page "Running a class" has patterns for other forms.
c.FileNameCollectorPlugin.named_regexp = r"""(?x)
    .*/extracted/
    (?: .*/ (?=[^/_]*\d[^/_]*_[^/]+$)  # the notebook's own name begins with an id,
      | (?:[^/\d]+/)* )                # or else the first folder that has a digit in its name
    (?P<student_id>[^/_]*\d[^/_]*) [/_]
    (?:.*/)? (?P<file_id>[^/]+)\.ipynb
"""

# Your own settings have the last word.
read_own_settings(c, Path(__file__).resolve().parent)
