"""A small exercise on which the checks are tried: double an array, refuse an empty one."""

import numpy as np

from course_utils.checks.cases import Case, CaseSet, Raised, Returned


def double_cases() -> CaseSet:
    """Cases of a function that doubles an array and refuses an empty one."""
    x = np.array([1.0, 2.0, 3.0])
    y = np.array([[1.0, -4.0]], dtype=np.float32)
    return CaseSet(
        name="double",
        points=4,
        parameters=("x", "times"),
        outputs=("doubled",),
        cases=(
            Case(
                "a vector",
                (x,),
                {},
                Returned(2 * x),
                {"squares": Returned(x**2), "adds": Returned(x + 2)},
                weight=2,
            ),
            Case(
                "float32",
                (y,),
                {},
                Returned(2 * y),
                {
                    "squares": Returned(y**2),
                    "adds": Returned(y + 2),
                    "upcasts": Returned(2 * y.astype(float)),
                },
            ),
            Case(
                "nothing to double",
                (np.zeros(0),),
                {"times": 2},
                Raised("ValueError"),
                {"accepts": Returned(np.zeros(0))},
            ),
        ),
        sentences={
            "squares": "You multiply x by itself.",
            "adds": "You add two.",
            "upcasts": "You forget the type of x.",
            "accepts": "You accept an empty array.",
        },
    )


def careful(function):
    """Let `function` refuse an empty array, as the exercise asks."""

    def checked(x, times=2):
        if not x.size:
            raise ValueError("x is empty")
        return function(x)

    return checked


@careful
def right(x):
    """Double as it is asked."""
    return x + x
