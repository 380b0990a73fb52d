"""Astrocyte with calcium dynamics, which causes slow inward currents in neurons."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden, not_negative, positive
from jaxnest.models.contract.ode import OdeNode
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.secondary import SLOW_INWARD_CURRENT, Signal
from jaxnest.models.contract.state import State
from jaxnest.models.quantities.checks import within

IP3_RECEPTORS = "The fraction of active IP3 receptors on the astrocytic ER must be between 0 and 1."


def _current(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
    """Return the current for the calcium concentration at the end of a step; 1000 turns micromolar into nanomolar."""
    excess = (after.Ca_astro - v.SIC_th) * 1000.0
    return (ops.where(excess > 1.0, ops.log(ops.maximum(excess, 1.0)) * v.SIC_scale, 0.0),)


@register
class astrocyte_lr_1994(OdeNode):
    r"""Astrocyte with the calcium dynamics of Li and Rinzel.

    .. math::
        \dot{[IP_3]} &= ([IP_3]_0 - [IP_3]) / \tau_{IP3} \\
        \dot{[Ca]} &= J_{channel} - J_{pump} + J_{leak} + J_{noise} \\
        \dot h &= \alpha_h (1 - h) - \beta_h h

    An incoming spike raises the concentration of IP3 by `delta_IP3` times its weight, which must not be negative; the
    current of devices is J_noise. Where calcium is above `SIC_th` by more than 1 nM, ``sic_connection`` carries a
    current, which grows with the logarithm of the excess.

    References
    ----------
    De Young & Keizer (1992), PNAS 89:9895-9899. Li & Rinzel (1994), Journal of Theoretical Biology 166:461-473.
    Nadkarni & Jung (2003), Physical Review Letters 91:268101. NEST documentation, model ``astrocyte_lr_1994``.
    """

    emits = None
    refuses_negative = "astrocyte_lr_1994 cannot handle input spikes with negative weights."
    parameters = {
        "Ca_tot": Quantity(2.0, "uM", "Total free calcium in terms of the volume of the cytosol", positive(
            "Total free astrocytic calcium concentration in terms of cytosolic volume must be positive.")),
        "IP3_0": Quantity(0.16, "uM", "Baseline of IP3", not_negative(
            "Baseline value of the astrocytic IP3 concentration must be non-negative.")),
        "Kd_act": Quantity(0.08234, "uM", "Dissociation constant of calcium (activation)", positive(
            "Astrocytic IP3R dissociation constant of calcium (activation) must be positive.")),
        "Kd_inh": Quantity(1.049, "uM", "Dissociation constant of calcium (inhibition)", not_negative(
            "Astrocytic IP3R dissociation constant of calcium (inhibition) must be non-negative.")),
        "Kd_IP3_1": Quantity(0.13, "uM", "First dissociation constant of IP3", positive(
            "First astrocytic IP3R dissociation constant of IP3 must be positive.")),
        "Kd_IP3_2": Quantity(0.9434, "uM", "Second dissociation constant of IP3", positive(
            "Second astrocytic IP3R dissociation constant of IP3 must be positive.")),
        "Km_SERCA": Quantity(0.1, "uM", "Half-activation constant of the pump", positive(
            "Activation constant of astrocytic SERCA pump must be positive.")),
        "ratio_ER_cyt": Quantity(0.185, "", "Ratio of the volumes of endoplasmic reticulum and cytosol", positive(
            "Ratio between astrocytic ER and cytosol volumes must be positive.")),
        "delta_IP3": Quantity(0.0002, "uM", "Increase of IP3 by an incoming spike", not_negative(
            "Parameter determining the increase in astrocytic IP3 concentration induced by synaptic input must be "
            "non-negative.")),
        "k_IP3R": Quantity(0.0002, "1/(uM*ms)", "Binding constant of calcium inhibition", not_negative(
            "Astrocytic IP3R binding constant for calcium inhibition must be non-negative.")),
        "SIC_scale": Quantity(1.0, "", "Scale of the current", positive(
            "Parameter determining the scale of astrocytic SIC output must be positive.")),
        "SIC_th": Quantity(0.19669, "uM", "Threshold of calcium for the current", not_negative(
            "Threshold that determines the minimal level of intracellular astrocytic calcium sufficient to induce SIC "
            "must be non-negative.")),
        "rate_L": Quantity(0.00011, "1/ms", "Rate of the leak of calcium", not_negative(
            "Rate constant of calcium leak from astrocytic ER to cytosol must be non-negative.")),
        "rate_IP3R": Quantity(0.006, "1/ms", "Largest rate of release of calcium", not_negative(
            "Maximum rate of calcium release via astrocytic IP3R must be non-negative.")),
        "rate_SERCA": Quantity(0.0009, "uM/ms", "Largest rate of uptake of calcium", not_negative(
            "Maximum rate of calcium uptake by astrocytic SERCA pump must be non-negative.")),
        "tau_IP3": Quantity(7142.0, "ms", "Time constant of IP3", positive(
            "Time constant of the exponential decay of astrocytic IP3 must be positive.")),
    }  # fmt: skip
    state = {
        "IP3": Quantity(0.16, "uM", "Concentration of IP3", not_negative("IP3 concentration must be non-negative.")),
        "Ca_astro": Quantity(
            0.073, "uM", "Concentration of calcium", not_negative("Calcium concentration must be non-negative.")
        ),
        "h_IP3R": Quantity(0.793, "", "Fraction of receptors not inactivated by calcium", within(0, 1, IP3_RECEPTORS)),
        "J_noise": hidden(doc="Calcium flux of the devices"),
    }
    ode = ("IP3", "Ca_astro", "h_IP3R")
    held = ("J_noise",)
    recordables = {"IP3": lambda v, s: s.IP3, "Ca_astro": lambda v, s: s.Ca_astro, "h_IP3R": lambda v, s: s.h_IP3R}
    spike_receptors = {0: ("spikes", "spikes")}
    current_receptors = {0: "current"}
    signals = {SLOW_INWARD_CURRENT: Signal(_current, keeps=True)}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"resolution": clock.resolution}

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        calcium = ops.maximum(0.0, ops.minimum(s.Ca_astro, v.Ca_tot))
        alpha_h = v.k_IP3R * v.Kd_inh * (s.IP3 + v.Kd_IP3_1) / (s.IP3 + v.Kd_IP3_2)
        beta_h = v.k_IP3R * calcium
        J_pump = v.rate_SERCA * (calcium * calcium) / (v.Km_SERCA * v.Km_SERCA + calcium * calcium)
        m = s.IP3 / (s.IP3 + v.Kd_IP3_1)
        n = calcium / (calcium + v.Kd_act)
        in_reticulum = (v.Ca_tot - calcium) / v.ratio_ER_cyt
        J_leak = v.ratio_ER_cyt * v.rate_L * (in_reticulum - calcium)
        cubes = v.ratio_ER_cyt * v.rate_IP3R * ops.power(m, 3.0) * ops.power(n, 3.0) * ops.power(s.h_IP3R, 3.0)
        J_channel = cubes * (in_reticulum - calcium)
        return (
            (v.IP3_0 - s.IP3) / v.tau_IP3,
            J_channel - J_pump + J_leak + s.J_noise,
            alpha_h * (1.0 - s.h_IP3R) - beta_h * s.h_IP3R,
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        calcium = ops.maximum(0.0, ops.minimum(s.Ca_astro, v.Ca_tot))
        return State(IP3=s.IP3 + v.delta_IP3 * x.spikes, Ca_astro=calcium, h_IP3R=s.h_IP3R, J_noise=x.current), 0
