"""What devices have in common: their window of activity and, for recorders, what they record."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, final

import numpy as np

from jaxnest import errors
from jaxnest.models.contract import hints
from jaxnest.models.contract.base import INFINITE_TIME, Node, Quantity, Relation


def is_number(value: Any) -> bool:
    """True for what a parameter of type float accepts."""
    return isinstance(value, numbers.Real | np.bool_) and not isinstance(value, str)


def grid_time(name: str, value: Any, clock: Any) -> Any:
    """Return a time as it is stored: on the grid, or infinite.

    Values that are no numbers are returned as they are; the conversion to the column's type refuses them.

    Raises
    ------
    BadProperty
        If the time is finite and no multiple of the resolution.
    """
    if not is_number(value):
        return value
    if math.isnan(value) or not clock.is_finite(value):
        return INFINITE_TIME
    if not clock.on_grid(value):
        raise errors.BadProperty(
            f"{name} must be a multiple of the simulation resolution. "
            f"({name} = {value} ms, resolution = {clock.resolution} ms)"
        )
    return clock.to_ms(clock.to_steps(value))


class Device(Node, abstract=True):
    """A node with one twin per virtual process, active from ``origin + start`` to ``origin + stop``."""

    has_proxies = False
    parameters = {
        "origin": Quantity(0.0, "ms", "Time that start and stop are counted from"),
        "start": Quantity(0.0, "ms", "Beginning of the activity, counted from origin"),
        "stop": Quantity(INFINITE_TIME, "ms", "End of the activity, counted from origin"),
    }
    relations = (
        Relation(lambda p: p["stop"] < p["start"], "stop >= start required.", among=frozenset(("start", "stop"))),
    )
    default_steps: ClassVar[Mapping[str, int]] = {}
    """Durations that have to be whole steps, and how many steps their defaults are where a resolution does not fit."""
    defaults_only: ClassVar[tuple[str, ...]] = ()
    """Parameters that can be set for the model, not for its nodes."""

    @classmethod
    def adapt(cls, defaults: dict[str, Any], clock: Any) -> None:
        """Fit default durations to a new resolution."""
        for name, steps in cls.default_steps.items():
            if not clock.is_step(defaults[name]):
                defaults[name] = clock.to_ms(steps)

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` to one node as they are stored: times on the grid.

        Parameters
        ----------
        changes
            What the user wants to set.
        stored
            Present values of the node.
        clock
            Resolution and conversions of time.
        connected
            Whether connections leave the node.

        Raises
        ------
        BadProperty
            If a value cannot be represented, or cannot be changed any more.
        StepMultipleRequired
            If a duration of `default_steps` is not on the grid, or not positive.
        """
        times = {k: grid_time(k, changes[k], clock) for k in ("origin", "start", "stop") if k in changes}
        for name in cls.default_steps.keys() & changes.keys():
            value, check = changes[name], cls.parameters[name].check
            if not is_number(value) or (check is not None and check.violated(value)):
                continue  # said elsewhere
            if not clock.is_step(value):
                raise errors.StepMultipleRequired(
                    f"{cls.name}: {name} has to be one or several times the resolution. "
                    f"({name} = {value} ms, resolution = {clock.resolution:g} ms)"
                )
        return {**changes, **times}


def window_steps(p: Any, clock: Any) -> dict[str, int]:
    """Return the variables ``first`` and ``last`` of a device that looks after its window itself."""
    origin = clock.to_steps(p.origin)
    return {"first": origin + clock.to_steps(p.start), "last": origin + clock.to_steps(p.stop)}


