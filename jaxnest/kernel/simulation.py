"""Prepare, Run, Cleanup: the state of the simulation of the present network."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, final

from jaxnest import errors
from jaxnest.compile.compile_time import compilers
from jaxnest.kernel.connect.connections import Connections
from jaxnest.kernel.recording import Recording
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.clock import T_MAX
from jaxnest.kernel.settings.memory import give_back
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.structural.plasticity import StructuralPlasticity
from jaxnest.kernel.tables.connection_table import MANY
from jaxnest.kernel.tables.network import Network
from jaxnest.models.contract.base import Node

if TYPE_CHECKING:
    from jaxnest.engine.session import Session


@final
class Simulation:
    """Present time and, once prepared, the engine's session.

    While it runs, other threads that want to see or change the network wait for the end of the run.

    Parameters
    ----------
    network, connections, structural, recording
        What is simulated, what changes it in runs, and who records it.
    timers
        Where the durations of its parts are noted.
    begin
        Makes the engine's session.
    """

    def __init__(
        self,
        network: Network,
        connections: Connections,
        structural: StructuralPlasticity,
        recording: Recording,
        timers: dict[str, float],
        begin: Callable[[], Session],
    ) -> None:
        self._network = network
        self._connections = connections
        self._structural = structural
        self._recording = recording
        self._timers = timers
        self._begin = begin
        self._busy = threading.RLock()
        self._session: Session | None = None
        self._laid_out = -1
        """The version of connections for which memory was given back."""
        self.step = 0
        """Present time in steps."""
        self.prepared = False
        self._n_active = 0
        self._failed = False
        """True after a Simulate that ended with an error."""
        self.broken = False
        """True after an error in the middle of a run: what nodes hold then does not belong together."""
        self.has_run = False
        """True after the first run of positive length: resolution, threads and delay limits are then fixed."""
        self.spike_count = 0
        """Number of spikes of neurons in the last run."""
        self.to_do = 0
        """Steps that are left of a run that took too long; as in NEST, the next run makes up for them."""
        self.update_times = (math.inf, -math.inf)
        """Shortest and longest wall-clock time of a slice in seconds, as far as it was measured."""

    def bring_state_home(self, models: Iterable[type[Node]] | None = None) -> None:
        """Copy the engine's states of nodes of some models back to the node table, if they are newer.

        Parameters
        ----------
        models
            None for all, and for connections as well.
        """
        if self._session is not None:
            with self._busy:
                self._session.bring_home(models)

    def bring_connections_home(self) -> None:
        """Copy weights and states of plastic connections back to their tables, if the engine has newer ones."""
        if self._session is not None:
            from jaxnest.engine.plan.storing import CONNECTIONS

            with self._busy:
                self._session.bring_home((CONNECTIONS,))

    def drain(self) -> None:
        """Let the engine hand over what it still has for recorders."""
        if self._session is not None:
            with self._busy:
                self._session.drain()

    def simulate(self, ms: float) -> None:
        """Prepare, run for a time in ms, and clean up.

        Raises
        ------
        BadParameter
            If the time is negative, not finite or not on the grid. The kernel stays usable.
        """
        with self._busy:
            self.prepare()
            self._failed = True
            try:
                self.run(ms)
                self._failed = False
            finally:
                self.cleanup()

    def prepare(self) -> None:
        """Get ready for runs: calibrate all nodes, lay out the network, open recorders."""
        if self.prepared:
            raise errors.KernelException("Prepare called twice: a Cleanup is needed between two calls.")
        self._refuse_broken()
        started = time.perf_counter()
        nodes = self._network.nodes
        nodes.number()
        nodes.refuse_threads()
        nodes.n_prepared = len(nodes)
        if not self._network.attributes.keep_source_table:
            self._connections.refuse_unknown_senders()
        self._connections.sort()
        if self._session is None or not self.has_run:
            self._session = self._begin()
        self._session.prepare(self.step)
        self._give_memory_back()
        self._announce_preparation()
        self.prepared = True  # as in NEST, also if files cannot be opened
        self._recording.prepare()
        self._timers["time_communicate_prepare"] = time.perf_counter() - started

    def _give_memory_back(self) -> None:
        """Return what it took to lay out many connections, if these have changed."""
        version = self._connections.version
        if self._laid_out != version and self._connections.num_connections > MANY:
            give_back()
        self._laid_out = version

    def run(self, ms: float) -> None:
        """Advance by a time in ms."""
        steps = self._steps(ms)
        if not self.prepared:
            raise errors.KernelException("Run called without Prepare: call Prepare first, or use Simulate.")
        network, session = self._network, self._session
        assert session is not None
        self._refuse_broken()
        network.streams.synchrony_check()
        steps += self.to_do
        if steps == 0:
            return
        self._announce_run(steps)
        started = time.perf_counter() - compilers.seconds
        session.take_changes(self.step)
        self.has_run = True
        self._connections.freeze_extrema()
        with self._busy, _Progress(self, network.attributes.print_time, self.step, steps) as progress:
            self.broken = True
            try:
                goal = self.step + steps
                self._advance(session, goal, progress)
                self.broken, self.to_do = False, goal - self.step if progress.took_too_long else 0
            except errors.NumericalInstability:
                self.broken = session.exploded
                self.spike_count += session.spike_count()
                raise
        progress.raise_limit()
        self._recording.post_run()
        network.streams.synchrony_check()
        self._timers["time_simulate"] = time.perf_counter() - compilers.seconds - started
        messages.log(VerbosityLevel.INFO, "Simulation finished.")
        progress.raise_interrupt()

    def _advance(self, session: Session, goal: int, progress: _Progress) -> None:
        """Run to a step, and let structural plasticity change connections on the way."""
        structural, self.spike_count = self._structural, 0
        while self.step < goal and not progress.stops:
            if structural.is_due(self.step):
                session.begin_restructuring(self.step)
                session.take_structure(self.step, moved=structural.update())
            end = structural.next_due(self.step, goal)
            try:
                self.step = session.run(self.step, end, progress.update, slice_by_slice=progress.is_limited)
            finally:
                self._warn_of_waveforms(session.take_unsettled())
            self.spike_count += session.spike_count()

    def cleanup(self) -> None:
        """End a series of runs."""
        if not self.prepared:
            if self._failed:  # scripts made for NEST clean up after a Simulate that failed
                self._failed = False
                return
            raise errors.KernelException("Cleanup called without Prepare.")
        self._recording.cleanup()
        self.prepared = False

    def _refuse_broken(self) -> None:
        if self.broken:
            raise errors.KernelException(
                "The kernel is in an inconsistent state: an error has stopped an earlier run in the middle of a slice. "
                "Call ResetKernel first."
            )

    def _announce_preparation(self) -> None:
        if messages.verbosity() > VerbosityLevel.INFO:
            return
        active = {model: int((~store.frozen).sum()) for model, store in self._network.nodes.stores.items()}
        self._n_active = sum(active.values())  # twins of devices included
        iterates = self._network.attributes.use_wfr
        iterated = sum(n for model, n in active.items() if model.uses_iterations()) if iterates else 0
        text = f"Preparing {self._n_active} node{'s' * (self._n_active != 1)} for simulation."
        if iterated:
            text += f" {iterated} of them use{'s' * (iterated == 1)} iterative solution techniques."
        messages.log(VerbosityLevel.INFO, text)

    def _announce_run(self, steps: int) -> None:
        if steps % self._connections.min_delay:
            messages.log(
                VerbosityLevel.WARNING,
                "The requested simulation time is not an integer multiple of the minimal delay in the network: with "
                "several sources of randomness, results then depend on how time is divided among calls of Simulate.",
            )
        if messages.verbosity() <= VerbosityLevel.INFO:
            messages.log(
                VerbosityLevel.INFO,
                f"Number of local nodes: {self._n_active}\nSimulation time (ms): {self._network.clock.to_ms(steps):g}\n"
                f"Number of OpenMP threads: {self._network.n_threads}\nNot using MPI",
            )

    def _warn_of_waveforms(self, intervals: Iterable[tuple[float, float]]) -> None:
        for begin, end in intervals:
            first, last = (self._network.clock.to_ms(int(step)) for step in (begin, end))
            messages.log(
                VerbosityLevel.WARNING, f"Maximum number of iterations reached at interval {first:g}-{last:g} ms."
            )

    def _steps(self, ms: float) -> int:
        """Return a time to simulate in steps."""
        clock = self._network.clock
        if math.isnan(ms) or ms < 0:
            raise errors.BadParameter(f"The simulation time must be >= 0, not {ms} ms.")
        if not ms <= T_MAX:
            raise errors.BadParameter(f"The simulation time must be at most {T_MAX} ms, not {ms} ms.")
        if not clock.on_grid(ms):
            raise errors.BadParameter(
                f"The simulation time must be a multiple of the resolution ({clock.resolution} ms), not {ms} ms."
            )
        return clock.to_steps(ms)


_set_handler: Callable[..., Any] = getattr(sys.modules.get("_signal"), "signal", signal.signal)
"""Without the conversions to and from enumerations, which take longer than a short run."""
_INTERRUPT = int(signal.SIGINT)


def _working_time() -> float:
    """Return the time in seconds, without that in which compilers worked."""
    return time.perf_counter() - compilers.seconds


@final
class _Progress:
    """Shows progress, and turns Ctrl-C into a stop between two calls of the back end."""

    def __init__(self, simulation: Simulation, shown: bool, begin: int, steps: int) -> None:
        self._simulation = simulation
        self._clock: Any = simulation._network.clock
        self._begin = self._step = begin
        self._min_delay = simulation._connections.min_delay
        self._limit: float = simulation._network.attributes.get("update_time_limit")
        self.is_limited = self._limit < math.inf
        self.took_too_long = False
        self._time = _working_time()
        self._bar: Any = None
        self._interrupted = False
        self._handler: Callable[..., Any] | int | None = None
        if shown:
            from jaxnest.progress import ProgressBar

            self._bar = ProgressBar(self._clock.to_ms(steps))

    def __enter__(self) -> _Progress:
        if threading.current_thread() is threading.main_thread():
            self._handler = _set_handler(_INTERRUPT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handler is not None:
            _set_handler(_INTERRUPT, self._handler)
        if self._bar is not None:
            self._bar.close()

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True

    def update(self, step: int) -> bool:
        """Show that `step` is reached; True if the run has to stop."""
        self._simulation.step = step
        now, slices = _working_time(), -(-(step - self._step) // self._min_delay)
        took, self._time, self._step = (now - self._time) / max(1, slices), now, step
        shortest, longest = self._simulation.update_times
        self._simulation.update_times = min(shortest, took), max(longest, took)
        self.took_too_long = took > self._limit
        if self._bar is not None:
            self._bar.update(self._clock.to_ms(step - self._begin))
        return self.stops

    @property
    def stops(self) -> bool:
        """Whether the run has to stop."""
        return self._interrupted or self.took_too_long

    def raise_limit(self) -> None:
        """Raise what an exceeded limit leads to."""
        if self.took_too_long:
            raise errors.KernelException(
                f"Update time limit exceeded: the slice before {self._clock.to_ms(self._simulation.step)} ms took "
                f"longer than {self._limit} s (update_time_limit)."
            )

    def raise_interrupt(self) -> None:
        """Raise what Ctrl-C would have raised."""
        if self._interrupted:
            raise KeyboardInterrupt(f"The simulation stopped at {self._clock.to_ms(self._simulation.step)} ms.")
