"""Record the public names and signatures of a real NEST, which jaxnest has to have as well.

Run it with a Python that has NEST::

    python -m nest_reference.record_api nest_reference/api
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

from nest_reference import provenance


def described(thing: Any) -> str:
    """Return what kind of thing a public name is; for functions and classes with their arguments."""
    if inspect.ismodule(thing):
        return "module"
    if inspect.isclass(thing) or callable(thing):
        try:
            signature = inspect.signature(thing)
        except (TypeError, ValueError):
            return "callable"
        plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
        text = str(signature.replace(parameters=plain, return_annotation=signature.empty))
        return re.sub(r"<(.*?) at 0x\w+>", r"<\1>", text)
    return "value"


def signatures(nest: Any) -> dict[str, str]:
    """Return all public names; those inside public modules and classes, too."""
    found = {}
    for name in sorted(nest.__all__):
        try:
            thing = getattr(nest, name)
        except Exception:  # some are there in some builds only
            found[name] = "not available"
            continue
        found[name] = described(thing)
        if inspect.ismodule(thing) or inspect.isclass(thing):
            inside = getattr(thing, "__all__", None) or vars(thing)
            for part in sorted(p for p in inside if not p.startswith("_")):
                member = getattr(thing, part)
                own = getattr(member, "__module__", "").partition(".")[0] in ("nest", "jaxnest")
                if callable(member) and own:
                    found[f"{name}.{part}"] = described(member)
    return found


def main(folder: str) -> None:
    import nest

    Path(folder).mkdir(parents=True, exist_ok=True)
    text = json.dumps({"signatures": signatures(nest)}, indent=1)
    (Path(folder) / "signatures.json").write_text(text + "\n", encoding="utf-8")
    provenance.write(nest, Path(folder), {"signatures.json": {}})


if __name__ == "__main__":
    main(*sys.argv[1:])
