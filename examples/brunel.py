"""Brunel's network of excitatory and inhibitory neurons, compared with mean-field theory.

    python examples/brunel.py --help

12,500 integrate-and-fire neurons with delta synapses, each with 1,000 excitatory and 250 inhibitory inputs and as
many external Poisson inputs as excitatory ones, fire asynchronously and irregularly. Their rate follows from
Siegert's formula: it is the rate nu at which a neuron fires that gets its inputs from neurons of rate nu.

References
----------
Brunel N (2000). Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons.
Journal of Computational Neuroscience 8, 183-208. https://doi.org/10.1023/A:1008925309027
"""

import argparse
import math
import os
import time

import matplotlib.pyplot as plt
import numpy as np

import jaxnest as nest

CONNECTIVITY = 0.1  # fraction of a population that a neuron gets input from
INHIBITORY_TO_EXCITATORY = 4  # excitatory neurons per inhibitory neuron
TAU_M, T_REF, V_TH, V_RESET = 20.0, 2.0, 20.0, 0.0  # ms, ms, mV, mV
EXCURSION = 100.0  # mV that CE inputs of weight J add up to
DELAY, RESOLUTION = 1.5, 0.1  # ms
WARM_UP = 150.0  # ms that are not evaluated
RECORDED, SHOWN = 500, 60  # neurons per population


def siegert_rate(mean, deviation):
    """Return the rate in 1/ms of a neuron whose input has this mean and standard deviation in mV."""
    lower, upper = (V_RESET - mean) / deviation, (V_TH - mean) / deviation
    nodes, weights = np.polynomial.legendre.leggauss(200)
    points = 0.5 * (upper - lower) * nodes + 0.5 * (upper + lower)
    integral = 0.5 * (upper - lower) * sum(w * _scaled_erfc(-u) for u, w in zip(points, weights, strict=True))
    return 1.0 / (T_REF + TAU_M * math.sqrt(math.pi) * integral)


def _scaled_erfc(x):
    """Return exp(x^2) erfc(x)."""
    if x > 25.0:  # both factors leave the range of floating-point numbers
        return 1.0 / (x * math.sqrt(math.pi))
    return math.exp(min(x * x, 700.0)) * math.erfc(x)


def mean_field_rate(indegree, weight, g, external_rate):
    """Return the self-consistent rate in 1/ms; both populations have the same one.

    Parameters
    ----------
    indegree
        Number of excitatory inputs, and of external ones.
    weight
        Excitatory weight in mV.
    g
        Inhibitory weight over excitatory weight.
    external_rate
        Rate of each external input in 1/ms.
    """
    inhibitory_indegree = indegree / INHIBITORY_TO_EXCITATORY

    def response(rate):
        mean = TAU_M * weight * (indegree * (rate + external_rate) - inhibitory_indegree * g * rate)
        power = indegree * (rate + external_rate) + inhibitory_indegree * g**2 * rate
        return siegert_rate(mean, weight * math.sqrt(TAU_M * power))

    low, high = 0.0, 1.0 / T_REF
    for _ in range(60):  # response(rate) - rate falls with the rate, where inhibition dominates
        middle = 0.5 * (low + high)
        low, high = (middle, high) if response(middle) > middle else (low, middle)
    return 0.5 * (low + high)


def build(excitatory_size, indegree, weight, g, external_rate):
    """Create the network and return a spike recorder for each population."""
    neuron = {"C_m": 1.0, "tau_m": TAU_M, "t_ref": T_REF, "E_L": 0.0, "V_reset": V_RESET, "V_m": 0.0, "V_th": V_TH}
    excitatory = nest.Create("iaf_psc_delta", excitatory_size, params=neuron)
    inhibitory = nest.Create("iaf_psc_delta", excitatory_size // INHIBITORY_TO_EXCITATORY, params=neuron)
    everyone = excitatory + inhibitory
    noise = nest.Create("poisson_generator", params={"rate": 1000.0 * external_rate * indegree})
    recorders = nest.Create("spike_recorder", 2, params={"start": WARM_UP})

    nest.CopyModel("static_synapse", "excitatory", {"weight": weight, "delay": DELAY})
    nest.CopyModel("static_synapse", "inhibitory", {"weight": -g * weight, "delay": DELAY})
    nest.Connect(noise, everyone, syn_spec="excitatory")
    nest.Connect(excitatory, everyone, {"rule": "fixed_indegree", "indegree": indegree}, "excitatory")
    inhibitory_indegree = indegree // INHIBITORY_TO_EXCITATORY
    nest.Connect(inhibitory, everyone, {"rule": "fixed_indegree", "indegree": inhibitory_indegree}, "inhibitory")
    for population, recorder in zip((excitatory, inhibitory), recorders, strict=True):
        nest.Connect(population[: min(RECORDED, len(population))], recorder, syn_spec="excitatory")
    return recorders


def draw(recorder, filename):
    """Write a raster plot of some neurons, with the rate of all recorded ones."""
    events = recorder.get("events")
    spikes = np.column_stack((events["senders"], events["times"]))
    shown = np.unique(events["senders"])[:SHOWN]
    nest.raster_plot.from_data(spikes, sel=shown.tolist(), title="Brunel's network: excitatory neurons")
    plt.savefig(filename, dpi=150)


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Simulate Brunel's network and compare its rates with theory.")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the network, 1 for 12,500 neurons")
    parser.add_argument("--time", type=float, default=600.0, help="biological time in ms that is evaluated")
    parser.add_argument("--g", type=float, default=5.0, help="inhibitory weight over excitatory weight")
    parser.add_argument("--eta", type=float, default=2.0, help="external rate over the rate that reaches threshold")
    parser.add_argument("--threads", type=int, default=1, help="number of threads")
    parser.add_argument("--output", default="brunel.png", help="file for the raster plot")
    return parser.parse_args()


def main():
    """Build, simulate, draw, compare."""
    options = arguments()
    excitatory_size = max(int(10000 * options.scale) // 40 * 40, 40)
    indegree = int(CONNECTIVITY * excitatory_size)
    weight = EXCURSION / indegree
    external_rate = options.eta * V_TH / (weight * indegree * TAU_M)

    nest.ResetKernel()
    nest.set(resolution=RESOLUTION, local_num_threads=options.threads, print_time=True)
    started = time.perf_counter()
    recorders = build(excitatory_size, indegree, weight, options.g, external_rate)
    built = time.perf_counter()
    print(f"{nest.network_size} nodes and {nest.num_connections} connections built in {built - started:.1f} s")
    nest.Simulate(WARM_UP + options.time)
    simulated = nest.GetKernelStatus("time_simulate")
    others = time.perf_counter() - built - simulated
    print(f"{WARM_UP + options.time:g} ms simulated in {simulated:.1f} s, after {others:.1f} s of getting ready")

    draw(recorders[0], options.output)
    print(f"raster plot written to {os.path.abspath(options.output)}")
    sizes = [min(RECORDED, size) for size in (excitatory_size, excitatory_size // INHIBITORY_TO_EXCITATORY)]
    measured = [1000.0 * n / size / options.time for n, size in zip(recorders.get("n_events"), sizes, strict=True)]
    theory = 1000.0 * mean_field_rate(indegree, weight, options.g, external_rate)
    deviation = 100.0 * (np.mean(measured) / theory - 1.0)
    print(
        f"rates: excitatory {measured[0]:.1f}, inhibitory {measured[1]:.1f}, "
        f"mean-field theory {theory:.1f} spikes/s ({deviation:+.1f} %)"
    )


if __name__ == "__main__":
    main()
