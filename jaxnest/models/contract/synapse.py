"""What a synapse model declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from jaxnest.models.contract import hints
from jaxnest.models.contract.base import Model, Node, Quantity
from jaxnest.models.contract.secondary import Kind
from jaxnest.models.histories.learning_history import Updates

Convert = Callable[[Quantity, str, Any], Any]

DRAWS, SPIKES = "jaxnest.models.functions.draws", "jaxnest.models.histories.history"
"""The modules with what `send` draws, and what it reads of the target's spikes."""
VOLTAGES = "jaxnest.models.histories.voltage_history"
"""The module with what it reads of the target's potential, or of what a dendrite predicts."""
DEFAULT_SYNAPSE = "static_synapse"
"""The synapse model of connections of which none is named."""


class Synapse(Model, abstract=True):
    """Base of all synapse models.

    `parameters` holds what each connection has of its own beside weight and delay, `state` what changes, and `common`
    what all connections of the model share (set with SetDefaults and CopyModel only).
    """

    send: ClassVar[Callable[[Any, Any, Any], Any] | None] = None
    """``send(p, s, x) -> (state, weight, sends)``: what happens when a spike reaches the synapse.

    `p` has the parameters, those of the connection and the common ones (``lambda`` is ``lambda_`` there), `s` the
    weight and the state, and `x` the event: its time stamp `t` and the `delay` of the connection, both in ms
    (`grid_delay` is the same, rounded as time stamps are). Further,
    `x` gives access to the target's spikes (`histories.history`) and to random numbers (`functions.draws.uniform`). The
    result is the new state in the order of `dynamic`, the weight of the spike that the target gets, and whether it
    gets one at all. All are floating-point numbers. The function is part of compiled loops.
    """
    modulate: ClassVar[Callable[[Any, Any, Any], Any] | None] = None
    """``modulate(p, s, x) -> state``: what happens when the `modulator` tells its synapses what it has collected until
    time ``x.t``. `x` gives access to these spikes (`models.histories.modulation`), here and in `send`."""
    modulator: ClassVar[str] = ""
    """The common property that names the node whose spikes modulate the synapses, a `collector.Collector`."""
    single_thread_values: ClassVar[tuple[str, ...]] = ()
    """Values of the connections that Connect does not take if there are several threads."""
    source_states: ClassVar[tuple[str, ...]] = ()
    """Names in `dynamic` of states that follow from the times of the source's spikes, `parameters` and `common` alone,
    whatever the target, the weight and the delay. They are stored once for connections of a source that agree in them
    and in `parameters`. They must not depend on random numbers or on what modulates the synapses."""
    carries: ClassVar[Kind | None] = None
    """The kind of numbers that connections carry, None if they carry spikes (see `models.contract.secondary`)."""
    checked_singly: ClassVar[tuple[str, ...]] = ()
    """Values that connections store and check one after the other, in this order, after `relations`. Those of other
    models are stored before any is checked."""
    refused: ClassVar[dict[str, str]] = {}
    """Values that cannot be given to connections, with the message of the error."""
    is_stochastic: ClassVar[bool] = hints.inferred(lambda m: bool(hints.calls(m.send, DRAWS)))
    """Whether `send` draws random numbers."""
    needs_archive: ClassVar[bool] = hints.inferred(
        lambda m: bool(hints.calls(m.send, VOLTAGES) or hints.calls(m.send, SPIKES))
    )
    """True if the target has to keep the history of its spikes, which `send` reads."""
    needs_voltages: ClassVar[bool] = hints.inferred(
        lambda m: bool(hints.calls(m.send, VOLTAGES)) and not m.needs_predictions
    )
    """True if the target has to keep the history of its potential, which `send` reads."""
    needs_predictions: ClassVar[bool] = hints.inferred(lambda m: "constant" in hints.calls(m.send, VOLTAGES))
    """True if the target has to keep the history of what its dendrite predicts (`models.histories.voltage_history`):
    `send` asks for properties of the dendrite."""
    needs_learning: ClassVar[Updates | None] = None
    """When a synapse that learns by gradients is updated; the target has to keep a history for such updates
    (`models.histories.learning_history`). None for other synapses."""
    hears_flush: ClassVar[bool] = False
    """True if flush events reach `send`, too."""
    steps_of_kernel: ClassVar[dict[str, str]] = {}
    """State variables that begin with the value of an attribute of the kernel, in steps, when connections are made."""
    follows: ClassVar[dict[str, str]] = {}
    """State variables that take the value of another quantity whenever a connection or the defaults are set, and in
    Connect if more than weight and delay is given."""
    packed: ClassVar[tuple[str, ...]] = ()
    """Names of dictionaries, whose entries are (invisible) common properties or state (see `unpack`)."""
    default_weight: ClassVar[float] = 1.0
    common_state: ClassVar[tuple[str, ...]] = ()
    """Common properties that `send` changes, at the end of its result; each virtual process has its own values."""
    weight_is_common: ClassVar[bool] = False
    """True for models whose connections have no weight of their own."""
    delay_shift: ClassVar[str] = ""
    """The quantity that says how much shorter (ms) the delay of a connection is than its number of steps."""
    has_delay: ClassVar[bool] = True
    receptor_zero_only: ClassVar[bool] = False
    """True for the `_hpc` variants, which store no receptor."""
    labelled: ClassVar[bool] = False
    """True for the `_lbl` variants, whose connections have a `synapse_label`."""
    dynamics: ClassVar[str] = ""
    """Name of the model that a variant has its functions from."""
    requires_symmetric: ClassVar[bool] = False
    accepts_devices: ClassVar[bool] = False
    """True if stimulators and meters can be connected with it."""
    size: ClassVar[int | None] = 32
    """Bytes that NEST reports for one connection, None if it reports nothing."""

    @classmethod
    def lacks_history(cls, target: type[Node]) -> bool:
        """Return whether a neuron does not keep the history of potentials or predictions that `send` reads."""
        if not target.has_proxies:
            return False
        lacks_voltages = cls.needs_voltages and not target.filtered_voltages
        return lacks_voltages or (cls.needs_predictions and not target.predicts)

    @classmethod
    def complete(cls, changes: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the common properties that follow from `changes`; `values` has all values, `changes` among them."""
        return {}

    @classmethod
    def unpack(
        cls, name: str, value: Mapping[str, Any], stored: Mapping[str, Any], has_connections: bool, convert: Convert
    ) -> dict[str, Any]:
        """Return the common properties that change if a dictionary of the defaults is set.

        `stored` has all others; ``convert(quantity, name, value)`` turns what the user gives into the right type.
        """
        raise NotImplementedError

    @classmethod
    def pack(cls, name: str, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return a dictionary of the defaults."""
        raise NotImplementedError

    @classmethod
    def own_entries(cls, name: str, stored: Mapping[str, Any]) -> dict[str, str]:
        """Return the entries of the dictionary of each connection, and the state variables that they show."""
        raise NotImplementedError
