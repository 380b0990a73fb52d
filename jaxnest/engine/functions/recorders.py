"""Recordables: compiled functions that note one number of one neuron, called where a neuron is sampled.

They find the variables and the state of the neuron in columns, whatever the layout of its population, so that one
function serves all of them and loops do not depend on what is recorded.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array, call_function, loader
from jaxnest.compile.late import float64, int64
from jaxnest.compile.operations import Operation
from jaxnest.engine.functions import scalar_ops, special_functions  # noqa: F401 - `models.ops` in compiled code
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.models.contract.state import state_class

NOTE_WORDS = 10
VARIABLES, VARIABLE_STEP, STATE, STATE_STEP, VECTORS, VECTOR_STARTS, STATE_VECTORS, STATE_STARTS = range(8)
OUT, ELEMENT = 8, 9
"""Where a neuron's first variable is and how far the next ones are apart (bytes), the same for its state; where its
vectors are, and where each of them begins, for variables and state; where the number goes; which element it is, if the
recordable is a vector."""


@functools.cache
def recorder(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], name: str, is_vector: bool
) -> Operation:
    """Return the compiled function of a recordable, at the `address` of the result."""
    key = f"{model.__module__}.{model.name}.record.{name}.{variables}.{sorted(vectors)}"
    about = f"{model.name} (recordable {name})"
    content = f"record_{name}_{fingerprint(model, key)}"
    return Operation(functools.partial(_recording, model, variables, vectors, name, is_vector), None, about, content)


def _recording(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], name: str, is_vector: bool
) -> Any:
    load_variables = loader(namedtuple("Variables", variables), vectors)
    load_state = loader(state_class(model), vectors)
    output = njit(error_model="numpy", nogil=True)(model.recordable(name))
    value = njit(nogil=True)(_element if is_vector else _number)

    def record(address: int) -> int:
        note = array(address, NOTE_WORDS, int64)
        v = load_variables(note[VARIABLES], note[VARIABLE_STEP], note[VECTORS], note[VECTOR_STARTS])
        s = load_state(note[STATE], note[STATE_STEP], note[STATE_VECTORS], note[STATE_STARTS])
        array(note[OUT], 1, float64)[0] = value(output(v, s), note[ELEMENT])
        return 0

    return njit(record)


def _element(vector: Any, k: int) -> Any:
    return vector[k]


def _number(value: Any, _: int) -> Any:
    return value


def recorder_words(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], outputs: tuple[str, ...]
) -> np.ndarray:
    """Return the addresses of the functions of recordables, which elements they note, and a note for them to read."""
    parts = [model.element(name) for name in outputs]
    found = [recorder(model, variables, vectors, name, k is not None).address for name, k in parts]
    return np.array([*found, *(k or 0 for _, k in parts), *[0] * NOTE_WORDS], np.int64)


@njit(cache=True, nogil=True)
def record_all(recorders: np.ndarray, out: int, step: int) -> None:
    """Note all recordables of the neuron that the note is about; numbers go to places that are so many bytes apart."""
    note = recorders[len(recorders) - NOTE_WORDS :]
    n = (len(recorders) - NOTE_WORDS) // 2
    for k in range(n):
        note[OUT], note[ELEMENT] = out + k * step, recorders[n + k]
        call_function(recorders[k], note.ctypes.data)
