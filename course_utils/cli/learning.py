"""The verb with which a class teaches the grader."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import FINE, PATH, verb


@verb('course learn lstm --cluster lstm_parameters:1 --sentence "You count one bias, not four."')
@click.argument("slug", help="The assignment.")
@click.option("--root", type=PATH, help="The folder of the class (default: the course).")
@click.option("--cluster", default="", help="The answers to explain, as the list names them.")
@click.option("--sentence", default="", help="What a tutor says to who gives such an answer.")
@click.option("--name", default="", help="What to call the mistake (default: learned_1).")
@click.option("--forget", default="", metavar="EXERCISE:NAME", help="Remove what was learned.")
@click.option("--json", is_flag=True, help="The list as JSON.")
def learn(
    folder: Path,
    slug: str,
    root: Path | None,
    cluster: str,
    sentence: str,
    name: str,
    forget: str,
    json: bool,
) -> int:
    """Explain wrong answers that no known mistake explains.

    Without --cluster it lists them. With one, the sentence is kept in mistakes/, the class hears it
    when it is graded again, and so do those who get a new kit. Students' code is not run for it.
    """
    from course_utils.grading.learn import keep, screen

    place = root or folder
    if forget:
        exercise, _, mistake = forget.partition(":")
        print(f"written: {keep.forget(place, exercise, mistake)}")
        return FINE
    if bool(cluster) != bool(sentence):
        raise click.UsageError("--cluster and --sentence go together")
    found = screen.find_clusters(folder, place, slug)
    if not cluster:
        print(f"{screen.to_json(found)}\n" if json else screen.to_text(slug, found), end="")
        return FINE
    print(f"written: {screen.learn(place, found, cluster, sentence, name)}")
    print(f"Now `course grade {slug}` tells the class, and `course kit` tells the next one.")
    return FINE
