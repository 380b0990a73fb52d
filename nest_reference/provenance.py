"""Where recordings come from: every folder of recordings has a ``provenance.json``, which is written here.

It says which NEST recorded (version, build, platform) and for each file when, with which seeds, generators of random
numbers, resolutions and numbers of threads, and the SHA-256 of its content. A file that is recorded again and comes out
the same keeps its date, so that nothing changes where nothing changed.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
from pathlib import Path
from typing import Any

OF_THE_BUILD = ("built", "host", "have_boost", "have_gsl", "have_mpi", "have_threads", "ndebug")
SETTINGS = {
    "rng_seed": "rng_seed",
    "rng_type": "rng_type",
    "resolution": "resolution",
    "threads": "local_num_threads",
}
"""Entry in the provenance -> attribute of NEST's kernel."""

Settings = dict[str, Any]


def settings(nest: Any, **other: Any) -> Settings:
    """Return what the kernel is set to now; lists stand for several values that one file was made with."""
    return {entry: getattr(nest, attribute) for entry, attribute in SETTINGS.items()} | other


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(nest: Any, folder: Path, files: dict[str, Settings], **more: Any) -> None:
    """Add files that were recorded now to the provenance of a folder, with the settings of each."""
    place = folder / "provenance.json"
    known = json.loads(place.read_text(encoding="utf-8")).get("files", {}) if place.exists() else {}
    today = datetime.date.today().isoformat()
    for name, chosen in files.items():
        found = checksum(folder / name)
        old = known.get(name, {})
        date = old["date"] if old.get("sha256") == found else today
        known[name] = {"sha256": found, "date": date, **chosen}
    info = nest.build_info
    content = {
        "NEST": info["version"],
        "build": {key: info[key] for key in OF_THE_BUILD},
        "platform": platform.platform(),
        **more,
        "files": {name: known[name] for name in sorted(known) if (folder / name).exists()},
    }
    place.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
