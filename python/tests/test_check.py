"""Verdicts, kinds of derivatives, and what functions are called with."""

from __future__ import annotations

import dataclasses
import functools
import json
import pickle
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradproof

RNG = np.random.default_rng(7)
X = RNG.normal(size=(12, 3))


def cubes(x):
    return np.sum(x * x * x) / 3


def square(x):
    return np.sum(x * x)


def twice(x):
    return 2 * x


def test_a_right_gradient_is_verified():
    report = gradproof.check(cubes, lambda x: x**2, np.array([1.0, -2.0, 0.5]))
    assert report.verdict == "verified" and report.ok
    assert 0 < report.resolution < 1e-5
    block = report.blocks["x"]
    assert block.shape == (3,) and block.counts["verified"] == 3
    assert list(block.status) == ["verified"] * 3
    assert np.array_equal(block.analytic, [1.0, 4.0, 0.25])
    assert np.all(abs(block.numeric - [1.0, 4.0, 0.25]) <= block.bound)


def test_a_wrong_entry_is_found():
    def grad(x):
        g = x**2
        g[1, 0] *= 1.001
        return g

    report = gradproof.check(cubes, grad, np.array([[1.0, -2.0], [0.5, 3.0]]))
    block = report.blocks["x"]
    assert report.verdict == "refuted" and not report.ok
    assert [str(s) for s in block.status.ravel()] == ["verified", "verified", "refuted", "verified"]
    assert block.worst == (1, 0)


def test_a_factor_is_named():
    report = gradproof.check(cubes, lambda x: 2 * x**2, RNG.normal(size=5))
    (cause,) = report.diagnosis
    assert cause.kind == "scaled" and cause.factor == pytest.approx(2, rel=1e-6)
    assert "2.0" in cause


@pytest.mark.parametrize("n", [1, 7, 500])
def test_project_and_sample(n):
    x0 = RNG.normal(size=n)
    for strategy in ("auto", "full", "project", "sample"):
        assert gradproof.check(cubes, lambda x: x**2, x0, strategy=strategy).ok
        assert gradproof.check(cubes, lambda x: -(x**2), x0, strategy=strategy).verdict == "refuted"


# ---- structures


def network(w, b):
    h = np.tanh(X @ w.T + b)
    d = 2 * h * (1 - h * h) / h.size
    return np.mean(h**2), d.T @ X, d.sum(0)


W, B = RNG.normal(size=(4, 3)), RNG.normal(size=4)


class Pair(NamedTuple):
    W: Any
    b: Any


@dataclasses.dataclass
class Layer:
    W: Any
    b: Any
    activation: str = "tanh"


@dataclasses.dataclass(frozen=True)
class Frozen:
    layer: Layer
    scale: float = 2.0


STRUCTURES = {
    "dict": ({"W": W, "b": B}, lambda p: (p["W"], p["b"]), lambda w, b: {"b": b, "W": w}, ["W", "b"]),
    "list": ([W, B], lambda p: tuple(p), lambda w, b: [w, b], ["x[0]", "x[1]"]),
    "tuple": ((W, B), lambda p: p, lambda w, b: (w, b), ["x[0]", "x[1]"]),
    "named tuple": (Pair(W, B), lambda p: (p.W, p.b), Pair, ["W", "b"]),
    "dataclass": (Layer(W, B), lambda p: (p.W, p.b), Layer, ["W", "b"]),
    "dataclass, gradient a dict": (Layer(W, B), lambda p: (p.W, p.b), lambda w, b: {"W": w, "b": b}, ["W", "b"]),
    "frozen": (Frozen(Layer(W, B)), lambda p: (p.layer.W, p.layer.b), lambda w, b: Frozen(Layer(w, b)), ["layer.W", "layer.b"]),
    "nested": ({"layers": [{"W": W, "b": B}]}, lambda p: (p["layers"][0]["W"], p["layers"][0]["b"]),
               lambda w, b: {"layers": [{"W": w, "b": b}]}, ["layers[0].W", "layers[0].b"]),
    "odd keys": ({1: W, "a b": {"b": B}}, lambda p: (p[1], p["a b"]["b"]), lambda w, b: {1: w, "a b": {"b": b}}, ["1", "a b.b"]),
}


