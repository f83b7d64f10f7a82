"""Is a mistake recognised by its results, output by output, and only by them?"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.checks.cases import Case, CaseSet, Changed, Raised, Returned
from course_utils.checks.diagnose import AT_MOST, diagnose, same_outcome
from course_utils.checks.grade import grade


def cases(*mistakes, expected=0.0, declared=()):
    """Make a set of cases whose right answer is 0.0, with these results of mistakes."""
    return CaseSet(
        name="zero",
        points=1,
        parameters=("x",),
        outputs=("the result",),
        cases=tuple(
            Case(f"case {i}", (i,), {}, Returned(expected), m) for i, m in enumerate(mistakes)
        ),
        sentences=dict.fromkeys([*declared, *(name for m in mistakes for name in m)], "You err."),
    )


def named(made, *values):
    outcomes = [v if isinstance(v, Raised) else Returned(v) for v in values]
    return names(made, outcomes, [v == 0 for v in values])


def names(made, outcomes, passed):
    """Return the mistakes that are found."""
    return [finding.mistake for finding in diagnose(made, outcomes, passed)]


def test_the_mistake_with_the_same_results_is_named():
    """Is the one named that fits, of two?"""
    made = cases({"a": Returned(1), "b": Returned(2)}, {"a": Returned(3), "b": Returned(4)})
    assert named(made, 1, 3) == ["a"]
    assert named(made, 2, 4) == ["b"]
    assert named(made, 5, 6) == []


def test_a_mistake_that_would_have_failed_a_passed_case_is_not_named():
    """Is a right answer evidence against a mistake?"""
    made = cases({"a": Returned(1), "b": Returned(1)}, {"a": Returned(3)})
    assert named(made, 1, 0) == ["b"]


def test_two_mistakes_are_both_named():
    """Is what the first does not explain explained by a second?"""
    made = cases({"a": Returned(1)}, {"a": Returned(2)}, {"b": Returned(9)})
    assert named(made, 1, 2, 9) == ["a", "b"]


def test_no_more_is_said_than_helps():
    """Is the third mistake left for later?"""
    made = cases({"a": Returned(1)}, {"b": Returned(2)}, {"c": Returned(3)})
    assert named(made, 1, 2, 3) == ["a", "b"]
    assert AT_MOST == 2


def test_a_second_mistake_must_not_contradict_the_first():
    """Is a coincidence in one case not taken for a second mistake that shows in many?"""
    made = cases(
        {"a": Returned(1), "b": Returned(5)},
        {"a": Returned(2), "b": Returned(6)},
        {"a": Returned(3), "b": Returned(7)},
    )
    assert named(made, 1, 2, 7) == ["a"]
    assert named(made, 1, 9, 7) == []


def test_what_another_case_refutes_is_not_named():
    """Does one right case outweigh two that look like a mistake?"""
    made = cases({"a": Returned(1)}, {"a": Returned(2)}, {"a": Returned(3)})
    assert named(made, 1, 2, 0) == []


def test_a_mistake_must_explain_as_much_as_it_contradicts():
    """Is one named that has as many wrong values as it lacks, and not one that has fewer?"""
    made = cases({"a": Returned(1)}, {"a": Returned(2)}, {"a": Returned(3)})
    assert named(made, 1, 2, 9) == ["a"]
    assert named(made, 1, 9, 9) == []
    made = cases({"a": Returned(1)}, {"a": Returned(2)}, {"a": Returned(3)}, {"a": Returned(4)})
    assert named(made, 1, 2, 9, 9) == ["a"]


def test_one_value_alone_may_be_chance():
    """Is a single value that fits enough only where nothing contradicts it?"""
    made = cases({"a": Returned(1)}, {"a": Returned(2)})
    assert named(made, 1, 9) == []
    assert named(cases({"a": Returned(1)}, {}), 1, 9) == ["a"]


def test_little_of_what_is_wrong_may_be_chance():
    """Must a mistake explain a third of what is wrong, and of whole numbers more than half?"""
    made = cases({"a": Returned(1)}, {}, {}, {})
    assert named(made, 1, 9, 9, 0) == ["a"]
    assert named(made, 1, 9, 9, 9) == []
    whole = cases({"a": Returned(1)}, {"a": Returned(2)}, {}, {}, expected=0)
    assert named(whole, 1, 2, 9, 0) == ["a"]
    assert named(whole, 1, 2, 9, 9) == []


def test_a_finding_says_which_case_and_output_show_it():
    """Is a mistake tied to the first case that is as it would have it, and to its output?"""
    made = replace(dense_cases(), witnesses={"mean_bias": "try it"})
    (found,) = grade(made, checked(mean_bias)).findings
    assert (found.mistake, found.case, found.output) == ("mean_bias", 1, "db")
    assert (found.sentence, found.witness) == ("You err.", "try it")
    (found,) = diagnose(cases({}, {"a": Returned(1)}), [Returned(0.0), Returned(1)], [True, False])
    assert (found.case, found.output, found.witness) == (2, "", "")


def test_what_supports_both_speaks_against_neither():
    """May two mistakes share results, and the second be named for the rest?"""
    made = cases({"a": Returned(1), "b": Returned(1)}, {"a": Returned(2)}, {"b": Returned(3)})
    assert named(made, 1, 2, 3) == ["a", "b"]


def test_ties_go_to_support_then_to_silence_then_to_declaration():
    """Is the choice between equals the one that a person would make?"""
    fits, other = {"a": Returned(1), "b": Returned(1)}, Returned(8)
    made = cases(fits, {"b": Returned(2)}, declared=["a", "b"])
    assert named(made, 1, 2) == ["b"]
    # Support 1 each; a would also have the second case wrong in a way that is not the student's.
    made = cases(fits, {"a": other}, declared=["a", "b"])
    assert named(made, 1, 9) == ["b"]
    assert named(cases(fits, declared=["a", "b"]), 1) == ["a"]
    assert named(cases(fits, declared=["b", "a"]), 1) == ["b"]


def test_a_matching_exception_is_not_speaking_in_vain():
    """Is the mistake preferred that also explains where the function fails?"""
    fits = {"a": Returned(1), "b": Returned(1)}
    made = cases(fits, {"a": Returned(8), "b": Raised("IndexError")}, declared=["a", "b"])
    assert named(made, 1, Raised("IndexError")) == ["b"]


def test_an_exception_is_explained_by_what_is_supported_elsewhere():
    """Does no second mistake answer for the case in which the first one raises the same?"""
    raises = {"a": Raised("IndexError"), "b": Raised("IndexError")}
    made = cases({"a": Returned(1)}, raises, {"b": Returned(3)})
    assert named(made, 1, Raised("IndexError"), 0) == ["a"]
    assert named(made, 1, Raised("IndexError"), 3) == ["a", "b"]


def test_an_exception_hides_what_else_is_wrong():
    """Is a second mistake not refuted by the case in which the first one raises?"""
    made = cases(
        {"a": Returned(1)}, {"a": Raised("IndexError"), "b": Returned(4)}, {"b": Returned(3)}
    )
    assert named(made, 1, Raised("IndexError"), 3) == ["a", "b"]


def test_an_exception_proves_nothing():
    """Are two functions that raise the same not taken for the same mistake?"""
    made = cases({"a": Raised("IndexError")})
    assert named(made, Raised("IndexError")) == []


def test_a_changed_argument_is_recognised_by_the_argument():
    """Is a change in place evidence, and only for a mistake that changes the same argument?"""
    made = cases({"a": Changed("0"), "b": Returned(1)})
    assert names(made, [Changed("0")], [False]) == ["a"]
    assert names(made, [Changed("1")], [False]) == []


def test_cases_that_were_not_run_do_not_count():
    """Does a check that stopped early still diagnose?"""
    made = cases({"a": Returned(1)}, {"a": Returned(2)})
    assert names(made, [Returned(1)], [False]) == ["a"]


class Asked(dict):
    """Results of mistakes that note which of them are looked at."""

    def __init__(self, results):
        super().__init__(results)
        self.names = []

    def get(self, name):
        self.names.append(name)
        return super().get(name)


def test_no_more_mistakes_are_worked_out_than_the_decision_needs():
    """Is one that explains all compared with the others' first piece only, and each asked once?"""
    results = [Asked({"a": Returned(9), "b": Returned(i), "c": Returned(8)}) for i in (1, 2, 3)]
    made = cases(*results)
    assert named(made, 1, 2, 3) == ["b"]
    assert [sorted(each.names) for each in results] == [["a", "b", "c"], ["b"], ["b"]]


