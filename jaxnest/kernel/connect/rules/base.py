"""What a connection rule is, and the table of all rules."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.draws import Draws, ThirdFactor
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.tables.values import is_random
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS
from jaxnest.random.numbers.streams import RandomStreams

RULES: dict[str, type[Rule]] = {}
"""Connection rules by name. Registering a class makes it usable in Connect."""

R = TypeVar("R", bound="type[Rule]")


def register(rule: R) -> R:
    """Make a rule known under its name."""
    RULES[rule.name] = rule
    return rule


@final
@dataclass
class Process:
    """One virtual process, as a rule sees it.

    Attributes
    ----------
    index, n
        Which one of how many.
    streams
        The random streams of all processes; those that no rule asks for are never made.
    """

    index: int
    n: int
    streams: RandomStreams

    @property
    def stream(self) -> np.ndarray:
        """The process's own random stream."""
        return self.streams.vp_specific[self.index]

    @property
    def rank_stream(self) -> np.ndarray:
        """The stream of serial code."""
        return self.streams.rank_synchronised

    @property
    def common_stream(self) -> np.ndarray:
        """The copy, for this process, of the stream that all processes share."""
        return self.streams.vp_synchronised[self.index]

    def random_state(self) -> list[np.ndarray]:
        """Return the arrays that change when numbers are drawn on this process."""
        return [self.stream, self.common_stream, SAVED_NORMALS.rows(self.index)]


@final
@dataclass
class Pairs:
    """Connections to be made by one virtual process, in NEST's order.

    Attributes
    ----------
    source, target
        Node ids.
    drawn
        One row per random expression, one column per connection.
    position
        Index of each connection in array parameters; empty if there are none.
    ended
        Why there are no more, if the rule could not go on.
    """

    source: np.ndarray
    target: np.ndarray
    drawn: np.ndarray
    position: np.ndarray
    ended: Exception | None = None

    def __post_init__(self) -> None:
        """Leave out the connections for which nothing was drawn, because drawing has failed before."""
        n = self.drawn.shape[1]
        if n < len(self.source):
            self.source, self.target, self.position = self.source[:n], self.target[:n], self.position[:n]

    def take(self, keep: Any) -> Pairs:
        """Return a part of the connections."""
        position = self.position[keep] if len(self.position) else self.position
        return Pairs(self.source[keep], self.target[keep], self.drawn[:, keep], position)


class Rule(abc.ABC):
    """One way to choose pairs of source and target.

    Parameters
    ----------
    sources, targets
        Node ids in ascending order.
    on_every_process
        For each target, whether it has a twin on every virtual process.
    options
        The connection specification. Rules take what they know out of it.
    """

    name: ClassVar[str]
    draws: ClassVar[bool] = True
    """The choice of pairs is random."""
    needs_proxies: ClassVar[bool] = True
    """Devices cannot be targets."""
    can_be_symmetric: ClassVar[bool] = False
    """`make_symmetric` connects the other way round as well."""
    makes_symmetric: ClassVar[bool] = False
    """The rule connects both directions itself."""

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        self.sources = np.asarray(sources, np.int32)
        self.targets = np.asarray(targets, np.int32)
        self.on_every_process = on_every_process
        self.targets_are_all_nodes = False
        self.allow_autapses = flag(options, "allow_autapses", True)
        self.allow_multapses = flag(options, "allow_multapses", True)
        self.make_symmetric = flag(options, "make_symmetric", False)

    def prepare(self, processes: list[Process], draws: Draws) -> None:
        """Draw what all virtual processes have in common, before the first `pairs`."""
        del processes, draws  # most rules have nothing in common

    @abc.abstractmethod
    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""

    def expected(self) -> float:
        """Return about how many connections there will be."""
        return float(len(self.sources)) * len(self.targets)

    def replay(self, process: Process, draws: Draws, pairs: Pairs) -> None:
        """Draw the first of the `pairs` again, as many as `draws` allows, from streams that are where they were."""
        del pairs
        self.pairs(process, draws)

    def rest(self, process: Process, draws: Draws, pairs: Pairs, row: int) -> Pairs | None:
        """Return the pairs that are still to be connected after one that is not possible."""
        del process, draws, pairs, row

    def here(self, process: Process) -> np.ndarray:
        """Return the indices of the targets on a virtual process."""
        if process.n == 1:
            return np.arange(len(self.targets))
        return np.flatnonzero((self.targets % process.n == process.index) | self.on_every_process)

    def check_degree(self, key: str, degree: int, population: np.ndarray, nodes: np.ndarray) -> None:
        """Raise BadProperty if some of the nodes cannot have that many partners in the population."""
        available = len(population)
        if not self.allow_autapses and np.isin(nodes, population).any():
            available -= 1
        if degree > 0 and (not available or (not self.allow_multapses and degree > available)):
            raise errors.BadProperty(impossible_degree(key, degree, available, self.allow_multapses))

    def warn_of_degree(self, key: str, degree: int, n: int, all_is_bad: bool) -> None:
        """Warn of many partners, all different, among `n` nodes; `all_is_bad`: of all nodes in other words."""
        if self.allow_multapses:
            return
        if degree == n and all_is_bad:
            text = "If nodes are no partners of their own, these are not enough where sources and targets overlap."
        elif degree > 0.9 * n:
            text = "Choosing them may take long."
        else:
            return
        messages.log(
            VerbosityLevel.WARNING,
            f"Multapses are prohibited and {key} = {degree} is more than 90% of the {n} possible partners. {text}",
        )

    def is_symmetric(self, constant: bool) -> bool:
        """True if the connections are symmetric without `make_symmetric`; `constant`: all parameters are scalars."""
        return False


