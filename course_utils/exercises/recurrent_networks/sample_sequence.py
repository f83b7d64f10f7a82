"""A sequence that the network writes itself: `sample_sequence`."""

import numpy as np

from course_utils.exercises.draw import HANDMADE, decimals, differing, squashed_values
from course_utils.exercises.exercise import Exercise, case, refused


def sample_sequence(u, code, h, wx, wh, b, wy, by, temperature):
    """Write len(u) letters, each read at the next step; return codes (T,) and shares p (T, V).

    >>> zero, one = np.zeros((1, 1)), np.ones((1, 1))
    >>> wy, by = np.zeros((1, 2)), np.log([1.0, 3.0])
    >>> sample_sequence([0.2, 0.3], 0, zero[0], 0 * wy.T, zero, zero[0], wy, by, 1.0)
    (array([0, 1]), array([[0.25, 0.75],
           [0.25, 0.75]]))
    """
    if temperature <= 0:
        raise ValueError(f"the temperature must be above 0, got {temperature}")
    codes, shares = [], []
    for u_t in u:
        h = np.tanh(wx[code] + h @ wh + b)
        s = (h @ wy + by) / temperature
        p = np.exp(s - s.max())
        p = p / p.sum()
        code = np.sum(np.cumsum(p) <= u_t)  # so many letters lie below u_t
        codes.append(code)
        shares.append(p)
    return np.array(codes), np.array(shares)


def drawn(rng, T, V, M, temperature=1.0, never=False):
    """Draw a network and u that tell: no other rule chooses the same letters.

    With `never`, letter 0 has a probability of 0, and two of the u are 0 as well.
    """
    while True:
        u, code = rng.integers(5, 995, T) / 1000, int(rng.integers(V))
        h, wx, wh = squashed_values(rng, M), decimals(rng, V, M), differing(rng, M, M) / 2
        b, wy, by = decimals(rng, M) / 2, decimals(rng, M, V), decimals(rng, V) / 2
        if never:
            u[1:3], by[0] = 0, -2000
        args = u, code, h, wx, wh, b, wy, by, temperature
        if tells(*args):
            return args


def tells(u, code, *network):
    """Say whether all slips choose other letters, and no u lies at a border by rounding."""
    codes, p = sample_sequence(u, code, *network)
    sums = np.cumsum(p, axis=1)
    from_the_end = np.sum(np.cumsum(p[:, ::-1], axis=1) > u[:, None], axis=1) - 1
    others = [np.argmax(p, axis=1), from_the_end, 0 * codes]
    if len(u) > 1:
        others += [np.sum(sums <= u[0], axis=1), 0 * codes + codes[0]]
        if (codes[:-1] == code).all():
            return False
    near = np.abs(sums[:, :-1] - u[:, None]) < 1e-3
    return all((codes != other).any() for other in others) and not (near & (sums[:, :-1] > 0)).any()


def wild(rng):
    """Draw small networks that write a few letters."""
    while True:
        T, V, M = (int(rng.integers(2, 6)) for _ in range(3))
        yield case("wild", *drawn(rng, T + 3, V, M, int(rng.integers(5, 20)) / 10))


def inputs(rng):
    """Draw small networks, and numbers to choose by."""
    zero, wy = np.zeros((1, 1)), np.zeros((1, 2))
    args = 0, zero[0], 0 * wy.T, zero, zero[0], wy, np.array([0.0, 1.0986])
    yield case("the example", np.array([0.2, 0.3]), *args, 1.0)
    yield case("6 letters of 4, 3 units", *drawn(rng, 6, 4, 3))
    yield case("a temperature of 0.5", *drawn(rng, 5, 3, 2, 0.5))
    yield case("a temperature of 2", *drawn(rng, 8, 5, 4, 2.0))
    yield case("as many letters as units", *drawn(rng, 7, 3, 3, 1.5))
    yield case("one letter", *drawn(rng, 1, 3, 2, 0.8))
    u, code, *rest, by, temperature = drawn(rng, 5, 4, 2, 1.2)
    yield case("logits near 1000", u, code, *rest, by + 1000, temperature)
    yield case("u of 0, and a letter that never comes", *drawn(rng, 5, 4, 3, never=True))
    yield refused("a temperature of 0", *drawn(rng, 3, 2, 3)[:-1], 0.0)
    yield refused("a temperature below 0", *drawn(rng, 3, 2, 3)[:-1], -1.0)