def by_definition(table, values):
    """Name mistakes as `diagnose` is defined, over whole numbers: 0 is right, 9 is an exception."""
    order = list(dict.fromkeys(name for case in table for name in case))
    settled = [i for i, value in enumerate(values) if value == 0]
    unexplained = [i for i, value in enumerate(values) if value != 0]
    found = []
    while unexplained and len(found) < AT_MOST and order:
        merits = []
        for name in order:
            agrees = {i for i in range(len(values)) if values[i] not in (0, 9)
                      and table[i].get(name) == values[i]}  # fmt: skip
            raises = {i for i in range(len(values)) if values[i] == 9 == table[i].get(name)}
            speaks = {i for i in range(len(values)) if name in table[i]}
            support = len(agrees & set(unexplained))
            against = len((speaks - agrees) & set(settled))
            contradicted = against + len((speaks - agrees - raises) & set(unexplained))
            refuted = any(values[i] == 0 for i in speaks)
            valued = [i for i in unexplained if values[i] != 9]
            enough = support > 1 or not contradicted
            if support >= max(contradicted, len(valued) / 3) and enough and not refuted:
                merits.append(((support - against, support, -contradicted), name, agrees, raises))
        if not merits:
            break
        merit, name, agrees, raises = max(merits, key=lambda each: each[0])
        if merit[0] <= 0:
            break
        found.append(name)
        settled += [i for i in unexplained if i in agrees]
        unexplained = [i for i in unexplained if i not in agrees | raises]
    return found


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_what_is_left_out_changes_nothing(data):
    """Is the decision the one of the definition, which works everything out?"""
    count = data.draw(st.integers(1, 6))
    results = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([1, 2, 3, 9]))
    table = data.draw(st.lists(results, min_size=count, max_size=count))
    value = st.sampled_from([0, 0, 1, 2, 3, 9])
    values = data.draw(st.lists(value, min_size=count, max_size=count))

    def outcome(number):
        return Raised("ValueError") if number == 9 else Returned(number)

    made = cases(*({name: outcome(n) for name, n in case.items()} for case in table))
    assert named(made, *(v if v != 9 else outcome(9) for v in values)) == by_definition(
        table, values
    )


