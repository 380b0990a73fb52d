r"""What synapses that learn by gradients read from their target: its history, step by step.

A neuron that takes part (`Node.learns`) notes a value in each step: a neuron that spikes its surrogate gradient, a
readout neuron its error signal. The former also gets learning signals, which belong to a step that has passed.

Updates come at regular intervals, or with each event that reaches a synapse (`Updates`). For each synapse the neuron
keeps when its last update was, and forgets all steps that no synapse can ask for any more. With intervals the last
spikes of the source are kept as well; with events the neuron notes in each step how far a running average of its
firing rate is from the target.

The operations exist in compiled code only (see
`histories.learning_queries`), where `x` is the event that reached the synapse. Times are in steps, and so is
``x.step``, the time of the event. ``x.is_flush`` tells that the source did not spike for a long time, and only reminds
its synapses to take in what its targets remember.

References
----------
Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nature Communications 11:3625.
Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025), arXiv:2511.21674.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn, final

UPDATE_INTERVAL = "eprop_update_interval"
LEARNING_WINDOW = "eprop_learning_window"
RESET_ON_UPDATE = "eprop_reset_neurons_on_update"
"""The attributes of the kernel that say when synapses are updated."""

BEGUN = "begun"
"""The state variable of synapses that tells that their target knows of them; the engine sets it."""

STEP, SIGNAL, DURATION = "step", "learning_signal", "history_duration"
CHANNELS = (STEP, SIGNAL, DURATION)
"""Inputs in which `update` finds the present step, the learning signal that is known last, and how long the history is
(ms)."""

N_SPIKES, SHIFT, INTERVAL, WINDOW, P_V, P_Z, P_ADAPT = range(7)
BETA, C_REG, F_TARGET, IS_SPIKING, AT_INTERVALS, KAPPA, KAPPA_REG, CUTOFF, RATE = range(10, 19)
"""What `constant` knows of a target: spikes of this interval, `Learning.shift`, interval of updates and learning window
(steps), variables of the model, `Learning.is_spiking`, whether `Learning.updates` are at intervals, further variables,
and the running average of the firing rate."""

NO_CUTOFF = 2.0**50
"""A cutoff after more steps than any simulation has, a whole number in floating point."""
VARIABLES = {
    "P_v_m": P_V,
    "P_z_in": P_Z,
    "P_adapt": P_ADAPT,
    "adapt_beta": BETA,
    "c_reg": C_REG,
    "f_target": F_TARGET,
    "kappa": KAPPA,
    "kappa_reg": KAPPA_REG,
    "cutoff_steps": CUTOFF,
}
"""The variables of models, 0 if a model has no such variable."""


@final
class Updates(Enum):
    """When synapses are updated."""

    AT_INTERVALS = "at the ends of intervals"
    AT_EVENTS = "with each event of the source"


@final
@dataclass(frozen=True)
class Learning:
    """How a neuron takes part.

    Parameters
    ----------
    value
        The recordable that is noted.
    shift
        How many steps later than a generator's signal the neuron gets what that has caused; it shifts intervals.
    lag
        How many steps ago was what is noted.
    signal_lag
        How many steps ago was what a learning signal belongs to.
    is_spiking
        Whether the neuron spikes and gets learning signals; else it is a readout.
    updates
        When synapses are updated.
    """

    value: str
    shift: int = 0
    lag: int = 0
    signal_lag: int = 0
    is_spiking: bool = True
    updates: Updates = Updates.AT_INTERVALS


def _only_compiled() -> NoReturn:
    raise TypeError("The history of a target can only be read in compiled code.")


def constant(x: Any, k: int) -> float:
    """Return a property of the target, by its number: `SHIFT` and the others."""
    _only_compiled()


def find(x: Any, t: float) -> int:
    """Return a handle of what was noted for step `t`, negative if there is nothing.

    The handles of the following steps follow.
    """
    _only_compiled()


def has(x: Any, k: int, t: float) -> bool:
    """Return whether a handle belongs to step `t`."""
    _only_compiled()


def value(x: Any, k: int) -> float:
    """Return the value that was noted."""
    _only_compiled()


def signal(x: Any, k: int) -> float:
    """Return the learning signal of a step."""
    _only_compiled()


def spike_from(x: Any, t: float) -> int:
    """Return a handle of the first spike of the source at `t` or later; those of later spikes follow."""
    _only_compiled()


def spike_time(x: Any, k: int) -> float:
    """Return the time at which a spike of the source arrived, infinity if there is none."""
    _only_compiled()


def regularization(x: Any, t: float) -> float:
    """Return how far the firing rate was from its target in the interval of updates that ended at `t`."""
    _only_compiled()


def rate_difference(x: Any, k: int) -> float:
    """Return how far the running average of the firing rate was from its target in a step, times its coefficient."""
    _only_compiled()


def note_event(x: Any, t: float, before: float) -> None:
    """Tell the target when an event reached the synapse, and when the one before did (0 if there was none)."""
    _only_compiled()


def note_update(x: Any, before: float, now: float, was_flush: bool) -> None:
    """Tell the target which update was the last one of a synapse; `was_flush` if the event before was a flush."""
    _only_compiled()


def demand(x: Any, at_intervals: bool) -> None:
    """Make the simulation stop with an error if synapses of the target are not updated so."""
    _only_compiled()


def report_missing(x: Any) -> None:
    """Make the simulation stop with an error, because the target does not have what the synapse needs."""
    _only_compiled()
