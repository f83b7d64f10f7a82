"""What training holds in memory: `training_memory`."""

from course_utils.exercises.draw import HANDMADE
from course_utils.exercises.exercise import Exercise, case, refused, whole


def training_memory(layers, batch, *, optimizer="adam", number=4, frozen=0):
    """Return how many bytes training holds in memory, in a dict by what they are for.

    >>> training_memory([(10, 5), (20, 6), (30, 7)], 2, frozen=1)
    {'weights': 240, 'gradients': 200, 'optimizer': 400, 'activations': 144}
    """
    kept = {"sgd": 0, "momentum": 1, "adam": 2}  # numbers for each trained parameter
    if optimizer not in kept:
        raise ValueError(f"optimizer is none of {', '.join(kept)}: {optimizer!r}")
    every = sum(parameters for parameters, _ in layers)
    trained = sum(parameters for parameters, _ in layers[frozen:])
    # The first trained layer reads what the last frozen one hands on.
    first = max(frozen - 1, 0)
    activations = sum(one for _, one in layers[first:])
    return {
        "weights": number * every,
        "gradients": number * trained,
        "optimizer": number * kept[optimizer] * trained,
        "activations": number * batch * activations,
    }


def drawn(rng, L):
    """Draw layers of which no two have equal counts."""
    counts = rng.choice(range(3, 400), (L, 2), replace=False)
    return [(int(parameters), int(activations)) for parameters, activations in counts]


def wild(rng):
    """Draw networks of one to five layers."""
    while True:
        L = whole(rng, 1, 5)
        settings = {
            "optimizer": str(rng.choice(["sgd", "momentum", "adam"])),
            "number": int(rng.choice([2, 4, 8])),
            "frozen": whole(rng, 0, L - 1),
        }
        yield case("wild", drawn(rng, L), whole(rng, 1, 9), **settings)


def inputs(rng):
    """Draw networks of few layers."""
    yield case("the example", [(10, 5), (20, 6), (30, 7)], 2, frozen=1)
    batch = whole(rng, 3, 9)
    yield case("4 layers, Adam", drawn(rng, 4), batch)
    yield case("plain gradient descent", drawn(rng, 3), batch, optimizer="sgd")
    yield case("momentum, in float64", drawn(rng, 3), batch + 1, optimizer="momentum", number=8)
    yield case("Adam, in half precision", drawn(rng, 2), batch, optimizer="adam", number=2)
    yield case("3 of 5 layers frozen", drawn(rng, 5), batch, frozen=3)
    frozen = {"optimizer": "momentum", "frozen": 2}
    yield case("2 of 3 layers frozen, momentum", drawn(rng, 3), batch + 2, **frozen)
    yield case("one layer, one example", drawn(rng, 1), 1)
    flat = [
        (0, activations) if i % 2 else (p, activations)
        for i, (p, activations) in enumerate(drawn(rng, 5))
    ]
    yield case("layers without parameters, as pooling is", flat, batch, frozen=2)
    large = [(whole(rng, 10**7, 3 * 10**7), whole(rng, 10**7, 2 * 10**7)) for _ in range(2)]
    yield case("as many numbers as a network of 50 layers has", large, 32)
    yield refused("an optimizer that is none of the three", drawn(rng, 2), batch, optimizer="lbfgs")


EXERCISE = Exercise(
    training_memory,
    points=3,
    inputs=inputs,
    forbidden=HANDMADE,
    wild=wild,
)
mistake = EXERCISE.mistake

