"""Import a simulator and nothing else. What counts is the whole process."""

from __future__ import annotations

from typing import Any

from session import main


def measure(nest: Any) -> dict[str, float]:
    """Return nothing beside what the import itself takes."""
    return {}


if __name__ == "__main__":
    main(measure)
