"""Grading in the process of a test."""

from concurrent.futures import Executor, Future

from course_utils.grading.batch.task import run_task


class Here(Executor):
    """Runs what it is given at once, in this process, and remembers the tasks."""

    def __init__(self, run=run_task):
        self.tasks = []
        self.run = run

    def submit(self, function, task):
        self.tasks.append(task)
        future = Future()
        try:
            future.set_result(self.run(task))
        except BaseException as error:
            future.set_exception(error)
        return future
