"""Connections that carry numbers instead of spikes: what a model declares to send or to get them.

Rates, membrane potentials of neurons with gap junctions, slow inward currents and learning signals are sent once per
slice, with a value for each of its time steps. What follows is all that the engine asks for.

To add a kind of such connections:

1. Make a `Kind`: its name, the number of values per time step, and whether it is iterated.
2. Say in the synapse model which kind its connections carry (`Synapse.carries`).
3. Say in the sending model what it sends (`Node.signals`: a `Signal` for each kind).
4. Say in the receiving model what becomes of it (`Node.hears`: a `Hearing` for each kind). Each of its `Term` adds
   the product of a sent value and a factor of the connection to an input channel, step by step. The function
   `update` of the receiver then finds the sum of all connections in its inputs, as it does with spikes.

A kind with delays reaches the inputs as many steps later as the delay says. A kind that is iterated has no delay: all
neurons are advanced through the slice and exchange their values again and again, until these do not change any
more (waveform relaxation). Then the slice is run for good.

References
----------
Hahne, Helias, Kunkel, Igarashi, Bolten, Frommer & Diesmann (2015), Frontiers in Neuroinformatics 9:22.
Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

CONSTANT = -1
"""As a component: the number one, which every connection carries as well."""


@final
@dataclass(frozen=True)
class Kind:
    """A kind of connections that carry numbers.

    Parameters
    ----------
    name
        As messages call it.
    iterated
        Whether values arrive in the slice that they are computed in, which takes iterations.
    components
        Number of values for each time step.
    """

    name: str
    iterated: bool = False
    components: int = 1


@final
@dataclass(frozen=True)
class Signal:
    """What a model sends along the connections of one kind.

    Parameters
    ----------
    values
        ``values(v, before, after, x)``: the numbers for one time step, a tuple. `before` and `after` are the states at
        its beginning and end, `v` and `x` variables and inputs, as in `update`.
    held
        ``held(v, s)``, for kinds that are iterated: what is sent at the end of the slice for the whole next one, until
        the iterations of that one have better values.
    keeps
        A run that ends within a slice leaves the values of the steps that it did not reach as they were (else 0).
    sampled
        For devices, instead of `values`: the recordable that is sent.
    """

    values: Callable[[Any, Any, Any, Any], tuple[Any, ...]] | None = None
    held: Callable[[Any, Any], tuple[Any, ...]] | None = None
    keeps: bool = False
    sampled: str = ""


@final
@dataclass(frozen=True)
class Term:
    """One product that is added to an input channel.

    Parameters
    ----------
    channel
        Name of the input, a field of `x` in `update`.
    negative
        The input for negative factors, if it is another one.
    factor
        Name of the connection's parameter that multiplies.
    component
        Which of the sent values is multiplied, or `CONSTANT`.
    receptor
        The receptor of the connections that it is for, or None if it is for all.
    marker
        The product takes the place of what was in the channel, and this further input becomes one.
    shown
        With a marker: the state variable that shows what has arrived when a run ends before `update` gets to see it.
    """

    channel: str
    negative: str = ""
    factor: str = "weight"
    component: int = 0
    receptor: int | None = None
    marker: str = ""
    shown: str = ""

    @property
    def channels(self) -> tuple[str, str]:
        """Inputs for factors that are not negative and for those that are."""
        return self.channel, self.negative or self.channel

    @property
    def inputs(self) -> tuple[str, ...]:
        """All inputs."""
        return (*self.channels, self.marker) if self.marker else self.channels


@final
@dataclass(frozen=True)
class Hearing:
    """What becomes of the values that a model gets along the connections of one kind.

    Parameters
    ----------
    terms
        What is added to which inputs, for each connection.
    receptors
        Receptors that take such connections.
    transforms
        ``transforms(p)``, with columns in `p`: nodes that apply the model's function `transform` to each value before
        it is multiplied.
    of_devices
        Receptors that take connections from devices.
    at_once
        Only the first value of each slice is heard, in the next slice whatever the delay; those of devices as soon as
        the neuron is advanced.
    """

    terms: tuple[Term, ...]
    receptors: tuple[int, ...] = (0,)
    transforms: Callable[[Any], Any] | None = None
    of_devices: tuple[int, ...] | None = None
    at_once: bool = False


DELAYED_RATE = Kind("delayed rate")
INSTANTANEOUS_RATE = Kind("instantaneous rate", iterated=True)
DIFFUSION = Kind("diffusion", iterated=True)
POTENTIAL = Kind("gap junction", iterated=True, components=4)
"""Coefficients of a polynomial in the time since the beginning of the step, in units of the step."""
SLOW_INWARD_CURRENT = Kind("slow inward current")
LEARNING_SIGNAL = Kind("learning signal")
