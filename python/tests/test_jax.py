"""gradproof.jax: gradients of JAX functions, their custom rules, pytrees, precisions."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

import numpy as np
import pytest

import gradproof

jax = pytest.importorskip("jax", reason="JAX isn't installed: gradproof.jax is not tested")

import gradproof.jax as gj  # noqa: E402

jnp, lax = jax.numpy, jax.lax
WIDTH = {"float64": 1e-6, "float32": 1e-5}


def numbers(*shape, low=None, high=None, seed=0):
    generator = np.random.default_rng(sum(shape) + 31 * seed)
    x = generator.normal(size=shape) if low is None else generator.uniform(low, high, size=shape)
    return x.astype(np.float32)


LABELS = np.array([0, 2, 1, 3, 0, 1])


def layer_norm(x, scale, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred * lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * scale + bias


def attention(q, k, v):
    return jax.nn.softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v


def rnn(params, xs):
    def step(h, x):
        h = jnp.tanh(params["W"] @ h + params["U"] @ x + params["b"])
        return h, h

    return lax.scan(step, jnp.zeros(3, params["b"].dtype), xs)


def newton(x):
    return lax.fori_loop(0, 8, lambda _, y: 0.5 * (y + x / y), x)


def perceptron(params, x):
    for layer in params["layers"]:
        x = jax.nn.gelu(x @ layer["W"] + layer["b"])
    return x


@jax.custom_vjp
def clipped(x):
    return jnp.log1p(jnp.exp(x))


clipped.defvjp(lambda x: (clipped(x), x), lambda x, g: (g * jax.nn.sigmoid(x),))


@jax.custom_jvp
def logsumexp(x):
    return jnp.log(jnp.sum(jnp.exp(x), -1))


@logsumexp.defjvp
def logsumexp_jvp(primals, tangents):
    (x,), (v,) = primals, tangents
    return logsumexp(x), jnp.sum(jax.nn.softmax(x, -1) * v, -1)


FUNCTIONS = {
    "tanh": (jnp.tanh, [numbers(4, 5)]),
    "relu": (jax.nn.relu, [numbers(4, 5)]),
    "gelu": (jax.nn.gelu, [numbers(4, 5)]),
    "silu": (jax.nn.silu, [numbers(4, 5)]),
    "softplus": (jax.nn.softplus, [numbers(4, 5)]),
    "softmax": (jax.nn.softmax, [numbers(4, 5)]),
    "log_softmax": (jax.nn.log_softmax, [numbers(4, 5)]),
    "logsumexp": (functools.partial(jax.scipy.special.logsumexp, axis=-1), [numbers(4, 5)]),
    "cross entropy": (lambda x: -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), LABELS[:, None], 1)), [numbers(6, 4)]),
    "layer norm": (layer_norm, [numbers(4, 5), numbers(5), numbers(5, seed=1)]),
    "attention": (attention, [numbers(4, 3), numbers(5, 3), numbers(5, 3, seed=1)]),
    "convolution": (lambda x, w: lax.conv_general_dilated(x, w, (1, 1), "SAME"), [numbers(1, 2, 5, 5), numbers(3, 2, 3, 3)]),
    "pooling": (lambda x: lax.reduce_window(x, -np.inf, lax.max, (1, 2), (1, 2), "VALID"), [numbers(3, 6)]),
    "scan": (rnn, [{"W": 0.5 * numbers(3, 3), "U": numbers(3, 2), "b": numbers(3)}, numbers(4, 2)]),
    "fori_loop": (newton, [numbers(5, low=1, high=4)]),
    "cond": (lambda x: lax.cond(x[0] > 0, jnp.sin, jnp.cos, x), [numbers(4)]),
    "vmap": (jax.vmap(lambda x, y: x @ y), [numbers(3, 4), numbers(3, 4, seed=1)]),
    "cholesky": (lambda x: jnp.linalg.cholesky(x @ x.T + 4 * jnp.eye(4, dtype=x.dtype)), [numbers(4, 4)]),
    "solve": (lambda a, b: jnp.linalg.solve(a + 4 * jnp.eye(4, dtype=a.dtype), b), [numbers(4, 4), numbers(4)]),
    "eigh": (lambda x: jnp.linalg.eigh(x + x.T + jnp.diag(jnp.arange(4) * 4.0))[0], [numbers(4, 4)]),
    "slogdet": (lambda x: jnp.linalg.slogdet(x + 4 * jnp.eye(4, dtype=x.dtype))[1], [numbers(4, 4)]),
    "fft": (lambda x: jnp.fft.rfft(x), [numbers(6)]),
    "sort": (lambda x: jnp.sort(x, -1), [numbers(3, 5)]),
    "segment_sum": (lambda x: jax.ops.segment_sum(x**2, LABELS, 4), [numbers(6, 2)]),
    "checkpoint": (jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))), [numbers(5)]),
    "gammaln": (jax.scipy.special.gammaln, [numbers(5, low=0.5, high=4)]),
    "betainc": (lambda x: jax.scipy.special.betainc(2.0, 3.0, x), [numbers(5, low=0.2, high=0.8)]),
    "interpolation": (lambda y: jnp.interp(np.array([0.3, 1.7]), np.arange(4.0), y), [numbers(4)]),
    # Small weights: where 1 - tanh(x)^2 cancels, in a GELU's tails, float32 has few digits.
    "perceptron": (perceptron, [{"layers": [{"W": 0.3 * numbers(4, 6), "b": 0.3 * numbers(6)},
                                            {"W": 0.3 * numbers(6, 2), "b": 0.3 * numbers(2)}]}, numbers(5, 4)]),
    "custom_vjp": (clipped, [numbers(4, 5)]),
    "custom_jvp": (logsumexp, [numbers(4, 5)]),
}


def of(dtype, value):
    return jax.tree_util.tree_map(lambda x: x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x, value)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, dtype):
    function, inputs = FUNCTIONS[name]
    report = gj.check(function, *of(dtype, inputs))
    assert report.ok, str(report)
    assert report.resolution <= WIDTH[dtype], str(report)
    assert dtype == "float64" or "float64 twin" in str(report) and "no float64 twin" not in str(report)


# ---- planted mistakes


def backward(function, slope):
    """A function with a backward pass of its own."""
    planted = jax.custom_vjp(function)
    planted.defvjp(lambda *x: (function(*x), x), lambda x, g: slope(g, *x))
    return planted


def forward_rule(function, push):
    planted = jax.custom_jvp(function)
    planted.defjvp(lambda x, v: (function(*x), push(x, v)))
    return planted


PLANTED = {
    "factor 2": (backward(lambda x: x**2, lambda g, x: (4 * x * g,)), [numbers(4, 5)], {0}, "scaled"),
    "sign": (backward(jnp.sin, lambda g, x: (-jnp.cos(x) * g,)), [numbers(4, 5)], {0}, "sign"),
    "sign of a custom_jvp": (forward_rule(jnp.cos, lambda x, v: jnp.sin(x[0]) * v[0]), [numbers(4, 5)], {0}, "sign"),
    "transposed": (backward(lambda x, w: x @ w.T, lambda g, x, w: (g @ w, (g.T @ x).T)), [numbers(6, 4), numbers(4, 4)], {1},
                   "transposed"),
    "missing term": (backward(lambda x: x * jnp.tanh(x), lambda g, x: (g * jnp.tanh(x),)), [numbers(4, 5)], {0}, "unknown"),
    "stop_gradient": (lambda x: x * lax.stop_gradient(jax.nn.sigmoid(x)), [numbers(4, 5)], {0}, "unknown"),
    "no mean over the batch": (backward(lambda x, w: jnp.mean((x @ w) ** 2, 0),
                                        lambda g, x, w: (2 * (x @ w) * g @ w.T / len(x), x.T @ (2 * (x @ w) * g))),
                               [numbers(8, 4), numbers(4, 3)], {1}, "scaled"),
    "broadcast sum forgotten": (backward(lambda x, b: x * b, lambda g, x, b: (g * b, (g * x)[0])), [numbers(6, 4), numbers(4)], {1},
                                "unknown"),
    "cotangent of a loss ignored": (backward(lambda x: jnp.sum(x**2), lambda g, x: (2 * x,)), [numbers(4, 5)], {0}, "scaled"),
    "cotangent ignored": (backward(lambda x: x**2, lambda g, x: (2 * x,)), [numbers(4, 5)], {0}, "unknown"),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("name", PLANTED)
def test_planted_mistakes(name, dtype):
    function, inputs, wrong, kind = PLANTED[name]
    inputs = [jnp.asarray(x).astype("bfloat16") for x in inputs] if dtype == "bfloat16" else of(dtype, inputs)
    report = gj.check(function, *inputs)
    assert report.verdict == "refuted", str(report)
    assert {k for k, block in enumerate(report.blocks.values()) if block.verdict == "refuted"} == wrong
    assert kind in [cause.kind for cause in report.diagnosis], str(report)
    assert ("isn't linear in the cotangent" in str(report)) == name.startswith("cotangent")


# ---- what is checked, and how


class State(NamedTuple):
    mean: object
    steps: int


@jax.tree_util.register_pytree_node_class
@dataclasses.dataclass
class Layer:
    W: object
    activation: object

    def tree_flatten(self):
        return (self.W,), self.activation

    @classmethod
    def tree_unflatten(cls, activation, children):
        return cls(children[0], activation)


def test_pytrees():
    def f(params, state, layer, n, flags=None):
        assert n == 3 and flags == {"on": True} and layer.activation is jnp.tanh and state.steps == 4
        return {"y": layer.activation(layer.W @ params["a"]["b c"][0]) * state.mean, "i": jnp.arange(n)}

    report = gj.check(f, {"a": {"b c": [numbers(4)]}}, State(numbers(3), 4), Layer(numbers(3, 4), jnp.tanh), 3,
                      kwargs={"flags": {"on": True}})
    assert report.ok, str(report)
    assert list(report.blocks) == ["params.a['b c'][0]", "state.mean", "layer[0]"]


def test_integers_and_numbers_are_passed_through():
    table = np.arange(6)
    report = gj.check(lambda x, i, p: x[i] ** p, numbers(6), table, 2)
    assert report.ok and list(report.blocks) == ["x"]
    with pytest.raises(TypeError, match="no argument holds an array of floating point numbers"):
        gj.check(lambda i: i * 2.0, 3)


def test_complex_numbers():
    z = numbers(3) + 1j * numbers(3, seed=1)
    for values in (z.astype(np.complex64), z.astype(np.complex128)):
        report = gj.check(lambda z: jnp.exp(z) * jnp.conj(z), values)
        assert report.ok and report.blocks["z"].shape == (3, 2)


def test_half_precision():
    for dtype in (jnp.bfloat16, jnp.float16):
        params = {"layers": [{"W": jnp.asarray(numbers(4, 6), dtype), "b": jnp.asarray(numbers(6), dtype)}]}
        report = gj.check(perceptron, params, jnp.asarray(numbers(5, 4), dtype))
        assert report.ok and report.resolution < 1e-5, str(report)


def test_x64_is_as_it_was():
    before = jax.config.jax_enable_x64
    gj.check(jnp.sin, numbers(4).astype(np.float64))
    gj.check(jnp.sin, numbers(4))
    assert jax.config.jax_enable_x64 == before and jnp.sin(numbers(4)).dtype == (np.float64 if before else np.float32)


def test_compiled_once():
    traces = []

    def f(x):
        traces.append(1)
        return jnp.sum(jnp.sin(x))

    report = gj.check(f, numbers(30))
    assert report.ok and report.value_evaluations > 100 and len(traces) <= 5


def test_functions_that_cannot_be_compiled():
    def f(x):
        return x**2 if x[0] > 0 else x**3

    report = gj.check(f, numbers(4))
    assert report.ok and "not compiled (TracerBoolConversionError)" in str(report), str(report)


def test_what_a_twin_can_not_be():
    def narrow(x):
        return x.astype(np.float32) ** 2

    report = gj.check(narrow, numbers(4))
    assert report.verdict in ("verified", "inconclusive")
    assert "no float64 twin: given float64 numbers it returns float32" in str(report)
    with pytest.raises(ValueError, match="no float64 twin"):
        gj.check(narrow, numbers(4), twin=True)


def test_second_order():
    report = gj.check(lambda x: jnp.sum(jnp.sin(x) * x[0]), numbers(4), second_order=True)
    assert report.ok and "hvp x" in report.blocks
    once = jax.custom_jvp(lambda x: x**3)
    once.defjvp(lambda x, v: (x[0] ** 3, lax.stop_gradient(3 * x[0] ** 2) * v[0]))
    report = gj.check(once, numbers(4), second_order=True)
    assert (report.blocks["x"].verdict, report.blocks["hvp x"].verdict) == ("verified", "refuted")


def test_assert_gradient_and_options():
    assert gj.assert_gradient(jnp.sin, numbers(4), rtol=1e-4, name="a sine").ok
    with pytest.raises(gradproof.GradientError, match="2.000000 times the derivative"):
        gj.assert_gradient(*PLANTED["factor 2"][:1], numbers(4, 5))
    with pytest.raises(TypeError, match="there is no option rtoll"):
        gj.check(jnp.sin, numbers(4), rtoll=1)
    with pytest.raises(TypeError, match="returns no array of floating point numbers"):
        gj.check(lambda x: jnp.argmax(x), numbers(4))
    with pytest.raises(ValueError, match="block 'x' holds numbers that aren't finite"):
        gj.check(jnp.sin, np.array([1.0, np.nan], dtype=np.float32))
    with pytest.raises(ZeroDivisionError):
        gj.check(lambda x: x / (1 // 0), numbers(4))
