"""gradproof.jax: gradients of JAX functions, hand-written rules (custom_vjp, custom_jvp) included.

    import gradproof.jax
    print(gradproof.jax.check(loss, params, batch))
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

try:
    import jax  # type: ignore[import-not-found,unused-ignore]
    import jax.numpy as jnp  # type: ignore[import-not-found,unused-ignore]
except ImportError as error:
    raise ImportError("gradproof.jax needs JAX, which isn't installed: pip install jax") from error

from . import adapter
from .report import GradientError, Report
from .structure import Array


def _x64(on: bool) -> Any:
    """A context with 64-bit numbers or without, in new versions of JAX and old ones."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(on)
    from jax.experimental import enable_x64  # type: ignore[import-not-found,attr-defined,unused-ignore]

    return enable_x64(on)


def _is_x64() -> bool:
    return bool(getattr(jax.config, "jax_enable_x64"))  # noqa: B009 - which JAX doesn't declare


_finfo: Any = jnp.finfo


def _is_checked(leaf: Any) -> bool:
    """Is this an array of floating point or complex numbers?"""
    return isinstance(leaf, (jax.Array, np.ndarray, np.generic)) and jnp.issubdtype(leaf.dtype, jnp.inexact)


def _name(path: Any, names: list[str]) -> str:
    """What a leaf of the arguments is called: "params.W", "x[0]"."""
    name: str = names[path[0].idx]
    for key in path[1:]:
        if hasattr(key, "name"):
            name += f".{key.name}"
        elif hasattr(key, "key") and isinstance(key.key, str) and key.key.isidentifier():
            name += f".{key.key}"
        else:
            inner = key.idx if hasattr(key, "idx") else key.key if hasattr(key, "key") else key
            name += f"[{inner!r}]"
    return name


def _wide(dtype: Any) -> Any:
    return np.dtype(np.complex128 if jnp.issubdtype(dtype, jnp.complexfloating) else np.float64)


class _Leaf:
    """An array among the arguments that is checked: its place in the flat vector, complex numbers as pairs of real ones."""

    def __init__(self, name: str, value: Any, begin: int) -> None:
        self.name, self.value = name, np.asarray(value)
        self.dtype = value.dtype
        self.is_complex = jnp.issubdtype(self.dtype, jnp.complexfloating)
        self.shape = (*self.value.shape, 2) if self.is_complex else self.value.shape
        self.begin, self.end = begin, begin + int(np.prod(self.shape, dtype=np.int64))
        if not np.isfinite(self.value.astype(np.complex128 if self.is_complex else np.float64)).all():
            raise ValueError(f"block '{name}' holds numbers that aren't finite")

    def numbers(self) -> Array:
        if self.is_complex:
            return np.stack([self.value.real, self.value.imag], axis=-1)
        return self.value.astype(np.float32) if self.value.dtype.itemsize < 4 else self.value

    def take(self, flat: Any, wide: bool) -> Any:
        """The leaf as a part of the flat vector."""
        part = flat[self.begin:self.end].reshape(self.shape)
        dtype = _wide(self.dtype) if wide else self.dtype
        if self.is_complex:
            return jax.lax.complex(part[..., 0], part[..., 1]).astype(dtype)
        return part.astype(dtype)


