"""All random streams of a simulation."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, final

import numpy as np

from jaxnest.random.numbers import layout
from jaxnest.random.numbers.layout import INTEGER_ALGORITHMS, RNG_TYPES
from jaxnest.random.numbers.seeding import new_stream

DEFAULT_SEED = 143202461
DEFAULT_RNG_TYPE = "mt19937_64"
DEFAULT_INTEGER_ALGORITHM = "division"
"""The algorithm of libstdc++ up to GCC 10, which built the binary packages of NEST; see `RandomStreams`."""

_RANK_SYNCHRONISED = 0xC229212D
_VP_SYNCHRONISED = 0x37722D5E
_VP_SPECIFIC = 0xB84C9BAE
_DRAWS_OF_CHECK = 5


@final
class RandomStreams:
    """The random streams of a number of virtual processes, each made when it is first asked for.

    A stream is an array that the functions of `engines` and `distributions` update in place.

    Parameters
    ----------
    seed : int
        The seed, between 1 and 2^32 - 1.
    rng_type : str
        Name of the engine, one of `RNG_TYPES`.
    n_threads : int
        Number of virtual processes.
    integer_algorithm : str
        How bounded integers are drawn, and with them the random choice of nodes: "division" as in libraries of
        GCC up to 10, "lemire" as from GCC 11 on.

    Attributes
    ----------
    rank_synchronised : numpy.ndarray
        The stream of serial kernel code.
    vp_synchronised : list of numpy.ndarray
        For every virtual process a copy of one stream, used by all of them in lock step.
    vp_specific : list of numpy.ndarray
        For every virtual process its own stream.
    """

    CHANGING: ClassVar = ("rank_synchronised", "vp_synchronised", "vp_specific")

    def __init__(
        self,
        seed: int = DEFAULT_SEED,
        rng_type: str = DEFAULT_RNG_TYPE,
        n_threads: int = 1,
        integer_algorithm: str = DEFAULT_INTEGER_ALGORITHM,
    ) -> None:
        self.reseed(seed, rng_type, n_threads, integer_algorithm)

    def reseed(
        self,
        seed: int | None = None,
        rng_type: str | None = None,
        n_threads: int | None = None,
        integer_algorithm: str | None = None,
    ) -> None:
        """Start all streams anew.

        Parameters
        ----------
        seed, rng_type, n_threads, integer_algorithm : optional
            As in the constructor; what is not given stays as it is.
        """
        self.seed = self.seed if seed is None else seed
        self.rng_type = self.rng_type if rng_type is None else rng_type
        self.n_threads = self.n_threads if n_threads is None else n_threads
        self.integer_algorithm = self.integer_algorithm if integer_algorithm is None else integer_algorithm
        self._engine = RNG_TYPES.index(self.rng_type)
        self._algorithm = INTEGER_ALGORITHMS.index(self.integer_algorithm)
        self._skipped = self._calls = 0
        for name in ("rank_synchronised", "vp_synchronised", "vp_specific"):
            self.__dict__.pop(name, None)

    @cached_property
    def rank_synchronised(self) -> np.ndarray:
        """The stream of serial kernel code."""
        stream = self._new(_RANK_SYNCHRONISED)
        self._skip_drands(stream, self._skipped)
        return stream

    @cached_property
    def vp_synchronised(self) -> list[np.ndarray]:
        """For every virtual process a copy of one stream, used by all of them in lock step."""
        stream = self._new(_VP_SYNCHRONISED)
        self._skip_drands(stream, self._skipped)
        return [stream.copy() for _ in range(self.n_threads)]

    @cached_property
    def vp_specific(self) -> list[np.ndarray]:
        """For every virtual process its own stream."""
        if self.is_keyed:
            return [self._new(_VP_SPECIFIC) for _ in range(self.n_threads)]
        return [self._new(_VP_SPECIFIC, vp) for vp in range(self.n_threads)]

    def begin_call(self) -> None:
        """Give the next call that draws numbers of its own, if they depend on keys; other streams just go on.

        Calls that draw nothing are not counted, so that another recorder makes no other network.
        """
        if not self.is_keyed:
            return
        self._calls += 1
        for stream in (self.rank_synchronised, *self.vp_synchronised, *self.vp_specific):
            stream[layout.KEY + 1] = layout.CALLS << layout.PURPOSE_SHIFT | self._calls
            stream[layout.COUNTER : layout.COUNTER + 2] = stream[layout.COUNTED_LIMIT] = 0
            stream[layout.POSITION] = stream[layout.END]

    @property
    def is_keyed(self) -> bool:
        """True if numbers depend on the nodes that they are drawn for, and not on the virtual process."""
        return self._engine == layout.KEYED

    def synchrony_check(self) -> None:
        """Draw five numbers from every synchronised stream, as NEST does before and after each run."""
        if self.is_keyed:
            return
        self._skipped += _DRAWS_OF_CHECK  # streams that are not made yet catch up when they are
        made = self.__dict__
        streams = [made["rank_synchronised"]] if "rank_synchronised" in made else []
        for stream in streams + made.get("vp_synchronised", []):
            self._skip_drands(stream, _DRAWS_OF_CHECK)

    def _new(self, *words: int) -> np.ndarray:
        return new_stream(self._engine, [self.seed, *words], self._algorithm)

    @staticmethod
    def _skip_drands(stream: np.ndarray, n: int) -> None:
        words = n if stream[layout.WORD_BITS] == 64 else 2 * n
        position = int(stream[layout.POSITION])
        if position + words <= int(stream[layout.END]):
            stream[layout.POSITION] = position + words
            return
        from jaxnest.random.numbers.engines import next_word

        for _ in range(words):
            next_word.py_func(stream)  # which needs no machine code but that of a whole block


def identities(ids: np.ndarray) -> np.ndarray:
    """Return the ids of nodes made different: in the upper bits is how many equal ones go before.

    Parameters
    ----------
    ids : numpy.ndarray
        Ids below 2^31.

    Returns
    -------
    numpy.ndarray
        Array of ``int64``.
    """
    return ids + (earlier_equals(ids) << 32)


def earlier_equals(values: np.ndarray) -> np.ndarray:
    """Return how many equal entries go before each entry.

    Parameters
    ----------
    values : numpy.ndarray
        Any values.

    Returns
    -------
    numpy.ndarray
        Array of ``int64``.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    earlier = np.empty(len(values), np.int64)
    earlier[order] = np.arange(len(values)) - np.searchsorted(ordered, ordered)
    return earlier