class Sender(Device, abstract=True):
    """A device that sends spikes or currents.

    Its functions are compiled by numba, or traced by JAX. Their last argument is the `context`: random numbers are
    drawn from it with `models.functions.draws`, and it has

    - ``origin``, ``begin``, ``end``: first step of the present slice, and first and last step of the part of it that
      is being simulated (the last one not included);
    - ``memory``: the device's array of `memory_size` numbers;
    - ``input``: what arrived for this step, if the device has receptors.
    """

    element_type = "stimulator"
    receives_globally = True
    window_shift: ClassVar[int] = 0
    """The device acts in step s if ``start < s + window_shift <= stop``, in steps."""
    slicewise: ClassVar[bool] = False
    """The activity in a slice is that of the first step of the slice."""
    own_window: ClassVar[bool] = False
    """The device looks after its window itself, in ``v.first`` and ``v.last`` (see `window_steps`)."""
    target_state: ClassVar[dict[str, float]] = {}
    """What the device remembers of each target: name and initial value."""
    target_distributions: ClassVar[int] = 0
    """Number of distribution objects for each target; 0 if `draw` uses those of the device."""
    counts_draws: ClassVar[str] = ""
    """What in `target_state` counts the calls of `draw` that drew something, in models that are `timed`. Numbers that
    depend on keys then depend on that count, not on the step: how a slice is cut must not matter."""
    factors: ClassVar[str] = ""
    """The parameter that has factors for the weights of spikes."""
    forgets_targets: ClassVar[bool] = False
    """All targets start anew when there are new ones."""
    distributions: ClassVar[int] = 0
    """Number of distribution objects that the device owns."""
    timed: ClassVar[bool] = False
    """`draw`, or `advance` if there is no `draw`, also says when the spike is."""
    sends_as_neurons: ClassVar[bool] = False
    """Of a device of spikes: synapse models that do not take what other devices send take what this one sends."""
    precise: ClassVar[str] = ""
    """The parameter that says whether spikes lie between grid points."""
    shared_stream: ClassVar[bool] = False
    """The device draws from the stream that all virtual processes have in common, too."""
    single_thread: ClassVar[bool] = False
    """The device cannot be part of a network with several virtual processes."""
    draw: ClassVar[Callable[..., Any] | None] = None
    """``draw(v, s, value, target, context)``: the amount for one target, if targets get different amounts.

    `target` is an array, see `new_target`. If the model is `timed`, return the amount, the number of steps that the
    spike is later than the present one, its offset (ms before the end of its step), and whether there are more.
    """
    draw_each: ClassVar[Callable[..., Any] | None] = None
    """``draw_each(v, s, value, amounts, context)``: instead of `draw`, fill an array with amounts for the next targets.

    No amount is negative, and none depends on the target.
    """
    settle: ClassVar[Callable[..., Any] | None] = None
    """``settle(v, s, targets)``: the state after all targets got their amounts, if it depends on them."""
    allocates: ClassVar[bool] = hints.inferred(
        lambda m: hints.makes_arrays(m.advance, m.draw, m.draw_each, m.settle, *m.recordables.values())
    )
    """One of the functions may make arrays; they are then compiled with the costly run-time for reference counts."""
    restarts: ClassVar[bool] = hints.inferred(lambda m: m.restart is not Sender.restart or m.renew is not Sender.renew)
    """`restart` or `renew` has something to say."""

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        """Return the variables that `advance` needs beside the parameters (see `Neuron.calibrate`)."""
        return {}

    @staticmethod
    def restart(p: Any, clock: Any, step: int) -> dict[str, float]:
        """Return the state that the device starts with whenever a run is prepared at time `step`."""
        return {}

    @classmethod
    def new_target(cls, p: Any, clock: Any) -> list[float]:
        """Return the initial state of a target of a device with parameters and state `p`."""
        return list(cls.target_state.values())

    @staticmethod
    def renew(p: Any, clock: Any, step: int, targets: np.ndarray) -> dict[str, float]:
        """Whenever a run is prepared, change the states of targets (one row each) and return what changes of `p`."""
        return {}

    @staticmethod
    def memory_size(p: Any) -> int:
        """Return the length of ``context.memory``; what it holds stays when it becomes longer."""
        return 0

    @staticmethod
    def most_events(p: Any, clock: Any, steps: int) -> int:
        """Return how many events a target can get in this number of steps."""
        return steps

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        """Advance the device by one step.

        Return the new state in the order of `dynamic`, the value to send (a number of spikes or a current; 0 for
        nothing), a factor for the weights, and whether there is more to send in this step. If the model is `timed`
        and has no `draw`, two numbers follow: how many steps later the spikes are, and their offset in ms.
        """
        raise NotImplementedError

    @classmethod
    def variant(cls, defaults: Mapping[str, Any]) -> type[Any]:
        """Return the class that describes nodes with these defaults, if a setting of the model changes what it is."""
        return cls


