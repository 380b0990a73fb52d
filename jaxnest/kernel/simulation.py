"""Prepare, Run, Cleanup: the state of the simulation of the present network."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

from jaxnest import errors
from jaxnest.compile.compile_time import compilers
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.clock import T_MAX
from jaxnest.kernel.settings.messages import VerbosityLevel

if TYPE_CHECKING:
    from jaxnest.engine.session import Session
    from jaxnest.kernel.kernel import Kernel


@final
class Simulation:
    """Present time and, once prepared, the engine's session.

    While it runs, other threads that want to see or change the network wait for the end of the run.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._busy = threading.RLock()
        self._session: Session | None = None
        self.step = 0
        """Present time in steps."""
        self.prepared = False
        self._n_active = 0
        self._failed = False
        """True after a Simulate that ended with an error."""
        self.has_run = False
        """True after the first run of positive length: resolution, threads and delay limits are then fixed."""
        self.spike_count = 0
        """Number of spikes of neurons in the last run."""

    def bring_state_home(self) -> None:
        """Copy the engine's state back to the node table, if it is newer."""
        if self._session is not None:
            with self._busy:
                self._session.bring_home()

    def drain(self) -> None:
        """Let the engine hand over what it still has for recorders."""
        if self._session is not None:
            with self._busy:
                self._session.drain()

    def settle(self) -> None:
        """Let the engine forget where connections lie in their tables."""
        if self._session is not None:
            with self._busy:
                self._session.settle(self.step)

    def simulate(self, ms: float) -> None:
        """Prepare, run for a time in ms, and clean up.

        Raises
        ------
        BadParameter
            If the time is negative, not finite or not on the grid. The kernel stays usable.
        """
        with self._busy:
            self._failed = True
            self.prepare()
            try:
                self.run(ms)
                self._failed = False
            finally:
                self.cleanup()

    def prepare(self) -> None:
        """Get ready for runs: calibrate all nodes, lay out the network, open recorders."""
        if self.prepared:
            raise errors.KernelException("Prepare called twice: a Cleanup is needed between two calls.")
        started = time.perf_counter()
        kernel = self._kernel
        kernel.number_nodes()
        kernel.nodes.n_prepared = len(kernel.nodes)
        if not kernel.attributes.keep_source_table:
            kernel.connections.refuse_unknown_senders()
        kernel.connections.sort()
        if self._session is None or not self.has_run:
            from jaxnest.engine.session import Session

            self._session = Session(kernel, kernel.attributes.compute_backend)
        self._session.prepare(self.step)
        self._announce_preparation()
        kernel.recording.prepare()
        self.prepared = True
        kernel.timers["time_communicate_prepare"] = time.perf_counter() - started

    def run(self, ms: float) -> None:
        """Advance by a time in ms."""
        steps = self._steps(ms)
        if not self.prepared:
            raise errors.KernelException("Run called without Prepare: call Prepare first, or use Simulate.")
        kernel, session = self._kernel, self._session
        assert session is not None
        kernel.streams.synchrony_check()
        if steps == 0:
            return
        self._announce_run(steps)
        started = time.perf_counter() - compilers.seconds
        session.take_changes(self.step)
        self.has_run = True
        kernel.connections.freeze_extrema()
        with self._busy, _Progress(self, kernel.attributes.print_time, self.step, steps) as progress:
            self.step = session.run(self.step, self.step + steps, progress.update)
        self.spike_count = session.spike_count()
        kernel.recording.post_run()
        kernel.streams.synchrony_check()
        kernel.timers["time_simulate"] = time.perf_counter() - compilers.seconds - started
        self._warn_of_waveforms(*session.take_unsettled())
        messages.log(VerbosityLevel.INFO, "Simulation finished.")
        progress.raise_interrupt()

    def cleanup(self) -> None:
        """End a series of runs."""
        if not self.prepared:
            if self._failed:  # scripts made for NEST clean up after a Simulate that failed
                self._failed = False
                return
            raise errors.KernelException("Cleanup called without Prepare.")
        self._kernel.recording.cleanup()
        self.prepared = False

    def _announce_preparation(self) -> None:
        if messages.verbosity() > VerbosityLevel.INFO:
            return
        self._n_active, iterated = self._kernel.active_nodes()
        text = f"Preparing {self._n_active} node{'s' * (self._n_active != 1)} for simulation."
        if iterated:
            text += f" {iterated} of them use{'s' * (iterated == 1)} iterative solution techniques."
        messages.log(VerbosityLevel.INFO, text)

    def _announce_run(self, steps: int) -> None:
        kernel = self._kernel
        if steps % kernel.connections.min_delay:
            messages.log(
                VerbosityLevel.WARNING,
                "The requested simulation time is not an integer multiple of the minimal delay in the network: with "
                "several sources of randomness, results then depend on how time is divided among calls of Simulate.",
            )
        if messages.verbosity() <= VerbosityLevel.INFO:
            messages.log(
                VerbosityLevel.INFO,
                f"Number of local nodes: {self._n_active}\nSimulation time (ms): {kernel.clock.to_ms(steps):g}\n"
                f"Number of OpenMP threads: {kernel.n_threads}\nNot using MPI",
            )

    def _warn_of_waveforms(self, n: int, first: int, last: int) -> None:
        if n:
            clock, min_delay = self._kernel.clock, self._kernel.connections.min_delay
            others = f", and in {n - 1} more until {clock.to_ms(last + min_delay):g} ms" if n > 1 else ""
            messages.log(
                VerbosityLevel.WARNING,
                "Maximum number of iterations reached at interval "
                f"{clock.to_ms(first):g}-{clock.to_ms(first + min_delay):g} ms{others}.",
            )

    def _steps(self, ms: float) -> int:
        """Return a time to simulate in steps."""
        clock = self._kernel.clock
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


@final
class _Progress:
    """Shows progress, and turns Ctrl-C into a stop between two calls of the back end."""

    def __init__(self, simulation: Simulation, shown: bool, begin: int, steps: int) -> None:
        self._simulation = simulation
        self._clock: Any = simulation._kernel.clock
        self._begin = begin
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
        if self._bar is not None:
            self._bar.update(self._clock.to_ms(step - self._begin))
        return self._interrupted

    def raise_interrupt(self) -> None:
        """Raise what Ctrl-C would have raised."""
        if self._interrupted:
            raise KeyboardInterrupt(f"The simulation stopped at {self._clock.to_ms(self._simulation.step)} ms.")
