"""Leaky integrate-and-fire neuron of three compartments with alpha-shaped conductances."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import (
    REFRACTORY_TIME,
    RESET_BELOW_THRESHOLD,
    compartment,
    compartment_dictionary,
)

COMPARTMENTS = {"soma": (10.0, 150.0), "proximal": (5.0, 75.0), "distal": (10.0, 150.0)}
"""Leak (nS) and capacitance (pF) of each."""
SHAPES = ("V_m", "dg_ex", "g_ex", "dg_in", "g_in")


@ops.helper
def synaptic_slopes(dg_ex: Any, g_ex: Any, dg_in: Any, g_in: Any, tau_ex: Any, tau_in: Any) -> Any:
    """Return the derivatives of the conductances of a compartment and of their derivatives."""
    return -dg_ex / tau_ex, dg_ex - g_ex / tau_ex, -dg_in / tau_in, dg_in - g_in / tau_in


@register
class iaf_cond_alpha_mc(OdeNeuron):
    r"""Leaky integrate-and-fire neuron of three compartments with alpha-shaped conductances.

    .. math::
        C_{m.c} \dot V_c = -g_{L.c}(V_c - E_{L.c}) - g_{ex.c}(V_c - E_{ex.c}) - g_{in.c}(V_c - E_{in.c})
            - I_{conn.c} + I_{e.c} + I_{stim.c}

    Soma, proximal and distal dendrite are coupled in a chain by the conductances g_sp and g_pd. Each compartment has
    receptors of its own for excitation, inhibition (weights positive at both) and current, and a dictionary of
    parameters. A spike is emitted when the soma reaches V_th; V_reset is then applied to the soma for t_ref, in which
    no compartment changes its potential.

    References
    ----------
    Meffin, Burkitt & Grayden (2004), Journal of Computational Neuroscience 16:159-175. Bernander, Douglas, Martin &
    Koch (1991), PNAS 88:11569-11573. NEST documentation, model ``iaf_cond_alpha_mc``.
    """

    parameters = {
        "V_th": Quantity(-55.0, "mV", "Threshold of the soma"),
        "V_reset": Quantity(-60.0, "mV", "Potential of the soma after a spike"),
        "t_ref": Quantity(2.0, "ms", "Refractory period", REFRACTORY_TIME),
        "g_sp": Quantity(2.5, "nS", "Conductance between soma and proximal dendrite"),
        "g_pd": Quantity(1.0, "nS", "Conductance between proximal and distal dendrite"),
        **{name: compartment_dictionary(name) for name in COMPARTMENTS},
        **{
            key: quantity
            for name, (g_L, C_m) in COMPARTMENTS.items()
            for key, quantity in compartment(
                name, f"All time constants ({name}) must be strictly positive.", C_m=C_m, g_L=g_L
            ).items()
        },
    }
    state = {
        f"{name}_{key}": Quantity(-70.0, "mV", "Membrane potential", visible=False) if key == "V_m" else hidden()
        for name in COMPARTMENTS
        for key in SHAPES
    } | {f"{name}_I": hidden(doc="Current of the devices") for name in COMPARTMENTS}
    relations = (RESET_BELOW_THRESHOLD,)
    ode = tuple(f"{name}_{key}" for name in COMPARTMENTS for key in SHAPES)
    held = ("refractory", "soma_I", "proximal_I", "distal_I")
    recordables = {
        "V_m.s": lambda v, s: s.soma_V_m,
        "g_ex.s": lambda v, s: s.soma_g_ex,
        "g_in.s": lambda v, s: s.soma_g_in,
        "V_m.p": lambda v, s: s.proximal_V_m,
        "g_ex.p": lambda v, s: s.proximal_g_ex,
        "g_in.p": lambda v, s: s.proximal_g_in,
        "V_m.d": lambda v, s: s.distal_V_m,
        "g_ex.d": lambda v, s: s.distal_g_ex,
        "g_in.d": lambda v, s: s.distal_g_in,
        "t_ref_remaining": lambda v, s: v.resolution * s.refractory,
    }
    receptors_from_zero = True
    receptor_types = {
        f"{name}_{kind}": 1 + 2 * i + k if kind != "curr" else 7 + i
        for i, name in enumerate(COMPARTMENTS)
        for k, kind in enumerate(("exc", "inh", "curr"))
    }
    ports_from_zero = True
    spike_receptors = {port: (name, name) for name, port in receptor_types.items() if port < 7}
    current_receptors = {port: name for name, port in receptor_types.items() if port >= 7}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        kinds = [f"{name}_{{}}_{kind}" for name in COMPARTMENTS for kind in ("ex", "in")]
        peaks = {k.format("g0"): 1.0 * math.e / getattr(p, k.format("tau_syn")) for k in kinds}
        return OdeNeuron.calibrate(p, clock) | peaks

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V, V_p, V_d = ops.where(refractory, v.V_reset, ops.minimum(s.soma_V_m, v.V_th)), s.proximal_V_m, s.distal_V_m
        I_ex, I_in = s.soma_g_ex * (V - v.soma_E_ex), s.soma_g_in * (V - v.soma_E_in)
        I = -(v.soma_g_L * (V - v.soma_E_L)) - I_ex - I_in - v.g_sp * (V - V_p) + s.soma_I + v.soma_I_e
        I_ex, I_in = s.proximal_g_ex * (V_p - v.proximal_E_ex), s.proximal_g_in * (V_p - v.proximal_E_in)
        I_conn = v.g_sp * (V_p - s.soma_V_m) + v.g_pd * (V_p - V_d)
        I_p = -(v.proximal_g_L * (V_p - v.proximal_E_L)) - I_ex - I_in - I_conn + s.proximal_I + v.proximal_I_e
        I_ex, I_in = s.distal_g_ex * (V_d - v.distal_E_ex), s.distal_g_in * (V_d - v.distal_E_in)
        I_conn = v.g_pd * (V_d - V_p)
        I_d = -(v.distal_g_L * (V_d - v.distal_E_L)) - I_ex - I_in - I_conn + s.distal_I + v.distal_I_e
        soma = (s.soma_dg_ex, s.soma_g_ex, s.soma_dg_in, s.soma_g_in, v.soma_tau_syn_ex, v.soma_tau_syn_in)
        proximal = (s.proximal_dg_ex, s.proximal_g_ex, s.proximal_dg_in, s.proximal_g_in)
        distal = (s.distal_dg_ex, s.distal_g_ex, s.distal_dg_in, s.distal_g_in)
        return (
            ops.where(refractory, 0.0, I / v.soma_C_m),
            *synaptic_slopes(*soma),
            ops.where(refractory, 0.0, I_p / v.proximal_C_m),
            *synaptic_slopes(*proximal, v.proximal_tau_syn_ex, v.proximal_tau_syn_in),
            ops.where(refractory, 0.0, I_d / v.distal_C_m),
            *synaptic_slopes(*distal, v.distal_tau_syn_ex, v.distal_tau_syn_in),
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        spike = active & ops.crosses(s.soma_V_m, v.V_th)
        V_m = ops.where(active, ops.where(spike, v.V_reset, s.soma_V_m), v.V_reset)
        refractory = ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1, 0.0))
        soma_ex, soma_in = s.soma_dg_ex + x.soma_exc * v.soma_g0_ex, s.soma_dg_in + x.soma_inh * v.soma_g0_in
        proximal_ex = s.proximal_dg_ex + x.proximal_exc * v.proximal_g0_ex
        proximal_in = s.proximal_dg_in + x.proximal_inh * v.proximal_g0_in
        distal_ex = s.distal_dg_ex + x.distal_exc * v.distal_g0_ex
        distal_in = s.distal_dg_in + x.distal_inh * v.distal_g0_in
        return State(
            soma_V_m=V_m,
            soma_dg_ex=soma_ex,
            soma_g_ex=s.soma_g_ex,
            soma_dg_in=soma_in,
            soma_g_in=s.soma_g_in,
            proximal_V_m=s.proximal_V_m,
            proximal_dg_ex=proximal_ex,
            proximal_g_ex=s.proximal_g_ex,
            proximal_dg_in=proximal_in,
            proximal_g_in=s.proximal_g_in,
            distal_V_m=s.distal_V_m,
            distal_dg_ex=distal_ex,
            distal_g_ex=s.distal_g_ex,
            distal_dg_in=distal_in,
            distal_g_in=s.distal_g_in,
            refractory=refractory,
            soma_I=x.soma_curr,
            proximal_I=x.proximal_curr,
            distal_I=x.distal_curr,
        ), spike