def test_an_exercise_without_mistakes_names_none():
    """Is there nothing to say where nothing is known?"""
    assert named(cases({}), 1) == []


WEIGHTS = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])


@pytest.mark.parametrize(
    "got",
    [
        WEIGHTS.astype(np.float32),
        WEIGHTS.astype(np.float32) * np.float32(1 + 1e-5),
        WEIGHTS.tolist(),
        tuple(map(tuple, WEIGHTS.tolist())),
    ],
)
def test_style_does_not_hide_a_mistake(got):
    """Is a mistake recognised in another precision, and in lists or tuples?"""
    made = cases({"a": Returned(WEIGHTS)}, expected=WEIGHTS + 1)
    assert names(made, [Returned(got)], [False]) == ["a"]


def test_a_nan_in_the_same_place_is_the_same_mistake():
    """Are the NaN of an overflow known, and other NaN not?"""
    spoilt = np.array([1.0, np.nan, np.inf])
    made = cases({"a": Returned(spoilt)}, expected=np.ones(3))
    assert names(made, [Returned(spoilt.copy())], [False]) == ["a"]
    assert names(made, [Returned(spoilt[::-1])], [False]) == []


@pytest.mark.parametrize(
    ("expected", "mistake", "other"),
    [
        (np.ones(2, np.float32), np.ones(2), [1.0, 1.0]),
        (4, 4.0, "4"),
        ((1, 2), [1, 2], np.array([1, 2])),
    ],
)
def test_a_mistake_of_type_alone_asks_for_that_type(expected, mistake, other):
    """Is the wrong type recognised, and another wrong type not taken for it?"""
    made = cases({"a": Returned(mistake)}, expected=expected)
    assert names(made, [Returned(mistake)], [False]) == ["a"]
    assert names(made, [Returned(other)], [False]) == []