mistake("forgets_the_batch", {"number * batch * activations": "number * activations"}).says(
    "Your activations are those of one example; each example of the batch has its own."
)
mistake("copies_the_weights", {"number * every": "number * batch * every"}).says(
    "You keep the weights once for each example; all examples share them."
)
mistake("has_a_gradient_for_each_example", {"number * trained,": "number * batch * trained,"}).says(
    "You keep a gradient for each example; over the batch they add up in one array."
)
mistake(
    "counts_numbers",
    {
        "number * every": "every",
        "number * trained,": "trained,",
        "number * kept": "kept",
        "number * batch": "batch",
    },
).says("You return how many numbers there are; each of them has `number` bytes.")
mistake(
    "has_four_bytes_always",
    {
        "number * every": "4 * every",
        "number * trained,": "4 * trained,",
        "number * kept": "4 * kept",
        "number * batch": "4 * batch",
    },
).says("Each of your numbers has 4 bytes; how many there are is the argument `number`.")
mistake("gives_adam_one_number", {'"adam": 2': '"adam": 1'}).says(
    "Your Adam keeps one number for each parameter; it averages gradients and their squares, so "
    "two."
)
mistake(
    "counts_the_gradient_as_state",
    {'"sgd": 0, "momentum": 1, "adam": 2': '"sgd": 1, "momentum": 2, "adam": 3'},
).says("You count the gradient among what the optimizer keeps; it has an entry of its own.")
mistake("gives_every_optimizer_two", {"kept[optimizer] * trained": "2 * trained"}).says(
    "Whatever the optimizer, you count two numbers for each parameter; that is Adam."
)
mistake("counts_gradients_of_frozen_layers", {"number * trained,": "number * every,"}).says(
    "You keep gradients of frozen layers; only what is trained has a gradient."
)
mistake(
    "keeps_the_state_of_frozen_layers", {"kept[optimizer] * trained": "kept[optimizer] * every"}
).says("Your optimizer keeps numbers for frozen parameters, which it never updates.")
mistake("drops_frozen_weights", {"number * every": "number * trained"}).says(
    "You leave the frozen layers' weights out; the forward pass still needs them."
)
mistake("keeps_the_activations_of_frozen_layers", {"first = max(frozen - 1, 0)": "first = 0"}).says(
    "You keep what all frozen layers hand on; no gradient goes through them, so only the last of "
    "them counts."
)
mistake("drops_what_the_first_trained_layer_reads", {"max(frozen - 1, 0)": "frozen"}).says(
    "You drop what the last frozen layer hands on; the first trained layer needs it for the "
    "gradient of its weights."
)
mistake("counts_back_from_the_end", {"max(frozen - 1, 0)": "frozen - 1"}).says(
    "Without frozen layers your activations begin at layer -1, the last one; they begin at 0 then."
)
mistake("freezes_the_last_layers", {"layers[frozen:]": "layers[: len(layers) - frozen]"}).says(
    "You freeze the last layers; fine-tuning freezes the first ones."
)
mistake(
    "takes_the_largest_layer",
    {"sum(one for _, one in layers[first:])": "max(one for _, one in layers[first:])"},
).says(
    "You keep the largest layer's activations alone; until the backward pass has used them, those "
    "of all trained layers are there at once."
)
mistake(
    "keeps_a_gradient_for_activations",
    {"number * batch * activations": "2 * number * batch * activations"},
).says("You count the activations twice; only what the forward pass hands on is asked for.")
mistake(
    "takes_any_optimizer",
    {
        "if optimizer not in kept:\n    ": "",
        "raise ValueError(f\"optimizer is none of {', '.join(kept)}: {optimizer!r}\")": (
            "kept.setdefault(optimizer, 0)"
        ),
    },
).says(
    "You take a name that is no optimizer for plain descent; raise a ValueError, or a misspelt "
    "name goes unnoticed."
)


@EXERCISE.right_answer
def goes_layer_by_layer(layers, batch, *, optimizer="adam", number=4, frozen=0):
    names = ["sgd", "momentum", "adam"]
    if optimizer not in names:
        raise ValueError("unknown optimizer")
    memory = dict.fromkeys(("weights", "gradients", "optimizer", "activations"), 0)
    for i, (parameters, activations) in enumerate(layers):
        memory["weights"] += parameters * number
        if i >= frozen:
            memory["gradients"] += parameters * number
            memory["optimizer"] += parameters * number * names.index(optimizer)
        if i + 1 >= frozen:
            memory["activations"] += activations * batch * number
    return memory


@EXERCISE.right_answer
def splits_frozen_from_trained(layers, batch, *, optimizer="adam", number=4, frozen=0):
    match optimizer:
        case "sgd":
            state = 0
        case "momentum":
            state = 1
        case "adam":
            state = 2
        case _:
            raise ValueError(optimizer)
    still, moving = layers[:frozen], layers[frozen:]
    gradients = number * sum(p for p, _ in moving)
    weights = gradients + number * sum(p for p, _ in still)
    read = sum(a for _, a in moving) + sum(a for _, a in still[-1:])
    return dict(
        weights=weights,
        gradients=gradients,
        optimizer=state * gradients,
        activations=read * batch * number,
    )


@EXERCISE.right_answer
def counts_in_columns(layers, batch, *, optimizer="adam", number=4, frozen=0):
    try:
        state = {"sgd": 0, "momentum": 1, "adam": 2}[optimizer]
    except KeyError:
        raise ValueError(f"no optimizer {optimizer}") from None
    parameters, activations = zip(*layers, strict=True)
    skipped = frozen - 1 if frozen else 0
    return {
        "activations": batch * number * sum(activations[skipped:]),
        "optimizer": state * number * (sum(parameters) - sum(parameters[:frozen])),
        "gradients": number * (sum(parameters) - sum(parameters[:frozen])),
        "weights": number * sum(parameters),
    }
