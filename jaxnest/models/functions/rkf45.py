"""The Runge-Kutta-Fehlberg 4(5) method with the step-size control of the GNU Scientific Library.

The fifth-order solution is propagated; its difference from the fourth-order one is the estimate of the error.
Fractions are as the library writes them: each is one rounded quotient.

References
----------
Fehlberg (1969), NASA Technical Report R-315. GNU Scientific Library reference manual, "Ordinary differential
equations": ``gsl_odeiv_step_rkf45``, ``gsl_odeiv_control_y_new``, ``gsl_odeiv_control_yp_new``.
"""

from __future__ import annotations

STAGES: tuple[tuple[float, ...], ...] = (
    (1.0 / 4.0,),
    (3.0 / 32.0, 9.0 / 32.0),
    (1932.0 / 2197.0, -7200.0 / 2197.0, 7296.0 / 2197.0),
    (8341.0 / 4104.0, -32832.0 / 4104.0, 29440.0 / 4104.0, -845.0 / 4104.0),
    (-6080.0 / 20520.0, 41040.0 / 20520.0, -28352.0 / 20520.0, 9295.0 / 20520.0, -5643.0 / 20520.0),
)
"""Weights of the earlier derivatives at the points where the second to sixth are taken."""

TIMES: tuple[float, ...] = (1.0 / 4.0, 3.0 / 8.0, 12.0 / 13.0, 1.0, 1.0 / 2.0)
"""Where in the step these points lie."""

SOLUTION: tuple[float, ...] = (
    902880.0 / 7618050.0,
    0.0,
    3953664.0 / 7618050.0,
    3855735.0 / 7618050.0,
    -1371249.0 / 7618050.0,
    277020.0 / 7618050.0,
)
"""Weights of the six derivatives in the solution."""

ERROR: tuple[float, ...] = (1.0 / 360.0, 0.0, -128.0 / 4275.0, -2197.0 / 75240.0, 1.0 / 50.0, 2.0 / 55.0)
"""Weights of the six derivatives in the estimated error."""

SAFETY = 0.9
LARGEST_GROWTH = 5.0
SMALLEST_SHRINKAGE = 0.2
TOO_LARGE, SMALL = 1.1, 0.5
"""Ratios of error and tolerance: above the first a step is repeated, below the second the next one is longer."""
