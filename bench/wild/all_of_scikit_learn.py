"""scikit-learn: derivatives of losses, linear models, kernels, Gaussian processes, neighbourhood components and networks."""

import warnings

import numpy as np
import sklearn
from sklearn._loss import loss as losses
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process import kernels
from sklearn.linear_model._linear_loss import LinearModelLoss
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.neural_network import MLPClassifier, MLPRegressor

from wild import Sweep

warnings.simplefilter("ignore")
rng = np.random.default_rng(1)
ROWS = 12
X = rng.normal(size=(ROWS, 4))
REAL, COUNTS, POSITIVE = rng.normal(size=ROWS), rng.poisson(2, ROWS).astype(float), rng.gamma(2, 1, ROWS)
COIN, THREE = (rng.random(ROWS) < 0.5).astype(int), rng.integers(0, 3, ROWS)


def check_losses(sweep):
    for loss, y, raw in ((losses.HalfSquaredError(), REAL, X[:, 0]), (losses.AbsoluteError(), REAL, X[:, 0]),
                         (losses.PinballLoss(quantile=0.3), REAL, X[:, 0]), (losses.HuberLoss(), REAL, X[:, 0]),
                         (losses.HalfPoissonLoss(), COUNTS, X[:, 0]), (losses.HalfGammaLoss(), POSITIVE, X[:, 0]),
                         (losses.HalfTweedieLoss(), POSITIVE, X[:, 0]), (losses.HalfTweedieLossIdentity(), POSITIVE, POSITIVE + 0.3),
                         (losses.HalfBinomialLoss(), COIN.astype(float), X[:, 0]),
                         (losses.ExponentialLoss(), COIN.astype(float), X[:, 0]),
                         (losses.HalfMultinomialLoss(n_classes=3), THREE.astype(float), X[:, :3])):
        name = type(loss).__name__
        sweep.scalar(f"loss {name}", lambda q: float(np.sum(loss.loss(y_true=y, raw_prediction=q.copy()))),
                     lambda q: loss.gradient(y_true=y, raw_prediction=q.copy()), raw)
        if name not in ("AbsoluteError", "PinballLoss", "HalfMultinomialLoss"):  # stand-ins for a Hessian that is 0 or a matrix
            sweep.elementwise(f"loss {name}, second derivative", lambda q: loss.gradient(y_true=y, raw_prediction=q.copy()),
                              lambda q: loss.gradient_hessian(y_true=y, raw_prediction=q.copy())[1], raw)


def check_linear_models(sweep):
    for name, y in (("HalfBinomialLoss", COIN.astype(float)), ("HalfPoissonLoss", COUNTS), ("HalfSquaredError", REAL)):
        for intercept in (True, False):
            model = LinearModelLoss(base_loss=getattr(losses, name)(), fit_intercept=intercept)
            sweep.both(f"LinearModelLoss {name}{', intercept' if intercept else ''}",
                       lambda q: model.loss_gradient(q.copy(), X, y, l2_reg_strength=0.3), rng.normal(size=4 + intercept) / 2,
                       hess=lambda q: model.gradient_hessian(q.copy(), X, y, l2_reg_strength=0.3)[1])
    model = LinearModelLoss(base_loss=losses.HalfMultinomialLoss(n_classes=3), fit_intercept=True)
    sweep.both("LinearModelLoss HalfMultinomialLoss",
               lambda q: model.loss_gradient(q.copy(), X, THREE.astype(float), l2_reg_strength=0.3), rng.normal(size=(3, 5)) / 2)


