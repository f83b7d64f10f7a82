"""A process that has imported nbgrader, and forks one for each command.

A line on its input is a command as JSON, [words, folder, environment, file for what it prints]; its
answer is the command's exit code.
"""

import json
import os
import sys

from nbgrader.apps.nbgraderapp import main

import course_utils.grading.autograde  # noqa: F401  which nbgrader_config.py imports

for line in sys.stdin:
    words, folder, environment, printed = json.loads(line)
    process = os.fork()
    if not process:  # be `python -m nbgrader`
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        output = os.open(printed, os.O_WRONLY)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[0] = folder
        sys.argv = ["nbgrader", *words]
        sys.exit(main())
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
