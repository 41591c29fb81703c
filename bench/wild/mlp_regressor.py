"""scikit-learn: MLPRegressor with several outputs.

Its loss is the mean of squares over samples and outputs, its gradient the sum over outputs of means over samples: too large by the
number of outputs. (Regularisation, added to both as it should be, is not, so that no learning rate makes up for it.)

Truth: the network is written anew in a few lines, and its derivative taken by the complex step, x + ih, h = 1e-30.
"""

import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPRegressor

from wild import check, report

warnings.simplefilter("ignore")  # one iteration is all that is asked for
OUTPUTS = 3
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(20, 4)), rng.normal(size=(20, OUTPUTS))


def regressor(alpha):
    model = MLPRegressor(hidden_layer_sizes=(5,), activation="tanh", solver="lbfgs", alpha=alpha, max_iter=1, random_state=0)
    return model.fit(X, Y)


def theirs(model):
    """Loss and gradient as the solver is given them, of the packed parameters."""
    units = [4, 5, OUTPUTS]
    activations = [X] + [np.empty((20, k)) for k in units[1:]]
    deltas = [np.empty_like(a) for a in activations[1:]]
    coefs = [np.empty(shape) for shape in zip(units, units[1:])]
    intercepts = [np.empty(k) for k in units[1:]]

    def loss_and_gradient(theta):
        value, gradient = model._loss_grad_lbfgs(theta.copy(), X, Y, None, activations, deltas, coefs, intercepts)
        return float(value), gradient.copy()

    return loss_and_gradient


def independent(theta, alpha):
    """The same loss, for complex numbers too."""
    W1, W2, b1, b2 = np.split(theta, [20, 35, 40])
    out = np.tanh(X @ W1.reshape(4, 5) + b1) @ W2.reshape(5, OUTPUTS) + b2
    return np.mean((out - Y) ** 2) / 2 + alpha / 2 * (W1 @ W1 + W2 @ W2) / 20


def main():
    for alpha in (0.0, 0.5):
        model = regressor(alpha)
        theta = np.concatenate([part.ravel() for part in (*model.coefs_, *model.intercepts_)]) + 0.1
        loss_and_gradient = theirs(model)
        ours = independent(theta, alpha)
        assert abs(loss_and_gradient(theta)[0] - ours) <= 1e-12 * abs(ours)
        step = 1e-30
        truth = np.array([independent(theta + 1j * step * unit, alpha).imag / step for unit in np.eye(theta.size)])
        found = check(None, None, theta, value_and_grad=loss_and_gradient, name=f"MLPRegressor, {OUTPUTS} outputs, alpha={alpha}")
        report(f"scikit-learn {sklearn.__version__}", found, loss_and_gradient(theta)[1], truth)


if __name__ == "__main__":
    main()
