"""Derivatives as scipy.optimize takes them, right and wrong."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy.optimize")
from scipy import optimize, sparse
from scipy.sparse.linalg import LinearOperator

import gradproof
import gradproof.scipy

X0 = np.array([1.3, 0.7, 0.8, 1.9, 1.2])


def rosen_hess_wrong(x):
    h = optimize.rosen_hess(x)
    h[1, 2] *= 1.01
    return h


def test_an_objective():
    reports = gradproof.scipy.check(optimize.rosen, X0, optimize.rosen_der, optimize.rosen_hess)
    assert reports.ok and list(reports) == ["objective"]
    assert {"x", "hessian x"} <= set(reports["objective"].blocks)
    assert gradproof.scipy.check(optimize.rosen, X0, optimize.rosen_der, hessp=optimize.rosen_hess_prod).ok


def test_a_wrong_gradient_and_a_wrong_hessian():
    wrong = gradproof.scipy.check(optimize.rosen, X0, lambda x: 2 * optimize.rosen_der(x))
    assert wrong.verdict == "refuted" and wrong.diagnosis[0].kind == "scaled"
    with pytest.raises(gradproof.GradientError, match="hessian x"):
        gradproof.scipy.assert_gradient(optimize.rosen, X0, optimize.rosen_der, rosen_hess_wrong)


def test_value_and_gradient_together_args_and_words():
    def fun(x, a, b):
        return a * np.sum(np.cosh(x)) + b, a * np.sinh(x)

    assert gradproof.scipy.check(fun, X0, True, args=(2.0, 1.0)).ok
    assert gradproof.scipy.check(lambda x, a: a * x @ x, X0, lambda x, a: 2 * a * x, args=3.0, hess="2-point").ok
    assert gradproof.scipy.check(lambda x: x @ x, X0, lambda x: 2 * x, hess=optimize.BFGS()).ok
    for words in ({}, {"jac": "2-point"}, {"jac": False}):
        with pytest.raises(TypeError, match="nothing to check"):
            gradproof.scipy.check(optimize.rosen, X0, **words)
    with pytest.raises(TypeError, match="give jac too"):
        gradproof.scipy.check(optimize.rosen, X0, hess=optimize.rosen_hess)


@pytest.mark.parametrize("bounds", [
    optimize.Bounds(0, np.inf), optimize.Bounds(np.full(5, 1e-3), np.full(5, 3)), [(0, None)] * 5, [(None, 4.0)] + [(0, 2)] * 4])
def test_bounds_are_never_crossed(bounds):
    pairs = bounds if isinstance(bounds, list) else list(zip(np.broadcast_to(bounds.lb, 5), np.broadcast_to(bounds.ub, 5)))
    low = np.array([-np.inf if pair[0] is None else pair[0] for pair in pairs])
    high = np.array([np.inf if pair[1] is None else pair[1] for pair in pairs])

    def fun(x):
        assert np.all(x >= low) and np.all(x <= high)
        return np.sum(np.exp(-x) + x * x)

    x0 = np.clip(X0, low, high)
    x0[1] = low[1] if np.isfinite(low[1]) else x0[1]  # at its bound
    assert gradproof.scipy.check(fun, x0, lambda x: 2 * x - np.exp(-x), bounds=bounds).ok


def test_a_fixed_variable_is_refused():
    with pytest.raises(ValueError, match=r"x\[2\] is fixed at 0.8"):
        gradproof.scipy.check(optimize.rosen, X0, optimize.rosen_der, bounds=[(0, 2), (0, 2), (0.8, 0.8), (0, 2), (0, 2)])
    with pytest.raises(ValueError, match="3 pairs for 5 variables"):
        gradproof.scipy.check(optimize.rosen, X0, optimize.rosen_der, bounds=[(0, 2)] * 3)


def circle(x):
    return np.array([x[0] ** 2 + x[1] ** 2 - 1, np.sin(x[2]) * x[3]])


def circle_jac(x):
    return np.array([[2 * x[0], 2 * x[1], 0, 0, 0], [0, 0, np.cos(x[2]) * x[3], np.sin(x[2]), 0]])


def circle_hess(x, v):
    h = np.zeros((5, 5))
    h[0, 0] = h[1, 1] = 2 * v[0]
    h[2, 2] = -v[1] * np.sin(x[2]) * x[3]
    h[2, 3] = h[3, 2] = v[1] * np.cos(x[2])
    return h


def test_constraints():
    constraints = [
        {"type": "eq", "fun": circle, "jac": circle_jac},
        {"type": "ineq", "fun": lambda x, a: a * x[0] * x[4] - 1, "jac": lambda x, a: a * np.array([x[4], 0, 0, 0, x[0]]), "args": (2,)},
        optimize.LinearConstraint(np.eye(5), -10, 10),
        optimize.NonlinearConstraint(circle, -1, 1, jac=lambda x: sparse.csr_matrix(circle_jac(x)), hess=circle_hess),
        optimize.NonlinearConstraint(circle, -1, 1, jac="cs", hess=optimize.BFGS())]
    reports = gradproof.scipy.check(optimize.rosen, X0, optimize.rosen_der, constraints=constraints)
    assert reports.ok
    assert list(reports) == ["objective", "constraint 0", "constraint 1", "constraint 3", "constraint 3, second derivatives"]
    assert "jacobian x" in reports["constraint 0"].blocks


def test_wrong_constraints():
    wrong = {"type": "eq", "fun": circle, "jac": lambda x: circle_jac(x) * np.array([[1], [-1]])}
    reports = gradproof.scipy.check(optimize.rosen, X0, optimize.rosen_der, constraints=wrong)
    assert reports.verdict == "refuted" and reports["objective"].ok and not reports["constraint 0"].ok
    assert "constraint 0" in str(reports)
    wrong = optimize.NonlinearConstraint(circle, -1, 1, jac=circle_jac, hess=lambda x, v: circle_hess(x, v[::-1]))
    reports = gradproof.scipy.check(optimize.rosen, X0, None, constraints=[wrong])
    assert reports["constraint 0"].ok and not reports["constraint 0, second derivatives"].ok


T = np.linspace(0.1, 2, 15)


def decay(x, t=T):
    return x[0] * np.exp(-x[1] * t) - 0.5 * np.exp(-t)


def decay_jac(x, t=T):
    return np.column_stack([np.exp(-x[1] * t), -x[0] * t * np.exp(-x[1] * t)])


def as_operator(matrix):
    return LinearOperator(matrix.shape, matvec=lambda v: matrix @ v, rmatvec=lambda u: matrix.T @ u, dtype=float)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.coo_array, as_operator])
@pytest.mark.parametrize("right", [True, False])
def test_least_squares(form, right):
    def jac(x, t):
        J = decay_jac(x, t)
        if not right:
            J[3] = J[4]
        return form(J)

    report = gradproof.scipy.check_least_squares(decay, [1.5, 0.8], jac, bounds=([0, 0], [3, 3]), kwargs={"t": T})
    assert report.verdict == ("verified" if right else "refuted")


def test_one_residual():
    assert gradproof.scipy.check_least_squares(lambda x: x @ x, X0, lambda x: 2 * x).ok


def test_root():
    def both(x):
        return [x[0] * np.cos(x[1]) - 4, x[1] * x[0] - x[1] - 5], [[np.cos(x[1]), -x[0] * np.sin(x[1])], [x[1], x[0] - 1]]

    assert gradproof.scipy.check_root(both, [1, 1], True).ok
    assert gradproof.scipy.check_root(lambda x: both(x)[0], [1, 1], lambda x: np.array(both(x)[1])).ok
    transposed = gradproof.scipy.check_root(lambda x: both(x)[0], [1, 1], lambda x: np.array(both(x)[1]).T)
    assert transposed.verdict == "refuted"


def test_the_solver_s_own_example():
    x = optimize.minimize(optimize.rosen, X0, jac=optimize.rosen_der, method="L-BFGS-B").x
    assert gradproof.scipy.check(optimize.rosen, x, optimize.rosen_der).ok  # at the minimum
    assert not gradproof.scipy.check(optimize.rosen, x, lambda x: 0 * x).ok
