"""Where recordings and the scripts behind them are."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "nest_reference"
LIVE = ROOT / "tests" / "live"
DOCS = ROOT / "docs"


@cache
def module(path: Path) -> Any:
    """Return a script as a module; scripts that record are no package."""
    name = f"validation_script_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found
