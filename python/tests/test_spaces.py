"""Blocks that have a space: rotations, structured matrices, complex numbers, and one's own."""

from __future__ import annotations

import numpy as np
import pytest

import gradproof

P = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.2], [-0.5, 0.9, 1.3]])
Y = np.array([[0.8, 0.1, -0.6], [-0.3, 1.2, 0.5], [0.2, -0.7, 0.9]])
ROTATION = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]) @ np.array([[1, 0, 0], [0, 0.28, -0.96], [0, 0.96, 0.28]])


def fit(x):
    return np.sum((P @ x["R"].T + x["t"] - Y) ** 2) ** 2


def fit_gradient(x, right=False):
    e = P @ x["R"].T + x["t"] - Y
    u = 4 * np.sum(e**2) * e
    R = np.cross(P, u @ x["R"]).sum(axis=0) if right else u.T @ P
    return {"R": R, "t": u.sum(axis=0)}


POSE = {"R": ROTATION, "t": np.array([0.1, -0.2, 0.3])}


def test_rotations_by_entries_and_by_perturbations():
    report = gradproof.check(fit, fit_gradient, POSE, spaces={"R": "SO3"})
    assert report.ok, report
    assert report.blocks["R"].shape == (3,)
    report = gradproof.check(fit, lambda x: fit_gradient(x, right=True), POSE, spaces={"R": ("SO3", "right")})
    assert report.ok, report
    report = gradproof.check(fit, lambda x: fit_gradient(x, right=True), POSE, spaces={"R": ("SO3", "left")})
    assert report.verdict == "refuted"
    assert [cause.kind for cause in report.blocks["R"].diagnosis] == ["convention"]
    assert "right perturbations" in report.diagnosis[0]


def test_float32_and_batches():
    x0 = {"R": np.stack([ROTATION, ROTATION.T]).astype(np.float32)}
    weights = np.arange(18, dtype=np.float64).reshape(2, 3, 3)

    def f(x):
        return np.float64(np.sum(weights * np.sin(x["R"])))

    report = gradproof.check(f, lambda x: {"R": weights * np.cos(x["R"])}, x0, spaces={"R": "SO3"})
    assert report.ok, report
    assert report.blocks["R"].shape == (2, 3)


@pytest.mark.parametrize("where", ["symmetric", "lower", "upper"])
def test_symmetric_and_triangular_gradients_are_right(where):
    S = np.array([[2.5, 0.4, -0.6], [0.4, 1.5, 0.3], [-0.6, 0.3, 1.8]])

    def logdet(S):
        if np.linalg.eigvalsh(S)[0] <= 0:
            return np.nan
        return 2 * np.sum(np.log(np.diag(np.linalg.cholesky(S))))  # reads the lower triangle

    def gradient(S):
        G = np.linalg.inv(S)
        if where == "symmetric":
            return G
        return np.tril(2 * G) - np.diag(np.diag(G)) if where == "lower" else np.triu(2 * G) - np.diag(np.diag(G))

    for space in "symmetric", "positive-definite":
        report = gradproof.check(logdet, gradient, S, spaces=space)
        assert report.ok, report
        assert any(where in line for line in report.practice)
    report = gradproof.check(logdet, lambda S: np.tril(np.linalg.inv(S)), S, spaces="symmetric")
    assert report.verdict == "refuted"
    assert "one triangle of the symmetric gradient" in report.diagnosis[0]


Z = np.array([0.7 - 0.4j, 1.2 + 0.9j, -0.3 + 0.2j])
C = np.array([0.3 + 0.5j, -0.8 + 0.1j, 0.4 - 0.6j])
CONVENTIONS = {"torch": lambda w: 2 * w, "jax": lambda w: 2 * w.conj(), "dz": np.conj, "dzbar": lambda w: w}


def modulus(z):
    return np.sum(np.abs(z**2 + C) ** 2)


@pytest.mark.parametrize("declared", CONVENTIONS)
@pytest.mark.parametrize("given", CONVENTIONS)
@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_complex_conventions(declared, given, dtype):
    def gradient(z):
        return CONVENTIONS[given]((z**2 + C) * np.conj(2 * z))  # d/dz-bar

    report = gradproof.check(modulus, gradient, Z.astype(dtype), spaces=("complex", declared))
    if given == declared:
        assert report.ok, report
    else:
        assert report.verdict == "refuted"
        assert [cause.kind for cause in report.blocks["x"].diagnosis] == ["convention"]