def test_what_is_a_mistake_of_type_follows_the_tolerance():
    """Is a mistake that is right but for rounding one of type, in a loose exercise?"""
    made = cases({"a": Returned([1.0, 1.00001])}, expected=(1.0, 1.0))
    made = replace(made, rtol=1e-4)
    assert names(made, [Returned([1.0, 1.0])], [False]) == ["a"]
    assert names(made, [Returned(np.array([1.0, 1.00001]))], [False]) == []


# A dense layer's backward pass: three gradients, each with faults of its own.
def dense_backward(dout, x, w):
    """The gradients of x @ w + b."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def mean_bias(dout, x, w):
    """The mean for the sum in db."""
    dx, dw, db = dense_backward(dout, x, w)
    return dx, dw, db / len(dout)


def swaps_dw(dout, x, w):
    """Both dw and dx depend on the order of the factors, and dw is transposed."""
    dx, dw, db = dense_backward(dout, x, w)
    return dx, dw.T, db


def averages_all(dout, x, w):
    """All three gradients are averaged."""
    return tuple(part / len(dout) for part in dense_backward(dout, x, w))


def forgets_db(dout, x, w):
    """Two gradients where three are asked."""
    return dense_backward(dout, x, w)[:2]


def accepts_other_batches(dout, x, w):
    """No error where the batches differ: only the rows that both have are used."""
    n = min(len(dout), len(x))
    return dense_backward(dout[:n], x[:n], w)


def lists_them(dout, x, w):
    """A list where a tuple is asked."""
    return list(dense_backward(dout, x, w))


MISTAKES = (mean_bias, swaps_dw, averages_all, forgets_db, accepts_other_batches, lists_them)


def dense_cases(mistakes=MISTAKES):
    """Make cases of a dense layer's backward pass; the last asks for an error."""
    rng = np.random.default_rng(0)
    made = []
    for n, d, m in [(2, 3, 4), (5, 2, 3), (4, 3, 2)]:
        args = rng.normal(size=(n, m)), rng.normal(size=(n, d)), rng.normal(size=(d, m))
        right = Returned(dense_backward(*args))
        told = {f.__name__: Returned(f(*args)) for f in mistakes if f is not accepts_other_batches}
        made.append(Case(f"{n} examples", args, {}, right, told))
    args = rng.normal(size=(3, 2)), rng.normal(size=(2, 4)), rng.normal(size=(4, 2))
    told = {"accepts_other_batches": Returned(accepts_other_batches(*args))}
    made.append(Case("other batches", args, {}, Raised("ValueError"), told))
    return CaseSet(
        name="dense_backward",
        points=3,
        parameters=("dout", "x", "w"),
        outputs=("dx", "dw", "db"),
        cases=tuple(made),
        sentences={f.__name__: "You err." for f in mistakes},
    )


def checked(function):
    """Let `function` refuse batches that differ."""

    def careful(dout, x, w):
        if len(dout) != len(x):
            raise ValueError("batches differ")
        return function(dout, x, w)

    return careful


def names_of(function, made=None):
    return list(grade(made or dense_cases(), function).mistakes)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda f: f.__name__)
def test_each_mistake_of_several_outputs_is_named_alone(mistake):
    """Is one fault answered by one sentence?"""
    answer = mistake if mistake is accepts_other_batches else checked(mistake)
    assert names_of(answer) == [mistake.__name__]


