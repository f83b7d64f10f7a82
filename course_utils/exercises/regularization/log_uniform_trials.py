"""Hyperparameters drawn evenly, or evenly on a log scale: `log_uniform_trials`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, refused


def log_uniform_trials(draws, low, high, log):
    """Return a value of each hyperparameter for each trial, (T, P).

    >>> low, high, log = np.array([0.01, 0.2]), np.array([100.0, 0.6]), np.array([True, False])
    >>> log_uniform_trials(np.array([[0.5, 0.5], [0.25, 0.0]]), low, high, log).round(9)
    array([[1. , 0.4],
           [0.1, 0.2]])
    """
    if np.any(low[log] <= 0):
        raise ValueError("a range on a log scale begins above 0")
    trials = low + (high - low) * draws
    trials[:, log] = low[log] * (high[log] / low[log]) ** draws[:, log]
    return trials


def reference(draws, low, high, log):
    """Work out one value after the other, on the natural logarithm."""
    if any(one <= 0 for one, on_log in zip(low, log, strict=True) if on_log):
        raise ValueError("there is no logarithm of 0")
    trials = np.empty(draws.shape)
    for t, p in np.ndindex(*draws.shape):
        u, a, z = float(draws[t, p]), float(low[p]), float(high[p])
        trials[t, p] = np.exp((1 - u) * np.log(a) + u * np.log(z)) if log[p] else a + u * (z - a)
    return trials


def drawn(rng, T, log):
    """Draw trials of so many hyperparameters, with ranges of two to five powers of 10.

    What is on no log scale has a range from 0.1 to 5.
    """
    P = len(log)
    draws = rng.choice(np.arange(3, 98), (T, P), replace=False) / 100
    while T > 1 and (np.diff(draws, axis=0) > 0).all(axis=0).any():  # in order by chance
        draws = rng.permuted(draws, axis=0)
    start = rng.choice(np.arange(11, 80), P, replace=False) / 10
    power = 10.0 ** -rng.integers(2, 6, P)
    log = np.array(log)
    low = np.where(log, (start * power).round(8), start / 10)
    high = np.where(log, start[::-1] + 1.0, start / 10 + rng.integers(12, 40, P) / 10)
    return draws, low, high, log


def wild(rng):
    """Draw few trials, and ranges that may begin below 0 where they can."""
    while True:
        T, P = rng.integers(1, 5, 2)
        draws, low, high, log = drawn(rng, T, rng.random(P) < 0.5)
        yield case("wild", draws, np.where(log, low, low - 3), high, log)


def inputs(rng):
    """Draw trials of few hyperparameters."""
    low, high, log = np.array([0.01, 0.2]), np.array([100.0, 0.6]), np.array([True, False])
    yield case("the example", np.array([[0.5, 0.5], [0.25, 0.0]]), low, high, log)
    draws, *rest = drawn(rng, 4, [True, False, True])
    yield case("4 trials, 3 hyperparameters", strided(draws), *rest)
    draws, *rest = drawn(rng, 3, [False, True])
    yield case("the second on a log scale", np.asfortranarray(draws), *rest)
    yield case("as many trials as hyperparameters", *drawn(rng, 3, [True, True, False]))
    yield case("none on a log scale", *drawn(rng, 3, [False, False]))
    draws, low, high, log = drawn(rng, 3, [True, False])
    low[1] = -low[1]
    yield case("a range that begins below 0, on no log scale", draws, low, high, log)
    draws, low, high, log = drawn(rng, 4, [False, True])
    low[0] = 0
    yield case("a range that begins at 0, on no log scale", draws, low, high, log)
    draws, low, high, log = drawn(rng, 2, [True, False, True])
    draws[0] = 0
    yield case("draws of 0", draws, low, high, log)
    draws, _, _, log = drawn(rng, 3, [True, False])
    low, high = (rng.integers(*each, 2).astype(np.int32) for each in ((2, 9), (60, 2000)))
    yield case("ranges of whole numbers", draws, low, high, log)
    yield case("one trial", *drawn(rng, 1, [True, False, True, True]))
    yield case("one hyperparameter", *drawn(rng, 5, [True]))
    draws, low, high, log = drawn(rng, 2, [False, True])
    low[1] = 0
    yield refused("a log scale from 0", draws, low, high, log)
    draws, low, high, log = drawn(rng, 2, [True, False])
    low[0] = -low[0]
    yield refused("a log scale from below 0", draws, low, high, log)


EXERCISE = Exercise(
    log_uniform_trials,
    points=3,
    inputs=inputs,
    reference=reference,
    axes={"the result": ("trial", "hyperparameter")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake
POWER = "low[log] * (high[log] / low[log]) ** draws[:, log]"

mistake("spreads_the_values_evenly", {f"trials[:, log] = {POWER}": ""}).says(
    "You spread the values themselves evenly on a log scale, so nearly all are near `high`; it is "
    "the logarithm that is spread evenly."
)
mistake(
    "puts_all_on_a_log_scale",
    {
        f"trials[:, log] = {POWER}": (
            "span = np.maximum(low, 1e-9)\ntrials = low * (high / span) ** draws"
        ),
    },
).says("You put every hyperparameter on a log scale; only those for which `log` is True are.")
mistake(
    "exchanges_the_scales",
    {
        "low[log] <= 0": "low[log] <= 0",
        f"trials[:, log] = {POWER}": (
            "log = ~log\n"
            "safe = np.maximum(low[log], 1e-9)\n"
            "trials[:, log] = safe * (high[log] / safe) ** draws[:, log]"
        ),
    },
).says("You put those on a log scale for which `log` is False; it is those for which it is True.")
mistake(
    "returns_the_logarithm",
    {POWER: "np.log10(low[log]) + np.log10(high[log] / low[log]) * draws[:, log]"},
).says("You return the power of 10 in place of the value; the last step is 10 to that power.")
mistake(
    "mixes_two_bases",
    {POWER: "np.exp(np.log10(low[log]) + np.log10(high[log] / low[log]) * draws[:, log])"},
).says("You take the logarithm to base 10 and go back with exp; use one base for both ways.")
mistake(
    "goes_from_high_to_low",
    {"low[log] * (high[log] / low[log])": "high[log] * (low[log] / high[log])"},
).says("You go from `high` down to `low`; the draw 0 gives `low`.")
mistake("raises_the_difference", {"(high[log] / low[log])": "(high[log] - low[log])"}).says(
    "You raise the difference of the ends to a power; on a log scale it is their quotient."
)
mistake(
    "multiplies_by_the_draw", {"(high[log] / low[log]) ** draws": "(high[log] / low[log]) * draws"}
).says("You multiply the quotient of the ends by the draw; the draw is its exponent.")
mistake("forgets_to_begin_at_low", {"low[log] * (high": "(high"}).says(
    "You begin at 1 on a log scale; a draw of 0 gives `low`, so multiply by it."
)
mistake(
    "draws_powers_up_to_high", {POWER: "high[log] ** draws[:, log] * low[log] ** draws[:, log]"}
).says("You raise both ends to the power of the draw; `low` has the exponent 1 - u, `high` has u.")
mistake("begins_even_ranges_at_0", {"low + (high - low) * draws": "high * draws"}).says(
    "Your values without a log scale begin at 0; they begin at `low`."
)
mistake("forgets_the_length", {"(high - low) * draws": "high * draws"}).says(
    "You add `high` times the draw to `low`, which goes beyond `high`; the range is high - low "
    "long."
)
mistake(
    "uses_one_draw_for_a_trial",
    {"trials = low": "draws = np.tile(draws[:, :1], (1, draws.shape[1]))\ntrials = low"},
).says(
    "You use the first draw of a trial for all of its hyperparameters, so they rise and fall "
    "together; each has its own."
)
mistake(
    "lays_a_grid",
    {
        "trials = low": (
            "draws = np.tile(np.linspace(0, 1, len(draws))[:, None], (1, draws.shape[1]))\n"
            "trials = low"
        ),
    },
).says(
    "You space the values evenly and leave the draws out, as in a grid; the draws say where in its "
    "range each value is."
)
mistake("sorts_the_trials", {"return trials": "return np.sort(trials, axis=0)"}).says(
    "You sort the values of each hyperparameter, which mixes the trials; row t belongs to the "
    "draws of row t."
)
mistake("exchanges_the_axes", {"return trials": "return trials.T"}).says(
    "Your rows are the hyperparameters; a row is a trial, (T, P)."
)
mistake(
    "makes_whole_numbers",
    {
        "trials = low + (high - low) * draws": (
            "trials = (low + (high - low) * draws).astype(low.dtype)"
        ),
    },
).says(
    "Your result has the type of the range, which cuts fractions off where that is whole; it is "
    "float64."
)
mistake("takes_a_log_scale_from_0", {"low[log] <= 0": "low[log] < 0"}).says(
    "You accept a log scale that begins at 0, where all values would be 0; raise a ValueError."
)
mistake("takes_a_log_scale_from_below_0", {"low[log] <= 0": "low[log] == 0"}).says(
    "You accept a log scale that begins below 0, of which there is no logarithm; raise a "
    "ValueError."
)


@EXERCISE.right_answer
def interpolates_the_exponent(draws, low, high, log):
    trials = np.zeros(draws.shape)
    for p, on_log in enumerate(log):
        u = draws[:, p]
        if not on_log:
            trials[:, p] = (1 - u) * low[p] + u * high[p]
        elif low[p] > 0:
            first, last = np.log10([low[p], high[p]])
            trials[:, p] = 10 ** (first + u * (last - first))
        else:
            raise ValueError("log scales are above 0")
    return trials


@EXERCISE.right_answer
def chooses_with_where(draws, low, high, log):
    if (low[log] <= 0).any():
        raise ValueError("the logarithm of what is not positive")
    safe = np.where(log, low, 1.0)
    ratio = np.where(log, high, 1.0) / safe
    return np.where(log, safe * ratio**draws, low + draws * (high * 1.0 - low))


@EXERCISE.right_answer
def goes_to_logs_and_back(draws, low, high, log):
    rows = []
    for u in draws:
        row = []
        for p in range(len(u)):
            ends = np.array([low[p], high[p]], float)
            if log[p] and ends[0] <= 0:
                raise ValueError("begin above 0")
            ends = np.log(ends) if log[p] else ends
            value = np.interp(u[p], [0, 1], ends)
            row.append(np.exp(value) if log[p] else value)
        rows.append(row)
    return np.array(rows)
