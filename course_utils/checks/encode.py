"""Cases as JSON: the form in which frozen cases are shipped. No pickle, nothing executable."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_utils.checks.cases import (
    SECONDS,
    Achieves,
    Asked,
    Axis,
    Case,
    CaseSet,
    Changed,
    Outcome,
    Raised,
    Returned,
    Timing,
)
from course_utils.checks.catch import Catches
from course_utils.checks.formula import Probe
from course_utils.checks.layout import layout_of, strided
from course_utils.checks.sums import SumProbe
from course_utils.checks.window_readings import WindowProbe

SUM_NAMES = ("shapes", "outputs", "letters", "axes")  # by name, in a file as lists


def encode(value: Any) -> Any:
    """Turn a value into what JSON can hold.

    Raises
    ------
    TypeError
        If the value is neither None, bool, int, float, str, an array of numbers, nor a list,
        tuple or dict of these.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        data = {
            "dtype": str(value.dtype),
            "shape": list(value.shape),
            "data": value.ravel().tolist(),
        }
        layout = layout_of(value)
        return data if layout == "C" else data | {"layout": layout}
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        return value.item()
    if isinstance(value, tuple):
        return {"tuple": [encode(item) for item in value]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {"dict": {str(key): encode(item) for key, item in value.items()}}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"cannot freeze a {type(value).__name__}: use numbers, strings and arrays")