def test_a_fault_in_one_output_is_named_though_another_is_wrong():
    """Is the transposed dw recognised beside a db that nobody knows?"""

    @checked
    def answer(dout, x, w):
        dx, dw, _ = swaps_dw(dout, x, w)
        return dx, dw, np.full(w.shape[1], 7.0)

    assert names_of(answer) == ["swaps_dw"]


@pytest.mark.parametrize("kind", [tuple, list])
def test_two_faults_in_two_outputs_are_named_both(kind):
    """Are faults in dw and db told apart, though no whole result is that of one mistake?"""

    @checked
    def answer(dout, x, w):
        return kind((dense_backward(dout, x, w)[0], x.T @ dout * 2, dout.mean(axis=0)))

    def doubles_dw(dout, x, w):
        dx, dw, db = dense_backward(dout, x, w)
        return dx, 2 * dw, db

    made = dense_cases((*MISTAKES, doubles_dw))
    assert names_of(answer, made) == ["mean_bias", "doubles_dw"]


def test_the_fault_that_shows_in_more_outputs_explains_them_all():
    """Is averaging everything not taken for the fault of db alone?"""

    @checked
    def answer(dout, x, w):
        dx, dw, db = averages_all(dout, x, w)
        return dx, dw, db + 1

    assert names_of(answer) == ["averages_all"]


def test_an_output_that_is_right_speaks_against_a_fault_in_it():
    """Is a mean in db not taken for a mean in all three?"""
    made = dense_cases((averages_all,))
    assert names_of(checked(mean_bias), made) == []


def test_a_fault_is_named_where_an_error_is_missing_too():
    """Is the missing check recognised though the gradients are wrong as well?"""

    def answer(dout, x, w):
        dx, dw, db = accepts_other_batches(dout, x, w)
        return dx, dw, db / min(len(dout), len(x))

    assert names_of(answer) == ["mean_bias", "accepts_other_batches"]


def test_an_output_of_another_type_hides_nothing():
    """Are float32 gradients recognised, though their type is wrong too?"""

    @checked
    def answer(dout, x, w):
        return tuple(part.astype(np.float32) for part in mean_bias(dout, x, w))

    assert names_of(answer) == ["mean_bias"]


@pytest.mark.parametrize("value", [np.array(1.0), None, np.ones(2), "dx", (1, 2, 3, 4)])
def test_a_result_without_these_parts_is_judged_whole(value):
    """Is a result of another form no mistake that is known?"""
    assert names_of(checked(lambda dout, x, w: value)) == []


def test_several_numbers_may_come_as_an_array():
    """Is an array of three numbers judged number by number?"""
    made = CaseSet(
        "sizes", 1, ("n",), ("a", "b", "c"),
        (Case("one", (1,), {}, Returned((1, 2, 3)), {"late": Returned((1, 2, 4))}),),
        {"late": "You count on."},
    )  # fmt: skip
    assert names_of(lambda n: np.array([1, 2, 4]), made) == ["late"]
    assert names_of(lambda n: np.array([1, 2, 3]), made) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Returned(1), Returned(1), True),
        (Returned(None), Returned(None), True),
        (Returned(None), Returned(1), False),
        (Returned(1), Raised("ValueError"), False),
        (Returned(1), Changed("0"), False),
        (Changed("0"), Raised("0"), False),
        (Changed("w"), Changed("w"), True),
        (Raised("ValueError", "a"), Raised("ValueError", "b"), True),
        (Returned(np.ones(2)), Returned(np.ones(2, np.float32)), False),
    ],
)
def test_outcomes_are_compared(one, other, same):
    """Are outcomes the same when a person would say so?"""
    assert same_outcome(one, other) is same
    assert same_outcome(other, one) is same


def test_an_error_of_a_kind_is_as_expected():
    """Does a derived error stand for what it is derived from, and not the other way round?"""
    derived = Raised("AxisError", bases=("ValueError", "Exception"))
    assert same_outcome(Raised("ValueError"), derived)
    assert not same_outcome(derived, Raised("ValueError"))
