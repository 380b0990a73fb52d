"""Spike-timing dependent plasticity as in the hardware of the FACETS project."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Quantity, positive
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.ops import helper
from jaxnest.models.plasticity.stdp import LAST_SPIKE
from jaxnest.models.quantities.checks import Check

ENTRIES = 16
IN_RANGE = Check(lambda x: (x < 0) | (x > 15), "Look-up table entries must be integers in [0,15]", "in [0, 15]")


def integers(values: list[int], doc: str, problem: str, check: Check | None = None) -> Quantity:
    """Declare a list of integers of fixed length."""

    def convert(value: Any) -> np.ndarray:
        given = np.asarray(value)
        if given.ndim != 1 or given.dtype.kind not in "iub":
            raise errors.TypeMismatch(f"Expected datatype: a list of integers, not {value!r}.")
        if len(given) != len(values):
            raise errors.BadProperty(f"{problem} ({len(given)} entries are given, not {len(values)}.)")
        return given.astype(np.int64)

    return Quantity(np.array(values), "", doc, check, convert=convert)


def table(values: list[int], doc: str) -> Quantity:
    """Declare a look-up table from each discrete weight to the next one."""
    return integers(values, doc, "Look-up table has not 2^4 entries!", IN_RANGE)


def bits(values: list[int], doc: str) -> Quantity:
    """Declare the bits of an evaluation."""
    return integers(values, doc, "Wrong number of configuration bits (!=4).")


@helper
def exceeds(p: Any, s: Any, bits: Any) -> bool:
    """Return whether the accumulated charges, weighted by these bits, pass the comparison with the thresholds."""
    low = (p.a_thresh_tl + bits[2] * s.a_causal + bits[1] * s.a_acausal) / (1.0 + bits[2] + bits[1])
    high = (p.a_thresh_th + bits[0] * s.a_causal + bits[3] * s.a_acausal) / (1.0 + bits[0] + bits[3])
    return low > high


@helper
def entry(weight: float, step: float) -> float:
    """Return the number of the nearest discrete weight; halves are rounded up."""
    whole = math.floor(weight / step)
    return whole + 1.0 if weight / step - whole >= 0.5 else whole


@register_synapse(hpc=None, lbl=112)
class stdp_facetshw_synapse_hom(Synapse):
    """Synapse with 4-bit weights, read out in groups at regular intervals, and nearest-neighbour pairing.

    A synapse gets its number at its first spike. Groups of `synapses_per_driver` are read out one after the other;
    look-up tables then give the next weight, chosen by comparing what pairs of spikes have accumulated with thresholds.

    References
    ----------
    Pfeil, Potjans, Schrader, Potjans, Schemmel, Diesmann and Meier (2012), Frontiers in Neuroscience 6, 90.
    """

    parameters = {
        "a_thresh_th": Quantity(21.835, "", "First threshold of the evaluation"),
        "a_thresh_tl": Quantity(21.835, "", "Second threshold of the evaluation"),
    }
    state = {
        "a_causal": Quantity(0.0, "", "Accumulated causal pairs"),
        "a_acausal": Quantity(0.0, "", "Accumulated anti-causal pairs"),
        "init_flag": Quantity(False, "", "Whether the synapse has got its number"),
        "synapse_id": Quantity(0, "", "Number of the synapse, which decides about its group"),
        "next_readout_time": Quantity(0.0, "ms", "Time of the next read-out"),
    } | LAST_SPIKE
    common = {
        "tau_plus": Quantity(20.0, "ms", "Time constant of the causal branch"),
        "tau_minus_stdp": Quantity(20.0, "ms", "Time constant of the anti-causal branch"),
        "Wmax": Quantity(100.0, "", "Maximum allowed weight"),
        "weight_per_lut_entry": Quantity(100.0 / (ENTRIES - 1), "", "Distance of discrete weights"),
        "no_synapses": Quantity(0, "", "Number of synapses that have got a number"),
        "synapses_per_driver": Quantity(50, "", "Synapses read out at once", positive("It must be positive.")),
        "driver_readout_time": Quantity(15.0, "ms", "Time to read out a group"),
        "readout_cycle_duration": Quantity(0.0, "ms", "Time between two read-outs of a group"),
        "lookuptable_0": table([2, 3, 4, 4, *range(5, 15), 14, 15], "If the first evaluation passes alone"),
        "lookuptable_1": table([0, *range(11), 10, 11, 12, 13], "If the second evaluation passes alone"),
        "lookuptable_2": table(list(range(ENTRIES)), "If both pass"),
        "configbit_0": bits([0, 0, 1, 0], "Bits of the first evaluation"),
        "configbit_1": bits([0, 1, 0, 0], "Bits of the second evaluation"),
        "reset_pattern": integers([1] * 6, "What each table resets", "Wrong number of reset bits (!=6)."),
    }
    changes_weight = True
    source_states = ("init_flag", "t_last")
    common_state = ("no_synapses", "readout_cycle_duration")
    size = None

    @classmethod
    def complete(cls, changes: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if "Wmax" in changes and "weight_per_lut_entry" not in changes:
            result["weight_per_lut_entry"] = values["Wmax"] / (ENTRIES - 1)
        if {"no_synapses", "synapses_per_driver", "driver_readout_time"} & changes.keys():
            rows = int((values["no_synapses"] - 1.0) / values["synapses_per_driver"] + 1.0)
            result["readout_cycle_duration"] = rows * values["driver_readout_time"]
        return result

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight, causal, acausal = s.weight, s.a_causal, s.a_acausal
        number, readout, count, cycle = s.synapse_id, s.next_readout_time, p.no_synapses, p.readout_cycle_duration
        if s.init_flag == 0.0:
            number = count
            count += 1.0
            cycle = float(int((count - 1.0) / p.synapses_per_driver + 1.0)) * p.driver_readout_time
            readout = float(int(number / p.synapses_per_driver)) * p.driver_readout_time
        if x.t > readout:
            discrete = entry(weight, p.weight_per_lut_entry)
            first, second = exceeds(p, s, p.configbit_0), exceeds(p, s, p.configbit_1)
            if first or second:
                place = int(min(max(discrete, 0.0), 15.0))
                if first and second:
                    discrete, kind = p.lookuptable_2[place], 4
                elif first:
                    discrete, kind = p.lookuptable_0[place], 0
                else:
                    discrete, kind = p.lookuptable_1[place], 2
                if p.reset_pattern[kind] != 0.0:
                    causal = 0.0
                if p.reset_pattern[kind + 1] != 0.0:
                    acausal = 0.0
            while x.t > readout and cycle > 0.0:
                readout += cycle
            weight = discrete * p.weight_per_lut_entry
        last = -1
        for spike in history.spikes(x, s.t_last - x.grid_delay, x.t - x.grid_delay):
            if last < 0:
                causal += math.exp((s.t_last - (history.time(x, spike) + x.grid_delay)) / p.tau_plus)
            last = spike
        if last >= 0:
            acausal += math.exp((history.time(x, last) + x.grid_delay - x.t) / p.tau_minus_stdp)
        return (weight, causal, acausal, 1.0, number, readout, x.t, count, cycle), weight, True
