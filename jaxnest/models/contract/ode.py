"""Neurons whose differential equations are integrated with adaptive steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from jaxnest.models.contract import hints
from jaxnest.models.contract.base import ArchivingNeuron, Neuron, Quantity, hidden, positive
from jaxnest.models.contract.state import finishing
from jaxnest.models.functions.rkf45_batch import integrate

GSL_ERROR_TOL = Quantity(
    1e-6,
    "",
    "Bound of the integration error; fixed when the neuron is first simulated",
    positive("The gsl_error_tol must be strictly positive."),
)


class OdeNode(Neuron, abstract=True):
    """Base of nodes with `dynamics` instead of `update`.

    A model declares its equations and what happens between them; the engine supplies the integration (the method
    of `functions.rkf45`), which advances each neuron with steps of its own. The present step size is part of the state,
    so that it outlives time steps, slices and runs.
    """

    is_integrated = True
    ode: ClassVar[tuple[str, ...]] = ()
    """The integrated state variables, in the order of the result of `dynamics`."""
    held: ClassVar[tuple[str, ...]] = ("refractory", "I_stim")
    """The other state variables, constant while the equations are integrated."""
    jumps: ClassVar[tuple[str, ...]] = ()
    """The variables that `substep` returns."""
    controls_derivative: ClassVar[bool] = False
    """Errors are bounded relative to the derivatives (else absolutely)."""
    driven: ClassVar[bool] = hints.inferred(lambda m: m.dynamics.__code__.co_argcount == 4)
    """The equations depend on the inputs and on the time since the beginning of the step: ``dynamics(v, s, x, t)``."""
    loops_stages: ClassVar[bool] = hints.inferred(hints.has_long_equations)
    """Array operations contain `dynamics` once instead of six times: slower, but halves the compilation."""
    absolute_error: ClassVar[float] = 1e-3
    """Bound of the error of every variable, in its unit, if the model has no parameter `gsl_error_tol`."""

    state = {
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "integration_step": hidden(doc="Step size of the integrator, ms; zero before the first run"),
        "tolerance": hidden(doc="The gsl_error_tol that the integrator began with; zero before the first run"),
    }
    substep: ClassVar[Callable[[Any, Any, Any, Any], tuple[tuple[Any, ...], Any]] | None] = None
    """What happens after each accepted step of the integrator: ``substep(v, s, x, first) -> (values, spikes)``.

    Returns the new values of `jumps` and the number of spikes. `first` is 1 after the first step within a time step
    of the simulation, else 0.
    """

    sends_apart = hints.inferred(lambda m: m.substep is not None)

    def __init_subclass__(cls, abstract: bool = False) -> None:
        """Compose the names of everything that changes."""
        super().__init_subclass__(abstract)
        tolerance = ("tolerance",) if "gsl_error_tol" in cls.parameters else ()
        cls.dynamic = (*cls.ode, *cls.held, "integration_step", *tolerance)

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"resolution": clock.resolution, "refractory_steps": clock.to_steps(p.t_ref)}

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        """Return the derivatives of the variables `ode` at the state `s`."""
        raise NotImplementedError

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        """Return the variables `ode` and `held` at the end of the time step, and whether there is a spike.

        `s` is the integrated state, `x` the inputs of this step, `V_before` the first variable before the integration.
        """
        raise NotImplementedError

    finish_iteration: ClassVar[Callable[[Any, Any, Any, Any], tuple[tuple[Any, ...], Any]] | None] = None
    """What `finish` is when the time step is only tried, to iterate waveforms."""

    @classmethod
    def iteration(cls, v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        return integrate(cls, v, s, x, finishing(cls, "finish_iteration" if cls.finish_iteration else "finish"))

    @classmethod
    def stepping(cls) -> tuple[tuple[Callable[..., Any], int], ...]:
        jumping = ((cls.substep, 4),) if cls.substep is not None else ()
        return ((cls.dynamics, 4 if cls.driven else 2), (finishing(cls), 4), *jumping)

    @classmethod
    def update(cls, v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        """Integrate the equations over one time step."""
        return integrate(cls, v, s, x, finishing(cls))


class OdeNeuron(OdeNode, ArchivingNeuron, abstract=True):
    """Base of neurons whose differential equations are integrated."""
