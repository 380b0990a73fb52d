"""Names of the words that tell compiled loops about neurons that keep the history of their potential."""

from __future__ import annotations

THETA_PLUS, THETA_MINUS, A_LTP, A_LTD, REFERENCE, IS_CONSTANT, RESOLUTION, LONGEST, AWAKE, PREDICTS = range(10)
PARAMETER_WORDS = 10
"""Words of a neuron: its parameters, the resolution (ms), the number of depressions kept, whether it takes part, and
whether it notes what its dendrite predicts."""

N_OUTPUTS, FIRST_ROW, FIRST_COLUMN, OUTPUTS = range(4)
"""Words of the places of a batch: number of recordables that are sampled, first row in the archive, first column of the
raster, and then the places of the recordables that matter."""