@pytest.mark.parametrize("case", STRUCTURES)
def test_structures(case):
    x0, parts_of, make, names = STRUCTURES[case]

    def f(p):
        assert type(p) is type(x0)
        w, b = parts_of(p)
        assert w.shape == (4, 3) and b.shape == (4,) and not w.flags.writeable
        return network(w, b)[0]

    def grad(p, factor=1.0):
        _, dw, db = network(*parts_of(p))
        return make(dw, factor * db)

    report = gradproof.check(f, grad, x0)
    assert report.ok and list(report.blocks) == names
    wrong = gradproof.check(f, functools.partial(grad, factor=1.01), x0)
    assert [block.verdict for block in wrong.blocks.values()] == ["verified", "refuted"]


def test_numbers_are_arrays():
    assert gradproof.check(lambda x: x**2, lambda x: 2 * x, 3.0).blocks["x"].shape == ()
    assert gradproof.check(cubes, lambda x: x**2, [1, 2, 3]).blocks["x"].shape == (3,)
    assert gradproof.check(cubes, lambda x: x**2, [[1, 2], [3, 4.5]]).blocks["x"].shape == (2, 2)
    report = gradproof.check(lambda p: p["a"] ** 2 * p["b"].sum(), lambda p: {"a": 2 * p["a"] * p["b"].sum(), "b": p["a"] ** 2 * np.ones(2)},
                             {"a": 3, "b": np.array([1, 2])})
    assert report.ok and report.blocks["a"].shape == ()


def test_any_memory_layout_of_x0():
    x0 = RNG.normal(size=(6, 4)).T[::2, ::-1]
    seen = []

    def f(x):
        seen.append(np.array_equal(x, x0))
        assert x.flags.c_contiguous
        return cubes(x)

    assert gradproof.check(f, lambda x: np.asfortranarray(x**2), x0).ok
    assert seen[0]


def test_any_byte_order():
    assert gradproof.check(lambda x: square(x.view(np.ndarray)), twice, np.arange(1, 4).astype(">f8")).ok


def test_odd_names():
    report = gradproof.check(lambda d: sum(map(square, d.values())), lambda d: {key: twice(value) for key, value in d.items()},
                             {"a\ud800": np.ones(1), "b\0": np.ones(2), "<script>": np.ones(1), (1, 2): np.ones(1)})
    assert report.ok and list(report.blocks) == ["a\\ud800", "b\\x00", "<script>", "(1, 2)"]


def test_blocks_without_entries():
    report = gradproof.check(lambda p: cubes(p["a"]), lambda p: {"a": p["a"] ** 2, "none": p["none"]},
                             {"a": np.ones(2), "none": np.ones((0, 3))})
    assert report.ok and report.blocks["none"].shape == (0, 3) and report.blocks["none"].status.shape == (0, 3)


# ---- precision


def softplus(x):
    return np.log1p(np.exp(x)).sum(dtype=x.dtype)


def softplus_gradient(x):
    return 1 / (1 + np.exp(-x))


def test_float32():
    seen = set()

    def grad(x):
        seen.add(x.dtype)
        return softplus_gradient(x)

    x0 = np.linspace(-1, 1, 6, dtype=np.float32)
    report = gradproof.check(softplus, grad, x0)
    assert report.ok and seen == {np.dtype(np.float32)}
    assert '"dtype": "float32"' in report.to_json() and '"value_dtype": "float32"' in report.to_json()
    assert not gradproof.check(softplus, lambda x: 1.02 * grad(x), x0).ok


@pytest.mark.parametrize("how", ["by what f returns", "by value_dtype"])
def test_a_float32_gradient_of_a_float64_value(how):
    x0 = RNG.normal(size=6).astype(np.float32)
    seen = set()

    def f(x):
        seen.add(x.dtype)
        value = softplus(x.astype(np.float64))
        return value if how == "by what f returns" else float(value)

    options = {} if how == "by what f returns" else {"value_dtype": "float64"}
    report = gradproof.check(f, softplus_gradient, x0, **options)
    assert report.ok and np.dtype(np.float64) in seen
    assert '"value_dtype": "float64"' in report.to_json()
    assert not gradproof.check(f, lambda x: softplus_gradient(x) * np.float32(1.003), x0, **options).ok


# ---- other kinds


def F(x):
    return np.array([x[0] * x[1], np.sin(x[1]), x[2] ** 2, x[0]])


def J(x):
    return np.array([[x[1], x[0], 0], [0, np.cos(x[1]), 0], [0, 0, 2 * x[2]], [1, 0, 0]])


