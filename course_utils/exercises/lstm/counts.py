"""What an LSTM has to learn: `lstm_parameters`."""

from __future__ import annotations

from course_utils.exercises.exercise import Exercise, case, refused, whole
from course_utils.exercises.lstm.draw_gates import HANDMADE


def lstm_parameters(
    D: int,
    M: int,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    peepholes: bool = False,
    biases: int = 1,
) -> int:
    """Return how many numbers an LSTM learns.

    Parameters
    ----------
    D, M : int
        Features of an input, and units of a layer.
    layers : int
    bidirectional : bool
        Whether each layer reads the sequence in both directions, with weights of its own for each.
    peepholes : bool
        Whether i, f and o see the cell of their unit.
    biases : int
        Vectors of 4M biases that a layer has for each direction: 0, 1 or 2.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If a size is below 1, or there are not 0, 1 or 2 biases.
    """
    if min(D, M, layers) < 1 or biases not in range(3):
        raise ValueError(f"no LSTM has {D=}, {M=}, {layers=}, {biases=}")
    directions = 1 + bidirectional
    inputs = D + (layers - 1) * directions * M  # of all layers together
    vectors = layers * (4 * (M + biases) + 3 * peepholes)
    return directions * M * (4 * inputs + vectors)


def _cases(rng):
    D, M = whole(rng, 20, 29), whole(rng, 5, 9)
    yield case("one layer", D, M)
    yield case("2 layers, one feature", 1, M + 1, layers=2)
    yield case("both directions, no biases", D + 1, M + 2, bidirectional=True, biases=0)
    yield case(
        "3 layers, both directions, 2 biases", D + 2, M, layers=3, bidirectional=True, biases=2
    )
    yield case("peepholes, 2 biases", D, M + 3, peepholes=True, biases=2)
    yield case(
        "2 layers, both directions, peepholes", D, M + 1,
        layers=2, bidirectional=True, peepholes=True,
    )  # fmt: skip
    yield case("one unit", D, 1, layers=4)

    yield refused("no features", 0, M)
    yield refused("no units", D, 0)
    yield refused("no layers", D, M, layers=0)
    yield refused("3 biases", D, M, biases=3)
    yield refused("-1 biases", D, M, biases=-1)


LSTM_PARAMETERS = Exercise("lstm_parameters", 2, lstm_parameters, _cases, forbidden=HANDMADE)


@LSTM_PARAMETERS.known_wrong(
    "You count the weights of a plain recurrent layer; each of i, f, g and o has such a set of "
    "its own."
)
def counts_a_plain_network(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = M * (inputs + M + biases)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count the three gates alone; the candidate g has weights and biases as well."
)
def leaves_the_candidate_out(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 3 * M * (inputs + M + biases)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count what reads the input; the state of the step before is read too, through M rows of "
    "weights."
)
def leaves_the_states_weights_out(
    D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1
):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + biases)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "Each of your layers reads D features; from layer 2 on, a layer reads what the layer below "
    "puts out."
)
def gives_all_layers_the_input(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for _ in range(layers):
        inputs = D
        one = 4 * M * (inputs + M + biases)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "Your upper layers read M numbers even where the layer below runs both ways; it puts the "
    "states of both directions side by side."
)
def reads_one_direction_above(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else M
        one = 4 * M * (inputs + M + biases)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count the weights of one direction; the way backwards through the sequence has its own."
)
def counts_one_direction(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + biases)
        if peepholes:
            one += 3 * M
        total += one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You let the state of a step see both directions; within a layer each direction reads its own "
    "M units, and only the layer above joins them."
)
def shows_a_state_the_other_direction(
    D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1
):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + directions * M + biases)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count one vector of biases whatever `biases` says; multiply by that argument."
)
def always_counts_one_bias(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + 1)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count two vectors of biases, as PyTorch keeps them; here `biases` says how many there are."
)
def always_counts_two_biases(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + 2)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "Your biases are M for all gates together; a vector of biases has 4M numbers, M for each of "
    "i, f, g and o."
)
def shares_biases_among_gates(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M) + biases * M
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count peepholes for all four; i, f and o look at the cell, and the candidate does not."
)
def gives_g_a_peephole_too(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + biases)
        if peepholes:
            one += 4 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count a matrix for each peephole; a unit sees the cell of that unit alone, so a gate has "
    "M of these weights."
)
def counts_peepholes_as_matrices(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + biases)
        if peepholes:
            one += 3 * M * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You never use `peepholes`; where it is True, every layer has some numbers more for each "
    "direction."
)
def ignores_peepholes(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + biases)
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "Your upper layers have no peepholes; if there are any, every layer has them."
)
def puts_peepholes_into_layer_1(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + biases)
        if peepholes and layer == 0:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_wrong("You return what the last layer has; add up the layers.")
def counts_the_top_layer_alone(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) < 1 or biases not in (0, 1, 2):
        raise ValueError("no such LSTM")
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + biases)
        if peepholes:
            one += 3 * M
        total = directions * one
    return total


@LSTM_PARAMETERS.known_wrong(
    "You count on where a size or a number of layers is below 1, or `biases` is none of 0, 1 and "
    "2; check the arguments first."
)
def accepts_any_sizes(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * M
        one = 4 * M * (inputs + M + biases)
        if peepholes:
            one += 3 * M
        total += directions * one
    return total


@LSTM_PARAMETERS.known_right
def counts_matrix_by_matrix(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if D < 1 or M < 1 or layers < 1:
        raise ValueError("sizes and layers must be at least 1")
    if biases not in range(3):
        raise ValueError(f"there are 0, 1 or 2 biases, not {biases}")
    size, total = D, 0
    for _ in range(layers):
        for _ in range(1 + bidirectional):
            total += size * 4 * M  # weight_ih
            total += M * 4 * M  # weight_hh
            total += biases * 4 * M
            total += 3 * M if peepholes else 0
        size = M * (1 + bidirectional)
    return total


@LSTM_PARAMETERS.known_right
def sums_over_layers(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    if min(D, M, layers) <= 0 or not 0 <= biases <= 2:
        raise ValueError("a size is out of range")
    ways = 2 if bidirectional else 1
    widths = [D] + [ways * M] * (layers - 1)
    return ways * sum(4 * M * (width + M + biases) + 3 * M * peepholes for width in widths)


@LSTM_PARAMETERS.known_right
def calls_itself_for_upper_layers(
    D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1
):
    def count(width, left):
        gate = M * width + M * M + M * biases
        own = directions * (4 * gate + (3 * M if peepholes else 0))
        return own + count(directions * M, left - 1) if left else 0

    if min(D, M, layers) < 1:
        raise ValueError("each size must be at least 1")
    if biases < 0 or biases > 2:
        raise ValueError("there are at most two biases")
    directions = 2 if bidirectional else 1
    return count(D, layers)
