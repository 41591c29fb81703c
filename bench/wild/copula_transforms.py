"""statsmodels: derivatives of the generators of Archimedean copulas.

TransfFrank.deriv has the wrong sign: the generator -log((exp(-theta t) - 1) / (exp(-theta) - 1)) falls. TransfGumbel.deriv2 is NaN in
the whole interval. TransfClayton, right, stands for the others.

Truth: the generators differentiated with 30 digits by mpmath.
"""

import mpmath
import numpy as np
import statsmodels
from statsmodels.distributions.copula.transforms import TransfClayton, TransfFrank, TransfGumbel

from wild import check, report

T = np.array([0.15, 0.4, 0.77])


def frank(t, theta):
    return -mpmath.log(mpmath.expm1(-theta * t) / mpmath.expm1(-theta))


def clayton(t, theta):
    return t**-theta - 1


def gumbel(t, theta):
    return (-mpmath.log(t)) ** theta


def main():
    mpmath.mp.dps = 30
    cases = ((TransfFrank(), frank, 1.7, "evaluate", "deriv", 1), (TransfGumbel(), gumbel, 1.6, "evaluate", "deriv", 1),
             (TransfGumbel(), gumbel, 1.6, "deriv", "deriv2", 2), (TransfClayton(), clayton, 1.3, "deriv", "deriv2", 2))
    for transform, generator, theta, below, name, order in cases:
        f, derivative = getattr(transform, below), getattr(transform, name)
        truth = [float(mpmath.diff(lambda t: generator(t, mpmath.mpf(theta)), mpmath.mpf(float(t)), order)) for t in T]
        with np.errstate(all="ignore"):
            found = check(lambda t: float(np.sum(f(t, theta))), lambda t: np.real(derivative(t, theta)), T,
                          name=f"{type(transform).__name__}.{name}")
            report(f"statsmodels {statsmodels.__version__}", found, np.real(derivative(T, theta)), truth)


if __name__ == "__main__":
    main()