POINT = np.array([1.0, 2.0, 3.0])


@pytest.mark.parametrize("kind, derivative", [("jac", J), ("vjp", lambda x, u: u @ J(x)), ("jvp", lambda x, v: J(x) @ v)])
def test_maps(kind, derivative):
    report = gradproof.check(F, None, POINT, **{kind: derivative})
    assert report.ok
    wrong = gradproof.check(F, None, POINT, **{kind: lambda *a: 1.01 * derivative(*a)})
    assert wrong.verdict == "refuted"


def test_shaped_maps_and_jacobians():
    x0 = RNG.normal(size=(2, 3))
    f = lambda x: x[:, :2] ** 2  # (2, 3) -> (2, 2)

    def jac(x):
        j = np.zeros((2, 2, 2, 3))
        for a in range(2):
            for b in range(2):
                j[a, b, a, b] = 2 * x[a, b]
        return j

    assert gradproof.check(f, None, x0, jac=jac).ok
    assert gradproof.check(f, None, x0, jac=lambda x: jac(x).reshape(4, 6)).ok
    assert gradproof.check(f, None, x0, vjp=lambda x, u: np.tensordot(u, jac(x), 2)).ok
    assert gradproof.check(f, None, x0, jvp=lambda x, v: np.tensordot(jac(x), v, 2)).ok
    with pytest.raises(ValueError, match=r"jac must have shape \(4, 6\) or \(2, 2, 2, 3\), but has \(6, 4\)"):
        gradproof.check(f, None, x0, jac=lambda x: jac(x).reshape(4, 6).T)


def test_maps_between_structures():
    x0 = {"a": np.array([1.0, 2.0]), "b": np.array(3.0)}
    f = lambda p: p["a"] * p["b"]
    jac = lambda p: {"a": np.diag([p["b"], p["b"]]), "b": p["a"]}
    assert gradproof.check(f, None, x0, jac=jac).ok
    assert gradproof.check(f, None, x0, vjp=lambda p, u: {"a": u * p["b"], "b": u @ p["a"]}).ok
    both = lambda p: {"y": p["a"] * p["b"], "z": p["b"] ** 2}
    assert gradproof.check(both, None, x0, vjp=lambda p, u: {"a": u["y"] * p["b"], "b": u["y"] @ p["a"] + 2 * u["z"] * p["b"]},
                           jvp=lambda p, v: {"y": v["a"] * p["b"] + p["a"] * v["b"], "z": 2 * p["b"] * v["b"]}).ok


def outer_and_square(wrong):
    """x -> {"mu": first two rows of x x', "s": x_2^2}, and its VJP with 0.1 added to d mu[1][2] / d x_2."""
    def vjp(x, u):
        g = u["mu"] @ x
        g = np.append(g, 0) + u["mu"].T @ x[:2]
        g[2] += 2 * x[2] * u["s"] + (0.1 * u["mu"][1, 2] if wrong else 0)
        return g

    return lambda x: {"mu": np.outer(x[:2], x), "s": x[2] ** 2}, vjp


def test_outputs_are_called_by_their_names():
    f, vjp = outer_and_square(wrong=True)
    report = gradproof.check(f, None, POINT, vjp=vjp)
    assert "vjp x[mu[1][2]][2]" in report.diagnosis[0]
    found = json.loads(report.to_json())
    assert found["outputs"] == [{"name": "mu", "shape": [2, 3]}, {"name": "s", "shape": []}]
    assert found["blocks"][0]["worst"]["name"] == "[mu[1][2]][2]"
    outputs = report.blocks["vjp x"].outputs
    assert {name: entries.analytic.shape for name, entries in outputs.items()} == {"mu": (2, 3, 3), "s": (3,)}
    assert outputs["mu"].status[1, 2, 2] == "refuted" and outputs["mu"].analytic[1, 2, 2] == pytest.approx(2.1)
    assert np.array_equal(outputs["s"].analytic, [0, 0, 6])
    assert (pickle.loads(pickle.dumps(report)).blocks["vjp x"].outputs["s"].status == outputs["s"].status).all()


