"""Record what a real NEST draws at random: engines, distributions, and every kind of ``Parameter``.

Each number that NEST draws has to be drawn here from the same stream and in the same order.

Run it with a Python that has NEST; it writes ``engines.npz``, ``distributions.npz`` and ``parameters.npz``::

    python -m nest_reference.record_random nest_reference/random --seeds 1 143202461 4294967294

What is drawn is listed in `random_cases.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from nest_reference import provenance
from nest_reference.random_cases import (
    BINOMIAL_TRIALS,
    EXTENT,
    GAMMA_SHAPES,
    INTEGERS,
    LARGE_BOUND,
    MISTAKES,
    PARAMETERS,
    POISSON_RATES,
    POOL_SIZES,
    RNG_TYPES,
    SOURCE_POSITION,
    SPATIAL_PARAMETERS,
    TARGET_POSITIONS,
    THREADS,
    name_of_error,
    positions_of_sources,
)


def _reset(nest: Any, seed: int, threads: int = 1, **attributes: Any) -> None:
    nest.ResetKernel()
    nest.set(local_num_threads=threads, rng_seed=seed, **attributes)


def _drawn(nest: Any, n: int, parameter: Any) -> list[float]:
    return list(nest.Create("iaf_psc_alpha", n, {"I_e": parameter}).I_e)


def record_engines(nest: Any, seeds: list[int]) -> dict[str, np.ndarray]:
    """Uniform numbers and integers from streams of virtual processes and from the common stream."""
    out = {}
    for rng_type in RNG_TYPES:
        for seed in seeds:
            for threads in THREADS:
                _reset(nest, seed, threads, rng_type=rng_type)
                uniform = nest.random.uniform()
                values = _drawn(nest, 340 if threads == 1 else 30, uniform)
                values += _drawn(nest, 20, nest.random.uniform_int(1000))
                values += _drawn(nest, 10, nest.random.uniform_int(LARGE_BOUND))
                values += [uniform.GetValue() for _ in range(5)]
                nest.Simulate(1.0)
                out[f"{rng_type} {seed} {threads}"] = np.array([*values, uniform.GetValue()])
    return out


def record_parameters(nest: Any, seeds: list[int]) -> dict[str, np.ndarray]:
    """Parameters for nodes, by GetValue, for connections, as integers; and errors."""
    out = {}
    for name, make in PARAMETERS.items():
        for seed in seeds:
            for threads in THREADS:
                _reset(nest, seed, threads)
                parameter = make(nest)
                values = _drawn(nest, 7, parameter) + [parameter.GetValue() for _ in range(3)]
                out[f"{name} {seed} {threads}"] = np.array(values + _drawn(nest, 6, parameter))
    for name, make in SPATIAL_PARAMETERS.items():
        for wrap in (False, True):
            _reset(nest, seeds[0])
            positions = nest.spatial.free([list(SOURCE_POSITION)], extent=list(EXTENT), edge_wrap=wrap)
            layer = nest.Create("iaf_psc_alpha", positions=positions)
            values = make(nest).apply(layer, [list(position) for position in TARGET_POSITIONS])
            out[f"spatial {name} {wrap}"] = np.array(values)
    _reset(nest, seeds[0])
    out["integers"] = np.array([_is_integer(nest, make(nest)) for make in INTEGERS.values()])
    out["mistakes"] = np.array([name_of_error(make, nest) for make in MISTAKES.values()])
    return out


def _is_integer(nest: Any, parameter: Any) -> bool:
    nodes = nest.Create("iaf_psc_exp_multisynapse", 1, {"tau_syn": [1.0, 2.0, 3.0]})
    try:
        nest.Connect(nodes, nodes, syn_spec={"receptor_type": parameter})
    except RuntimeError:
        return False
    except (IndexError, nest.NESTErrors.KernelException):
        pass  # an integer to NEST, though it turned out to have a fraction or not to be the number of a receptor
    return True


def _pairs(nest: Any, **which: Any) -> np.ndarray:
    """Return sources and targets of all connections, sorted by target, then by source."""
    connections = nest.GetConnections(**which)
    pairs = np.array([connections.source, connections.target], dtype=np.int32).reshape(2, -1)
    return pairs[:, np.lexsort(pairs)]


def record_poisson(nest: Any, seed: int, threads: int, rate: float) -> np.ndarray:
    """Spikes of a Poisson generator, one number for each of its active steps."""
    _reset(nest, seed, threads, resolution=0.1)
    generator = nest.Create("poisson_generator", params={"rate": rate})
    parrot, recorder = nest.Create("parrot_neuron"), nest.Create("spike_recorder")
    nest.Connect(generator, parrot, syn_spec={"delay": 1.0})
    nest.Connect(parrot, recorder)
    steps = 250
    nest.Simulate(steps * 0.1)
    times = np.rint(np.array(recorder.events["times"]) / 0.1).astype(int)
    return np.bincount(times, minlength=steps + 1)[12:].astype(np.int32)


def record_binomial(nest: Any, seed: int) -> np.ndarray:
    """How many of N connections fall on each of three threads, and what follows in the common stream."""
    _reset(nest, seed, 3)
    sources, targets = nest.Create("iaf_psc_alpha", 4), nest.Create("iaf_psc_alpha", 7)
    out = []
    for trials in BINOMIAL_TRIALS:
        for _ in range(4):
            nest.Connect(sources, targets, {"rule": "fixed_total_number", "N": trials})
            total = np.bincount(np.array(nest.GetConnections().target) % 3, minlength=3)
            out.append(total - np.sum(out, axis=0) if out else total)
    return np.append(np.array(out, dtype=float), nest.random.uniform().GetValue())


def record_gamma(nest: Any, seed: int, shape: int) -> np.ndarray:
    """Spikes, in steps, of a neuron with a random dead time."""
    _reset(nest, seed, resolution=0.1)
    neuron = nest.Create(
        "pp_psc_delta", params={"I_e": 450.0, "dead_time": 3.0, "dead_time_random": True, "dead_time_shape": shape}
    )
    recorder = nest.Create("spike_recorder")
    nest.Connect(neuron, recorder)
    nest.Simulate(600.0)
    return np.rint(np.array(recorder.events["times"]) / 0.1).astype(np.int32)


def record_discrete(nest: Any, seed: int, threads: int) -> np.ndarray:
    """Sources chosen with probabilities that fall off with distance."""
    _reset(nest, seed, threads)
    sources = nest.Create(
        "iaf_psc_alpha", positions=nest.spatial.free(positions_of_sources().tolist(), extent=[4.0, 4.0])
    )
    targets = nest.Create("iaf_psc_alpha", positions=nest.spatial.free([list(p) for p in TARGET_POSITIONS]))
    kernel = nest.spatial_distributions.gaussian(nest.spatial.distance, std=0.5)
    nest.Connect(sources, targets, {"rule": "fixed_indegree", "indegree": 12, "p": kernel})
    return _pairs(nest)


def record_pools(nest: Any, seed: int, threads: int, size: int) -> np.ndarray:
    """Connections from random pools of third nodes to the targets."""
    _reset(nest, seed, threads)
    sources = nest.Create("aeif_cond_alpha_astro", 7)
    targets = nest.Create("aeif_cond_alpha_astro", 6)
    third = nest.Create("astrocyte_lr_1994", 8)
    primary = {"rule": "fixed_indegree", "indegree": 5}
    rule = {"rule": "third_factor_bernoulli_with_pool", "p": 1.0, "pool_size": size, "pool_type": "random"}
    nest.TripartiteConnect(sources, targets, third, primary, rule, {"third_out": "sic_connection"})
    return _pairs(nest, synapse_model="sic_connection")


def record_symmetric(nest: Any, seed: int, threads: int) -> np.ndarray:
    """Pairs drawn from the streams that all virtual processes use in lock step."""
    _reset(nest, seed, threads)
    nodes = nest.Create("iaf_psc_alpha", 40)
    rule = {"rule": "symmetric_pairwise_bernoulli", "p": 0.3, "make_symmetric": True, "allow_autapses": False}
    nest.Connect(nodes, nodes, rule)
    return _pairs(nest)


def record_distributions(nest: Any, seeds: list[int]) -> dict[str, np.ndarray]:
    """Variates of all distributions, as connection rules and models draw them."""
    out = {}
    for seed in seeds:
        out[f"binomial {seed}"] = record_binomial(nest, seed)
        for shape in GAMMA_SHAPES:
            out[f"gamma {seed} {shape}"] = record_gamma(nest, seed, shape)
        for threads in THREADS:
            for rate in POISSON_RATES:
                out[f"poisson {seed} {threads} {rate}"] = record_poisson(nest, seed, threads, rate)
            for size in POOL_SIZES:
                out[f"pools {seed} {threads} {size}"] = record_pools(nest, seed, threads, size)
            out[f"discrete {seed} {threads}"] = record_discrete(nest, seed, threads)
            out[f"symmetric {seed} {threads}"] = record_symmetric(nest, seed, threads)
    return out


def main() -> None:
    import nest

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    arguments = parser.parse_args()
    nest.verbosity = nest.VerbosityLevel.FATAL
    arguments.folder.mkdir(parents=True, exist_ok=True)
    origin = {"nest_version": np.array(nest.__version__), "seeds": np.array(arguments.seeds)}
    used = provenance.settings(nest, rng_seed=arguments.seeds, threads=list(THREADS))
    for record in (record_engines, record_distributions, record_parameters):
        name = record.__name__.removeprefix("record_")
        np.savez_compressed(arguments.folder / f"{name}.npz", **origin, **record(nest, arguments.seeds))
        types = list(RNG_TYPES) if record is record_engines else nest.rng_type
        provenance.write(nest, arguments.folder, {f"{name}.npz": used | {"rng_type": types}}, seeds=arguments.seeds)


if __name__ == "__main__":
    main()
