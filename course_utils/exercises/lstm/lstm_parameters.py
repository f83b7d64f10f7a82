"""What an LSTM has to learn: `lstm_parameters`."""

from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, whole


def lstm_parameters(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    """Return how many numbers an LSTM learns.

    >>> lstm_parameters(2, 3), lstm_parameters(2, 3, biases=2)
    (72, 84)
    >>> lstm_parameters(2, 3, layers=2, bidirectional=True)
    384
    """
    directions = 2 if bidirectional else 1
    total = 0
    inputs = D
    for _ in range(layers):
        total += directions * 4 * M * (inputs + M + biases)
        if peepholes:
            total += directions * 3 * M
        inputs = directions * M  # the layer above reads the states of this one
    return total


def inputs(rng):
    """Draw networks in which D is far from M and from 2M."""
    D, M = whole(rng, 20, 29), whole(rng, 5, 9)
    yield case("the example", 2, 3)
    yield case("one layer", D, M)
    yield case("2 layers, one feature", 1, M + 1, layers=2)
    yield case("both directions, no biases", D + 1, M + 2, bidirectional=True, biases=0)
    both = {"layers": 3, "bidirectional": True}
    yield case("3 layers, both directions, 2 biases", D + 2, M, **both, biases=2)
    yield case("peepholes, 2 biases", D, M + 3, peepholes=True, biases=2)
    yield case("3 layers, both directions, peepholes", D + 3, M + 1, **both, peepholes=True)
    yield case("4 layers, one unit", D, 1, layers=4)


def wild(rng):
    """Draw small networks of all kinds."""
    while True:
        D, M, layers = rng.integers(1, 6, 3).tolist()
        bidirectional, peepholes = (rng.integers(2, size=2) == 1).tolist()
        options = {"bidirectional": bidirectional, "peepholes": peepholes}
        yield case("wild", D, M, layers=layers, **options, biases=whole(rng, 0, 2))


EXERCISE = Exercise(
    lstm_parameters, points=2, inputs=inputs, outputs=("the count",), forbidden=HANDMADE, wild=wild
)
mistake = EXERCISE.mistake

mistake("counts_a_plain_network", {"4 * ": ""}).says(
    "You count the weights of a plain recurrent layer; each of i, f, g and o has such a set of "
    "its own."
)
mistake("leaves_the_candidate_out", {"4": "3"}).says(
    "You count the three gates alone; the candidate g has weights and biases as well."
)
mistake("leaves_the_states_weights_out", {"M + ": ""}).says(
    "You count what reads the input; the state of the step before is read too, through M rows of "
    "weights."
)
mistake("gives_all_layers_the_input", {"inputs = directions * M": "inputs = D"}).says(
    "Each of your layers reads D features; from layer 2 on, a layer reads what the layer below "
    "puts out."
)
mistake("reads_one_direction_above", {"directions * M": "M"}).says(
    "Your upper layers read M numbers even where the layer below runs both ways; it puts the "
    "states of both directions side by side."
)
mistake("counts_one_direction", {"+= directions * 4": "+= 4", "+= directions * 3": "+= 3"}).says(
    "You count the weights of one direction; the way backwards through the sequence has its own."
)
mistake("shows_a_state_the_other_direction", {"+ M": "+ directions * M"}).says(
    "You let the state of a step see both directions; within a layer each direction reads its own "
    "M units, and only the layer above joins them."
)
mistake("always_counts_one_bias", {"+ biases": "+ 1"}).says(
    "You count one vector of biases whatever `biases` says; multiply by that argument."
)
mistake("always_counts_two_biases", {"+ biases": "+ 2"}).says(
    "You count two vectors of biases, as PyTorch keeps them; here `biases` says how many there are."
)
mistake("gives_g_a_peephole_too", {"* 3": "* 4"}).says(
    "You count peepholes for all four; i, f and o look at the cell, and the candidate does not."
)
mistake("counts_peepholes_as_matrices", {"3 * M": "3 * M * M"}).says(
    "You count a matrix for each peephole; a unit sees the cell of that unit alone, so a gate has "
    "M of these weights."
)
mistake("ignores_peepholes", {"if peepholes:\n    total += directions * 3 * M": ""}).says(
    "You never use `peepholes`; where it is True, every layer has some numbers more for each "
    "direction."
)
mistake("counts_the_top_layer_alone", {"+= directions * 4": "= directions * 4"}).says(
    "You return what the last layer has; add up the layers."
)
mistake(
    "adds_peepholes_once",
    {
        "if peepholes:\n    total += directions * 3 * M": "",
        "return total": "return total + 3 * M * peepholes",
    },
).says("You add 3M peepholes once for the whole network; each layer and direction has its own.")
mistake(
    "doubles_the_width_at_each_layer",
    {"inputs = directions * M": "inputs = 2 * inputs if bidirectional else M"},
).says(
    "You double the width from layer to layer; a layer reads 2M numbers, however many the one "
    "below has read."
)
mistake("asks_whether_there_are_biases", {"+ biases": "+ (biases > 0)"}).says(
    "You ask only whether there are biases; two vectors of them count twice."
)


@EXERCISE.right_answer
def counts_matrix_by_matrix(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    size, total = D, 0
    for _ in range(layers):
        for _ in range(1 + bidirectional):
            total += size * 4 * M  # weight_ih
            total += M * 4 * M  # weight_hh
            total += biases * 4 * M
            total += 3 * M if peepholes else 0
        size = M * (1 + bidirectional)
    return total


@EXERCISE.right_answer
def sums_over_layers(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    ways = 2 if bidirectional else 1
    widths = [D] + [ways * M] * (layers - 1)
    return ways * sum(4 * M * (width + M + biases) + 3 * M * peepholes for width in widths)


@EXERCISE.right_answer
def calls_itself_for_upper_layers(
    D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1
):
    def count(width, left):
        gate = M * width + M * M + M * biases
        own = directions * (4 * gate + (3 * M if peepholes else 0))
        return own + count(directions * M, left - 1) if left else 0

    directions = 2 if bidirectional else 1
    return count(D, layers)


@EXERCISE.right_answer
def adds_up_inputs_first(D, M, *, layers=1, bidirectional=False, peepholes=False, biases=1):
    directions = 1 + bidirectional
    inputs = D + (layers - 1) * directions * M  # of all layers together
    vectors = layers * (4 * (M + biases) + 3 * peepholes)
    return directions * M * (4 * inputs + vectors)
