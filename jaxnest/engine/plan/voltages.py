"""Neurons that keep the history of their potential, in the layout of `engine.histories.archive_voltage`."""

from __future__ import annotations

import numpy as np

from jaxnest.engine.histories.voltage_layout import AWAKE, LONGEST, PARAMETER_WORDS, PREDICTS, RESOLUTION
from jaxnest.engine.plan.plan import Plan

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
