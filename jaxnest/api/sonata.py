"""Networks in the SONATA format: not there yet."""

from __future__ import annotations

from typing import Any, final

from jaxnest import errors

__all__ = ["SonataNetwork"]


@final
class SonataNetwork:
    """A network described by SONATA files.

    Parameters
    ----------
    config : str or dict
        The configuration.
    sim_config : str or dict, optional
        The configuration of the simulation.
    """

    def __init__(self, config: Any, sim_config: Any = None) -> None:
        raise errors.NotImplemented("SonataNetwork: networks in the SONATA format are not implemented yet.")
