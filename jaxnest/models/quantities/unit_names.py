"""The units in which models declare their quantities: NEST's spelling, and what the names stand for."""

from __future__ import annotations

import functools
import re

from jaxnest import errors

PREFIXES = ("", "f", "p", "n", "u", "m", "c", "k", "M", "G")
BASES = {
    "s": "second",
    "V": "volt",
    "A": "ampere",
    "F": "farad",
    "S": "siemens",
    "Ohm": "ohm",
    "Hz": "hertz",
    "M": "molar",
    "mol": "mol",
    "m": "meter",
    "l": "liter",
    "g": "gram",
    "J": "joule",
    "W": "watt",
    "C": "coulomb",
    "K": "kelvin",
}
"""Symbol -> name; both may have a prefix."""

COUNTS = ("1", "spikes")
"""What stands in a unit and has no dimension."""

NAMES = {prefix + symbol: prefix + name for prefix in PREFIXES for symbol, name in BASES.items()}
NAMES |= {"deg": "degree", "rad": "radian"}
"""Symbol -> full name, as libraries of units have it."""

_FACTOR = re.compile(r"(/?)\s*([A-Za-z]+|1)(?:\^(-?\d+))?\s*\*?\s*")


def alternatives(unit: str) -> list[tuple[tuple[str, int], ...]]:
    """Return the `factors` of each unit, if several of different dimension are separated by ``|``."""
    return [factors(alternative) for alternative in unit.split("|")]


@functools.cache
def factors(unit: str) -> tuple[tuple[str, int], ...]:
    """Return the factors of a unit as full names and powers: ``pA/ms`` is ``pampere`` and ``msecond`` to the -1.

    Parameters
    ----------
    unit
        Symbols joined by ``*``, ``/`` and spaces, with powers like ``^2``. Each ``/`` holds for the symbol behind it,
        or for all of a pair of parentheses.

    Raises
    ------
    ValueError
        If this is no unit.
    """
    text = re.sub(r"/\s*\(([^()/]*)\)", lambda match: "/" + match[1].replace("*", "/"), unit.strip())
    result: list[tuple[str, int]] = []
    position = 0
    while position < len(text):
        match = _FACTOR.match(text, position)
        if match is None:
            raise ValueError(f"'{unit}' is no unit: products and quotients of symbols like mV, pA or ms are.")
        divided, symbol, power = match.groups()
        position = match.end()
        if symbol in COUNTS:
            continue
        if symbol not in NAMES:
            raise ValueError(f"'{unit}' is no unit: '{symbol}' is unknown.{errors.nearest(symbol, NAMES)}")
        result.append((NAMES[symbol], int(power or 1) * (-1 if divided else 1)))
    return tuple(result)
