"""Comparing arrays with those of NEST, and collecting the worst of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from validation import tolerances

Arrays = Mapping[str, np.ndarray]


@final
@dataclass
class Row:
    """What is known about one quantity of one subject with one back end, over all its cases."""

    section: str
    subject: str
    backend: str
    quantity: str
    tolerance: float
    reason: str
    cases: int = 0
    values: int = 0
    absolute: float = 0.0
    """Largest absolute error."""
    relative: float = 0.0
    """Largest error relative to the largest magnitude in its trace."""
    identical: bool = True
    """Whether all values are equal bit for bit."""
    passed: bool = True
    worst: str = ""
    """The case with the largest relative error, or the first that failed."""
    note: str = ""


@final
@dataclass(frozen=True)
class Trace:
    """What a node's recordable was in the case with the largest error: one row per time, one column per node."""

    case: str
    interval: float
    """Time between two samples (ms)."""
    ours: np.ndarray
    theirs: np.ndarray


@final
class Report:
    """All rows, by section, subject, back end and quantity; traces of the worst cases; and who takes part where."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str, str], Row] = {}
        self.traces: dict[tuple[str, str], Trace] = {}
        self.samples: dict[str, Arrays] = {}
        """Measures of a network by kind of random streams."""
        self.users: dict[str, set[tuple[str, str]]] = {}
        """Sections and subjects of the simulations in which a model takes part, by model."""
        self.facts: dict[str, Any] = {}

    def add(self, other: Report) -> None:
        """Take over what another report, of other subjects, has found."""
        self.rows |= other.rows
        self.traces |= other.traces
        self.samples |= other.samples
        self.facts |= other.facts
        for model, subjects in other.users.items():
            self.users.setdefault(model, set()).update(subjects)

    def sort(self) -> None:
        """Put rows into an order that does not depend on which process was faster."""
        self.rows = dict(sorted(self.rows.items()))

    def models(self) -> list[str]:
        """Return the names of the models that have recordings of their own."""
        return list(dict.fromkeys(row.subject for row in self.rows.values() if row.section == "models"))

    def devices(self) -> list[str]:
        """Return the names of node models that take part in simulations but have no recordings of their own."""
        return sorted(set(self.users) - set(self.models()))

    def failed(self) -> list[Row]:
        """Return the rows that are out of tolerance."""
        return [row for row in self.rows.values() if not row.passed]

    def compare(
        self, section: str, subject: str, case: str, backend: str, ours: Arrays, theirs: Arrays, interval: float = 1.0
    ) -> None:
        """Add the comparison of all arrays of a case; arrays that only one side has are a failure.

        `interval` is the time between two samples (ms).
        """
        for quantity in sorted({*ours, *theirs}):
            row = self.row(section, subject, case, backend, quantity)
            row.cases += 1
            if quantity in ours and quantity in theirs:
                mine, right = np.asarray(ours[quantity]), np.asarray(theirs[quantity])
                worse = self.judge(row, case, mine, right, magnitude(theirs, quantity))
                if worse and row.backend == "xla" and quantity.startswith("sampled"):
                    self.traces[subject, row.quantity] = Trace(case, interval, mine.astype(float), right)
            else:
                fail(row, case, "only NEST has it" if quantity in theirs else "NEST does not have it")

    def row(self, section: str, subject: str, case: str, backend: str, quantity: str) -> Row:
        """Return the row of a quantity; a wider tolerance for one case makes a row of its own."""
        allowed = tolerances.tolerance(subject, case, quantity) if backend != "strict" else tolerances.IDENTICAL
        usual = tolerances.tolerance(subject, "", quantity) if backend != "strict" else tolerances.IDENTICAL
        name = quantity if allowed == usual else f"{quantity} ({case})"
        reason = "equal to the last bit" if backend == "strict" else allowed.reason
        new = Row(section, subject, backend, name, allowed.relative, reason)
        return self.rows.setdefault((section, subject, backend, name), new)

    def judge(self, row: Row, case: str, ours: np.ndarray, theirs: np.ndarray, scale: float) -> bool:
        """Add the errors of one array to a row; return whether they are the largest so far."""
        row.values += theirs.size
        if ours.shape != theirs.shape:
            fail(row, case, f"shape {ours.shape}, NEST has {theirs.shape}")
            return False
        if theirs.dtype.kind != "f" or ours.dtype.kind not in "fiu":
            if not np.array_equal(ours, theirs):
                fail(row, case, f"differs in {np.count_nonzero(ours != theirs)} of {theirs.size} values")
            return False
        absolute, relative = errors(ours.astype(float), theirs, scale)
        row.identical &= absolute == 0.0
        worse = relative > row.relative
        if worse and not row.note:
            row.worst = case
        row.absolute, row.relative = max(row.absolute, absolute), max(row.relative, relative)
        if not relative <= row.tolerance:
            fail(row, case, f"relative error {relative:.1e}, allowed {row.tolerance:.0e}")
        return worse

    def check(self, section: str, subject: str, backend: str, quantity: str, case: str, right: bool, note: str) -> None:
        """Add a yes-or-no question."""
        row = self.row(section, subject, case, backend, quantity)
        row.cases, row.values = row.cases + 1, row.values + 1
        if not right:
            fail(row, case, note)

    def as_json(self) -> dict[str, Any]:
        """Return everything but traces and samples.

        Each subject has the names of its quantities, and for each back end how many values were compared, the largest
        tolerance, and the errors of all quantities that are not equal to the last bit.
        """
        sections: dict[str, dict[str, Any]] = {}
        reasons: list[str] = []
        for row in self.rows.values():
            subject = sections.setdefault(row.section, {}).setdefault(row.subject, {"quantities": [], "back ends": {}})
            if row.quantity not in subject["quantities"]:
                subject["quantities"].append(row.quantity)
            empty = {"values": 0, "tolerance": 0.0, "errors": {}}
            own = subject["back ends"].setdefault(row.backend, empty)
            own["values"] += row.values
            own["tolerance"] = max(own["tolerance"], row.tolerance)
            if not row.identical:
                own["errors"][row.quantity] = as_error(row, reasons)
        users = {model: sorted(subjects) for model, subjects in sorted(self.users.items())}
        return {
            "facts": self.facts, "failed": len(self.failed()), "reasons": reasons, "sections": sections, "users": users
        }  # fmt: skip


def as_error(row: Row, reasons: list[str]) -> dict[str, Any]:
    """Return what a report says about a quantity that is not equal to the last bit; reasons are told by number."""
    if row.reason not in reasons:
        reasons.append(row.reason)
    kept = ("cases", "absolute", "relative", "tolerance", "passed", "worst", "note")
    return {key: getattr(row, key) for key in kept} | {"reason": reasons.index(row.reason)}


def fail(row: Row, case: str, note: str) -> None:
    """Note the first failure of a row."""
    if row.passed:
        row.worst, row.note = case, note
    row.passed = row.identical = False


def magnitude(arrays: Arrays, quantity: str) -> float:
    """Return the largest finite magnitude of a quantity in a case, whether sampled or read at the end."""
    name = quantity.rpartition(" ")[2]
    same = [np.asarray(v) for k, v in arrays.items() if k == quantity or k in (f"sampled {name}", f"final {name}")]
    finite = [np.abs(v[np.isfinite(v)]) for v in same if v.dtype.kind == "f"]
    return max((float(np.max(v)) for v in finite if v.size), default=0.0)


def errors(ours: np.ndarray, theirs: np.ndarray, scale: float) -> tuple[float, float]:
    """Return the largest absolute error, and the same relative to a scale.

    Infinite and undefined values have to be at the same places; else both errors are infinite.
    """
    finite = np.isfinite(theirs)
    if not np.array_equal(ours[~finite], theirs[~finite], equal_nan=True) or not np.all(np.isfinite(ours[finite])):
        return np.inf, np.inf
    absolute = float(np.max(np.abs(ours[finite] - theirs[finite]), initial=0.0))
    return absolute, absolute / scale if scale else absolute


def worst(rows: Iterable[Row]) -> Row | None:
    """Return the row with the largest error in units of its tolerance."""
    return max(rows, key=lambda row: row.relative / row.tolerance if row.tolerance else row.relative, default=None)