def test_complex_arrays_are_pytorchs_unless_they_are_said_to_be_others():
    report = gradproof.check(modulus, lambda z: 4 * (z**2 + C) * z.conj(), Z)
    assert report.ok, report
    assert report.blocks["x"].shape == (3, 2)
    both = {"z": Z, "a": np.array([1.5, 2.0])}
    report = gradproof.check(lambda x: modulus(x["z"]) * np.sum(x["a"] ** 2),
                             lambda x: {"z": 4 * (x["z"]**2 + C) * x["z"].conj() * np.sum(x["a"] ** 2),
                                        "a": 2 * x["a"] * modulus(x["z"])}, both)
    assert report.ok, report


def test_hermitian_eigenvalues():
    A = np.random.default_rng(1).normal(size=(4, 4, 2)) @ [1, 1j]
    H = A + A.conj().T

    def largest(H):
        return np.linalg.eigvalsh(H)[-1]

    def gradient(H):
        v = np.linalg.eigh(H)[1][:, -1]
        return np.outer(v, v.conj())

    report = gradproof.check(largest, gradient, H, spaces="hermitian")
    assert report.ok, report
    assert set(report.blocks) == {"x real", "x imaginary"}
    report = gradproof.check(largest, lambda H: gradient(H).conj(), H, spaces="hermitian")
    assert report.verdict == "refuted"
    assert "JAX" in report.diagnosis[0]


def test_retractions():
    def f(x):
        return np.sum(np.log(x) * np.roll(x, 1))

    def ambient(x):
        return np.roll(x, 1) / x + np.log(np.roll(x, -1))

    x0 = np.array([0.5, 1.7, 3.0])
    scaling = gradproof.Retraction(3, lambda x, v: x * np.exp(v))
    assert gradproof.check(f, ambient, x0, spaces=scaling).ok
    tangent = gradproof.Retraction(3, lambda x, v: x * np.exp(v), "tangent")
    assert gradproof.check(f, lambda x: x * ambient(x), x0, spaces=tangent).ok
    assert not gradproof.check(f, ambient, x0, spaces=tangent).ok
    one = gradproof.Retraction(1, lambda x, v: x * np.exp(v), "tangent")
    report = gradproof.check(f, lambda x: [np.sum(x * ambient(x))], x0, spaces=one)
    assert report.ok and report.blocks["x"].entries == 1


def test_exceptions_come_out():
    def broken(x, v):
        raise ZeroDivisionError("in the retraction")

    with pytest.raises(ZeroDivisionError, match="in the retraction"):
        gradproof.check(np.sum, np.ones_like, np.ones(3), spaces=gradproof.Retraction(3, broken))


def test_views_that_are_kept_stay_as_they_were():
    kept = []

    def f(R):
        kept.append((R, R.copy()))
        return np.sum(np.sin(R))

    assert gradproof.check(f, np.cos, ROTATION, spaces="SO3").ok
    assert all(np.array_equal(view, copy) for view, copy in kept)


@pytest.mark.parametrize(("spaces", "kind", "words"), [
    ("SO4", ValueError, "there is no space SO4"),
    (("SO3", "up"), ValueError, "ambient, right, left, not up"),
    ({"Q": "SO3"}, ValueError, "no block 'Q'"),
    ({"x": 3}, TypeError, "a name"),
    ("complex", TypeError, "is real"),
    ("quaternion", ValueError, "the shape of block x"),
])
def test_what_cannot_be(spaces, kind, words):
    with pytest.raises(kind, match=words):
        gradproof.check(np.sum, np.ones_like, ROTATION, spaces=spaces)


def test_points_belong_to_their_space():
    with pytest.raises(ValueError, match="isn't among rotation matrices"):
        gradproof.check(np.sum, np.ones_like, 1.01 * ROTATION, spaces="SO3")


def test_known_spaces():
    spaces = gradproof.known_spaces()
    assert spaces["SO3"] == ["ambient", "right", "left"]
    assert set(gradproof.spaces._TANGENT) == {name for name, words in spaces.items() if any(w.startswith("right") for w in words)}
