"""scikit-learn: the gradient of t-SNE's divergence with other than one degree of freedom, which TSNE itself uses for three or more
components (n_components - 1).

With q_ij proportional to (1 + d_ij^2 / nu)^(-(nu + 1) / 2), the derivative of the divergence with respect to point y_i is

    2 (nu + 1) / nu  sum_j (p_ij - q_ij) (1 + d_ij^2 / nu)^(-1) (y_i - y_j)

The code multiplies by the whole power instead of (1 + d_ij^2 / nu)^(-1): the same for nu = 1 alone.

Truth: the divergence written anew, and its derivative by the complex step, x + ih, h = 1e-30.
"""

import numpy as np
import sklearn
from scipy.spatial.distance import squareform
from sklearn.manifold._t_sne import _kl_divergence

from wild import check, report

POINTS = 10
rng = np.random.default_rng(0)
P = rng.random((POINTS, POINTS))
P = P + P.T
np.fill_diagonal(P, 0)
P /= P.sum()


def divergence(y, nu, components):
    """For complex numbers too."""
    Y = y.reshape(POINTS, components)
    squares = np.sum((Y[:, None] - Y[None]) ** 2, axis=2)
    q = (1 + squares / nu) ** (-(nu + 1) / 2)
    np.fill_diagonal(q, 0)
    q = q / q.sum()
    other = ~np.eye(POINTS, dtype=bool)
    return np.sum(P[other] * np.log(P[other] / q[other]))


def main():
    for components in (2, 3):
        nu = max(components - 1, 1)
        y = rng.normal(size=POINTS * components)

        def theirs(y):
            value, gradient = _kl_divergence(y.copy(), squareform(P), nu, POINTS, components)
            return float(value), gradient

        assert abs(theirs(y)[0] - divergence(y, nu, components)) < 1e-10
        step = 1e-30
        truth = np.array([divergence(y + 1j * step * unit, nu, components).imag / step for unit in np.eye(y.size)])
        found = check(None, None, y, value_and_grad=theirs, name=f"t-SNE, {components} components, nu={nu}")
        report(f"scikit-learn {sklearn.__version__}", found, theirs(y)[1], truth)


if __name__ == "__main__":
    main()
