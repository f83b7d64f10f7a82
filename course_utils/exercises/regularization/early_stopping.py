"""When to stop training, and which weights to keep: `early_stopping`."""

import numpy as np

from course_utils.checks.layout import strided
from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, refused


def early_stopping(losses, patience, gain):
    """Return the epoch at which training stops and the epoch whose weights are kept.

    >>> early_stopping(np.array([9.0, 6.0, 5.5, 7.0, 5.25, 2.0]), 3, 1.0)
    (4, 1)
    """
    if patience < 1:
        raise ValueError(f"patience must be at least 1, got {patience}")
    best, kept = np.inf, 0
    for epoch, loss in enumerate(losses):
        if loss < best - gain:
            best, kept = loss, epoch
        elif epoch - kept >= patience:
            break
    return epoch, kept


def curve(rng, steps, gain, *, unit=0.1, lowest=11, before=None):
    """Draw a loss for each letter of `steps`, in whole units, after `before` that improve.

    v improves, u by one unit more than `gain` units; - is lower, but by less than the gain, = by
    exactly the gain; + is higher than the best, s by less than the gain; n is not a number.
    """
    steps = "v" * (int(rng.integers(2, 5)) if before is None else before) + steps
    losses = [0.0]
    best = 0.0
    for step in steps:
        small = int(rng.integers(gain // 2, max(gain, 1)))
        more = int(rng.integers(2, 6))
        loss = best + {
            "v": -gain - more, "u": -gain - 1, "=": -gain, "-": -small, "s": small,
            "+": gain + more, "n": np.nan,
        }[step]  # fmt: skip
        losses.append(loss)
        best = loss if step in "vu" else best
    return (np.array(losses) - np.nanmin(losses) + lowest) * unit


def wild(rng):
    """Draw short curves of whole numbers, with many ties."""
    while True:
        losses = rng.integers(-4, 6, rng.integers(1, 12)).astype(float)
        losses[1:][rng.random(len(losses) - 1) < 0.1] = np.nan
        yield case("wild", losses, int(rng.integers(1, 4)), int(rng.integers(0, 3)))


def inputs(rng):
    """Draw curves that rise and fall."""
    yield case("the example", np.array([9.0, 6.0, 5.5, 7.0, 5.25, 2.0]), 3, 1.0)
    yield case("stops before the end", strided(curve(rng, "+-u-+-vv", 4)), 3, 0.4)
    yield case("a gain of 0, and equal losses", curve(rng, "+=u+=v+", 0), 2, 0)
    yield case("lower by exactly the gain", curve(rng, "=+v=-v", 4, unit=0.125), 2, 0.5)
    yield case("a patience of 1", curve(rng, "uu-v+", 4), 1, 0.4)
    yield case("the first is the best", curve(rng, "s+vv", 4, before=0), 2, 0.4)
    yield case("runs to the end", curve(rng, "+-u+-", 4), 4, 0.4)
    yield case("patience ends with the last epoch", curve(rng, "-+u-+-", 4), 3, 0.4)
    yield case("small gains that add up", curve(rng, "--u-+-v", 6), 3, 0.6)
    yield case("not a number", curve(rng, "nuun+vn", 4), 2, 0.4)
    yield case("losses below 0", curve(rng, "+-u-+v", 4, lowest=-70), 2, 0.4)
    whole = curve(rng, "-u+-+vv", 4, unit=1).astype(np.int32)
    yield case("whole numbers", whole, 3, 4)
    quarters = curve(rng, "+u-+-v", 4, unit=0.25).astype(np.float32)
    yield case("float32", quarters, 3, 1.0)
    yield case("one epoch", rng.integers(1, 99, 1) / 10, 2, 0.5)
    yield refused("a patience of 0", curve(rng, "+u-", 4), 0, 0.4)


EXERCISE = Exercise(
    early_stopping,
    points=3,
    inputs=inputs,
    outputs=("stop", "kept"),
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("stops_an_epoch_early", {">= patience": ">= patience - 1"}).says(
    "You stop an epoch too early; run on until `patience` epochs have brought no improvement."
)
mistake("stops_an_epoch_late", {">= patience": "> patience"}).says(
    "You run one epoch too many; the last epoch is the one with which patience runs out."
)
mistake("stops_at_the_first", {"epoch - kept >= patience": "epoch > kept"}).says(
    "You stop at the first epoch without an improvement; wait until there are `patience` of them."
)
mistake(
    "never_resets",
    {
        "best, kept = np.inf, 0": "best, kept, bad = np.inf, 0, 0",
        "elif epoch - kept >= patience:\n    break": (
            "else:\n    bad += 1\nif bad >= patience:\n    break"
        ),
    },
).says("You count all epochs without an improvement; an improvement begins the count anew, from 0.")
mistake("takes_a_tie", {"loss < best - gain": "loss <= best - gain"}).says(
    "You take it for an improvement if the loss falls by exactly the gain; it has to fall by more."
)
mistake("ignores_the_gain", {"loss < best - gain": "loss < best"}).says(
    "You take every lower loss for an improvement; it has to be lower by more than `gain`."
)
mistake("adds_the_gain", {"best - gain": "best + gain"}).says(
    "You add the gain to the best loss, so that a loss that is higher improves; subtract it."
)
mistake(
    "compares_with_the_epoch_before",
    {"best - gain": "(losses[epoch - 1] if epoch else best) - gain"},
).says("You compare with the epoch before; compare with the loss at the last improvement.")
mistake(
    "lets_the_best_creep",
    {
        "elif epoch - kept >= patience:\n    break": (
            "elif epoch - kept >= patience:\n    break\nbest = min(best, loss)"
        ),
    },
).says(
    "You compare with the lowest loss of all; compare with the loss at the last improvement, from "
    "which small gains may add up."
)
mistake("keeps_the_last", {"return epoch, kept": "return epoch, epoch"}).says(
    "You keep the weights of the epoch at which training stops; keep those of the last improvement."
)
mistake(
    "keeps_the_lowest_so_far",
    {"return epoch, kept": "return epoch, int(np.nanargmin(losses[: epoch + 1]))"},
).says(
    "You keep the epoch of the lowest loss, though it may be lower by less than the gain; weights "
    "were saved at the last improvement."
)
mistake("looks_ahead", {"return epoch, kept": "return epoch, int(np.nanargmin(losses))"}).says(
    "You keep the lowest loss of the whole curve; a training that has stopped never sees what "
    "comes later."
)
mistake("counts_from_1", {"return epoch, kept": "return epoch + 1, kept + 1"}).says(
    "You count epochs from 1; the first epoch is number 0."
)
mistake("returns_a_number_of_epochs", {"return epoch, kept": "return epoch + 1, kept"}).says(
    "Your `stop` is how many epochs were run; the number of the last epoch is one less."
)
mistake("exchanges_the_two", {"return epoch, kept": "return kept, epoch"}).says(
    "You return the kept epoch first; the result is (stop, kept)."
)
mistake("returns_the_loss", {"return epoch, kept": "return epoch, best"}).says(
    "You return the best loss itself; which epoch it was is asked for."
)
mistake(
    "looks_for_a_maximum", {"np.inf": "-np.inf", "loss < best - gain": "loss > best + gain"}
).says("You take a higher value for an improvement, as for an accuracy; a loss is to fall.")
mistake("begins_at_1", {"np.inf": "1.0"}).says(
    "You compare the first epochs with a best loss of 1; a loss can be any number, so begin with "
    "that of epoch 0, or with infinity."
)
mistake("takes_nan_for_a_gain", {"loss < best - gain": "not loss >= best - gain"}).says(
    "You take NaN for an improvement, since every comparison with it is False; ask whether the "
    "loss is below, not whether it fails to be above."
)
mistake("runs_on", {"return epoch, kept": "return kept + patience, kept"}).says(
    "You stop `patience` epochs after the last improvement even where the losses end before; then "
    "`stop` is the last epoch there is."
)
mistake("takes_any_patience", {"patience < 1": "patience < 0"}).says(
    "You accept a patience of 0, which would stop at an epoch that improves; raise a ValueError."
)


@EXERCISE.right_answer
def counts_up_and_begins_anew(losses, patience, gain):
    if patience <= 0:
        raise ValueError("no patience at all")
    best, kept, waited, stop = losses[0], 0, 0, 0
    for stop in range(1, len(losses)):
        if losses[stop] < best - gain:
            best, kept, waited = losses[stop], stop, 0
        else:
            waited += 1
        if waited == patience:
            break
    return stop, kept


@EXERCISE.right_answer
def jumps_from_gain_to_gain(losses, patience, gain):
    if patience < 1:
        raise ValueError("wait for an epoch at least")
    kept = 0
    while True:
        ahead = losses[kept + 1 : kept + 1 + patience]
        better = np.flatnonzero(ahead < losses[kept] - gain)
        if len(better) == 0:
            return kept + len(ahead), kept
        kept += 1 + int(better[0])


@EXERCISE.right_answer
def calls_itself(losses, patience, gain):
    def go_on(epoch, kept):
        if epoch == len(losses):
            return epoch - 1, kept
        if losses[epoch] + gain < losses[kept]:
            return go_on(epoch + 1, epoch)
        return (epoch, kept) if epoch == kept + patience else go_on(epoch + 1, kept)

    if not patience >= 1:
        raise ValueError("patience must be positive")
    return go_on(1, 0)
