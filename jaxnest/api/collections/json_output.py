"""Status dictionaries and collections as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

__all__ = ["serialize_data", "to_json"]


def serialize_data(data: Any) -> Any:
    """Return data in types that JSON knows.

    Parameters
    ----------
    data : any
        Numbers, strings, arrays, collections, and lists, tuples and dictionaries of them.

    Returns
    -------
    any
        The same, of plain Python types; a NodeCollection becomes the list of its ids, a
        SynapseCollection the dictionary of its properties.
    """
    if isinstance(data, np.generic):
        return data.item()
    if hasattr(type(data), "tolist"):  # of the class: attributes of collections are properties of nodes
        return serialize_data(data.tolist())
    if isinstance(data, list | tuple):
        return [serialize_data(item) for item in data]
    if isinstance(data, dict):
        return {serialize_data(key): serialize_data(value) for key, value in data.items()}
    if hasattr(type(data), "sources"):
        return serialize_data(data.get())
    return data


def to_json(data: Any, **kwargs: Any) -> str:
    """Return data as a JSON string.

    Parameters
    ----------
    data : any
        See `serialize_data`.
    kwargs
        Options of `json.dumps`.

    Returns
    -------
    str
        The JSON text.
    """
    return json.dumps(serialize_data(data), **kwargs)
