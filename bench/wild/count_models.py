"""statsmodels: Hessians of count models.

ZeroInflatedPoisson: the second derivatives by a parameter of the inflation and one of the mean are computed into the upper triangle,
which is then filled from the lower one, where they are 0: the Hessian, from which standard errors come, has no cross terms.

NegativeBinomial (nb1, nb2): until it is fitted, and while it is, its last parameter is the logarithm of the dispersion. The value
and the score take that into account, the Hessian's last row and column don't.

NegativeBinomialP, right, stands for all that is right.

Truth: the log-likelihoods written anew and differentiated with 40 digits by mpmath.
"""

import mpmath
import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.discrete.count_model import ZeroInflatedPoisson
from statsmodels.discrete.discrete_model import NegativeBinomial, NegativeBinomialP

from wild import check, report

rng = np.random.default_rng(3)
ROWS = 25
X = sm.add_constant(rng.normal(size=(ROWS, 2)) / 2)
MEAN = np.exp(X @ [0.6, 0.3, -0.4])
Y = np.where(rng.random(ROWS) < 0.3, 0, rng.poisson(MEAN))
POINT = np.array([0.2, -0.4, 0.5, 0.3, -0.2])


def dot(row, theta):
    return sum(mpmath.mpf(float(x)) * t for x, t in zip(row, theta))


def zero_inflated(*theta):
    total = mpmath.mpf(0)
    for row, y in zip(X, Y):
        w = 1 / (1 + mpmath.exp(-dot(row[:2], theta[:2])))
        mu = mpmath.exp(dot(row, theta[2:]))
        count = mpmath.exp(-mu) * mu**int(y) / mpmath.factorial(int(y))
        total += mpmath.log((w if y == 0 else 0) + (1 - w) * count)
    return total


def negative_binomial(power, logarithm):
    def loglike(*theta):
        alpha = mpmath.exp(theta[-1]) if logarithm else theta[-1]
        total = mpmath.mpf(0)
        for row, y in zip(X, Y):
            mu = mpmath.exp(dot(row, theta[:-1]))
            size = mu**(2 - power) / alpha
            total += (mpmath.loggamma(int(y) + size) - mpmath.loggamma(size) - mpmath.loggamma(int(y) + 1)
                      + size * mpmath.log(size / (size + mu)) + int(y) * mpmath.log(mu / (size + mu)))
        return total

    return loglike


def hessian(f, point):
    """All second derivatives, and the gradient."""
    n = len(point)
    at = tuple(mpmath.mpf(float(p)) for p in point)

    def order(*which):
        return tuple(sum(k == i for k in which) for i in range(n))

    return (np.array([float(mpmath.diff(f, at, order(i))) for i in range(n)]),
            np.array([[float(mpmath.diff(f, at, order(i, j))) for j in range(n)] for i in range(n)]))


def main():
    mpmath.mp.dps = 40
    cases = (("ZeroInflatedPoisson", ZeroInflatedPoisson(Y, X, exog_infl=X[:, :2]), zero_inflated, POINT),
             ("NegativeBinomial nb2", NegativeBinomial(Y, X, loglike_method="nb2"), negative_binomial(2, True), POINT[1:]),
             ("NegativeBinomial nb1", NegativeBinomial(Y, X, loglike_method="nb1"), negative_binomial(1, True), POINT[1:]),
             ("NegativeBinomialP p=2", NegativeBinomialP(Y, X, p=2), negative_binomial(2, False), np.abs(POINT[1:])))
    for name, model, f, point in cases:
        gradient, second = hessian(f, point)
        found = check(lambda t: float(model.loglike(t)), lambda t: np.asarray(model.score(t)), point,
                      hess=lambda t: np.asarray(model.hessian(t)), name=name)
        theirs = np.concatenate([np.asarray(model.score(point)).ravel(), np.asarray(model.hessian(point)).ravel()])
        report(f"statsmodels {statsmodels.__version__}", found, theirs, np.concatenate([gradient, second.ravel()]))


if __name__ == "__main__":
    main()
