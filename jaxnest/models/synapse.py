"""What a synapse model declares."""

from __future__ import annotations

from typing import ClassVar

from jaxnest.models.base import Model, Quantity


class Synapse(Model, abstract=True):
    """Base of all synapse models.

    `parameters` holds what each connection has of its own beside weight and delay, `common` what all
    connections of the model share (set with SetDefaults and CopyModel only).
    """

    common: ClassVar[dict[str, Quantity]] = {}
    weight_is_common: ClassVar[bool] = False
    """True for the `_hom_w` kinds, whose connections have no weight of their own."""
    has_delay: ClassVar[bool] = True
    receptor_zero_only: ClassVar[bool] = False
    """True for the `_hpc` variants, which store no receptor."""
    labelled: ClassVar[bool] = False
    """True for the `_lbl` variants, whose connections have a `synapse_label`."""
    is_plastic: ClassVar[bool] = False
    """True if the weight that is sent depends on the history of spikes."""
    needs_archive: ClassVar[bool] = False
    """True if the target has to keep the history of its spikes."""
    requires_symmetric: ClassVar[bool] = False
    accepts_devices: ClassVar[bool] = False
    """True if stimulators and meters can be connected with it."""
    size: ClassVar[int] = 32
    """Bytes that NEST reports for one connection."""