class _Problem:
    """The function of one flat vector: its outputs' weighted sum, compiled once for each precision."""

    def __init__(self, f: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], seed: int) -> None:
        self.f, self.kwargs, self.seed = f, kwargs, seed
        paths, self.tree = jax.tree_util.tree_flatten_with_path(args)
        names = adapter.argument_names(f, len(args))
        # Arrays of integers have the width that they have now, also where functions run with 64-bit numbers.
        self.all = [jnp.asarray(value) if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "iu" else value
                    for _, value in paths]
        self.leaves: dict[int, _Leaf] = {}
        end = 0
        for k, (path, value) in enumerate(paths):
            if _is_checked(value):
                self.leaves[k] = leaf = _Leaf(_name(path, names), value, end)
                end = leaf.end
        if not self.leaves:
            raise TypeError("there is nothing to check: no argument holds an array of floating point numbers (jax.numpy.asarray "
                            "makes one)")
        self.n = end
        dtypes = [_finfo(leaf.dtype) for leaf in self.leaves.values()]
        self.eps = max(float(info.eps) for info in dtypes)
        self.narrow = any(info.bits < 64 for info in dtypes)
        self.half = any(info.bits < 32 for info in dtypes)
        self.tiny = max(float(info.tiny) for info in dtypes)
        self.word = str(max(self.leaves.values(), key=lambda leaf: float(_finfo(leaf.dtype).eps)).dtype)
        self.remarks: list[str] = []
        self.jit: Callable[[Any], Any] = jax.jit
        self.wide: Callable[..., Array]
        self.x0 = np.concatenate([leaf.numbers().ravel() for leaf in self.leaves.values()])

    def outputs(self, flat: Any, wide: bool) -> list[Any]:
        """The floating point outputs."""
        values = list(self.all)
        for k, leaf in self.leaves.items():
            values[k] = leaf.take(flat, wide)
        result = self.f(*jax.tree_util.tree_unflatten(self.tree, values), **self.kwargs)
        return [y for y in jax.tree_util.tree_leaves(result)
                if hasattr(y, "dtype") and jnp.issubdtype(y.dtype, jnp.inexact)]

    def try_out(self) -> None:
        x = self.x0
        try:
            found = jax.jit(lambda flat: self.outputs(flat, False))(x)
        except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError, jax.errors.TracerIntegerConversionError,
                jax.errors.NonConcreteBooleanIndexError) as error:
            self.jit = lambda function: function
            self.remarks.append(f"not compiled ({type(error).__name__}): each evaluation runs the function's Python code")
            found = self.outputs(jnp.asarray(x), False)
        if not found:
            raise TypeError("the function returns no array of floating point numbers: there is nothing to differentiate")
        values = [self._numbers(y) for y in found]
        total = sum(value.size for value in values)
        numbers = np.ones(1) if total == 1 else adapter.weights(total, self.seed)
        self.weights, begin = [], 0
        for value in values:
            weight = numbers[begin:begin + value.size]
            begin += value.size
            size = float(np.sqrt(np.mean(np.square(value)))) if value.size else 0.0
            if len(values) > 1 and np.isfinite(size) and size > 0:
                weight = weight * 2.0 ** -round(np.log2(size))
            self.weights.append(weight)
        self.own_value = sum(float(value @ weight) for value, weight in zip(values, self.weights))
        self.size = sum(float(abs(value) @ abs(weight)) for value, weight in zip(values, self.weights))
        if total > 1:
            self.remarks.append(f"{total} outputs weighted with fixed random cotangents")

    @staticmethod
    def _numbers(y: Any) -> Array:
        array = np.asarray(y)
        if np.iscomplexobj(array):
            array = np.stack([array.real, array.imag], axis=-1)
        return array.astype(np.float64).ravel()

    def total(self, flat: Any, wide: bool) -> Any:
        """The weighted sum, in the outputs' own precision."""
        total: Any = 0.0
        for y, weight in zip(self.outputs(flat, wide), self.weights):
            if jnp.issubdtype(y.dtype, jnp.complexfloating):
                y = jnp.stack([y.real, y.imag], axis=-1)
            total = total + jnp.sum(y.ravel() * weight.astype(y.dtype))
        return total

    def find_twin(self) -> str | None:
        """Compiles the function in float64. Why not, if it can't be had."""
        self.wide = self.in_precision(True, self.total)
        try:
            value = self.wide(self.x0)
        except Exception as error:  # noqa: BLE001 - whatever a function says of numbers that it isn't made for
            first = (str(error).splitlines() or [""])[0]
            return f"called with float64 numbers it raises {type(error).__name__}: {first[:200]}"
        if value.dtype != np.float64:
            return f"given float64 numbers it returns {value.dtype}"
        if not abs(float(value) - self.own_value) <= adapter.SAME * self.eps * self.size:
            return "in float64 it has another value, beyond what rounding explains"
        return None

    def in_precision(self, in_twin: bool, function: Callable[..., Any]) -> Callable[..., Array]:
        """function(flat, in_twin, *more) as one of NumPy's arrays, compiled once."""
        wide = in_twin or not self.narrow
        compiled = self.jit(lambda flat, *more: function(flat, in_twin, *more))
        dtype = np.float64 if wide else np.float32

        def call(x: Array, *more: Any) -> Array:
            with _x64(wide or _is_x64()):
                values = [np.array(each, dtype=dtype) for each in (x, *more)]  # copies: JAX may keep what it's given
                return np.asarray(compiled(*(values if self.jit is jax.jit else map(jnp.asarray, values))))

        return call

    def nearby(self, generator: Any) -> Array:
        """The given point, give or take a unit in the last place of each number."""
        moved = []
        for leaf in self.leaves.values():
            values = leaf.numbers().ravel().astype(np.float64)
            eps = float(_finfo(leaf.dtype).eps)
            near = values * (1 + eps * generator.integers(-1, 1, size=values.size, endpoint=True))
            moved.append(near.astype(leaf.numbers().dtype if leaf.is_complex else leaf.dtype))
        return np.concatenate([each.astype(np.float64) for each in moved])


