"""Proofs by balls. Derivatives are held against mpmath's, which are numerical, of 80 digits, and know nothing of balls."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

import gradproof

flint = pytest.importorskip("flint")
mpmath = pytest.importorskip("mpmath")

DIGITS = 80

# ---- every function, at a point within its domain

POINTS = {"arccosh": 1.7, "arcsin": 0.3, "arccos": -0.4, "arctanh": 0.6, "log": 0.2, "log2": 3.0, "log10": 0.7, "log1p": -0.5,
          "sqrt": 2.0, "gamma": 2.3, "lgamma": 0.4, "reciprocal": -0.3}
MPMATH = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
          "lgamma": "loggamma"}
OWN = {"exp2": lambda t: mpmath.mpf(2) ** t, "log2": lambda t: mpmath.log(t, 2), "log10": lambda t: mpmath.log(t, 10),
       "log1p": lambda t: mpmath.log(1 + t), "expm1": lambda t: mpmath.exp(t) - 1, "reciprocal": lambda t: 1 / t}


def reference(name):
    return OWN.get(name) or getattr(mpmath, MPMATH.get(name, name))


def apply(name, value):
    """As NumPy does it, where it has the function."""
    return getattr(np, name)(value) if hasattr(np, name) else getattr(value, name)()


def slopes_of(f, x):
    """By mpmath."""
    with mpmath.workdps(DIGITS):
        slopes = []
        for k in range(len(x)):
            at = [mpmath.mpf(float(each)) for each in x]
            slopes.append(mpmath.diff(lambda t: f([*at[:k], t, *at[k + 1:]]), at[k], h=mpmath.mpf(10) ** -30))
        return slopes


def is_in(slope, low, high):
    """But for what mpmath's may be off by."""
    with mpmath.workdps(DIGITS):
        room = (1 + abs(slope)) * mpmath.mpf(10) ** -20
        return mpmath.mpf(low) - room <= slope <= mpmath.mpf(high) + room


@pytest.mark.parametrize("name", sorted(gradproof.balls.FUNCTIONS))
def test_functions(name):
    at = POINTS.get(name, -0.8)
    (slope,) = slopes_of(lambda t: reference(name)(t[0]), [at])
    claimed = float(slope)
    proof = gradproof.prove(lambda x: apply(name, x[0]), [claimed], [at], rtol=1e-14, atol=0)
    block = proof.blocks["x"]
    assert proof.verdict == "proven" and is_in(slope, block.low[0], block.high[0])
    assert block.high[0] - block.low[0] <= 3 * np.spacing(abs(claimed)) and block.error[0] <= np.spacing(abs(claimed))
    wrong = gradproof.prove(lambda x: apply(name, x[0]), [claimed * (1 + 1e-9)], [at], rtol=1e-10, atol=0)
    assert wrong.verdict == "disproven" and 0 < wrong.blocks["x"].least[0] <= abs(claimed) * 1.1e-9