EXERCISE = Exercise(
    sample_sequence,
    points=5,
    inputs=inputs,
    outputs=("codes", "p"),
    axes={"codes": ("step",), "p": ("step", "letter")},
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake(
    "multiplies_by_the_temperature", {"(h @ wy + by) / temperature": "(h @ wy + by) * temperature"}
).says("You multiply the logits by the temperature; divide, so that a high one makes them alike.")
mistake("ignores_the_temperature", {"(h @ wy + by) / temperature": "h @ wy + by"}).says(
    "Your logits go to the softmax as they are; divide them by the temperature first."
)
mistake(
    "divides_the_shares",
    {"(h @ wy + by) / temperature": "h @ wy + by", "p / p.sum()": "p / p.sum() / temperature"},
).says(
    "You divide probabilities by the temperature, so they do not add up to 1; divide the logits."
)
mistake(
    "reads_the_first_letter_again",
    {"code = np.sum": "new = np.sum", "codes.append(code)": "codes.append(new)"},
).says(
    "Each of your steps reads the letter it was given first; it reads what the step before chose."
)
mistake(
    "always_takes_the_likeliest",
    {"np.sum(np.cumsum(p) <= u_t)  # so many letters lie below u_t": "np.argmax(p)"},
).says("You take the likeliest letter each time; u chooses one by the probabilities.")
mistake(
    "uses_the_first_number_each_time", {"<= u_t)  # so many letters lie below u_t": "<= u[0])"}
).says("Each of your steps chooses by u[0]; step t chooses by u[t].")
mistake(
    "chooses_one_letter_early",
    {
        "np.sum(np.cumsum(p) <= u_t)  # so many letters lie below u_t": (
            "max(np.sum(np.cumsum(p) <= u_t) - 1, 0)"
        ),
    },
).says("Your letter ends below u; take the first one whose sum of probabilities exceeds u.")
mistake(
    "adds_from_the_end",
    {
        "np.sum(np.cumsum(p) <= u_t)  # so many letters lie below u_t": (
            "len(p) - 1 - np.sum(np.cumsum(p[::-1]) <= u_t)"
        ),
    },
).says("You add up probabilities from the last letter; begin with letter 0.")
mistake(
    "forgets_its_state",
    {
        "h = np.tanh(wx[code] + h @ wh + b)\ns = (h @ wy": (
            "state = np.tanh(wx[code] + h @ wh + b)\ns = (state @ wy"
        ),
    },
).says("Each of your steps starts from the state that was given; hand the new one on.")
mistake("forgets_the_readout_bias", {" + by)": ")"}).says(
    "Your logits lack the readout's bias; add by before you divide."
)
mistake("forgets_the_softmax", {"p = np.exp(s - s.max())": "p = s - s.min()"}).says(
    "You share out by the logits themselves; take their exponentials first."
)
mistake(
    "lets_a_temperature_of_0_pass",
    {
        (
            'if temperature <= 0:\n    raise ValueError(f"the temperature must be above 0, '
            'got {temperature}")'
        ): ("temperature = max(temperature, 1e-6)"),
    },
).says("You accept a temperature of 0, by which logits cannot be divided; raise a ValueError.")
mistake("needs_no_more_than_u", {"<= u_t)  # so many letters lie below u_t": "< u_t)"}).says(
    "You take a letter whose sum only reaches u; it must lie above, or a letter of probability 0 "
    "is chosen where u is 0."
)
mistake("takes_off_no_maximum", {"np.exp(s - s.max())": "np.exp(s)"}).says(
    "You take exp of the logits as they are, and it overflows where they are large; take their "
    "maximum off first."
)
mistake(
    "reads_out_the_state_before",
    {
        "h = np.tanh(wx[code] + h @ wh + b)\ns = (h @ wy + by) / temperature": (
            "s = (h @ wy + by) / temperature\nh = np.tanh(wx[code] + h @ wh + b)"
        )
    },
).says(
    "You compute the logits from the state before the step; first the step reads its letter, then "
    "the new state gives the logits."
)
mistake(
    "spares_the_readout_bias", {"(h @ wy + by) / temperature": "h @ wy / temperature + by"}
).says(
    "You divide only h @ wy by the temperature; the bias by belongs to the logits, so divide their "
    "sum."
)
mistake(
    "returns_shares_without_the_temperature",
    {
        "shares.append(p)": (
            "q = np.exp(s * temperature - np.max(s * temperature))\nshares.append(q / q.sum())"
        )
    },
).says(
    "You return probabilities that do not depend on the temperature; p is what the letters are "
    "chosen by."
)


@EXERCISE.right_answer
def searches_the_sums(u, code, h, wx, wh, b, wy, by, temperature):
    if not temperature > 0:
        raise ValueError("choose a temperature above 0")
    codes, p = np.empty(len(u), int), np.empty((len(u), len(by)))
    for t in range(len(u)):
        h = np.tanh(b + wx[code] + wh.T @ h)
        s = (by + wy.T @ h) / temperature
        p[t] = np.exp(s - np.logaddexp.reduce(s))
        code = codes[t] = min(np.searchsorted(np.cumsum(p[t]), u[t], side="right"), len(by) - 1)
    return codes, p


@EXERCISE.right_answer
def counts_down(u, code, h, wx, wh, b, wy, by, temperature):
    if temperature <= 0:
        raise ValueError("a temperature of 0 or less")
    written = []
    for left in u:
        h = np.tanh(np.eye(len(by))[code] @ wx + h @ wh + b)
        s = h @ wy + by
        p = np.exp((s - max(s)) / temperature)
        p /= sum(p)
        code = 0
        while code < len(p) - 1 and left >= p[code]:
            left -= p[code]
            code += 1
        written.append((code, p))
    codes, p = zip(*written, strict=True)
    return np.array(codes), np.stack(p)


@EXERCISE.right_answer
def multiplies_once(u, code, h, wx, wh, b, wy, by, temperature):
    if temperature <= 0:
        raise ValueError("no such temperature")
    w, wo = np.vstack([wh, wx, b]), np.vstack([wy, by]) / temperature
    codes, p = [], []
    for number in u:
        h = np.tanh(np.concatenate([h, np.arange(len(by)) == code, [1]]) @ w)
        s = np.append(h, 1) @ wo
        p.append(np.exp(s - s.max()) / np.exp(s - s.max()).sum())
        code = int(np.argmax(np.cumsum(p[-1]) > number))
        codes.append(code)
    return np.array(codes), np.array(p)
