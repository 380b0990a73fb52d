"""What a model declares: the contract between a model file and everything else.

A model is a class that is never instantiated. It declares its parameters, state, recordables and
receptors once; status dictionaries, units, validation, help and documentation are generated from
the declaration, and the engine batches the functions over all nodes of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from jaxnest import errors
from jaxnest.models.contract import hints
from jaxnest.models.contract.elements import NO_ELEMENTS, Elements, changes_of_elements, elements
from jaxnest.models.contract.secondary import Hearing, Kind, Signal
from jaxnest.models.contract.state import of_model
from jaxnest.models.histories.learning_history import CHANNELS, Learning
from jaxnest.models.quantities.checks import not_negative, positive
from jaxnest.models.quantities.quantity import Quantity, hidden
from jaxnest.random.numbers.layout import OBJECT_SIZE

INFINITE_TIME = 1.7976931348623157e308  # NEST's "never", in ms


FLUSH_INTERVAL = "flush_event_send_interval"
"""The parameter of neurons that may send flush events: after how long a time without spikes (ms) they do so."""

HAS_CONNECTIONS = "has_connections"
"""The state variable of models whose number of receptors is a parameter: spikes arrive at the neuron."""


def connected_flag() -> dict[str, Quantity]:
    """Declare the state that tells that there are incoming connections; the kernel sets it."""
    flag = Quantity(False, "", "Whether there are incoming connections", settable=False, advanced=False)
    return {HAS_CONNECTIONS: flag}


def distribution_objects(n: int) -> Quantity:
    """Declare the state ``objects``: `n` distribution objects, in which `functions.draws` keep what they need."""
    return hidden(np.zeros(n * OBJECT_SIZE), "Distribution objects")


@final
@dataclass(frozen=True)
class Relation:
    """A condition between several parameters, checked after every change.

    `violated` gets a mapping from names to columns (stored values: relative ones are relative).
    """

    violated: Callable[[Mapping[str, Any]], Any]
    message: str
    among: frozenset[str] = frozenset()
    """The names that it looks at: others may change without a check. Empty if nobody knows."""


MARK = "mark"
"""The state variable of neurons whose spikes carry a number."""


@final
class _Advanced:
    """The names of the state variables that functions of a model advance, in the order of their declaration."""

    def __init__(self) -> None:
        self._known: dict[type[Model], tuple[Any, tuple[str, ...]]] = {}
        """By model: the declaration of its state, which a class gets while it is made, and the names."""

    def __get__(self, _: None, model: type[Model]) -> tuple[str, ...]:
        state, names = self._known.get(model, (None, ()))
        if state is not model.state:
            learning = ("weight",) if model.changes_weight else ()
            names = (*learning, *(name for name, quantity in model.state.items() if quantity.advanced))
            self._known[model] = model.state, names
        return names


class Model:
    """Anything with a name and declared quantities: nodes and synapses."""

    name: ClassVar[str] = ""
    parameters: ClassVar[dict[str, Quantity]] = {}
    state: ClassVar[dict[str, Quantity]] = {}
    common: ClassVar[dict[str, Quantity]] = {}
    """What all connections of a synapse model share; nodes have nothing of the kind."""
    changes_weight: ClassVar[bool] = False
    """Of synapses that learn: the first state variable is the weight."""
    dynamic: ClassVar[tuple[str, ...]] = _Advanced()  # pyright: ignore[reportAssignmentType]
    """What functions of the model advance, in the order of their result: the weight, if it changes, and the variables
    in `state`, those of bases behind the model's own. A model declares it only if it leaves out a variable of a base.
    Nodes with equations compose it of `ode` and `held` (`models.contract.ode`): integrators need equations first."""
    relations: ClassVar[tuple[Relation, ...]] = ()
    relative: ClassVar[dict[str, list[str]]] = {}
    """Parameters that potentials are stored relative to, and the names of these potentials."""
    abstract: ClassVar[bool] = True

    @classmethod
    def refusal(cls, names: Iterable[str]) -> type[errors.BadProperty] | type[errors.BadParameter]:
        """Return what is raised if values of these names break a bound or a relation."""
        return errors.BadProperty

    def __init_subclass__(cls, abstract: bool = False) -> None:
        """Merge the declarations of the bases: what the model itself reads first comes last, as in NEST."""
        cls.abstract = abstract
        if not abstract:
            cls.name = cls.__dict__.get("name", cls.__name__)
        inherited: dict[str, Quantity] = {}
        states: dict[str, Quantity] = {}
        relations: list[Relation] = []
        for base in reversed(cls.__mro__[1:]):
            inherited |= base.__dict__.get("parameters", {})
            states |= base.__dict__.get("state", {})
            relations += [r for r in base.__dict__.get("relations", ()) if r not in relations]
        cls.parameters = cls.__dict__.get("parameters", {}) | {
            k: v for k, v in inherited.items() if k not in cls.__dict__.get("parameters", {})
        }
        cls.state = cls.__dict__.get("state", {}) | {
            k: v for k, v in states.items() if k not in cls.__dict__.get("state", {})
        }
        cls.relative = {}
        for name, quantity in (cls.parameters | cls.state).items():
            if isinstance(quantity, Quantity) and quantity.relative_to:  # registering refuses what is no Quantity
                cls.relative.setdefault(quantity.relative_to, []).append(name)
        cls.relations = (*relations, *(r for r in cls.__dict__.get("relations", ()) if r not in relations))

    def __new__(cls, *_: Any, **__: Any) -> Any:
        """Models are declarations; there are no instances."""
        raise TypeError(f"{cls.__name__} is a declaration and cannot be instantiated")


class Node(Model, abstract=True):
    """A neuron or a device."""

    element_type: ClassVar[str] = "other"
    has_proxies: ClassVar[bool] = True
    """False for devices, which have a twin on every virtual process."""
    collects: ClassVar[bool] = False
    """A node without proxies whose twins get the spikes of all virtual processes each (`histories.modulation`)."""
    ports_from_zero: ClassVar[bool] = False
    """Whether ports, of which some synapses know only the first, count from 0, whatever the number of its receptor."""
    receives_globally: ClassVar[bool] = False
    """A node without proxies whose twins are targets of all virtual processes each: NEST's global receivers. Devices
    cannot be connected to them."""
    emits: ClassVar[str | None] = None
    """``"spikes"`` or ``"currents"``, or None."""
    signal_sent: ClassVar[str] = "spikes"
    """What spikes mean: ``"spikes"``, ``"binary"`` (one for a switch to 0, two for a switch to 1) or ``"any"``."""
    signal_heard: ClassVar[str] = "spikes"
    """What they have to mean where they arrive."""
    recordables: ClassVar[dict[str, Callable[[Any, Any], Any]]] = {}
    """Name -> function of (variables, state), written with operators and `models.ops`."""
    numbered: ClassVar[dict[str, Callable[[Any, Any], Any]]] = {}
    """Beginning of the names of recordables of single receptors, which end with the number of the receptor -> function
    of (variables, state) that returns the vector of all of them."""
    spike_receptors: ClassVar[dict[int, tuple[str, str]]] = {}
    """Receptor -> (input for weights > 0, input for the others)."""
    current_receptors: ClassVar[dict[int, str]] = {}
    """Receptor -> input."""
    receptor_vector: ClassVar[str | None] = None
    """Parameter whose length is the number of spike receptors 1, 2, ...; they share the vector input ``spikes``."""
    first_receptor: ClassVar[int] = 1
    """The number of the first of them."""
    current_vector: ClassVar[str | None] = None
    """Beside `receptor_vector`: parameter whose length is the number of current receptors 0, 1, ...; they follow those
    of the spikes in the vector input."""
    fixed_receptors: ClassVar[bool] = True
    """The number of receptors cannot be changed once there are connections; else it cannot be reduced."""
    own_receptor: ClassVar[int] = 0
    """The receptor whose connections, made before the first run, each get one of their own, numbered from it on; 0 if
    there is none. Such receptors count spikes. The elements of `receptor_vector`, a state, from there on are their
    weights: once one is not zero any more it must not change."""
    forgets_inputs: ClassVar[bool] = False
    """What is on its way to the node when a run is prepared is lost."""
    receptors_from_zero: ClassVar[bool] = False
    """Connections show the receptors for spikes, and those for currents, as numbers from 0 on."""
    flips_inhibition: ClassVar[bool] = False
    """Conductance models store the magnitude of negative weights."""
    recorded_by_one_thread: ClassVar[bool] = False
    """A device that cannot be recorded if there are several threads: each of its twins has other values."""
    refuses_negative: ClassVar[str] = ""
    """The message of the error, if weights of incoming spikes must not be negative."""
    ignores_weight: ClassVar[bool] = False
    """Counts incoming spikes instead of summing their weights."""
    may_be_undefined: ClassVar[bool] = False
    """An infinite or undefined state is no error, as with equations that have a gap."""
    takes_unknown: ClassVar[bool] = False
    """Values that nodes do not have are ignored, with a warning, where other models refuse them."""
    explodes: ClassVar[bool] = False
    """An infinite or undefined state ends the simulation in the slice where it comes up: only ResetKernel helps."""
    off_grid: ClassVar[bool] = False
    """Sends spikes that are not bound to the grid of time steps."""
    queue_channel: ClassVar[str | None] = None
    """The input channel whose spikes wait in a queue, with their precise times (see `models.contract.precise`)."""
    marks_spikes: ClassVar[bool] = False
    """Each spike carries the number that the state variable `mark` then has, in the place of a precise time."""
    marked_receptors: ClassVar[tuple[int, ...]] = ()
    """The receptors at which the weight of a spike is multiplied by the number that it carries."""
    filtered_voltages: ClassVar[tuple[str, ...]] = ()
    """The recordables that voltage-dependent synapses need, if the node keeps their history (see
    `histories.voltage_history`): the potential, a fast average, a slow one, and the average of this one."""
    predicts: ClassVar[str] = ""
    """What says how far the spikes of a step are from what a dendrite predicts, if the node keeps the history of that
    (`histories.voltage_history`): a name that `recordable` knows."""
    learns: ClassVar[Learning | None] = None
    """How the node takes part in learning by gradients, if it does (`models.histories.learning_history`)."""
    archives: ClassVar[bool] = False
    """Keeps the history of its spikes that plastic synapses read."""
    receptor_types: ClassVar[dict[str, int]] = {}
    """Names of receptors, as in the status dictionary; empty if the model has none."""
    signals: ClassVar[dict[Kind, Signal]] = {}
    """What the model sends along connections that carry numbers (see `models.contract.secondary`)."""
    hears: ClassVar[dict[Kind, Hearing]] = {}
    """What becomes of what it gets along such connections."""
    kernel_values: ClassVar[tuple[str, ...]] = ()
    """Attributes of the kernel that `update` finds among the variables."""

    prepares: ClassVar[bool] = True
    """Numbers that `calibrate` computes stay, even if parameters change, until a run is prepared again."""
    at_least: ClassVar[dict[str, str]] = {}
    """Parameters that must not be smaller than an attribute of the kernel, whenever parameters are set."""

    @classmethod
    def inputs(cls, receptors: int = 1, currents: int = 0) -> tuple[str, ...]:
        """Names of the input channels of one node, in the order of their ring-buffer lanes.

        `receptors` and `currents` are the lengths of the vectors that decide the numbers of receptors.
        """
        names: dict[str, None] = {}
        for pair in cls.spike_receptors.values():
            names |= dict.fromkeys(pair)
        if cls.receptor_vector is not None:
            names |= {f"spikes_{k}": None for k in range(receptors)} | {f"currents_{k}": None for k in range(currents)}
        names |= dict.fromkeys(cls.current_receptors.values())
        for hearing in cls.hears.values():
            names |= dict.fromkeys(channel for term in hearing.terms for channel in term.inputs)
        if cls.learns is not None:
            names |= dict.fromkeys(CHANNELS)
        return tuple(names)

    @classmethod
    def has_begun(cls, columns: Mapping[str, Any]) -> Any:
        """Whether nodes with these stored values have been simulated; asked of models with an `own_receptor` only."""
        return False

    @classmethod
    def refuses(cls, source: type[Node], target: type[Node], receptor: int) -> str:
        """Why spikes cannot be sent to a receptor of a model, one of the two being this one; empty if they can."""
        return ""

    @classmethod
    def uses_iterations(cls) -> bool:
        """True if the model sends or gets numbers without delay: waveforms are then iterated."""
        return any(kind.iterated for kind in (*cls.signals, *cls.hears))

    @classmethod
    def remarks(cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any) -> Iterator[tuple[str, str]]:
        """Yield what is to be said when `changes` are made to nodes with `stored` values: level and text."""
        return iter(())

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Further entries of the status dictionary, computed from the stored `values` of one node."""
        return {}

    @classmethod
    def adapt(cls, defaults: dict[str, Any], clock: Any) -> None:
        """Fit the stored `defaults` to a new resolution."""

    @classmethod
    def recordable_names(cls, values: Mapping[str, Any]) -> list[str]:
        """Names that a multimeter can record from a node with these stored `values`."""
        receptors = values[cls.receptor_vector] if cls.receptor_vector is not None and cls.numbered else ()
        numbers = range(cls.first_receptor, cls.first_receptor + len(receptors))
        return sorted([*cls.recordables, *(f"{name}{k}" for name in cls.numbered for k in numbers)])

    @classmethod
    def recordable(cls, name: str) -> Callable[[Any, Any], Any]:
        """Return the function of (variables, state) behind a recordable, or behind all that are `numbered`."""
        if name in cls.numbered:
            return cls.numbered[name]
        return (lambda v, s: s.mark) if cls.marks_spikes and name == MARK else cls.recordables[name]

    @classmethod
    def element(cls, name: str) -> tuple[str, int | None]:
        """Return the beginning of the name of a recordable that is `numbered`, and its place; else name and None."""
        beginning = name.rstrip("0123456789")
        if beginning == name or beginning not in cls.numbered:
            return name, None
        return beginning, int(name[len(beginning) :]) - cls.first_receptor

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes` (user values) into `columns` (stored values, whole columns of the affected nodes).

        Potentials that are stored relative to another parameter keep their absolute value when
        only that parameter changes.
        """
        shifts: dict[str, Any] = {}
        for name, value in changes.items():
            if name in cls.relative:
                shifts[name] = value - columns[name]
                columns[name] = value
        quantities = cls.parameters | cls.state
        for name in changes:
            if name in quantities and name not in shifts:
                reference = quantities[name].relative_to
                columns[name] = changes[name] - columns[reference] if reference else changes[name]
        for reference, shift in shifts.items():
            for name in cls.relative[reference]:
                if name not in changes or name in shifts:
                    columns[name] = columns[name] - shift


class Neuron(Node, abstract=True):
    """Base of all neuron models."""

    element_type = "neuron"
    emits = "spikes"

    is_stochastic: ClassVar[Callable[[Any], Any] | None] = None
    """``is_stochastic(p)``: True for nodes that draw a number in every step, whatever their state; `p` has columns.

    These are advanced by ``stochastic_update(v, s, x)``, which finds the number in ``x.uniform``.
    """
    transform: ClassVar[Callable[[Any, Any], Any] | None] = None
    """``transform(v, value)``: what becomes of each number that arrives (see `models.contract.secondary.Hearing`)."""
    compared: ClassVar[str] = ""
    """The variable that shows whether iterations of waveforms have converged."""
    sends_apart: ClassVar[bool] = False
    """Several spikes of a step are as many events, which reach all targets one after the other; else they are one event
    with a multiplicity."""
    not_restored: ClassVar[tuple[str, ...]] = ()
    """State variables that iterations of waveforms change for good."""

    is_integrated: ClassVar[bool] = False
    """The model has differential equations, which the engine integrates (`models.contract.ode`)."""

    # What follows is found in the functions of a model (`models.contract.hints`); none is to be declared.
    noise: ClassVar[bool] = hints.inferred(lambda m: hints.takes(m, "noise"))
    """`update` asks for ``x.noise``: each node draws a standard normal variate for each step of the next slice."""
    draws: ClassVar[bool] = hints.inferred(lambda m: hints.takes(m, "random"))
    """`update` asks for ``x.random``, the context with which `models.functions.draws` draw numbers as it goes along.

    Compiled loops advance the nodes one after the other, so that numbers are drawn in NEST's order; `update` may use
    everything that numba compiles and JAX can trace (`compile.tracing`). ``x.random.step`` is the time in steps."""
    one_by_one: ClassVar[bool] = hints.inferred(hints.one_by_one)
    """`update` changes vectors of its state where they are, and makes none; it may use all else that numba compiles."""
    side_by_side: ClassVar[bool] = hints.inferred(hints.side_by_side)
    """On CPUs compiled code advances many nodes with vector instructions, to the same digits as one by one: `update`
    consists of sums, products, exponentials and choices between numbers."""
    switches: ClassVar[tuple[str, ...]] = hints.inferred(hints.switches)
    """Flags that are off in most networks. `side_by_side` holds for nodes in which all of them are, and their
    `update` is compiled without what depends on them."""
    echoes: ClassVar[Mapping[str, str]] = hints.inferred(hints.echoes)
    """States that `update` replaces by what came in through a channel, and the channel. Where no currents arrive,
    `update` is compiled without both."""

    @classmethod
    def stepping(cls) -> tuple[tuple[Callable[..., Any], int], ...]:
        """Return the functions that advance a node, and how many arguments each has."""
        return ((of_model(cls, cls.update), 3),)

    @classmethod
    def begin_run(cls, p: Any, clock: Any) -> dict[str, Any]:
        """Return values of the state, or of parameters, to store before a run; `p` has all stored values of a node."""
        return {}

    @classmethod
    def draw_first(cls, p: Any, clock: Any, draw: Callable[[], float]) -> dict[str, Any]:
        """Do the same as `begin_run` with random numbers: ``draw()`` is uniform in [0, 1)."""
        return {}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        """Return the variables that `update` needs beside the parameters.

        Evaluated on the host for each distinct set of parameters, with Python's `math`, so that
        propagators have NEST's last digit. `p` has the stored parameters of one node, `clock` the
        resolution (`clock.resolution`, ms) and `clock.to_steps(ms)`.
        """
        return {}

    @classmethod
    def iteration(cls, v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        """Advance one node by one step on trial, to iterate waveforms."""
        return of_model(cls, cls.update)(v, s, x)

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        """Advance one node by one step.

        `v` has parameters and calibrated variables, `s` the state, `x` the inputs of this step. All are
        floating-point numbers (flags and counters too), or arrays for vectors. Return the new state in the
        order of the declared state (`dynamic`), and whether there is a spike (or how many).
        """
        raise NotImplementedError


class ArchivingNeuron(Neuron, abstract=True):
    """A neuron whose spikes plastic synapses and structural plasticity can read."""

    archives = True
    parameters = {
        "tau_minus": Quantity(20.0, "ms", "Time constant of the depression trace",
                              positive("All time constants must be strictly positive.")),
        "tau_minus_triplet": Quantity(110.0, "ms", "Time constant of the triplet depression trace",
                                      positive("All time constants must be strictly positive.")),
        "tau_Ca": Quantity(10000.0, "ms", "Time constant of the calcium trace",
                           positive("All time constants must be strictly positive.")),
        "beta_Ca": Quantity(0.001, "", "Increment of the calcium trace at each spike",
                            positive("For Ca to function as an integrator of the electrical activity, beta_ca needs "
                                     "to be greater than 0.")),
        "synaptic_elements": Quantity(NO_ELEMENTS, "", "Synaptic elements of structural plasticity",
                                      convert=elements, shown=Elements.status),
        "synaptic_elements_param": Quantity(None, "", "Changes of synaptic elements that there are", visible=False,
                                            given_only=True, convert=changes_of_elements),
        "ignore_and_spike": Quantity(False, "", "Spike at fixed intervals instead of by threshold"),
        "ignore_and_spike_offset": Quantity(1.0, "ms", "Time of the first such spike",
                                            positive("ignore_and_spike_offset must be > 0.")),
        "ignore_and_spike_interval": Quantity(100.0, "ms", "Interval between such spikes",
                                              positive("ignore_and_spike_interval must be > 0.")),
    }  # fmt: skip
    state = {
        "Ca": Quantity(
            0.0, "", "Calcium trace", not_negative("Calcium concentration cannot be negative."), advanced=False
        ),
        "t_spike": Quantity(-1.0, "ms", "Time of the last spike", settable=False, advanced=False),
        "post_trace": Quantity(0.0, "", "Last computed value of the depression trace", settable=False, advanced=False),
        "archiver_length": Quantity(0, "", "Number of spikes kept for synapses", settable=False, advanced=False),
        "clear": Quantity(False, "", "Forget all spikes and the calcium trace", visible=False, given_only=True,
                          advanced=False),
    }  # fmt: skip

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write changes of synaptic elements into those that there are, unless others take their place."""
        others = dict(changes)
        updates = others.pop("synaptic_elements_param", None)
        if updates is not None and "synaptic_elements" not in others:
            merged = columns["synaptic_elements"].copy()
            for i, update in enumerate(updates):
                merged[i] = merged[i].updated(update)
            others["synaptic_elements"] = merged
        super().assign(columns, others)
        if "clear" in others:
            cleared = columns["clear"]
            columns["Ca"], columns["t_spike"] = (
                np.where(cleared, value, columns[name]) for name, value in (("Ca", 0.0), ("t_spike", -1.0))
            )