TWO = {
    "arctan2": (lambda x: np.arctan2(x[0], x[1]), lambda x: mpmath.atan2(x[0], x[1]), [0.3, -2.0]),
    "hypot": (lambda x: np.hypot(x[0], x[1]), lambda x: mpmath.hypot(x[0], x[1]), [0.3, -2.0]),
    "power": (lambda x: x[0] ** x[1], lambda x: x[0] ** x[1], [0.3, -2.7]),
    "whole powers": (lambda x: x[0] ** 3 + x[1] ** -2 + x[0] ** 0, lambda x: x[0] ** 3 + x[1] ** -2 + 1, [-0.3, -2.7]),
    "power of 2.5": (lambda x: 2.5 ** x[0] * x[1] ** 0.5, lambda x: mpmath.mpf(2.5) ** x[0] * mpmath.sqrt(x[1]), [-0.3, 2.7]),
    "quotients": (lambda x: 1 / x[0] - x[0] / x[1] + 3 - x[1], lambda x: 1 / x[0] - x[0] / x[1] + 3 - x[1], [-0.3, 2.7]),
    "abs, max, min": (lambda x: abs(x[0]) * max(x[0], x[1]) + np.minimum(x[0], 2 * x[1]),
                      lambda x: abs(x[0]) * max(x[0], x[1]) + min(x[0], 2 * x[1]), [-0.3, 2.7]),
    "logsumexp": (lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))),
                  lambda x: mpmath.log(sum(map(mpmath.exp, x))), [-0.3, 2.7, 0.5]),
    "matrix": (lambda x: np.trace(x.reshape(2, 2) @ x.reshape(2, 2).T) + np.prod(x) + np.linalg.norm(x) + np.mean(x) + np.dot(x, x)
               + np.sum(np.where(x > 0, x, x * x)) + x @ np.array([0.1, 0.2, 0.3, 0.4]) + np.einsum("i,i->", x, x) + np.sign(x[0]),
               lambda x: 3 * sum(t * t for t in x) + x[0] * x[1] * x[2] * x[3] + mpmath.sqrt(sum(t * t for t in x)) + sum(x) / 4
               + sum(t if t > 0 else t * t for t in x) + sum(t * mpmath.mpf(c) for t, c in zip(x, [0.1, 0.2, 0.3, 0.4])),
               [0.5, -0.25, 1.5, 2.0]),
}


@pytest.mark.parametrize("case", TWO)
def test_numpy_s_operations(case):
    f, same, x = TWO[case]
    slopes = slopes_of(same, x)
    proof = gradproof.prove(f, [float(slope) for slope in slopes], x, rtol=1e-14)
    block = proof.blocks["x"]
    assert proof.ok, proof
    assert all(map(is_in, slopes, block.low, block.high))


# ---- random expressions


def expression(rng, depth):
    """Of two variables, for NumPy and for mpmath: differentiable everywhere."""
    if depth == 0:
        number = float(rng.normal())
        k = int(rng.integers(3))
        if k < 2:
            return lambda x: x[k], lambda x: x[k]
        return lambda x: number + 0 * x[0], lambda x: mpmath.mpf(number)  # a ball: floats alone are rounded as floats are
    (a, ma), (b, mb) = expression(rng, depth - 1), expression(rng, depth - 1)
    return [
        (lambda x: a(x) + b(x), lambda x: ma(x) + mb(x)), (lambda x: a(x) - b(x), lambda x: ma(x) - mb(x)),
        (lambda x: a(x) * b(x), lambda x: ma(x) * mb(x)),
        (lambda x: a(x) / (2 + np.sin(b(x))), lambda x: ma(x) / (2 + mpmath.sin(mb(x)))),
        (lambda x: np.tanh(a(x)) * b(x), lambda x: mpmath.tanh(ma(x)) * mb(x)),
        (lambda x: np.exp(-(a(x) * a(x))) + b(x), lambda x: mpmath.exp(-(ma(x) * ma(x))) + mb(x)),
        (lambda x: np.log(1 + a(x) * a(x)) - b(x), lambda x: mpmath.log(1 + ma(x) * ma(x)) - mb(x)),
        (lambda x: np.sqrt(1 + a(x) ** 2) * b(x), lambda x: mpmath.sqrt(1 + ma(x) ** 2) * mb(x)),
        (lambda x: np.arctan(a(x) - b(x)), lambda x: mpmath.atan(ma(x) - mb(x))),
    ][int(rng.integers(9))]


def test_random_expressions():
    rng = np.random.default_rng(14)
    moving = 0
    for _ in range(150):
        f, same = expression(rng, int(rng.integers(1, 5)))
        x = rng.normal(size=2)
        slopes = slopes_of(same, x)
        block = gradproof.prove(f, [float(slope) for slope in slopes], x, rtol=1e-13, atol=1e-300).blocks["x"]
        assert all(map(is_in, slopes, block.low, block.high)), (slopes, block)
        assert block.verdict == "proven" or max(map(abs, slopes)) < 1e-18
        moving += any(slope != 0 for slope in slopes)
    assert moving > 80


# ---- structures, mistakes, kinks, edges


