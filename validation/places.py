"""Where recordings and pages are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "nest_reference"
DOCS = ROOT / "docs"