def decode(data: Any) -> Any:
    """Undo :func:`encode`."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "tuple" in data:
        return tuple(decode(item) for item in data["tuple"])
    if "dict" in data:
        return {key: decode(item) for key, item in data["dict"].items()}
    array = np.array(data["data"], dtype=data["dtype"]).reshape(data["shape"])
    layout = data.get("layout", "C")
    return strided(array) if layout == "strided" else np.asarray(array, order=layout)


def encode_outcome(outcome: Asked) -> Any:
    """Turn an outcome, or what is to be achieved, into what JSON can hold.

    The mistakes that are to be caught are no data: they stay where they are.
    """
    if isinstance(outcome, Catches):
        return {
            "catches": outcome.function,
            "allowed": dict(outcome.allowed),
            "defaults": encode(dict(outcome.defaults)),
            "most": outcome.most,
            "mistakes": outcome.mistakes,
        }
    if isinstance(outcome, Achieves):
        levels = [list(level) for level in outcome.levels]
        return {"achieves": encode(outcome.truth), "measure": outcome.measure, "levels": levels}
    if isinstance(outcome, Raised):
        return {"raises": outcome.kind}
    if isinstance(outcome, Changed):
        return {"changes": outcome.argument}
    return {"returns": encode(outcome.value)}


def decode_outcome(data: Any) -> Outcome:
    """Undo :func:`encode_outcome`."""
    if "raises" in data:
        return Raised(data["raises"])
    return Changed(data["changes"]) if "changes" in data else Returned(decode(data["returns"]))


def encode_mistake(outcome: Outcome, expected: Asked) -> Any:
    """Turn what a mistake comes to into JSON, without the parts in which it is right.

    A mistake in a backward pass spoils a gradient or two of six; the others are as expected, and
    to write them down once is enough.
    """
    parts, right = _parts(outcome), _parts(expected)
    if not parts or len(parts) != len(right):
        return encode_outcome(outcome)
    pairs = zip(map(encode, parts), map(encode, right), strict=True)
    wrong = {str(i): p for i, (p, r) in enumerate(pairs) if not same_json(p, r)}
    return {"differs": wrong}


def same_json(one: Any, other: Any) -> bool:
    """Say whether two pieces of JSON are the same, but for what a machine makes of last digits.

    Where a float32 is among the data, numbers are compared as float32 allows. What mistakes lead to
    is compared loosely: they may lose digits that no right answer loses.

    Examples
    --------
    >>> same_json([1, 0.1], [1, 0.1 + 1e-16]), same_json(1, 1.0)
    (True, False)
    """
    single = '"float32"' in json.dumps([one, other])
    rtol, atol = (1e-5, 1e-6) if single else (1e-10, 1e-13)
    return _close(one, other, rtol, atol)


def _close(one: Any, other: Any, rtol: float, atol: float) -> bool:
    if type(one) is not type(other):  # for Python 1, 1.0 and True are the same
        return False
    if isinstance(one, dict):
        if list(one) != list(other):
            return False
        loose = {"mistakes": max(rtol, 1e-6)}
        return all(_close(one[key], other[key], loose.get(key, rtol), atol) for key in one)
    if isinstance(one, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_close(a, b, rtol, atol) for a, b in pairs)
    if isinstance(one, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=rtol, abs_tol=atol)
    return bool(one == other)


def decode_expected(data: Any) -> Asked:
    """Undo :func:`encode_outcome` of what a case asks for."""
    if "catches" in data:
        defaults = decode(data["defaults"])
        words = data["catches"], data["allowed"], defaults, data["most"], data["mistakes"]
        return Catches(*words)
    if "achieves" not in data:
        return decode_outcome(data)
    levels = tuple((float(achieved), float(share)) for achieved, share in data["levels"])
    return Achieves(decode(data["achieves"]), data["measure"], levels)


def decode_mistake(data: Any, expected: Asked) -> Outcome:
    """Undo :func:`encode_mistake`."""
    if "differs" not in data:
        return decode_outcome(data)
    wrong = {int(i): decode(part) for i, part in data["differs"].items()}
    return Returned(tuple(wrong.get(i, part) for i, part in enumerate(_parts(expected))))


def _parts(outcome: Asked) -> tuple[Any, ...]:
    """Return the parts of a result that is a tuple; nothing where it is none."""
    if isinstance(outcome, Returned) and isinstance(outcome.value, tuple):
        return outcome.value
    return ()


def encode_cases(cases: CaseSet) -> dict[str, Any]:
    """Turn a set of cases into what JSON can hold."""
    return {
        "name": cases.name,
        "points": cases.points,
        "parameters": list(cases.parameters),
        "outputs": list(cases.outputs),
        "rtol": cases.rtol,
        "atol": cases.atol,
        "forbidden": list(cases.forbidden),
        "kept": cases.kept,
        "probe": cases.probe,
        **({"seconds": cases.seconds} if cases.seconds != SECONDS else {}),
        "axes": {
            output: [[axis.name, *axis.parts] for axis in axes]
            for output, axes in cases.axes.items()
        },
        "sentences": dict(cases.sentences),
        "witnesses": dict(cases.witnesses),
        **({"pictures": dict(cases.pictures)} if cases.pictures else {}),
        **({"window": cases.window} if cases.window else {}),
        **({"timing": _encode_timing(cases.timing)} if cases.timing else {}),
        **({"formula": _encode_probe(cases.formula)} if cases.formula else {}),
        "cases": [
            {
                "label": case.label,
                "weight": case.weight,
                "args": [encode(arg) for arg in case.args],
                "kwargs": {key: encode(arg) for key, arg in case.kwargs.items()},
                "expected": encode_outcome(case.expected),
                "mistakes": {
                    key: encode_mistake(out, case.expected) for key, out in case.mistakes.items()
                },
            }
            for case in cases.cases
        ],
    }


def decode_cases(data: dict[str, Any]) -> CaseSet:
    """Undo :func:`encode_cases`."""
    return CaseSet(
        name=data["name"],
        points=data["points"],
        parameters=tuple(data["parameters"]),
        outputs=tuple(data["outputs"]),
        rtol=data["rtol"],
        atol=data["atol"],
        forbidden=tuple(data["forbidden"]),
        kept=data["kept"],
        probe=data["probe"],
        seconds=data.get("seconds", SECONDS),
        axes={output: tuple(map(_decode_axis, axes)) for output, axes in data["axes"].items()},
        sentences=data["sentences"],
        witnesses=data["witnesses"],
        pictures=data.get("pictures", {}),
        cases=tuple(map(_decode_case, data["cases"])),
        window=data.get("window", ""),
        timing=decode_timing(data["timing"]) if "timing" in data else None,
        formula=_decode_probe(data["formula"]) if "formula" in data else None,
    )


def _encode_probe(probe: Probe | SumProbe | WindowProbe) -> dict[str, Any]:
    if isinstance(probe, SumProbe):
        return _encode_sums(probe)
    if isinstance(probe, WindowProbe):
        return _encode_windows(probe)
    return {
        "arguments": dict(probe.arguments),
        "values": {name: value.tolist() for name, value in probe.values.items()},
        "slopes": list(probe.slopes),
        "upstream": list(probe.upstream),
        "selectors": {at: list(map(list, groups)) for at, groups in probe.selectors.items()},
        "entries": {output: list(names) for output, names in probe.entries.items()},
        "told": probe.told,
        "right": list(probe.right()),
    }


def _decode_probe(data: dict[str, Any]) -> Probe | SumProbe | WindowProbe:
    if "impulses" in data:
        return _decode_sums(data)
    if "output_shape" in data:
        return _decode_windows(data)
    right = tuple(data["right"])
    return Probe(
        arguments=data["arguments"],
        values={name: np.array(value) for name, value in data["values"].items()},
        slopes=tuple(data["slopes"]),
        upstream=tuple(data["upstream"]),
        selectors={at: tuple(map(tuple, groups)) for at, groups in data["selectors"].items()},
        entries={output: tuple(names) for output, names in data["entries"].items()},
        told=data["told"],
        right=lambda: right,
    )


def _encode_timing(timing: Timing) -> dict[str, Any]:
    return {
        "shapes": {name: list(shape) for name, shape in timing.shapes.items()},
        "options": encode(dict(timing.options)),
        "see": timing.see,
        "scale": timing.scale,
    }


def decode_timing(data: dict[str, Any]) -> Timing:
    """Undo what a set of cases has of a call that is timed."""
    shapes = {name: tuple(shape) for name, shape in data["shapes"].items()}
    return Timing(shapes, decode(data["options"]), data["see"], data["scale"])


def _encode_sums(probe: SumProbe) -> dict[str, Any]:
    return {
        **{key: _lists(getattr(probe, key)) for key in SUM_NAMES},
        "impulses": list(probe.impulses),
        "draws": probe.draws,
        "fixed": {name: encode(value) for name, value in probe.fixed.items()},
        "setting": probe.setting,
        "seed": probe.seed,
        "marks": _lists(probe.marks()),
    }


def _decode_sums(data: dict[str, Any]) -> SumProbe:
    marks = data["marks"]
    named = {key: {n: tuple(each) for n, each in data[key].items()} for key in SUM_NAMES}
    return SumProbe(
        shapes=named["shapes"],
        outputs=named["outputs"],
        letters=named["letters"],
        axes=named["axes"],
        impulses=tuple(data["impulses"]),
        draws=data["draws"],
        fixed={name: decode(value) for name, value in data["fixed"].items()},
        setting=data["setting"],
        seed=data["seed"],
        marks=lambda: marks,
    )


def _encode_windows(probe: WindowProbe) -> dict[str, Any]:
    return {
        "shape": list(probe.shape),
        "output": probe.output,
        "output_shape": list(probe.output_shape),
        "fixed": {name: encode(value) for name, value in probe.fixed.items()},
        "setting": probe.setting,
        "seed": probe.seed,
        "marks": list(probe.marks()),
    }


def _decode_windows(data: dict[str, Any]) -> WindowProbe:
    marks = tuple(data["marks"])
    return WindowProbe(
        shape=tuple(data["shape"]),
        output=data["output"],
        output_shape=tuple(data["output_shape"]),
        fixed={name: decode(value) for name, value in data["fixed"].items()},
        setting=data["setting"],
        seed=data["seed"],
        marks=lambda: marks,
    )


def _lists(data: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: list(each) for name, each in data.items()}


def _decode_axis(data: list[str]) -> Axis:
    name, *parts = data
    return Axis(name, tuple(parts))


def _decode_case(data: dict[str, Any]) -> Case:
    expected = decode_expected(data["expected"])
    return Case(
        label=data["label"],
        weight=data["weight"],
        args=tuple(decode(arg) for arg in data["args"]),
        kwargs={key: decode(arg) for key, arg in data["kwargs"].items()},
        expected=expected,
        mistakes={key: decode_mistake(out, expected) for key, out in data["mistakes"].items()},
    )
