"""Time as NEST counts it: integer tics, steps of several tics, and the conversions to and from milliseconds.

Each conversion keeps NEST's order of operations, because the last digit of a propagator depends on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

DEFAULT_TICS_PER_MS = 1000
DEFAULT_RESOLUTION = 0.1
T_MAX = 1152921504606846.8
FOREVER = 1 << 62
"""Steps until a device without a stop time stops."""


@final
@dataclass(frozen=True)
class Clock:
    """Resolution and the conversions that follow from it."""

    tics_per_step: int = 100
    tics_per_ms: int = DEFAULT_TICS_PER_MS
    now: int = 0
    """Present time in steps, where times are checked against it."""

    @property
    def ms_per_tic(self) -> float:
        """Duration of a tic in ms."""
        return 1 / float(self.tics_per_ms)

    @property
    def ms_per_step(self) -> float:
        """Duration of a step in ms as delays use it: a quotient, not a product."""
        return self.tics_per_step / float(self.tics_per_ms)

    @property
    def resolution(self) -> float:
        """The step in ms as propagators use it (0.7 reads 0.7000000000000001)."""
        return self.ms_per_tic * self.tics_per_step

    @property
    def latest(self) -> float:
        """The first time in ms that means never."""
        return T_MAX

    def to_tics(self, ms: float) -> int:
        """Milliseconds to tics, rounded half up."""
        return int(ms * float(self.tics_per_ms) + 0.5) if ms < T_MAX else FOREVER

    def to_steps(self, ms: float) -> int:
        """Milliseconds to steps: rounded to tics, then up to a step."""
        tics = self.to_tics(ms)
        return FOREVER if tics >= FOREVER else int((tics + self.tics_per_step - 1) * (1.0 / self.tics_per_step))

    def stamp(self, ms: float) -> int:
        """Milliseconds to the end of the step in which they lie, in steps."""
        steps = int(ms * float(self.tics_per_ms)) // self.tics_per_step
        return steps + (steps * self.tics_per_step * (1 / float(self.tics_per_step)) * self.ms_per_step < ms)

    def is_finite(self, ms: float) -> bool:
        """True if the time can be represented; what lies beyond means never."""
        return abs(ms) < T_MAX

    def on_grid(self, ms: float) -> bool:
        """True if the time, rounded to tics, is a multiple of the resolution."""
        return ms >= T_MAX or self.to_tics(ms) % self.tics_per_step == 0

    def is_step(self, ms: float) -> bool:
        """True if the time is one or several steps."""
        tics = self.to_tics(ms)
        return 0 < tics < FOREVER and tics % self.tics_per_step == 0

    def to_ms(self, steps: float) -> float:
        """A time stamp in steps as milliseconds."""
        return self.ms_per_tic * (steps * self.tics_per_step)

    def delay_steps(self, ms: float) -> int:
        """A delay in steps: half steps round up."""
        return math.floor(ms * (1 / self.ms_per_step) + 0.5)

    def delay_ms(self, steps: int) -> float:
        """A delay in milliseconds, as connections report it."""
        return steps * self.ms_per_step