def check_kernels(sweep):
    K = kernels
    for kernel in (K.RBF(1.3), K.RBF([1.0, 0.7, 2.0, 1.1]), K.Matern(1.2, nu=0.5), K.Matern(1.2, nu=1.5), K.Matern(1.2, nu=2.5),
                   K.Matern(1.2, nu=0.8), K.RationalQuadratic(1.1, 0.6), K.ExpSineSquared(1.2, 2.1), K.DotProduct(0.8),
                   K.ConstantKernel(1.4) * K.RBF(0.9) + K.WhiteKernel(0.3), K.Exponentiation(K.RationalQuadratic(), 2),
                   K.PairwiseKernel(metric="rbf", gamma=0.4), K.RBF(1.0) * K.DotProduct(0.5)):
        theta = kernel.theta
        sweep.map(f"kernel {kernel}", lambda q: kernel.clone_with_theta(q.copy())(X),
                  lambda q: kernel.clone_with_theta(q.copy())(X, eval_gradient=True)[1].reshape(-1, theta.size), theta)
        noisy = kernel + K.WhiteKernel(5.0)  # positive definite, whatever the kernel
        model = GaussianProcessRegressor(noisy, optimizer=None).fit(X, REAL)
        sweep.scalar(f"regression by {noisy}", lambda q: float(model.log_marginal_likelihood(q.copy())),
                     lambda q: model.log_marginal_likelihood(q.copy(), eval_gradient=True)[1], model.kernel_.theta)
    for kernel in (K.RBF(1.3), K.Matern(1.2, nu=1.5), K.RationalQuadratic(1.1, 0.6), K.DotProduct(0.8)):
        model = GaussianProcessClassifier(kernel, optimizer=None).fit(X, COIN)
        sweep.scalar(f"classification by {kernel}", lambda q: float(model.log_marginal_likelihood(q.copy())),
                     lambda q: model.log_marginal_likelihood(q.copy(), eval_gradient=True)[1], model.kernel_.theta)


def check_neighbours(sweep):
    model = NeighborhoodComponentsAnalysis(n_components=2, init=rng.normal(size=(2, 4)), max_iter=1).fit(X, COIN)
    same = COIN[:, None] == COIN

    def loss_and_gradient(q):
        value, gradient = model._loss_grad_lbfgs(q.ravel().copy(), X, same, -1.0)
        return float(value), np.reshape(gradient, q.shape)

    sweep.both("NeighborhoodComponentsAnalysis", loss_and_gradient, rng.normal(size=(2, 4)) / 2)


def check_network(sweep, cls, y, **options):
    model = cls(hidden_layer_sizes=(5, 3), solver="lbfgs", max_iter=1, random_state=0, **options).fit(X, y)
    target = model._label_binarizer.transform(y).astype(float) if cls is MLPClassifier else np.reshape(y, (ROWS, -1)).astype(float)
    units = [4, 5, 3, target.shape[1]]
    activations = [X] + [np.empty((ROWS, k)) for k in units[1:]]
    deltas = [np.empty_like(a) for a in activations[1:]]
    coefs, intercepts = [np.empty(shape) for shape in zip(units, units[1:])], [np.empty(k) for k in units[1:]]

    def loss_and_gradient(q):
        value, gradient = model._loss_grad_lbfgs(q.copy(), X, target, None, activations, deltas, coefs, intercepts)
        return float(value), gradient.copy()

    theta = np.concatenate([part.ravel() for part in (*model.coefs_, *model.intercepts_)]) + 0.05
    sweep.both(f"{cls.__name__}, {target.shape[1]} outputs, {options}", loss_and_gradient, theta)


def check_networks(sweep):
    for activation in ("tanh", "logistic", "relu", "identity"):
        check_network(sweep, MLPClassifier, COIN, activation=activation, alpha=0.1)
        check_network(sweep, MLPRegressor, REAL, activation=activation, alpha=0.1)
    check_network(sweep, MLPClassifier, THREE, activation="tanh")
    check_network(sweep, MLPClassifier, np.stack([COIN, 1 - COIN, rng.integers(0, 2, ROWS)], 1), activation="tanh")
    check_network(sweep, MLPRegressor, X[:, :2], activation="tanh")
    check_network(sweep, MLPRegressor, COUNTS, activation="tanh", loss="poisson")
    check_network(sweep, MLPRegressor, rng.poisson(2, (ROWS, 2)), activation="tanh", loss="poisson")


def main():
    sweep = Sweep(f"scikit-learn {sklearn.__version__}")
    for part in (check_losses, check_linear_models, check_kernels, check_neighbours, check_networks):
        part(sweep)
    sweep.summary()


if __name__ == "__main__":
    main()
