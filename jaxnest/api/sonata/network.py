"""Building and simulating networks that files in the SONATA format describe."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, final

from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.simulation import SetKernelStatus, Simulate
from jaxnest.api.sonata import configuration

__all__ = ["SonataNetwork"]

HYPERSLAB_SIZE = 2**20
"""How many edges are read at once unless said otherwise."""


@final
class SonataNetwork:
    """A network that files in the `SONATA <https://github.com/AllenInstitute/sonata>`_ format describe.

    Nodes and edges are tabulated in HDF5, their types in tables of text, parameters of types in JSON. A configuration
    in JSON says where these files are, and how long the network is to be simulated (``run``) with which resolution.
    Packages: ``pip install 'jaxnest[sonata]'``.

    Parameters
    ----------
    config : str or pathlib.Path
        The configuration.
    sim_config : str or pathlib.Path, optional
        A second configuration, whose entries replace those of the first one: usually that of the simulation.

    Raises
    ------
    ModuleNotFoundError
        If h5py is not installed.
    TypeError, FileNotFoundError
        If a configuration is no path, or there is no such file.
    KeyError, ValueError
        If a configuration lacks an entry, or is not meant for NEST.

    Examples
    --------
    >>> import jaxnest as nest
    >>> network = nest.SonataNetwork("circuit_config.json", "simulation_config.json")
    >>> populations = network.BuildNetwork()
    >>> recorder = nest.Create("spike_recorder")
    >>> nest.Connect(populations["internal"], recorder)
    >>> network.Simulate()
    """

    def __init__(self, config: str | PurePath, sim_config: str | PurePath | None = None) -> None:
        configuration.hdf5()
        self._config = configuration.read(config)
        if sim_config is not None:
            self._config |= configuration.read(sim_config)
        if self._config["target_simulator"] != "NEST":
            raise ValueError(
                f"'target_simulator' of the configuration has to be 'NEST', not '{self._config['target_simulator']}'."
            )
        if "dt" not in self._config["run"]:
            raise ValueError("The configuration does not say the resolution: 'run' has no entry 'dt'.")
        SetKernelStatus({"resolution": self._config["run"]["dt"]})
        self._nodes: dict[str, NodeCollection] = {}
        self._created = self._connected = False

    @property
    def config(self) -> dict[str, Any]:
        """The configuration, with absolute paths."""
        return self._config

    @property
    def node_collections(self) -> dict[str, NodeCollection]:
        """The populations that have been created, by name."""
        return self._nodes

    def Create(self) -> dict[str, NodeCollection]:
        """Create the nodes.

        Neurons (``model_type`` ``point_neuron`` or ``point_process``) are of the model that their type names as
        ``model_template``, with the parameters of its file ``dynamics_params``. Nodes that are ``virtual`` are
        ``spike_train_injector`` with the spikes of the configuration's ``inputs``.

        Returns
        -------
        dict
            The populations by name.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        KeyError, ValueError
            If something is missing in the configuration or a file.
        KernelException
            If a model or a parameter is unknown or refused.
        """
        from jaxnest.api.sonata import nodes

        for name, population in nodes.populations(self._config):
            self._nodes[name] = population
        self._created = True
        return self._nodes

    def Connect(self, hdf5_hyperslab_size: int | None = None) -> None:
        """Connect the nodes.

        Edges have the synapse model (``model_template``), ``syn_weight``, ``delay`` and other parameters of their
        type, and those of its file ``dynamics_params``. Weights and delays that edges have of their own, in HDF5, come
        first; values that are nowhere are the defaults of the model.

        Parameters
        ----------
        hdf5_hyperslab_size : int, optional
            How many edges are read at once, by default 2**20: the memory that is needed besides that of the
            connections.

        Raises
        ------
        RuntimeError
            If the nodes have not been created.
        TypeError, ValueError
            If the size is no integer, or not positive; or if a table lacks a column.
        FileNotFoundError
            If there is no such file.
        KernelException
            If something is missing in a file, or connections are not possible. Those made before remain.
        IndexError
            If edges are of an unknown type, or between unknown populations.
        """
        if not self._created:
            raise RuntimeError("The nodes of the network have to be created before they are connected: call Create.")
        from jaxnest.api.sonata import edges

        size = HYPERSLAB_SIZE if hdf5_hyperslab_size is None else _checked(hdf5_hyperslab_size)
        files = self._config["networks"]["edges"]
        specs = [edges.edge_types(entry, self._config) for entry in files]
        for entry in files:
            configuration.hdf5().File(entry["edges_file"], "r").close()
        for entry, known in zip(files, specs, strict=True):
            for population in edges.populations(entry["edges_file"]):
                population.connect(self._nodes, known, size)
        self._connected = True

    def BuildNetwork(self, hdf5_hyperslab_size: int | None = None) -> dict[str, NodeCollection]:
        """Create the nodes and connect them.

        Parameters
        ----------
        hdf5_hyperslab_size : int, optional
            How many edges are read at once, by default 2**20.

        Returns
        -------
        dict
            The populations by name.

        Raises
        ------
        TypeError, ValueError
            If the size is no integer, or not positive.
        Exception
            As `Create` and `Connect`.
        """
        if hdf5_hyperslab_size is not None:
            _checked(hdf5_hyperslab_size)
        populations = self.Create()
        self.Connect(hdf5_hyperslab_size)
        return populations

    def Simulate(self) -> None:
        """Simulate the network for the time that the configuration says: ``tstop`` or ``duration`` of ``run``.

        Raises
        ------
        RuntimeError
            If the network has not been connected.
        ValueError
            If the configuration says no time.
        """
        if not self._connected:
            raise RuntimeError("The network has to be built before it is simulated: call BuildNetwork.")
        run = self._config["run"]
        duration = next((run[key] for key in ("tstop", "duration") if key in run), None)
        if duration is None:
            raise ValueError("The configuration does not say how long to simulate: 'run' has no 'tstop' or 'duration'.")
        Simulate(duration)


def _checked(size: Any) -> int:
    """Return the number of edges to be read at once."""
    if not isinstance(size, int):
        raise TypeError(f"hdf5_hyperslab_size has to be an integer, not {size!r} ({type(size).__name__}).")
    if size <= 0:
        raise ValueError(f"hdf5_hyperslab_size has to be positive, not {size}.")
    return size