def impossible_degree(key: str, degree: int, available: int, multapses: bool) -> str:
    """Return the message for more partners than there are."""
    why = "" if multapses else " and multapses are not allowed"
    return (
        f"{key.capitalize()} cannot be larger than population size: {key} = {degree}, "
        f"but a node has only {available} possible partners{why}."
    )


class ThirdRule(abc.ABC):
    """One way to join connections with a third population.

    Parameters
    ----------
    targets, third
        Node ids of the targets and of the third population.
    options
        The third-factor specification. Rules take what they know out of it.
    """

    name: ClassVar[str]

    @abc.abstractmethod
    def __init__(self, targets: np.ndarray, third: np.ndarray, options: dict[str, Any]) -> None: ...

    @abc.abstractmethod
    def factor(self, n_nodes: int, parameters: Sequence[Any]) -> ThirdFactor:
        """Return what the draw loops need; `parameters` are the random ones of the connections to the targets."""


THIRD_RULES: dict[str, type[ThirdRule]] = {}
"""Third-factor rules by name."""

T = TypeVar("T", bound="type[ThirdRule]")


def register_third(rule: T) -> T:
    """Make a third-factor rule known under its name."""
    THIRD_RULES[rule.name] = rule
    return rule


def flag(options: dict[str, Any], key: str, default: bool) -> bool:
    """Take a truth value out of the specification."""
    value = options.pop(key, default)
    if not isinstance(value, bool | np.bool_):
        raise errors.TypeMismatch(f"{key} has to be True or False, not {value!r} ({type(value).__name__}).")
    return bool(value)


def required(rule: str, options: dict[str, Any], key: str) -> Any:
    """Take an entry out of the specification that has to be there."""
    if key not in options:
        given = [option for option in options if errors.nearest(option, [key])]
        instead = f", not '{given[0]}'" if given else ""
        raise IndexError(f"Rule '{rule}' needs '{key}' in conn_spec{instead}.")
    return options.pop(key)


def count(key: str, value: Any, what: str) -> Any:
    """Return a number of connections: an integer that is not negative, or a random expression."""
    if is_random(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise errors.TypeMismatch(f"{key} has to be an integer, not {value!r} ({type(value).__name__}).")
    if value < 0:
        raise errors.BadProperty(f"{what} cannot be less than zero. ({key} = {value})")
    return int(value)


def number(key: str, value: Any) -> Any:
    """Return a real number, or a random expression."""
    if is_random(value):
        return value
    if isinstance(value, str) or not isinstance(value, bool | int | float | np.number):
        raise errors.TypeMismatch(f"{key} has to be a number, not {value!r} ({type(value).__name__}).")
    return float(value)


def unknown(name: str, rules: Mapping[str, Any]) -> errors.KernelException:
    """Return the error for a rule that does not exist."""
    hint = errors.nearest(name, rules) if isinstance(name, str) else ""
    return errors.BadProperty(f"Unknown connectivity rule: {name}.{hint} Known rules: {', '.join(sorted(rules))}.")
