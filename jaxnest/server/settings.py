"""Settings of the server, from environment variables."""

from __future__ import annotations

import ast
import importlib
import os
import re
import secrets
from dataclasses import dataclass
from types import ModuleType
from typing import Any, final

PREFIX = "NEST_SERVER_"
ORIGINS = "http://localhost:*,http://127.0.0.1:*"


def switched_on(name: str) -> bool:
    """Return whether an environment variable is set to something like yes."""
    return os.environ.get(PREFIX + name, "").lower() in ("yes", "true", "t", "1")


@final
@dataclass(frozen=True)
class Settings:
    """What the server allows.

    Attributes
    ----------
    token
        What requests have to have in the header ``NESTServerAuth``.
    needs_token
        Whether they have to.
    origins
        From which pages browsers may send requests, such as ``http://localhost:*``.
    runs_scripts
        Whether ``/exec`` runs scripts.
    restricts_scripts
        Whether these are restricted to what RestrictedPython takes for safe.
    modules
        Import statements for the modules that scripts have.
    """

    token: str
    needs_token: bool = True
    origins: tuple[str, ...] = tuple(ORIGINS.split(","))
    runs_scripts: bool = False
    restricts_scripts: bool = True
    modules: str = "import nest"

    @classmethod
    def of_environment(cls) -> Settings:
        """Return the settings that environment variables have now."""
        return cls(
            token=os.environ.get(f"{PREFIX}ACCESS_TOKEN") or secrets.token_hex(24),
            needs_token=not switched_on("DISABLE_AUTH"),
            origins=tuple(os.environ.get(f"{PREFIX}CORS_ORIGINS", ORIGINS).split(",")),
            runs_scripts=switched_on("ENABLE_EXEC_CALL"),
            restricts_scripts=not switched_on("DISABLE_RESTRICTION"),
            modules=os.environ.get(f"{PREFIX}MODULES", cls.modules),
        )

    def patterns(self) -> list[re.Pattern[str]] | str:
        """Return the origins as regular expressions, or ``*`` for all."""
        if "*" in self.origins:
            return "*"
        return [re.compile(_pattern(origin.strip())) for origin in self.origins]

    def risks(self) -> list[str]:
        """Return what is less safe than it is by default."""
        said = {
            "AUTH: no access token is needed.": not self.needs_token,
            "CORS: pages of all origins may send requests.": "*" in self.origins,
            "EXEC CALL: scripts can be executed.": self.runs_scripts,
            "RESTRICTION: scripts are not restricted.": self.runs_scripts and not self.restricts_scripts,
        }
        return [text for text, holds in said.items() if holds]

    def namespace(self) -> dict[str, Any]:
        """Return the modules that scripts have, by name.

        Raises
        ------
        SyntaxError
            If these are no import statements.
        ImportError, AttributeError
            If there is no such module, or nothing of that name in it.
        """
        try:
            statements = ast.parse(self.modules).body
        except (SyntaxError, ValueError):
            raise SyntaxError(f"{PREFIX}MODULES has to have import statements, not {self.modules!r}.") from None
        found: dict[str, Any] = {}
        for statement in statements:
            if isinstance(statement, ast.Import):
                found |= {alias.asname or alias.name: _module(alias.name) for alias in statement.names}
            elif isinstance(statement, ast.ImportFrom):
                names = ((alias.asname or alias.name, alias.name) for alias in statement.names)
                found |= {shown: _member(statement.module or "", name) for shown, name in names}
        return found


def _pattern(origin: str) -> str:
    """Return a regular expression for an origin; ``:*`` is any port, or none."""
    escaped = re.escape(origin).replace(r":\*", r"(?::\d+)?").replace(r"\*", "[^/]*")
    return rf"{escaped}\Z"


def _module(name: str) -> ModuleType:
    """Import a module; `nest` is jaxnest."""
    package, dot, rest = name.partition(".")
    return importlib.import_module(("jaxnest" if package == "nest" else package) + dot + rest)


def _member(module: str, name: str) -> Any:
    """Return something of a module, or a module in it."""
    owner = _module(module)
    return getattr(owner, name) if hasattr(owner, name) else _module(f"{module}.{name}")
