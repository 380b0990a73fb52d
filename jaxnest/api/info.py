"""Status of nodes and connections in the older spelling, messages and help."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from jaxnest.api.collections.json_output import to_json
from jaxnest.api.deprecation import deprecated
from jaxnest.engine.explanation import forms
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.models.contract.base import Node

__all__ = ["GetStatus", "SetStatus", "VerbosityLevel", "get_verbosity", "help", "message", "set_verbosity"]


@deprecated("nodes.get(...) or connections.get(...)")
def GetStatus(nodes_or_conns: Any, keys: Any = None, output: str = "") -> Any:
    """Return properties of nodes or connections; the older spelling of ``get``.

    Parameters
    ----------
    nodes_or_conns : NodeCollection or SynapseCollection
        Whose properties.
    keys : str or list of str, optional
        One name, or several.
    output : {"json"}, optional
        Return a string instead.

    Returns
    -------
    tuple
        One entry per node or connection: its dictionary, the value of the name, or a tuple of values.
    """
    if len(nodes_or_conns) == 0:
        return "[]" if output == "json" else ()
    single = len(nodes_or_conns) == 1
    if not keys:
        values = nodes_or_conns.get()
        number = len(nodes_or_conns)
        result = (values,) if single else tuple({k: v[j] for k, v in values.items()} for j in range(number))
    elif isinstance(keys, str):
        values = nodes_or_conns.get(keys)
        result = (values,) if single else values
    else:
        values = nodes_or_conns.get(keys)
        result = (tuple(values.values()),) if single else tuple(zip(*values.values(), strict=True))
    return to_json(result) if output == "json" else result


@deprecated("nodes.set(...) or connections.set(...)")
def SetStatus(nodes_or_conns: Any, params: Any, val: Any = None) -> None:
    """Set properties of nodes or connections; the older spelling of ``set``.

    Parameters
    ----------
    nodes_or_conns : NodeCollection or SynapseCollection
        Whose properties.
    params : dict, list of dict, or str
        Names and values, or one name.
    val : optional
        The value, if `params` is a name.
    """
    nodes_or_conns.set(params if val is None else {params: val})


def message(
    message: str,
    severity: Any = VerbosityLevel.INFO,
    *,
    function: str | None = None,
    filename: str | None = None,
    lineno: int | None = None,
) -> None:
    """Print a message, if messages of this severity are shown.

    Parameters
    ----------
    message : str
        The text.
    severity : VerbosityLevel
        How important it is.
    function, filename, lineno : optional
        Where it comes from; found out if not given.
    """
    if isinstance(severity, str):
        raise TypeError("an integer is required")
    caller = inspect.stack()[1]
    place = f"{filename or caller.filename}:{lineno or caller.lineno} @ {function or caller.function}"
    level = max((v for v in VerbosityLevel if v <= int(severity)), default=VerbosityLevel.ALL)
    messages.log(level, message, place)


@deprecated("nest.verbosity")
def get_verbosity() -> int:
    """Return the level from which on messages are shown, as a number."""
    return int(messages.verbosity())


@deprecated("nest.verbosity = nest.VerbosityLevel.ERROR, and so on")
def set_verbosity(level: Any) -> None:
    """Set the level from which on messages are shown.

    Parameters
    ----------
    level : str
        ``"M_ERROR"``, ``"M_WARNING"`` and so on, in the spelling of NEST 3.9 and before.

    Raises
    ------
    AttributeError
        If this is no text, or no level.
    IndexError
        If there is no underscore.
    """
    wanted = f"the level has to be one of {', '.join(f'M_{known.name}' for known in VerbosityLevel)}, not {level!r}"
    if not isinstance(level, str):
        raise AttributeError(f"{wanted}; numbers and levels are assigned: nest.verbosity = nest.VerbosityLevel.ERROR.")
    _, *names = level.split("_")
    if not names:
        raise IndexError(f"{wanted}.")
    if names[0] not in VerbosityLevel.__members__:
        raise AttributeError(f"{wanted}.")
    messages.set_verbosity(VerbosityLevel[names[0]])


def Explain() -> None:
    """Print which form of its model advances each population of neurons, and why.

    A model is written once. Its functions are compiled as a *loop* over single neurons or, where they allow it, for
    *blocks* of 16 neurons at a time; with ``compute_backend = "jax"`` they are *arrays* of JAX. Both compiled forms
    have the same digits.

    Examples
    --------
    >>> nest.Create("iaf_psc_alpha", 100)
    >>> nest.Explain()
    iaf_psc_alpha    nodes 1 to 100 (100)    blocks: 16 neurons at a time, with vector instructions
    """
    found = forms(kernel.nodes, kernel.connections.min_delay, kernel.attributes.compute_backend)
    for model, process, first, last, n, form, reason in found:
        where = f", virtual process {process}" if kernel.n_threads > 1 else ""
        print(f"{model:<30} nodes {first} to {last} ({n}{where})    {form}: {reason}")


def help(obj: Any = None, return_text: bool = False) -> str | None:
    """Show what is known about a model: its meaning, parameters, state and recordables.

    Parameters
    ----------
    obj : str, optional
        Name of a model; without it, an introduction is printed.
    return_text : bool, optional
        Return the text instead of showing it.

    Returns
    -------
    str or None
        The text, if asked for.
    """
    if obj is None:
        print(sys.modules["jaxnest"].__doc__)
        return None
    for table in (kernel.node_models, kernel.synapse_models):
        if obj in table:
            text = _model_help(table[obj])
            if return_text:
                return text
            import pydoc

            pydoc.pager(text)
            return None
    print(f"Sorry, there is no help for model '{obj}'.\nUse the Python help() function for functions.")
    return None


def _model_help(named: NamedModel) -> str:
    model = named.model
    sections = [f"{named.name}\n{'=' * len(named.name)}", inspect.getdoc(model) or ""]
    quantities = {"Parameters": model.parameters, "Common parameters": model.common, "State": model.state}
    for title, group in quantities.items():
        visible = {name: q for name, q in group.items() if q.visible}
        if visible:
            sections.append(f"{title}\n{'-' * len(title)}\n" + "\n".join(_entry(n, q) for n, q in visible.items()))
    if issubclass(model, Node) and (model.recordables or model.numbered):
        names = [*model.recordables, *(f"{name}{model.first_receptor}, ..." for name in model.numbered)]
        sections.append(f"Recordables\n-----------\n{', '.join(sorted(names))}")
    return "\n\n".join(sections) + "\n"


def _entry(name: str, quantity: Any) -> str:
    unit = f" {quantity.unit}" if quantity.unit else ""
    bounds = f", has to be {quantity.check.bounds}" if quantity.check is not None else ""
    return f"{name} = {quantity.default}{unit}: {quantity.doc}{bounds}"
