"""A rate that falls when the loss has stopped falling: `plateau_schedule`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, refused
from course_utils.exercises.optimizers.momentum_step import number


def plateau_schedule(losses, start, *, patience, factor=0.1, gain=0.0, lowest=0.0):
    """Return the rate of the first epoch, and of the one after each loss, (T + 1,).

    >>> plateau_schedule(np.array([5.0, 4.0, 4.0, 6.0, 7.0, 3.0]), 0.5, patience=1, factor=0.5)
    array([0.5 , 0.5 , 0.5 , 0.5 , 0.25, 0.25, 0.25])
    """
    rate, best, waited = start, np.inf, 0
    rates = [rate]
    for loss in losses:
        if np.isnan(loss):
            raise ValueError("a loss is not a number: the training has diverged")
        if loss < best - gain:
            best, waited = loss, 0
        elif waited < patience:
            waited += 1
        else:
            rate, waited = max(factor * rate, lowest), 0
        rates.append(rate)
    return np.array(rates, dtype=float)


def curve(rng, steps, *, gain=4, unit=0.125, at_0=None):
    """Draw a loss for each letter, in units that are exact in binary, at a height of its own.

    v improves by 2 units more than `gain`; = is lower by exactly the gain, - by less; 0 is as low
    as the best one; + is higher by less than the gain, h by more. The loss number `at_0` is 0.
    """
    moves = {"v": -gain - 2, "=": -gain, "-": -(gain // 2), "0": 0, "+": gain // 2 + 1, "h": 40}
    levels, best = [], 0
    for step in steps:
        levels.append(best + moves[step])
        best = levels[-1] if step == "v" else best
    bottom = min(levels) - int(rng.integers(130, 250)) if at_0 is None else levels[at_0]
    return (np.array(levels) - bottom) * unit


def wild(rng):
    """Draw short curves of whole numbers, with many ties."""
    while True:
        losses = rng.integers(-4, 6, rng.integers(1, 14)).astype(float)
        settings = {"patience": int(rng.integers(0, 4)), "factor": number(rng, 0.1, 0.9)}
        settings |= {"gain": int(rng.integers(0, 3)), "lowest": number(rng, 0, 0.2)}
        yield case("wild", losses, number(rng, 0.2, 3), **settings)


def inputs(rng):
    """Draw curves that fall, stop, and fall on."""
    losses = np.array([5.0, 4.0, 4.0, 6.0, 7.0, 3.0])
    yield case("the example", losses, 0.5, patience=1, factor=0.5)
    start, factor = number(rng, 0.2, 0.9), number(rng, 0.3, 0.7)
    common = {"patience": 2, "factor": factor, "gain": 0.5}
    yield case("a gain", strided(curve(rng, "vv+-v+h-+v+-+")), start, **common)
    yield case("exactly the gain", curve(rng, "vv==v=+-v"), start, **common)
    yield case("no gain, equal losses", curve(rng, "vv0+0v0+00", gain=0), start, patience=2)
    yield case("it stays on the plateau", curve(rng, "v+-+0h+-+0-+"), start, **common)
    yield case("no patience", curve(rng, "v+v-v+0v"), start, patience=0, factor=factor, gain=0.5)
    yield case("more patience than losses", curve(rng, "v+-h"), start, patience=7)
    yield case("it falls without a stop", curve(rng, "vvvvv"), start, **common)
    rising = curve(rng, "v+h+", gain=6)
    yield case("the first loss is the best", rising, start, patience=1, factor=factor, gain=0.75)
    bounded = {"factor": factor, "gain": 0.5, "lowest": round(start * factor * 0.9, 4)}
    yield case("a lowest rate", curve(rng, "v+-+-+h+-"), start, patience=1, **bounded)
    small = curve(rng, "v--+v+-h", gain=9)
    yield case("small gains that add up", small, start, patience=2, factor=factor, gain=1.125)
    around = curve(rng, "vv+-+v+", at_0=2)
    yield case("losses around 0", around, start, **common)
    whole = curve(rng, "vv+-=+v-", unit=1).astype(np.int32)
    yield case("whole numbers", whole, 2, patience=1, factor=factor, gain=4)
    single = curve(rng, "v+-v+h0+").astype(np.float32)
    yield case("float32", single, start, patience=1, factor=factor, gain=0.5)
    lost = curve(rng, "vv+-+")
    lost[int(rng.integers(2, 5))] = np.nan
    yield refused("a loss that is not a number", lost, start, patience=1)


EXERCISE = Exercise(
    plateau_schedule,
    points=4,
    inputs=inputs,
    axes={"the result": ("epoch",)},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("takes_a_tie_for_better", {"loss < best - gain": "loss <= best - gain"}).says(
    "You call a loss better that is lower by exactly the gain; it has to be lower by more."
)
mistake("waits_one_epoch_less", {"waited < patience": "waited < patience - 1"}).says(
    "You lower the rate at the last epoch that patience bears; it falls with the one after."
)
mistake("waits_one_epoch_more", {"waited < patience": "waited <= patience"}).says(
    "You bear one loss too many; after `patience` losses that are not better, the next lowers the "
    "rate."
)
mistake(
    "never_counts_anew", {"max(factor * rate, lowest), 0": "max(factor * rate, lowest), waited"}
).says(
    "Your count goes on after the rate has fallen, so it falls at each loss that follows; begin at "
    "0 again."
)
mistake("counts_all_bad_epochs", {"best, waited = loss, 0": "best = loss"}).says(
    "You count all losses that are not better; one that is better sets the count to 0."
)
mistake(
    "compares_with_the_last",
    {
        "elif waited < patience:\n    waited += 1": (
            "elif waited < patience:\n    best, waited = loss, waited + 1"
        ),
    },
).says(
    "You compare with the loss before; compare with the best so far, or a loss that goes up and "
    "down looks better every other time."
)
mistake(
    "lets_the_best_loss_creep", {"rates.append(rate)": "best = min(best, loss)\nrates.append(rate)"}
).says(
    "Your best loss follows gains that are too small to count; it stays that of the last loss "
    "that was better."
)
mistake(
    "forgets_the_best_when_it_falls",
    {
        "rate, waited = max(factor * rate, lowest), 0": (
            "rate, waited, best = max(factor * rate, lowest), 0, loss"
        ),
    },
).says("You forget the best loss when the rate falls; it stays, and only the count begins anew.")
mistake("has_no_gain", {"best - gain": "best"}).says(
    "You call every lower loss better; it has to be lower by more than `gain`."
)
mistake("adds_the_gain_to_the_best", {"best - gain": "best + gain"}).says(
    "You add the gain, so even a higher loss may count as better; subtract it from the best loss."
)
mistake("takes_the_gain_for_a_share", {"best - gain": "best * (1 - gain)"}).says(
    "Your gain is a share of the best loss; here it is a difference in the loss."
)
mistake("goes_below_the_lowest", {"max(factor * rate, lowest)": "factor * rate"}).says(
    "Your rate falls below `lowest`; where factor times rate is less, it becomes `lowest`."
)
mistake(
    "stops_before_the_lowest",
    {"max(factor * rate, lowest)": "rate if factor * rate < lowest else factor * rate"},
).says("You leave the rate as it is where it would fall below `lowest`; it then becomes `lowest`.")
mistake("subtracts_the_factor", {"factor * rate": "rate - factor"}).says(
    "You subtract the factor from the rate; multiply."
)
mistake("divides_by_the_factor", {"factor * rate": "rate / factor"}).says(
    "You divide by a factor below 1, and the rate grows; multiply by it."
)
mistake("starts_over_from_the_first_rate", {"factor * rate": "factor * start"}).says(
    "You multiply the first rate by the factor each time, so it falls once only; multiply the rate "
    "of now."
)
mistake(
    "raises_the_rate_again", {"best, waited = loss, 0": "best, waited, rate = loss, 0, start"}
).says(
    "You go back to the first rate when the loss gets better; a rate that has fallen stays there."
)
mistake(
    "lowers_it_an_epoch_late",
    {
        "if np.isnan(loss):": "rates.append(rate)\nif np.isnan(loss):",
        "rates.append(rate)": "",
    },
).says(
    "You write the rate down before you look at the loss, so it falls an epoch late; what follows "
    "a loss depends on it."
)
mistake(
    "leaves_the_start_out", {"np.array(rates, dtype=float)": "np.array(rates[1:], dtype=float)"}
).says("You return the rates after each loss only; the rate of the first epoch comes before them.")
mistake(
    "leaves_the_last_out", {"np.array(rates, dtype=float)": "np.array(rates[:-1], dtype=float)"}
).says(
    "You leave out the rate that follows from the last loss; the result has one number more than "
    "there are losses."
)
mistake(
    "waits_for_a_rise",
    {
        "if loss < best - gain:\n    best, waited = loss, 0": (
            "if loss < best - gain:\n    best, waited = loss, 0\nelif loss <= best:\n    pass"
        ),
    },
).says(
    "You count only losses that are higher than the best; one that is not better by more than the "
    "gain counts as well."
)
mistake(
    "looks_for_the_highest", {"np.inf": "-np.inf", "loss < best - gain": "loss > best + gain"}
).says("You take a higher value for better, as for an accuracy; a loss is to fall.")
mistake("counts_the_first_as_bad", {"np.inf": "losses[0]"}).says(
    "You begin with the first loss as the best, and then count it as not better than itself; it is "
    "better than none."
)
mistake(
    "goes_on_with_nan",
    {'raise ValueError("a loss is not a number: the training has diverged")': "continue"},
).says("You pass over a loss that is NaN; such a training has diverged, so raise a ValueError.")
mistake(
    "falls_at_every_bad_epoch",
    {"elif waited < patience:\n    waited += 1": "elif False:\n    pass"},
).says("You lower the rate at each loss that is not better; bear `patience` of them first.")


@EXERCISE.right_answer
def counts_how_often_it_falls(losses, start, *, patience, factor=0.1, gain=0.0, lowest=0.0):
    if not np.all(losses == losses):
        raise ValueError("NaN among the losses")
    since, kept, rates = 0, losses[0], [float(start), float(start)]
    for loss in losses[1:]:
        since += 1
        new = rates[-1]
        if kept - loss > gain:
            since, kept = 0, loss
        if since > patience:
            since, new = 0, new * factor
        rates.append(new if new > lowest else float(lowest))
    return np.array(rates)


@EXERCISE.right_answer
def fills_an_array(losses, start, *, patience, factor=0.1, gain=0.0, lowest=0.0):
    rates = np.full(len(losses) + 1, start, dtype=np.float64)
    best, left = float("inf"), patience
    for t, loss in enumerate(losses):
        if not (loss <= 0 or loss > 0):
            raise ValueError(f"loss {t} is no number")
        rates[t + 1] = rates[t]
        if loss - best < -gain:
            best, left = loss, patience
        elif left == 0:
            left = patience
            rates[t + 1] = np.maximum(lowest, rates[t] * factor)
        else:
            left -= 1
    return rates


@EXERCISE.right_answer
def multiplies_what_is_left(losses, start, *, patience, factor=0.1, gain=0.0, lowest=0.0):
    if np.isnan(losses).any():
        raise ValueError("not a number")
    falls, best, last = [0], None, 0
    for t, loss in enumerate(losses):
        falls.append(falls[-1])
        if best is None or loss < best - gain:
            best, last = loss, t
        elif t - last == patience + 1:
            falls[-1] += 1
            last = t
    return np.maximum(start * factor ** np.array(falls), lowest)
