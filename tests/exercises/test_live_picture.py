"""Does each live picture to which a mistake links exist, with the controls that are set?"""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from course_utils.checks.book_link import link
from course_utils.checks.check import frozen_witnesses
from course_utils.exercises import live_picture
from course_utils.exercises.catalog import exercise_names, find, topics
from course_utils.exercises.exercise import Exercise, case
from course_utils.exercises.live_picture import CONVOLUTION, LivePicture, Shown
from course_utils.exercises.witness import witnesses_and_pictures
from tests.book.node import STATIC, run_in_node

BOOK = Path(__file__).parents[2] / "book"
PICTURES = {one.name: one for one in vars(live_picture).values() if isinstance(one, LivePicture)}
SHOWING = [
    name for slug in topics() for name in exercise_names(slug) if find(name).picture is not None
]
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)
SPECIFICATION = """(() => {
    let found;
    global.document = {};
    global.Explorer = { define: (name, { sliders = [], lists = [], further = {} }) => {
        found = { name, sliders, lists, further: Object.keys(further) }; } };
    delete require.cache[require.resolve(value)];
    require(value);
    return found;
})()"""


def specification(name):
    return run_in_node(f"{name}.js", SPECIFICATION, str(STATIC / f"{name}.js"))


@pytest.mark.parametrize("name", PICTURES)
def test_the_page_has_it_in_that_section(name):
    """Does the page hold the picture once, below the heading to which the address leads?"""
    picture = PICTURES[name]
    source = (BOOK / f"{picture.page}.md").read_text(encoding="utf-8")
    before, *after = source.split(f'<div class="{name}"')
    assert len(after) == 1
    assert not re.search(r'class="[a-z]+-explorer"', before + after[0])
    title = HEADING.findall(re.sub(r"^```.*?^```$", "", before, flags=re.M | re.S))[-1]
    assert picture.section == "-".join(re.findall("[a-z0-9]+", title.lower()))


@pytest.mark.parametrize("name", PICTURES)
def test_its_controls_are_those_of_the_script(name):
    """Has the script each control that is set, with that range or those choices?"""
    found = specification(name)
    assert found["name"] == name
    ranges = {slider[0]: tuple(slider[2:4]) for slider in found["sliders"]}
    choices = {each[0]: [value for value, _ in each[2]] for each in found["lists"]}
    for control, allowed in PICTURES[name].controls.items():
        if control in ranges:
            assert allowed == ranges[control]
        elif control in choices:
            assert set(allowed) <= set(choices[control])
        else:
            assert control in found["further"]


@pytest.mark.parametrize("name", SHOWING)
def test_each_mistake_has_its_setting(name):
    """Has each mistake that is said to show one, on the sliders' steps, as students have it?"""
    exercise = find(name)
    pictures = frozen_witnesses(name)[1]
    assert list(pictures) == [one for one in exercise.mistakes if one in exercise.picture.mistakes]
    assert len(pictures) == len(exercise.picture.mistakes)
    sliders = {
        each[0]: each[2:] for each in specification(exercise.picture.picture.name)["sliders"]
    }
    for address in pictures.values():
        assert link("b/", address) == f"b/{address}"
        for control, text in parse_qsl(urlsplit(address).query, strict_parsing=True):
            if control in sliders:
                least, most, _, step, *_ = [*sliders[control], 1]
                places = (float(text) - least) / step
                assert least <= float(text) <= most
                assert places == pytest.approx(round(places), abs=1e-9)


def test_the_picture_says_what_the_witness_says():
    """Does the explorer count as many positions as the call beside its link is right to return?"""
    witnesses, pictures = frozen_witnesses("output_size")
    queries = [parse_qsl(urlsplit(address).query) for address in pictures.values()]
    settings = [{key: int(text) for key, text in query} for query in queries]
    sizes = run_in_node("convolution-explorer.js", "value.map(explorer.outputSize)", settings)
    for mistake, size in zip(pictures, sizes, strict=True):
        right = re.search(r"`: right is (.*)", witnesses[mistake])[1]
        assert right == ("a ValueError" if size is None else str(size))


def halves(size, kernel):
    """Halve."""
    return size // 2 + kernel


def setting(size, kernel):
    return {"size": size, "kernel": kernel} if kernel != 2 else None


@pytest.mark.parametrize(
    ("calls", "told", "query"),
    [
        ([(5, 3), (7, 3)], "5, 3", "size=5&kernel=3"),  # the smaller
        ([(5, 2), (77, 3), (11, 3)], "11, 3", "size=11&kernel=3"),  # that has a setting in range
        ([(5, 2), (77, 3)], "5, 2", None),  # none has
        ([(4, 3), (77, 3)], "77, 3", None),  # the mistake does not show on what has
        ([(4, 3), (11, 1)], "11, 1", "size=11&kernel=1"),
    ],
)
def test_the_call_that_is_told_is_the_picture(calls, told, query):
    """Is a call told that the picture shows, where there is one on which the mistake shows?"""
    exercise = Exercise(
        halves,
        points=1,
        inputs=lambda rng: [case(f"{one}", *one) for one in calls],
        picture=Shown(CONVOLUTION, setting, ("rounds_up",)),
    )
    exercise.mistake("rounds_up", {"size // 2": "-(-size // 2)"})
    exercise.mistake("adds_one", {"// 2": "// 2 + 1"})
    witnesses, pictures = witnesses_and_pictures(exercise)
    assert witnesses["rounds_up"].startswith(f"try `halves({told})`")
    page = "convolution-arithmetic/counting-positions.html"
    assert pictures == ({"rounds_up": f"{page}?{query}#try-it"} if query else {})