def test_outputs_of_arrays():
    many = gradproof.check(lambda x: np.outer(x, x), None, POINT, jvp=lambda x, v: 2 * np.outer(x, v))
    assert "[y[0][" in many.text(verbose=True)
    one = gradproof.check(F, None, POINT, jac=J)
    assert one.blocks["jacobian x"].outputs == {} and "outputs" not in json.loads(one.to_json())
    with pytest.raises(ValueError, match="f returns no numbers"):
        gradproof.check(lambda x: x[:0], None, POINT, vjp=lambda x, u: x)


def test_a_sparse_jacobian_without_entries():
    sparse = pytest.importorskip("scipy.sparse")
    nothing = lambda x: sparse.csr_matrix((2, 3))
    assert gradproof.check(lambda x: np.ones(2), None, POINT, jac=nothing).verdict != "refuted"
    wrong = gradproof.check(lambda x: x[:2], None, POINT, jac=nothing)
    assert wrong.verdict == "refuted" and "sparsity" in [cause.kind for cause in wrong.diagnosis]


def test_duplicate_entries_add_up():
    sparse = pytest.importorskip("scipy.sparse")
    def twice_each(x, factor=1.0):
        matrix = sparse.coo_matrix(J(x))
        row, column = np.tile(matrix.row, 2), np.tile(matrix.col, 2)
        return sparse.coo_matrix((np.concatenate([0.25 * matrix.data, 0.75 * factor * matrix.data]), (row, column)), matrix.shape)

    assert gradproof.check(F, None, POINT, jac=twice_each).ok
    assert gradproof.check(F, None, POINT, jac=lambda x: twice_each(x, 1.1)).verdict == "refuted"


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_matrix", "lil_matrix"])
def test_sparse_jacobians(form):
    sparse = pytest.importorskip("scipy.sparse")
    make = getattr(sparse, form)
    n = 30
    f = lambda x: x**2 * np.roll(x, 1)

    def jac(x):
        y = np.roll(x, 1)
        return make(np.diag(2 * x * y) + np.diag(x[1:] ** 2, -1) + np.pad([[x[0] ** 2]], ((0, n - 1), (n - 1, 0))))

    x0 = RNG.normal(size=n)
    report = gradproof.check(f, None, x0, jac=jac)
    block = report.blocks["jacobian"] if "jacobian" in report.blocks else next(iter(report.blocks.values()))
    assert report.ok and block.sparse and block.entries == 2 * n
    dense = jac(x0).toarray()
    assert np.array_equal(dense[block.table.row, block.table.column], block.analytic)
    missing = gradproof.check(f, None, x0, jac=lambda x: sparse.tril(jac(x)).tocsr())
    assert missing.verdict == "refuted" and [cause.kind for cause in missing.diagnosis] == ["sparsity"]


def test_a_constant_hessian():
    assert gradproof.check(square, twice, POINT, hess=2 * np.eye(3)).ok
    assert gradproof.check(square, twice, POINT, hess=np.eye(3)).verdict == "refuted"


def test_second_derivatives():
    f = lambda x: (x**3).sum() + x[0] * x[1]
    grad = lambda x: 3 * x**2 + np.array([x[1], x[0], 0])
    hess = lambda x: np.diag(6 * x) + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]])
    assert gradproof.check(f, grad, POINT, hess=hess, hvp=lambda x, v: hess(x) @ v).ok
    wrong = gradproof.check(f, grad, POINT, hess=lambda x: hess(x) + np.eye(3))
    assert wrong.blocks["x"].ok and wrong.blocks["hessian x"].verdict == "refuted"


def test_value_and_grad():
    both = lambda x: (cubes(x), x**2)
    assert gradproof.check(None, None, POINT, value_and_grad=both).ok
    assert gradproof.check(cubes, None, POINT, value_and_grad=both).ok
    report = gradproof.check(lambda x: cubes(x) + 1, None, POINT, value_and_grad=both)
    assert report.verdict == "failed" and "value" in report.failure


# ---- more about the function


def test_bounds_are_kept():
    def f(x):
        assert np.all(x >= 0)
        return np.sqrt(x).sum()

    def grad(x):
        with np.errstate(divide="ignore"):
            return 0.5 / np.sqrt(x)

    x0 = np.array([1.0, 4.0, 0.01])
    for bounds in ((0, None), (np.zeros(3), np.full(3, np.inf))):
        assert gradproof.check(f, grad, x0, bounds=bounds).ok
    optimize = pytest.importorskip("scipy.optimize")
    assert gradproof.check(f, grad, x0, bounds=optimize.Bounds(0, np.inf)).ok


