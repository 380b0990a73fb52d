"""The matrix of a tree of compartments: a step of the Crank-Nicolson method.

It is solved from the leaves to the root and back. Sums are made in NEST's order, which decides about the last digit.

References
----------
Hines (1984), International Journal of Bio-Medical Computing 15:69-76.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.compartments.currents import KINDS, channels, decay, peak, receptor

DECAYS = ("decay_r", "decay_d", "decay_r_NMDA", "decay_d_NMDA")


def calibrated(p: Any, h: float) -> dict[str, Any]:
    """Return what the steps of a neuron need, from its stored values."""
    parents, half_g_C = p.compartments, p.g_C / 2.0
    diagonal = p.C_m / h + p.g_L / 2.0
    diagonal[1:] += half_g_C[1:]
    for k, parent in enumerate(parents[1:], 1):
        diagonal[parent] += half_g_C[k]
    receptors = [(place, list(KINDS).index(kind)) for place, kind in p.receptors]
    sizes = np.bincount([place for place, _ in receptors], minlength=len(parents))
    times = [p.tau_r.tolist(), p.tau_d.tolist(), p.tau_r_NMDA.tolist(), p.tau_d_NMDA.tolist()]
    return {
        "h": h,
        "parent": parents,
        "half_g_C": half_g_C,
        "diagonal": diagonal,
        "kept": p.C_m / h - p.g_L / 2.0,
        "leak": p.g_L * p.e_L,
        "sweep": sweep(parents),
        "kind": [kind for _, kind in receptors],
        "order": sorted(range(len(receptors)), key=receptors.__getitem__),
        "first": [0, *itertools.accumulate(sizes.tolist())],
        "g_norm": [peak(*pair) for pair in zip(*times[:2], strict=True)],
        "g_norm_NMDA": [peak(*pair) for pair in zip(*times[2:], strict=True)],
        **{name: [decay(tau, h) for tau in taus] for name, taus in zip(DECAYS, times, strict=True)},
    }


def sweep(parents: Sequence[int]) -> list[int]:
    """Return the order in which compartments are eliminated: from each leaf on as far as all children are done."""
    missing = [parents.count(k) for k in range(len(parents))]
    order = []
    for leaf in (k for k, n in enumerate(missing) if n == 0):
        while leaf >= 0 and missing[leaf] == 0:
            order.append(leaf)
            missing[leaf] = -1
            leaf = parents[leaf]
            if leaf >= 0:
                missing[leaf] -= 1
    return order


@ops.helper
def assemble(v: Any, s: Any, x: Any) -> None:
    """Write the diagonal and the right-hand side, and advance channels and receptors."""
    n, n_receptors = len(s.v_comp), len(v.order)
    for i in range(n):
        s.gg[i], s.ff[i] = v.diagonal[i], v.kept[i] * s.v_comp[i] + v.leak[i]
        if i > 0:
            s.ff[i] -= v.half_g_C[i] * (s.v_comp[i] - s.v_comp[int(v.parent[i])])
        s.xx[i] = s.yy[i] = 0.0
    for i in range(1, n):
        parent = int(v.parent[i])
        s.ff[parent] -= v.half_g_C[i] * (s.v_comp[parent] - s.v_comp[i])
    for i in range(n):
        V, (g, f) = s.v_comp[i], channels(v, s, i)
        for k in range(int(v.first[i]), int(v.first[i + 1])):
            r = int(v.order[k])
            more_g, more_f = receptor(v, s, r, V, x.spikes[r])
            g += more_g
            f += more_f
        s.gg[i] += g
        s.ff[i] += f
        s.ff[i] += x.spikes[n_receptors + i]


@ops.helper
def solve(v: Any, s: Any) -> None:
    """Write the potentials at the end of the step."""
    for k in range(len(v.sweep)):
        i = int(v.sweep[k])
        s.gg[i] -= s.xx[i]
        s.ff[i] -= s.yy[i]
        if i > 0:
            parent, coupling = int(v.parent[i]), -v.half_g_C[i]
            s.xx[parent] += coupling * coupling / s.gg[i]
            s.yy[parent] += s.ff[i] * coupling / s.gg[i]
    s.v_comp[0] = s.ff[0] / s.gg[0]
    for i in range(1, len(s.v_comp)):
        s.v_comp[i] = (s.ff[i] + s.v_comp[int(v.parent[i])] * v.half_g_C[i]) / s.gg[i]
