from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from jaxnest.random.numbers import layout
from jaxnest.random.numbers.engines import drand, fill_drand, multiply_high, next_word, ulrand
from jaxnest.random.numbers.seeding import SeedSequence, new_stream
from jaxnest.random.numbers.streams import RNG_TYPES, RandomStreams
from nest_reference import random_cases

# Drawn with std::uniform_int_distribution of GCC 12 and default-constructed engines.
DRAWS_OF_GCC_12 = {
    ("mt19937_64", 7): [5, 1, 4, 6, 0, 2],
    ("mt19937_64", 1000): [786, 250, 710, 946, 19, 404],
    ("mt19937_64", 9223372036854775807): [
        7257142393139058514,
        2310273370083821453,
        6554785140758948859,
        8731469323574217160,
        177744139283869797,
        3734563120159963498,
    ],
    ("mt19937_64", 6148914691236517205): [
        4838094928759372343,
        1540182246722547635,
        4369856760505965906,
        5820979549049478107,
        118496092855913198,
        2489708746773308999,
    ],
    ("mt19937", 7): [5, 0, 6, 5, 0, 6],
    ("mt19937", 1000): [814, 135, 905, 835, 126, 968],
    ("mt19937", 3000000000): [2444171075, 406431012, 2717375802, 2505025769, 380960435, 2740127566],
    ("mt19937", 4294967296): [3499211612, 581869302, 3890346734, 3586334585, 545404204, 4161255391],
    ("mt19937", 1099511627776): [893935066870, 995723779961, 141600208863, 1001676713953, 692813302059, 105429509669],
}


def nest_like_draws(streams: RandomStreams, n_uniform: int) -> list[float]:
    """Draw what `record_random.record_engines` has NEST draw."""

    def stream(node_id: int) -> np.ndarray:
        return streams.vp_specific[node_id % streams.n_threads]

    values = [drand(stream(1 + i)) for i in range(n_uniform)]
    values += [float(ulrand(stream(1 + n_uniform + i), 1000)) for i in range(20)]
    values += [float(ulrand(stream(21 + n_uniform + i), random_cases.LARGE_BOUND)) for i in range(10)]
    values += [drand(streams.rank_synchronised) for _ in range(5)]
    streams.synchrony_check()
    streams.synchrony_check()
    return [*values, drand(streams.rank_synchronised)]


def classical_stream(rng_type: str) -> np.ndarray:
    """Return a twister seeded with 5489 in the way of the C++ standard."""
    engine = RNG_TYPES.index(rng_type)
    stream = new_stream(engine, [0])
    bits, n, factor = (64, 312, 6364136223846793005) if rng_type == "mt19937_64" else (32, 624, 1812433253)
    word = 5489
    for i in range(n):
        stream[layout.STATE + i] = word
        word = (factor * (word ^ word >> (bits - 2)) + i + 1) % 2**bits
    return stream


@pytest.mark.parametrize("rng_type", [name for name in RNG_TYPES if name != "jax"])
def test_streams_are_those_of_nest(recording, rng_type):
    recorded = recording("engines")
    for seed in recorded["seeds"].tolist():
        for threads in random_cases.THREADS:
            expected = recorded[f"{rng_type} {seed} {threads}"]
            got = nest_like_draws(RandomStreams(seed, rng_type, threads), len(expected) - 36)
            assert got == expected.tolist(), f"seed {seed}, {threads} threads"


@pytest.mark.parametrize(
    ("rng_type", "word"), [("mt19937", 4123659995), ("mt19937_64", 9981545732273789042)], ids=["mt19937", "mt19937_64"]
)
def test_twisters_give_the_number_that_the_cpp_standard_demands(rng_type, word):
    stream = classical_stream(rng_type)
    words = [next_word(stream) for _ in range(10000)]
    assert words[-1] == word


@pytest.mark.parametrize(("rng_type", "bound"), DRAWS_OF_GCC_12)
def test_lemire_integers_are_those_of_gcc_12(rng_type, bound):
    stream = classical_stream(rng_type)
    stream[layout.INTEGER_ALGORITHM] = layout.LEMIRE
    assert [ulrand(stream, bound) for _ in range(6)] == DRAWS_OF_GCC_12[rng_type, bound]


def test_integer_algorithm_is_chosen_with_the_streams():
    draws = {
        name: [ulrand(RandomStreams(1, integer_algorithm=name).rank_synchronised, 10**15)]
        for name in layout.INTEGER_ALGORITHMS
    }
    assert draws["division"] != draws["lemire"]
    with pytest.raises(ValueError, match="tuple.index"):
        RandomStreams(integer_algorithm="gcc")


@pytest.mark.parametrize("rng_type", RNG_TYPES)
@pytest.mark.parametrize("algorithm", layout.INTEGER_ALGORITHMS)
def test_integers_stay_below_their_bound(rng_type, algorithm):
    stream = RandomStreams(3, rng_type, integer_algorithm=algorithm).rank_synchronised
    for bound in (1, 2, 3, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1):
        draws = [ulrand(stream, bound) for _ in range(50)]
        assert 0 <= min(draws) <= max(draws) < bound
        assert bound < 100 or len(set(draws)) == 50


