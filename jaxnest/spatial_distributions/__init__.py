"""Functions of distances and displacements (``nest.spatial_distributions``)."""

from __future__ import annotations

from jaxnest import errors
from jaxnest.random.creation import create_parameter
from jaxnest.random.parameter import Parameter

__all__ = ["exponential", "gabor", "gamma", "gaussian", "gaussian2D"]

__getattr__ = errors.no_attribute(__name__, __all__)


def exponential(x: Parameter, beta: float = 1.0) -> Parameter:
    r"""Return :math:`e^{-x/\beta}`.

    Parameters
    ----------
    x : Parameter
        The argument, most often a distance.
    beta : float
        Length constant.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("exp_distribution", {"x": x, "beta": beta})


def gaussian(x: Parameter, mean: float = 0.0, std: float = 1.0) -> Parameter:
    r"""Return :math:`e^{-(x-\text{mean})^2 / (2\,\text{std}^2)}`.

    Parameters
    ----------
    x : Parameter
        The argument, most often a distance.
    mean, std : float
        Centre and width.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("gaussian", {"x": x, "mean": mean, "std": std})


def gaussian2D(
    x: Parameter,
    y: Parameter,
    mean_x: float = 0.0,
    mean_y: float = 0.0,
    std_x: float = 1.0,
    std_y: float = 1.0,
    rho: float = 0.0,
) -> Parameter:
    """Return a bivariate Gaussian function of two Parameters, 1 at its peak.

    Parameters
    ----------
    x, y : Parameter
        The arguments, most often the components of a displacement.
    mean_x, mean_y : float
        Centre.
    std_x, std_y : float
        Widths.
    rho : float
        Correlation of x and y.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    specs = {"mean_x": mean_x, "mean_y": mean_y, "std_x": std_x, "std_y": std_y, "rho": rho}
    return create_parameter("gaussian2d", {"x": x, "y": y, **specs})


def gamma(x: Parameter, kappa: float = 1.0, theta: float = 1.0) -> Parameter:
    """Return the probability density of a gamma distribution.

    Parameters
    ----------
    x : Parameter
        The argument, most often a distance.
    kappa, theta : float
        Shape and scale.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("gamma", {"x": x, "kappa": kappa, "theta": theta})


def gabor(
    x: Parameter,
    y: Parameter,
    theta: float = 0.0,
    gamma: float = 1.0,
    std: float = 1.0,
    lam: float = 1.0,
    psi: float = 0.0,
) -> Parameter:
    r"""Return a rectified Gabor function of two Parameters.

    .. math::
        \max\left[\cos\left(360^{\circ} \frac{y'}{\lambda} + \psi\right), 0\right]
        e^{-\frac{\gamma^2 x'^2 + y'^2}{2\,\text{std}^2}}, \quad
        x' = x\cos\theta + y\sin\theta, \quad y' = -x\sin\theta + y\cos\theta

    Parameters
    ----------
    x, y : Parameter
        The arguments, most often the components of a displacement.
    theta : float
        Orientation in degrees.
    gamma : float
        Ratio of the axes.
    std : float
        Width.
    lam : float
        Wavelength.
    psi : float
        Phase in degrees.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    specs = {"theta": theta, "gamma": gamma, "std": std, "lam": lam, "psi": psi}
    return create_parameter("gabor", {"x": x, "y": y, **specs})
