"""Neuron of compartments that a script puts together to a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models import ops
from jaxnest.models.compartments import matrix, tree
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, hidden
from jaxnest.models.contract.registry import register

GIVEN = ("compartments", "add_compartments", "receptors", "add_receptors")


def _new(name: str, doc: str) -> Quantity:
    return Quantity((), "", doc, visible=False, given_only=True, convert=tree.listed(name))


@register
class cm_default(ArchivingNeuron):
    r"""Neuron of compartments with sodium and potassium channels and conductances of synapses.

    .. math::
        C_m \dot V = -g_L (V - e_L) - \sum_{neighbours} g_C (V - V_{neighbour}) + I_{channels} + I_{receptors} + I

    Compartments are dictionaries with ``parent_idx`` (-1 for the soma, which comes first) and ``params``, among which
    g_C is the coupling with the parent and v_comp the potential at the beginning::

        cm.compartments = [{"parent_idx": -1, "params": {"C_m": 10.0}}, {"parent_idx": 0}]
        cm.receptors = [{"comp_idx": 1, "receptor_type": "AMPA", "params": {"tau_d_AMPA": 2.0}}]

    Channels have the parameters gbar_Na, e_Na, gbar_K and e_K (e_Na and e_K are taken together only); receptors are of
    type AMPA, GABA, NMDA or AMPA_NMDA. ``+=`` adds others. Compartments and receptors are numbered from 0 on: spikes
    arrive at the receptor_type that is the number of a receptor, currents at that of a compartment. Recordables are
    v_comp0, m_Na_0, h_Na_0, n_K_0, ..., and two conductances of each receptor, as g_r_AMPA_0 and g_d_AMPA_0. A spike
    is sent when the potential of the soma crosses V_th from below; there is no reset. Units are those of the script:
    nF, uS and nA, or others that fit together. Each run begins without the input that is on its way.

    References
    ----------
    Wybo, Jordan, Ellenberger, Marti Mengual, Nevian & Senn (2021), eLife 10:e60936. NEST documentation, model
    ``cm_default``.
    """

    parameters = {
        "V_th": Quantity(-55.0, "mV", "Threshold of the soma"),
        "compartments": Quantity(
            (), "", "The compartments", convert=tree.listed("compartments"), shown=tree.shown_compartments
        ),
        "add_compartments": _new("compartments", "Further compartments"),
        "receptors": Quantity((), "", "The receptors", convert=tree.listed("receptors"), shown=tree.shown_receptors),
        "add_receptors": _new("receptors", "Further receptors"),
        **{name: hidden(np.zeros(0)) for name in (*tree.COMPARTMENT, *tree.RECEPTOR) if name != "v_comp"},
    }
    state = {
        **{name: hidden(np.zeros(0)) for name in ("v_comp", *tree.CHANNELS)},
        **{name: hidden(each="e_rev") for name in ("g_r", "g_d", "g_r_NMDA", "g_d_NMDA")},
        **{name: hidden(each="C_m", doc="Part of the matrix in a step") for name in ("gg", "ff", "xx", "yy")},
    }
    receptor_vector, first_receptor, current_vector = "e_rev", 0, "C_m"
    numbered = {
        "v_comp": lambda v, s: s.v_comp,
        "m_Na_": lambda v, s: s.m_Na,
        "h_Na_": lambda v, s: s.h_Na,
        "n_K_": lambda v, s: s.n_K,
        **{f"g_r_{kind}_": lambda v, s: s.g_r for kind in ("AMPA", "GABA", "NMDA", "AN_AMPA")},
        **{f"g_d_{kind}_": lambda v, s: s.g_d for kind in ("AMPA", "GABA", "NMDA", "AN_AMPA")},
        "g_r_AN_NMDA_": lambda v, s: s.g_r_NMDA,
        "g_d_AN_NMDA_": lambda v, s: s.g_d_NMDA,
    }
    refuses_negative = "Synaptic weights must be positive."
    forgets_inputs = True

    @classmethod
    def recordable_names(cls, values: Mapping[str, Any]) -> list[str]:
        """Return the names of the recordables: those of each compartment and each receptor."""
        n = len(values["compartments"])
        names = [f"{name}{k}" for name in ("v_comp", "m_Na_", "h_Na_", "n_K_") for k in range(n)]
        for k, (_, kind) in enumerate(values["receptors"]):
            kinds = ("AN_AMPA", "AN_NMDA") if kind == "AMPA_NMDA" else (kind,)
            names += [f"g_{part}_{one}_{k}" for one in kinds for part in ("r", "d")]
        return sorted(names)

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the names of the recordables, even if there are none yet."""
        return {"recordables": cls.recordable_names(values)}

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`; compartments and receptors are added to those that there are."""
        given = {name: changes[name] for name in GIVEN if name in changes}
        super().assign(columns, {name: value for name, value in changes.items() if name not in given})
        if given:
            tree.grow(columns, given)

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        if not p.compartments:
            raise errors.UnknownCompartment(
                "Compartment 0 does not exist in tree, meaning that no compartments have been added."
            )
        return matrix.calibrated(p, clock.resolution)

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        before = s.v_comp[0]
        matrix.assemble(v, s, x)
        matrix.solve(v, s)
        spike = ops.crosses(s.v_comp[0], v.V_th) and before < v.V_th
        return s, spike  # whose vectors were changed where they are
