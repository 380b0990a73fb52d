"""Lets scripts that say `import nest` have jaxnest.

After `install()`, `nest` is the module object `jaxnest`, and `nest.x` is `jaxnest.x`. An installed NEST is
never imported, not even for a submodule that jaxnest lacks.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import final

ALIAS = "nest"
PACKAGE = "jaxnest"


def install() -> None:
    """Make `import nest` import jaxnest from now on.

    Raises
    ------
    ImportError
        If another module of that name has been imported already.
    """
    present = sys.modules.get(ALIAS)
    if present is not None and present is not sys.modules.get(PACKAGE):
        raise ImportError("another 'nest' has been imported already; install the alias before", name=ALIAS)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


@final
class _Finder(importlib.abc.MetaPathFinder):
    """Answers for `nest` and everything below, so that no other finder is asked."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != ALIAS and not fullname.startswith(f"{ALIAS}."):
            return None
        original = importlib.util.find_spec(PACKAGE + fullname[len(ALIAS) :])
        if original is None:
            raise ModuleNotFoundError(f"No module named {fullname!r} (jaxnest has no such module)", name=fullname)
        is_package = original.submodule_search_locations is not None
        return importlib.machinery.ModuleSpec(
            fullname, _Loader(original.name), origin=original.origin, is_package=is_package
        )


@final
class _Loader(importlib.abc.Loader):
    """Hands out the module object that is, or becomes, `sys.modules[name]`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__spec__"] = self._spec  # the import system has put the alias' there