def check(
    f: Callable[..., Any],
    *args: Any,
    kwargs: Mapping[str, Any] | None = None,
    second_order: bool = False,
    twin: bool | None = None,
    bounds: Any = None,
    name: str | None = None,
    progress: Any = None,
    **options: Any,
) -> Report:
    """Are JAX's gradients of f(*args) right, and if not, what is wrong with them?

    Checked are all arrays of floating point or complex numbers among the arguments, any pytrees; what else is there is passed
    through. f is compiled once for values and once for gradients. Outputs that aren't a scalar are weighted with fixed random
    cotangents: a mistake in any of them shows, whichever it is in.

    kwargs        keyword arguments of f, passed through
    second_order  check Hessian-vector products, forward over reverse, as well
    twin          gradients narrower than float64 are held against a float64 twin of the same function at the same rounded
                  numbers where there is one. False: never; True: raise ValueError where there is none
    bounds, name, progress, options: as for gradproof.check
    """
    if not callable(f):
        raise TypeError(f"f must be callable, but is {f!r}")
    problem = _Problem(f, args, kwargs or {}, int(options.get("seed") or 0))
    with _x64(not problem.narrow or _is_x64()):  # without 64-bit numbers JAX makes float32 of all that is float64
        problem.try_out()
        subject = _subject(problem, name or adapter.title_of(inspect.unwrap(f)), second_order, twin)
        return adapter.run(subject, options, progress, bounds)


def _subject(p: _Problem, name: str, second_order: bool, twin: bool | None) -> adapter.Subject:
    reason = p.find_twin() if p.narrow and twin is not False else "it wasn't asked for"
    if p.narrow and twin and reason:
        raise ValueError(f"there is no float64 twin: {reason}")
    has_twin = p.narrow and not reason
    if has_twin:
        p.remarks.append(f"values are those of a float64 twin of the function, at the same {p.word} numbers")
    elif p.narrow:
        p.remarks.append(f"no float64 twin: {reason}")
    own = p.in_precision(False, lambda flat, in_twin, scale: jax.grad(lambda x: scale * p.total(x, in_twin))(flat))
    twins = p.in_precision(True, lambda flat, in_twin, scale: jax.grad(lambda x: scale * p.total(x, in_twin))(flat))
    unit = _unit(p, own)
    beyond, defaults = None, {}
    if has_twin and second_order:
        p.remarks.append("second derivatives, and the gradient that they belong to, are the twin's")
    elif has_twin:
        rounding = adapter.Rounding.measure(p.x0.astype(np.float64), own, twins, p.nearby, p.seed)
        blocks = [(leaf.name, leaf.begin, leaf.end) for leaf in p.leaves.values()]
        if not p.half and rounding.is_within(adapter.FLOAT32_RTOL, blocks):
            defaults = {"rtol": adapter.FLOAT32_RTOL}
        else:
            beyond, lines = rounding.beyond(blocks, p.word, p.eps, p.tiny)
            p.remarks += lines
    elif p.half:  # other points aren't numbers of this precision
        defaults = {"rtol": adapter.HALF_UNITS * p.eps, "points": 1, "no_descent": True}
    # Is x float64, and the gradient the twin's? A gradient whose rounding is more than the tolerance was compared with that.
    in_twin = has_twin and (second_order or beyond is not None)
    wide, slope = in_twin or not p.narrow, twins if in_twin else own
    value = p.wide if has_twin else p.in_precision(False, p.total)

    def gradient(x: Array, g: Array) -> None:
        g[:] = slope(x, unit)

    subject = adapter.Subject(
        name=f"{name} ({p.word})" if beyond is not None or p.half else name, remarks=p.remarks, defaults=defaults,
        wide_value=has_twin and not wide, value=lambda x: unit * float(value(x)), gradient=gradient,
        leaves={leaf.name: leaf.numbers().astype(np.float64 if wide else np.float32) for leaf in p.leaves.values()})
    if beyond is not None:
        subject.gradient = adapter.with_difference(p.x0.astype(np.float64), p.eps, beyond * unit, gradient)
    if second_order:
        bend = p.in_precision(in_twin, lambda x, twin, v: unit * jax.jvp(jax.grad(lambda at: p.total(at, twin)), (x,), (v,))[1])

        def hvp(x: Array, v: Array, y: Array) -> None:
            y[:] = bend(x, v)

        subject.hvp = hvp
    return subject


def _unit(p: _Problem, own: Callable[..., Array]) -> float:
    """What the function is multiplied by: 1, unless its backward pass isn't linear in the cotangent that comes in, which 1 may not
    show."""
    there, back = own(p.x0, 1.0), own(p.x0, -1.0)
    size = max(float(abs(there).max(initial=0)), float(abs(back).max(initial=0)))
    if not np.isfinite(size) or float(abs(there + back).max(initial=0)) <= min(adapter.SAME * p.eps, 0.25) * size:
        return 1.0
    p.remarks.append("the backward pass isn't linear in the cotangent that comes into it: negated, that doesn't negate the "
                     "gradient (is it a factor of all that is returned?)")
    return -0.75


def assert_gradient(f: Callable[..., Any], *args: Any, **arguments: Any) -> Report:
    """As check, but raises GradientError, an AssertionError, unless the verdict is verified."""
    report = check(f, *args, **arguments)
    if not report.ok:
        raise GradientError(report)
    return report
