"""Random draws of models in traced code: the functions of `random.numbers`, with streams of few words.

A keyed stream is nothing but its key, its counter and the words of the last block. Distribution objects keep nothing
between draws, so that each draw may begin with rows of zeros.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, final

import jax
import jax.numpy as jnp
import numpy as np

from jaxnest.compile.tracing import flow
from jaxnest.engine.functions.scalar_ops import DRAWS
from jaxnest.random.numbers import cipher, distributions, keyed, keyed_arrays, poisson
from jaxnest.random.numbers.layout import (
    COUNTED_LIMIT,
    COUNTER,
    END,
    ENGINE,
    KEY,
    KEYED,
    KEYED_BLOCK,
    OBJECT_SIZE,
    OUTPUT,
    POSITION,
    WORD_BITS,
)

FIXED: Final = {
    ENGINE: np.uint64(KEYED),
    WORD_BITS: np.uint64(64),
    END: np.uint64(OUTPUT + KEYED_BLOCK),
    COUNTED_LIMIT: np.uint64(0),
}
"""Words that are always the same."""
KEPT: Final = (POSITION, KEY, KEY + 1, COUNTER, COUNTER + 1, OUTPUT, OUTPUT + 1)
"""The others that matter."""


@final
class Stream(namedtuple("Stream", "words"), flow.Indexed):
    """The words `KEPT` of a stream of the keyed engine."""

    def element(self, index: Any) -> Any:
        """Return a word; one whose place is traced is one of the block."""
        if flow.is_traced(index):
            return jnp.where(index == OUTPUT, self.element(OUTPUT), self.element(OUTPUT + 1))
        return FIXED[int(index)] if int(index) in FIXED else self.words[KEPT.index(int(index))]

    def changed(self, index: Any, value: Any) -> Stream:
        """Return a stream with another word."""
        if int(index) in FIXED:
            return self
        place = KEPT.index(int(index))
        return Stream((*self.words[:place], value, *self.words[place + 1 :]))


@final
class Row(namedtuple("Row", "words"), flow.Indexed):
    """A distribution object."""

    def element(self, index: Any) -> Any:
        """Return a word."""
        return self.words[index]

    def changed(self, index: Any, value: Any) -> Row:
        """Return a row with another word."""
        return Row((*self.words[:index], value, *self.words[index + 1 :]))


def stream(key: Any) -> Stream:
    """Return a stream that has no key of its own yet.

    Parameters
    ----------
    key
        The word `layout.KEY` of the streams of the network.
    """
    zero = np.uint64(0)
    return Stream((FIXED[END], key, zero, zero, zero, zero, zero))


@contextmanager
def drawing(value: Stream, n_objects: int) -> Iterator[tuple[flow.Cell, list[flow.Cell]]]:
    """Yield a stream, and distribution objects, that functions draw from."""
    row = Row((0.0,) * OBJECT_SIZE)
    with flow.cells(value, *(row for _ in range(n_objects))) as (made, *objects):
        yield made, objects


rekey = flow.traceable(keyed.rekey.py_func)
"""`random.numbers.keyed.rekey`."""


for _function, _meaning in DRAWS.items():
    flow.meaning(_function)(flow.traceable(_meaning))


flow.meaning(poisson.counted)(flow.traceable(poisson.multiplying.py_func))  # no counts are ready
flow.meaning(cipher.threefry_2x64)(jax.jit(keyed_arrays.threefry_2x64))  # in programs once, as a function
flow.meaning(distributions.lgamma)(jax.scipy.special.gammaln)


@flow.meaning(keyed.keyed_poissons)
def _keyed_poissons(stream: flow.Cell, mean: Any, node: Any, step: Any, identity: Any, out: flow.Cell) -> None:
    out.value = keyed_arrays.poisson(stream[KEY], mean, node, identity, step)