def test_multiply_high_is_exact():
    words = [0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1, 0x9E3779B97F4A7C15]
    for a in words:
        for b in words:
            assert int(multiply_high(np.uint64(a), np.uint64(b))) == a * b >> 64


@pytest.mark.parametrize("rng_type", ["mt19937", "mt19937_64"])
def test_drand_is_below_one_even_for_the_largest_word(rng_type):
    stream = RandomStreams(1, rng_type).rank_synchronised
    drand(stream)
    stream[layout.OUTPUT :] = 2**32 - 1 if rng_type == "mt19937" else 2**64 - 1
    assert drand(stream) == np.nextafter(1.0, 0.0)


@pytest.mark.parametrize("rng_type", ["Philox_64", "Threefry_32"])
def test_counters_carry_into_the_next_word(rng_type):
    stream = RandomStreams(1, rng_type).rank_synchronised
    stream[layout.COUNTER] = 2**64 - 2
    drand(stream)
    assert stream[layout.COUNTER : layout.COUNTER + 2].tolist() == [layout.COUNTER_BLOCKS - 2, 1]


@pytest.mark.parametrize("rng_type", RNG_TYPES)
def test_streams_are_plain_buffers_and_go_on_where_they_were(rng_type):
    stream = RandomStreams(7, rng_type).vp_specific[0]
    assert (stream.dtype, stream.shape, stream.flags.c_contiguous) == (np.uint64, (layout.STREAM_SIZE,), True)
    fill_drand(stream, np.empty(333))
    copy = np.frombuffer(bytearray(stream.tobytes()), dtype=np.uint64)
    assert [drand(copy) for _ in range(700)] == [drand(stream) for _ in range(700)]


def test_fill_drand_draws_one_by_one():
    a, b = (RandomStreams(7).rank_synchronised for _ in range(2))
    values = np.empty(1000)
    fill_drand(a, values)
    assert values.tolist() == [drand(b) for _ in range(1000)]


def test_numbers_drawn_by_keys_need_no_synchrony_check():
    checked, drawn = (RandomStreams(7, "jax", 2) for _ in range(2))
    checked.synchrony_check()
    assert drand(checked.rank_synchronised) == drand(drawn.rank_synchronised)


@pytest.mark.parametrize("rng_type", [rng_type for rng_type in RNG_TYPES if rng_type != "jax"])
def test_synchrony_check_draws_five_numbers_from_each_synchronised_stream(rng_type):
    checked, drawn = (RandomStreams(7, rng_type, 2) for _ in range(2))
    for _ in range(70):
        checked.synchrony_check()
    for stream in (drawn.rank_synchronised, *drawn.vp_synchronised):
        fill_drand(stream, np.empty(350))
    assert drand(checked.rank_synchronised) == drand(drawn.rank_synchronised)
    assert [drand(stream) for stream in checked.vp_synchronised] == [drand(stream) for stream in drawn.vp_synchronised]
    assert drand(checked.vp_specific[1]) == drand(drawn.vp_specific[1])


def test_synchronised_copies_are_equal_but_separate():
    streams = RandomStreams(7, n_threads=3)
    first = drand(streams.vp_synchronised[0])
    assert [drand(stream) for stream in streams.vp_synchronised[1:]] == [first, first]


def test_reseed_starts_anew_and_keeps_what_is_not_given():
    streams = RandomStreams(7, "Philox_32", 2)
    first = drand(streams.vp_specific[1])
    streams.reseed()
    assert drand(streams.vp_specific[1]) == first
    streams.reseed(n_threads=3)
    assert len(streams.vp_specific) == len(streams.vp_synchronised) == 3
    assert drand(streams.vp_specific[1]) == first
    streams.reseed(8)
    assert (streams.seed, streams.rng_type) == (8, "Philox_32")
    assert drand(streams.vp_specific[1]) != first


def test_seed_words_do_not_depend_on_how_many_are_asked_for():
    seeds = SeedSequence([1, 2, 3, 4, 5, 6])
    words = seeds.generate(20)
    assert seeds.generate(7).tolist() == words[:7].tolist()
    assert seeds.generate64(10).tolist() == [
        int(a) | int(b) << 32 for a, b in zip(words[::2], words[1::2], strict=True)
    ]
    assert SeedSequence([1, 2, 3, 4, 5, 7]).generate(20).tolist() != words.tolist()


def test_streams_are_made_without_numba():
    code = (
        "import sys\n"
        "import jaxnest.random.numbers.streams, jaxnest.random.parameter, jaxnest.math, jaxnest.logic\n"
        "import jaxnest.spatial_distributions\n"
        "jaxnest.random.numbers.streams.RandomStreams().synchrony_check()\n"
        "jaxnest.random.uniform() + 1\n"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