class Stimulator(Sender, abstract=True):
    """A sender that may get its data from outside, in the future."""

    parameters = {
        "label": Quantity("", "", "A name, for data that come from outside"),
        "stimulus_source": Quantity("", "", "Where the data come from: empty for the device itself"),
    }

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored; there are no sources of stimuli outside of the devices."""
        if "stimulus_source" in changes:
            raise errors.BadProperty(f"Unknown input backend '{changes['stimulus_source']}'")
        return super().regulate(changes, stored, clock, connected)


class Recorder(Device, abstract=True):
    """A device that records. What concerns its backend (``record_to``, ``events``...) is no declared quantity."""

    element_type = "recorder"
    instance_only: ClassVar[tuple[str, ...]] = ()
    """Quantities that the defaults of the model do not show."""
    float_values: ClassVar[tuple[str, ...]] = ()
    """Names of the float64 values that each event has beside sender and time."""
    int_values: ClassVar[tuple[str, ...]] = ()
    """Names of the int64 values that follow."""

    records_weights: ClassVar[bool] = False
    """What is recorded is what connections of synapse models send whose `weight_recorder` it is."""
    hears_spikes: ClassVar[bool | None] = None
    """Whether spikes can be recorded; None if they can where events have no further values."""
    interpreter: ClassVar[type[Any] | None] = None
    """Turns the spikes that a recorder hears into its events (see `engine.records.drain`), if they are not the same."""

    @classmethod
    def value_names(cls, stored: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of the values of each event, for a recorder with these `stored` values."""
        return cls.float_values + cls.int_values


SAMPLING = ("interval", "offset", "record_from")


class Sampler(Recorder, abstract=True):
    """A recorder that asks its targets for values at intervals."""

    receives_globally = True

    parameters = {
        "interval": Quantity(1.0, "ms", "Time between two samples"),
        "offset": Quantity(0.0, "ms", "Time of the first sample; 0 for the first multiple of the interval"),
        "record_from": Quantity([], "", "Names of the recorded quantities", convert=lambda x: names(x)),
    }

    @classmethod
    def value_names(cls, stored: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of the recorded quantities."""
        return tuple(stored["record_from"])

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: interval and offset on the grid."""
        if connected and any(k in changes for k in SAMPLING):
            raise errors.BadProperty(
                "The recording interval, the interval offset and the list of properties to record cannot be changed "
                "after the multimeter has been connected to nodes."
            )
        result = super().regulate(changes, stored, clock, connected)
        if is_number(changes.get("interval")):
            result["interval"] = _interval(changes["interval"], clock)
        if is_number(changes.get("offset")):
            result["offset"] = _offset(changes["offset"], clock)
        return result


def _interval(value: float, clock: Any) -> float:
    given = f"(interval = {value} ms, resolution = {clock.resolution} ms)"
    if not math.isnan(value) and clock.is_finite(value) and clock.to_tics(value) < clock.tics_per_step:
        raise errors.BadProperty(
            f"The sampling interval must be at least as long as the simulation resolution. {given}"
        )
    if math.isnan(value) or not clock.is_finite(value) or not clock.on_grid(value):
        raise errors.BadProperty(f"The sampling interval must be a multiple of the simulation resolution. {given}")
    return clock.to_ms(clock.to_steps(value))


def _offset(value: float, clock: Any) -> float:
    if value != 0 and not (clock.is_finite(value) and clock.to_tics(value) >= clock.tics_per_step):
        raise errors.BadProperty(
            "The offset for the sampling interval must be at least as long as the simulation resolution. "
            f"(offset = {value} ms, resolution = {clock.resolution} ms)"
        )
    return clock.to_ms(clock.to_steps(value))


def names(value: Any) -> list[str]:
    """Return a list of names, refusing anything else."""
    if not np.size(value) and np.ndim(value):
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise errors.TypeMismatch(f"A list of names is expected, not {value!r} ({type(value).__name__}).")
    return list(value)


@final
class NodeSet:
    """Ids of nodes as the value of a parameter; scripts see a NodeCollection.

    Parameters
    ----------
    ids
        Ascending ids.
    given
        What the user gave, who then gets it back.
    """

    def __init__(self, ids: Sequence[int] | np.ndarray = (), given: Any = None) -> None:
        self.ids = np.asarray(ids, np.int64)
        self.given = given

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NodeSet) and np.array_equal(self.ids, other.ids)

    __hash__ = None  # type: ignore[assignment]


def node_set(value: Any) -> NodeSet:
    """Return a set of nodes given as such, or as ascending ids.

    Raises
    ------
    TypeMismatch
        If it is anything else.
    BadProperty
        If the ids are not in ascending order.
    """
    if isinstance(value, NodeSet):
        return value
    ids = np.asarray(value)
    if isinstance(value, str) or ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise errors.TypeMismatch(f"NodeCollection expected, not {value!r} ({type(value).__name__}).")
    if np.any(np.diff(ids) <= 0):
        raise errors.BadProperty("Indices must be sorted in ascending order")
    return NodeSet(ids)