def network():
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(40, 5)), (rng.random(40) < 0.4) * 1.0
    point = {"W1": rng.normal(size=(5, 4)), "b1": np.zeros(4), "W2": rng.normal(size=4), "b2": 0.1}

    def forward(p):
        h = np.maximum(X @ p["W1"] + p["b1"], 0)
        return h, h @ p["W2"] + p["b2"]

    def loss(p):
        _, z = forward(p)
        return np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))

    def grad(p, factor=1.0):
        h, z = forward(p)
        d = (1 / (1 + np.exp(-z)) - y) / len(y)
        dh = np.outer(d, p["W2"]) * (h > 0)
        return {"W1": X.T @ dh, "b1": factor * dh.sum(axis=0), "W2": h.T @ d, "b2": d.sum()}

    return loss, grad, point


def test_a_network():
    loss, grad, point = network()
    proof = gradproof.prove(loss, grad, point)
    assert proof.ok and set(proof.blocks) == {"W1", "b1", "W2", "b2"}
    largest = max(np.max(np.abs(block.gradient)) for block in proof.blocks.values())
    assert all(np.max(block.error) <= 8 * np.spacing(largest) for block in proof.blocks.values())
    wrong = gradproof.prove(loss, lambda p: grad(p, 1.0 + 1e-4), point)
    assert wrong.verdict == "disproven"
    assert [block.verdict for block in wrong.blocks.values()] == ["proven", "disproven", "proven", "proven"]
    assert "b1: disproven, 4 of 4" in str(wrong) and "off by at least" in str(wrong)
    assert gradproof.check(loss, grad, point).ok  # the estimate says the same


def test_one_entry_by_one_part_in_a_thousand_million():
    x = np.linspace(1, 2, 20)
    grad = lambda x: 3 * x**2 * np.where(np.arange(20) == 7, 1 + 1e-9, 1)
    proof = gradproof.prove(lambda x: np.sum(x**3), grad, x, rtol=1e-10)
    assert proof.verdict == "disproven" and np.flatnonzero(proof.blocks["x"].status == "disproven").tolist() == [7]
    assert proof.blocks["x"].worst == (7,)


def test_float32():
    x = np.array([0.1, 0.7], dtype=np.float32)
    f = lambda x: np.sum(np.exp(x))
    assert gradproof.prove(f, np.exp, x).ok
    assert gradproof.prove(f, np.exp, x, rtol=1e-9).verdict == "disproven"


relu = lambda x: np.sum(np.maximum(x, 0))
step = lambda x: (x > 0) * 1.0
OPEN = {
    "at a kink": (relu, step, [1.0, 0.0], "compared, which can't be told apart"),
    "abs at 0": (lambda x: abs(x[0]), [0.0], [0.0], "compared"),
    "two that are equal": (lambda x: np.max(x), [1.0, 0.0], [2.0, 2.0], "compared"),
    "equal by chance": (lambda x: x[0] if x[0] == 1 else 2 * x[0], [1.0], [1.0], "compared"),
    "true for one number alone": (lambda x: 0 if x[0] else x[0], [0.0], [0.0], "compared"),
    "beside a kink, nearer than can be told": (lambda x: np.maximum(np.exp(np.prod([x[0], *[1e-300] * 5])) - 1, 0), [0.0], [1.0], "compared"),
    "sqrt at 0": (lambda x: np.sqrt(x[0]), [1.0], [0.0], "sqrt at 0"),
    "behind a factor of 0": (lambda x: 0 * np.sqrt(x[0]), [0.0], [0.0], "sqrt at 0"),
    "log at 0": (lambda x: np.log(x[0]), [1.0], [0.0], "log at 0"),
    "arcsin at 1": (lambda x: np.arcsin(x[0]), [1.0], [1.0], "arcsin at 1"),
    "by 0": (lambda x: 1 / x[0], [1.0], [0.0], "a quotient at"),
    "a root of what is negative": (lambda x: x[0] ** 0.5, [1.0], [-1.0], "isn't above 0"),
    "an angle where it jumps": (lambda x: np.arctan2(x[0], x[1]), [1.0, 0.0], [0.0, -1.0], "jumps"),
    "infinite": (lambda x: x[0] * np.inf, [1.0], [1.0], "isn't a real number"),
}


