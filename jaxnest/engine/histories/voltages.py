"""Neurons that keep the history of their potential, in the layout of `engine.histories.archive_voltage`."""

from __future__ import annotations

import numpy as np

from jaxnest.engine.network.plan import Plan

THETA_PLUS, THETA_MINUS, A_LTP, A_LTD, REFERENCE, IS_CONSTANT, RESOLUTION, LONGEST, AWAKE, PREDICTS = range(10)
PARAMETER_WORDS = 10
"""Words of a neuron: its parameters, the resolution (ms), the number of depressions kept, whether it takes part, and
whether it notes what its dendrite predicts."""

N_OUTPUTS, FIRST_ROW, FIRST_COLUMN, OUTPUTS = range(4)
"""Words of the places of a batch: number of recordables that are sampled, first row in the archive, first column of the
raster, and then the places of the recordables that matter."""

COLUMNS = ("theta_plus", "theta_minus", "A_LTP", "A_LTD", "u_ref_squared", "A_LTD_const")


def voltage_constants(plan: Plan, s: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return parameters and places of each batch of a virtual process that takes part."""
    shard = plan.shards[s]
    result = []
    for b, first_row in shard.voltage_rows.items():
        batch = shard.batches[b]
        names, _ = plan.outputs(s, b)
        stored = batch.columns()
        parameters = np.zeros((len(batch), PARAMETER_WORDS))
        for k, name in enumerate(() if batch.model.predicts else COLUMNS):
            parameters[:, k] = stored[name]
        parameters[:, RESOLUTION] = plan.clock.resolution
        parameters[:, LONGEST] = plan.max_delay + 1
        parameters[:, AWAKE] = ~batch.store.frozen[batch.rows]
        parameters[:, PREDICTS] = bool(batch.model.predicts)
        outputs = [names.index(name) for name in batch.model.filtered_voltages or (batch.model.predicts,)]
        result.append((parameters, np.array([len(names), first_row, batch.first_column, *outputs], np.int64)))
    return result