def test_bounds_of_some_blocks():
    x0 = {"a": np.array([1e-9, 1.0]), "b": np.array([0.5, 2.0])}
    f = lambda p: np.sum(np.sqrt(p["a"])) + np.sum(p["b"] ** 2) if (p["a"] >= 0).all() and (p["b"] <= 3).all() else 1 / 0
    grad = lambda p: {"a": 0.5 / np.sqrt(p["a"]), "b": 2 * p["b"]}
    assert gradproof.check(f, grad, x0, bounds=({"a": 0, "b": None}, {"a": None, "b": np.full(2, 3.0)})).ok


def test_parts_that_are_not_the_whole():
    parts = {"square": (square, twice), "again": (square, twice)}
    with pytest.raises(ValueError, match="parts: at x0 their sum is 28, but f is 14"):
        gradproof.check(square, twice, POINT, parts=parts)
    assert gradproof.check(lambda x: 2 * square(x), lambda x: 2 * twice(x), POINT, parts=parts).ok
    both = lambda x: (2 * square(x), 2 * twice(x))
    assert gradproof.check(None, None, POINT, value_and_grad=both, parts=parts).ok
    with pytest.raises(TypeError, match="parts must be a dict"):
        gradproof.check(square, twice, POINT, parts=[(square, twice)] * 2)


def test_parts_are_checked_by_themselves():
    large, small = (lambda x: 1e6 * cubes(x)), (lambda x: 1e-3 * (x @ x))
    g_large, g_small = (lambda x: 1e6 * x**2), (lambda x: 1e-3 * x)  # half of what it should be
    report = gradproof.check(lambda x: large(x) + small(x), lambda x: g_large(x) + g_small(x), POINT,
                             parts={"data": (large, g_large), "penalty": (small, g_small)})
    assert report.verdict == "refuted" and "penalty" in str(report)


def test_examples():
    seen = set()
    data = RNG.normal(size=(8, 3))

    def f(w, rows):
        seen.add((rows.start, rows.stop))
        return np.mean(np.maximum(data[rows] @ w, 0))

    def grad(w, rows):
        z = data[rows] @ w
        return (z > 0).astype(float) @ data[rows] / len(z)

    assert gradproof.check(f, grad, RNG.normal(size=3), examples=8).ok
    total = lambda w, rows: grad(w, rows) * (rows.stop - rows.start)
    report = gradproof.check(f, total, RNG.normal(size=3), examples=8)
    assert report.verdict == "refuted" and len(seen) > 1
    assert "batch" in " ".join(report.diagnosis)


def test_random_draws_are_held():
    rng: list[Any] = [None]

    def f(x):
        return ((rng[0].random(3) < 0.5) * x**2).sum()

    def grad(x):
        return (rng[0].random(3) < 0.5) * 2 * x

    def set_seed(seed):
        rng[0] = np.random.default_rng(seed)

    assert gradproof.check(f, grad, POINT, set_seed=set_seed).verdict in ("verified", "inconclusive")
    set_seed(1)
    assert gradproof.check(f, grad, POINT).verdict == "failed"


def test_options_reach_the_library():
    report = gradproof.check(cubes, lambda x: x**2 * (1 + 1e-4), POINT, rtol=1e-3, seed=42)
    assert report.ok and '"seed": 42' in report.to_json() and '"rtol": 0.001' in report.to_json()
    assert gradproof.check(cubes, lambda x: x**2, POINT, self_test=True).blocks["x"].self_test["planted"] > 0
    assert '"atol": 0' in gradproof.check(cubes, lambda x: x**2, POINT, atol=0).to_json()


def test_a_budget_interrupts():
    report = gradproof.check(cubes, lambda x: x**2, RNG.normal(size=500), budget_evaluations=100, strategy="full")
    assert report.interrupted and report.verdict == "inconclusive"


def test_a_journal_goes_on(tmp_path):
    path = tmp_path / "journal"
    x0 = RNG.normal(size=50)
    first = gradproof.check(cubes, lambda x: x**2, x0, journal=path)
    assert path.stat().st_size > 0
    again = gradproof.check(cubes, lambda x: x**2, x0, journal=path)
    assert again.ok and again.resolution == first.resolution
    with pytest.raises(OSError, match="nowhere"):
        gradproof.check(cubes, lambda x: x**2, x0, journal=tmp_path / "nowhere" / "journal")