@pytest.mark.parametrize("case", OPEN)
def test_what_stays_open(case):
    f, grad, x, words = OPEN[case]
    proof = gradproof.prove(f, grad, x)
    assert proof.verdict == "open" and words in proof.reason and not proof.ok
    assert f"{__file__}, line " in proof.reason and str(proof).startswith(f"open: ")


def test_beside_a_kink():
    """1e-300 and 0 are told apart exactly; so are e^x and 1, at 1e-200, by some 700 bits more than 53."""
    assert gradproof.prove(relu, step, [1.0, 1e-300, -1e-300]).ok
    proof = gradproof.prove(lambda x: np.maximum(np.exp(x[0]) - 1, 0), np.exp, [1e-200])
    assert proof.ok and proof.bits > 700


def test_too_few_bits():
    proof = gradproof.prove(lambda x: np.exp(x[0]), [np.exp(0.3)], [0.3], rtol=1e-30, atol=0, bits=53)
    assert proof.verdict == "open" and proof.reason == "1 of 1 entries aren't decided with 53 bits"
    assert gradproof.prove(lambda x: np.exp(x[0]), [np.exp(0.3)], [0.3], rtol=1e-30, atol=0).verdict == "disproven"


def test_a_gradient_that_is_not_finite():
    proof = gradproof.prove(relu, lambda x: x * np.nan, np.ones(2))
    assert proof.verdict == "failed" and "the gradient of x holds numbers that aren't finite" in str(proof)


MISTAKES = {
    "math's functions": (lambda x: math.exp(x[0]), TypeError, "a ball is no float: use NumPy's functions"),
    "an array of floats": (lambda x: assign(np.zeros(1), x[0]), TypeError, "a ball is no float"),
    "no number": (lambda x: None, TypeError, "f must return a number, not NoneType"),
    "an array": (lambda x: x, TypeError, "f must return a number, not ndarray"),
    "rounding": (lambda x: np.floor(x[0]), TypeError, "a ball is no float"),
    "an exception": (lambda x: 1 // 0, ZeroDivisionError, "division"),
    "a text": (lambda x: x[0] < "1", TypeError, "a ball and str don't go together"),
}


def assign(array, value):
    array[0] = value
    return array[0]


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named(case):
    f, kind, words = MISTAKES[case]
    before = flint.ctx.prec
    with pytest.raises(kind, match=words):
        gradproof.prove(f, lambda x: x, np.array([0.3, 0.4]))
    assert flint.ctx.prec == before


def test_arguments():
    with pytest.raises(ValueError, match="rtol must be a finite number"):
        gradproof.prove(relu, step, np.ones(2), rtol=-1)
    with pytest.raises(ValueError, match="x0 holds numbers that aren't finite"):
        gradproof.prove(relu, step, np.array([np.inf]))
    with pytest.raises(ValueError, match=r"grad: block 'x' must have shape \(2,\)"):
        gradproof.prove(relu, np.ones(3), np.ones(2))
    proof = gradproof.prove(lambda x: x**2, lambda x: 2 * x, 3.0, name="square")
    assert proof.ok and str(proof).startswith("proven: square\n") and proof.blocks["x"].gradient.shape == ()
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(proof)
    assert gradproof.prove(lambda x: 7, lambda x: 0 * x, np.ones(2)).ok  # a constant
    assert gradproof.prove(lambda x: x[0] + np.sqrt(0 * np.array([gradproof.balls.Ball(flint.arb(0))]))[0], [1.0], [2.0]).ok


def test_it_is_repeatable_and_leaves_no_trace():
    before = flint.ctx.prec
    first, second = (gradproof.prove(*network()) for _ in range(2))
    assert str(first) == str(second) and flint.ctx.prec == before


def test_without_flint():
    code = "import sys; sys.modules['flint'] = None\nimport gradproof\ngradproof.prove(None, None, None)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: gradproof.prove needs python-flint, which isn't installed: pip install python-flint" in result.stderr
