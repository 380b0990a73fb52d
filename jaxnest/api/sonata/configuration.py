"""Configurations of networks in the SONATA format, and the files that they name."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from jaxnest.extras import needed

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
"""``$NAME`` or ``${NAME}``."""


def read(path: Any) -> dict[str, Any]:
    """Return a configuration with the folders of its manifest in place of variables.

    Parameters
    ----------
    path : str or pathlib.PurePath
        A file in JSON. Its folder is ``${configdir}``.

    Raises
    ------
    TypeError
        If this is no path.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not in JSON, or folders of the manifest refer to each other in a circle.
    KeyError
        If there is no manifest.
    """
    if not isinstance(path, str | PurePath):
        raise TypeError(f"The configuration of a network has to be a path (str or pathlib.Path), not {path!r}.")
    file = Path(path).resolve(strict=True)
    content = json.loads(file.read_text(encoding="utf-8"))
    folders = _folders(content["manifest"], file.parent)
    return {**_replaced(content, folders), "manifest": folders}


def _folders(manifest: Mapping[str, str], base: Path) -> dict[str, str]:
    """Return absolute folders by the names of variables."""
    given = {name.strip("${}"): value for name, value in manifest.items()}

    @functools.cache
    def folder(name: str) -> str:
        try:
            inner = {other: folder(other) for other in _variables(given[name]) if other in given}
        except RecursionError:
            raise ValueError(f"The folder '{name}' of the manifest refers to itself: {given[name]}") from None
        return base.joinpath(_replaced(given[name], inner | {"configdir": base.as_posix()})).as_posix()

    return {name: folder(name) for name in given}


def _variables(text: str) -> list[str]:
    return [a or b for a, b in _VARIABLE.findall(text)]


def _replaced(item: Any, folders: Mapping[str, str]) -> Any:
    """Return a part of the configuration with folders in place of variables; unknown variables stay as they are."""
    if isinstance(item, dict):
        return {key: _replaced(value, folders) for key, value in item.items()}
    if isinstance(item, list):
        return [_replaced(value, folders) for value in item]
    if isinstance(item, str):
        return _VARIABLE.sub(lambda found: folders.get(found[1] or found[2], found[0]), item)
    return item


def types(path: str) -> Any:
    """Return a table of node types or edge types, with one row per type, as a data frame of pandas."""
    import pandas

    return pandas.read_csv(path, sep=r"\s+")


def parameters(folder: str, name: str) -> dict[str, Any]:
    """Return the parameters that a file in JSON holds."""
    return json.loads(Path(PurePath(folder, name)).read_text(encoding="utf-8"))


def hdf5() -> Any:
    """Return the package that reads HDF5.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed.
    """
    return needed("h5py", "Networks in the SONATA format", "sonata")
