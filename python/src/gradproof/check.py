"""gradproof.check and gradproof.assert_gradient."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import _core
from . import options as _options
from . import progress as _progress
from . import spaces as _spaces
from .memory import Function, Input, Output, address_of, view
from .report import GradientError, Report
from .structure import COMPLEX, Array, Structure, describe, printable, real_array

FunctionOrNone = Callable[..., Any] | None

# What parts may be off from the whole by, of their size: f may reckon in a narrower format than x0's.
PARTS_OFF = 1e-2
# The order of enum callback in _core.c.
CALLBACKS = ("value", "value_gradient", "gradient", "map", "vjp", "jvp", "jacobian", "hessian", "hvp", "part", "examples", "seed",
             "release", "progress")


def _as_value(result: Any, what: str) -> float:
    """What a scalar function returned."""
    if type(result) is float or type(result) is np.float64:
        return result
    if result is None:
        raise TypeError(f"{what} returned None: is a return statement missing? (Outside of its domain a function returns nan.)")
    array = real_array(result, f"what {what} returns")
    if array.size != 1:
        raise TypeError(f"{what} returned an array of shape {array.shape}, where one number is needed (of a function with many "
                        "outputs, give jac, vjp or jvp instead of grad)")
    return float(array.item())


def _count(examples: Any, what: str) -> int:
    if isinstance(examples, bool) or not isinstance(examples, (int, np.integer)) or examples < 1:
        raise ValueError(f"{what} must be the number of examples that f averages over, not {examples!r}")
    return int(examples)


def _is_sparse(matrix: object) -> bool:
    return hasattr(matrix, "tocoo") and hasattr(matrix, "tocsr")


class _Pattern:
    """Which entries a sparse Jacobian has: those of the matrix at x0, row by row."""

    def __init__(self, matrix: Any, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.keys = np.empty(0, dtype=np.int64)
        self.keys, _ = self._entries(matrix)
        if self.keys.size == 0:  # nothing depends on anything: one stored zero says so too
            self.keys = np.zeros(1, dtype=np.int64)
        self.row = (self.keys // shape[1]).astype(np.uintp)
        self.column = (self.keys % shape[1]).astype(np.uintp)

    def _entries(self, matrix: Any) -> tuple[Any, Array]:
        if not _is_sparse(matrix):
            raise TypeError(f"jac returned a sparse matrix at x0, and now {describe(matrix)}")
        if matrix.shape != self.shape:
            raise ValueError(f"jac must have shape {self.shape}, but has {matrix.shape}")
        coo = matrix.tocoo(copy=True)
        coo.sum_duplicates()
        keys = coo.row.astype(np.int64) * self.shape[1] + coo.col
        order = np.argsort(keys, kind="stable")
        return keys[order], real_array(coo.data, "jac's entries")[order]

    def values(self, matrix: Any) -> Array:
        """The numbers in the pattern's order."""
        keys, data = self._entries(matrix)
        if np.array_equal(keys, self.keys):
            return data
        places = np.searchsorted(self.keys, keys)
        known = places < self.keys.size
        known[known] = self.keys[places[known]] == keys[known]
        if not known.all():
            row, column = divmod(int(keys[~known][0]), self.shape[1])
            raise ValueError(f"jac has an entry at [{row}, {column}] that it hasn't at x0: its pattern must be the same everywhere "
                             "(store zeros explicitly)")
        values = np.zeros(self.keys.size, dtype=data.dtype)
        values[places] = data
        return values


class _Check:
    """One check: the callbacks that _core asks, and what they need."""

    def __init__(self, x0: Any, value_dtype: Any, spaces: Any = None) -> None:
        try:
            self.structure = Structure(x0, complex_too=True)
        except (TypeError, ValueError) as error:
            raise type(error)(f"x0: {error}") from None
        for name, array in zip(self.structure.names, self.structure.arrays):
            if not np.isfinite(array).all():
                raise ValueError(f"x0: block '{name}' holds numbers that aren't finite")
        if self.structure.size == 0:
            raise ValueError("x0: there are no numbers in it")
        self.dtype = self.structure.dtype
        self.narrow = self.dtype == np.float32
        self.n = self.structure.size
        kinds: tuple[np.dtype[Any], np.dtype[Any]] = (self.dtype, COMPLEX[self.dtype])
        self.x0: list[Array] = [np.asarray(array, dtype=kinds[complex_], order="C")
                                for array, complex_ in zip(self.structure.arrays, self.structure.complex)]
        self.spaces = _spaces.take(self.structure, spaces)
        self.wide_value = False
        self.value_dtype = None if value_dtype is None else np.dtype(value_dtype)
        if self.value_dtype not in (None, np.dtype(np.float32), np.dtype(np.float64)):
            raise ValueError(f"value_dtype must be float32 or float64, not {value_dtype!r}")
        self.x = Input(self.structure, self.dtype, self.x0)
        self.g = Output(_spaces.of_gradients(self.structure, self.spaces), self.dtype)
        self.callbacks: dict[str, Callable[..., Any]] = {"release": self._release}
        self.more: tuple[Any, ...] = ()  # what functions are called with besides x: the rows of `examples`
        self.outputs = 0
        self.output_names: tuple[tuple[str, tuple[int, ...]], ...] = ()  # and shapes; none: outputs are numbers
        self.stages: list[int] = []  # of the blocks, along backpropagation; empty: no order is known
        self.remarks: tuple[str, ...] = ()  # lines for the report
        self.pattern: _Pattern | None = None
        self.part = 0
        self.parts: list[tuple[str, Function, Function]] = []

    # ---- scalar functions

    def scalar(self, f: FunctionOrNone, grad: FunctionOrNone, both: FunctionOrNone) -> None:
        if f is not None:
            value = Function(f, "f")
            self.x_of_value = self._choose_precision(value)
            self.callbacks["value"] = self._value_callback(value)
        if grad is not None:
            self.callbacks["gradient"] = self._gradient_callback(Function(grad, "grad"))
        if both is not None:
            together = Function(both, "value_and_grad")
            finish = self._finish_both

            def value_gradient(x: int, g: int) -> float:
                first, second = self._of_part(together, together)
                if first is not together:
                    self.x.apply(second, x, self.more, self.g.write, g, second.name)
                    return float(self.x.apply(first, x, self.more, _as_value, first.name))
                return float(self.x.apply(together, x, self.more, finish, g))

            self.callbacks["value_gradient"] = value_gradient

    def _choose_precision(self, value: Function) -> Input:
        """A float32 function whose value is float64 is asked at float64 points: derivatives are then far more exact."""
        if not self.narrow or self.value_dtype == np.float32:
            return self.x
        if self.value_dtype is None:
            result = value.call(self.structure.build([array.copy() for array in self.x0]), *self.more)
            if getattr(result, "dtype", None) != np.float64:
                return self.x
        self.wide_value = True
        return Input(self.structure, np.dtype(np.float64), self.x0)

    def _of_part(self, f: Function, g: Function) -> tuple[Function, Function]:
        return (f, g) if self.part == 0 else self.parts[self.part - 1][1:]

    def _value_callback(self, whole: Function) -> Callable[[int], float]:
        apply = self.x_of_value.apply
        if not self.parts and not self.more:
            return lambda x: apply(whole, x, (), _as_value, "f")

        def value(x: int) -> float:
            function, _ = self._of_part(whole, whole)
            return apply(function, x, self.more, _as_value, function.name)  # type: ignore[no-any-return]

        return value

    def _gradient_callback(self, whole: Function) -> Callable[[int, int], None]:
        apply, write = self.x.apply, self.g.write
        if not self.parts and not self.more:
            return lambda x, g: apply(whole, x, (), write, g, "grad")

        def gradient(x: int, g: int) -> None:
            _, function = self._of_part(whole, whole)
            apply(function, x, self.more, write, g, function.name)

        return gradient

    def _finish_both(self, result: Any, g: int) -> float:
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(f"value_and_grad must return (value, gradient), not {describe(result)}")
        self.g.write(result[1], g, "value_and_grad")
        return _as_value(result[0], "value_and_grad")

    # ---- maps

    def map(self, f: FunctionOrNone, vjp: FunctionOrNone, jvp: FunctionOrNone, jac: Any) -> None:
        if f is None:
            raise TypeError("vjp, jvp and jac are derivatives of f: give f too")
        function = Function(f, "f")
        try:
            self.y = Structure(f(self._x0()), "y")
        except TypeError as error:
            raise TypeError(f"f: {error}") from None
        self.outputs = self.y.size
        if self.outputs == 0:
            raise ValueError("f returns no numbers: there is nothing to differentiate")
        if not self.y.is_array or len(self.y.shapes[0]) > 1:
            self.output_names = tuple(zip(self.y.names, self.y.shapes))
        y, u = Output(self.y, self.dtype), self._vectors(self.y)
        x, v = self.x, self._vectors(self.structure)
        self.callbacks["map"] = lambda at, to: x.apply(function, at, (), y.write, to, "f")
        if vjp is not None:
            pull = Function(vjp, "vjp")
            self.callbacks["vjp"] = lambda at, of, to: x.apply(pull, at, (u(of),), self.g.write, to, "vjp")
        if jvp is not None:
            push = Function(jvp, "jvp")
            self.callbacks["jvp"] = lambda at, of, to: x.apply(push, at, (v(of),), y.write, to, "jvp")
        if jac is not None:
            self._jacobian(jac)

    def _jacobian(self, jac: Any) -> None:
        if not callable(jac):
            constant = jac
            jac = lambda x: constant  # noqa: E731
        function = Function(jac, "jac")
        first = jac(self._x0())
        if _is_sparse(first):
            pattern = self.pattern = _Pattern(first, (self.outputs, self.n))
            self._matrix("jacobian", function, pattern.keys.size, lambda result: pattern.values(result))
        else:
            self._matrix("jacobian", function, self.outputs * self.n, lambda result: self._dense(result, "jac", self.y))

    def second(self, hess: Any, hvp: FunctionOrNone) -> None:
        if hess is not None:
            if not callable(hess):
                constant = hess
                hess = lambda x: constant  # noqa: E731
            self._matrix("hessian", Function(hess, "hess"), self.n * self.n,
                         lambda result: self._dense(result, "hess", self.structure))
        if hvp is not None:
            product, v = Function(hvp, "hvp"), self._vectors(self.structure)
            self.callbacks["hvp"] = lambda at, of, to: self.x.apply(product, at, (v(of),), self.g.write, to, "hvp")

    def _matrix(self, name: str, function: Function, count: int, numbers: Callable[[Any], Array]) -> None:
        def write(result: Any, address: int) -> None:
            view(address, count, self.dtype, False)[...] = numbers(result)

        self.callbacks[name] = lambda at, to: self.x.apply(function, at, (), write, to)

    def _dense(self, result: Any, what: str, outputs: Structure) -> Array:
        """A Jacobian as rows of outputs: given as a matrix (outputs, inputs); of one array by another, with both shapes; of
        structures of inputs, as such a structure."""
        shape = (outputs.size, self.n)
        if _is_sparse(result):
            result = result.toarray()
        if outputs.is_array and not self.structure.is_array and not isinstance(result, np.ndarray):
            leaves = self.structure.take(result, what, outputs.shapes[0])
            return np.hstack([leaf.reshape(outputs.size, -1) for leaf in leaves]).ravel()
        if result is None:
            raise TypeError(f"{what} is None: is a return statement missing?")
        matrix = real_array(result, what)
        both = outputs.shapes[0] + self.structure.shapes[0] if outputs.is_array and self.structure.is_array else shape
        if matrix.shape not in (shape, both):
            wanted = f"{shape}" if both == shape else f"{shape} or {both}"
            raise ValueError(f"{what} must have shape {wanted}, but has {matrix.shape}")
        return matrix.reshape(-1)

    def _vectors(self, structure: Structure) -> Callable[[int], Any]:
        """Vectors that products are taken with, each a copy."""
        def vector(address: int) -> Any:
            flat = view(address, structure.size, self.dtype).copy()
            flat.setflags(write=False)
            return structure.build(structure.split(flat))

        return vector

    def _x0(self) -> Any:
        return self.structure.build([array.copy() for array in self.x0])

    # ---- what is chosen from

    def choose_parts(self, parts: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]]) -> None:
        if not isinstance(parts, Mapping):
            raise TypeError(f"parts must be a dict of pairs (f, grad) by their names, but is {describe(parts)}")
        for name, pair in parts.items():
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise TypeError(f"parts: '{name}' must be a pair (f, grad), but is {describe(pair)}")
            self.parts.append((str(name), Function(pair[0], f"f of part '{name}'"), Function(pair[1], f"grad of part '{name}'")))
        if len(self.parts) < 2:
            raise ValueError("parts: give two or more, whose sum is f")

        def part(number: int, _: int = 0) -> None:
            self.part = number

        self.callbacks["part"] = part

    def try_parts(self, value: Callable[..., Any], what: str, seed: Callable[[], Any]) -> None:
        """Do the parts add up to f, but for rounding? What they are at x0 says so."""
        def at_x0(function: Callable[..., Any], name: str) -> float:
            seed()
            return _as_value(function(self._x0(), *self.more), name)

        whole = at_x0(value, what)
        values = [at_x0(f.call, f.name) for _, f, _ in self.parts]
        off = abs(sum(values) - whole)
        if off > PARTS_OFF * sum(map(abs, values)):
            raise ValueError(f"parts: at x0 their sum is {sum(values):.9g}, but {what} is {whole:.9g}")

    def choose_examples(self, examples: int) -> None:
        self.more = (slice(0, _count(examples, "examples")),)

        def select(first: int, count: int) -> None:
            self.more = (slice(first, first + count),)

        self.callbacks["examples"] = select

    def bounds(self, bounds: Any) -> tuple[Array, Array] | None:
        if bounds is None:
            return None
        if hasattr(bounds, "lb") and hasattr(bounds, "ub"):  # scipy.optimize.Bounds
            bounds = (bounds.lb, bounds.ub)
        if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
            raise TypeError("bounds must be a pair (lower, upper), each None, a number, or shaped as x0, where a block's may be "
                            "None or a number (of pairs as for scipy.optimize: zip(*bounds))")
        return self._bound(bounds[0], "lower bounds", -np.inf), self._bound(bounds[1], "upper bounds", np.inf)

    def _bound(self, given: Any, what: str, none: float) -> Array:
        if given is None:
            return np.full(self.n, none)
        if isinstance(given, (int, float, np.generic, np.ndarray)) and np.size(given) == 1:
            return np.full(self.n, np.asarray(given, dtype=np.float64).item())
        leaves = self.structure.take(given, what, of_all=none)
        return np.concatenate([leaf.reshape(-1).astype(np.float64) for leaf in leaves])

    def _release(self, address: int, size: int, owner: object) -> None:
        self.x.release(address, size, owner)
        if self.wide_value:
            self.x_of_value.release(address, size, owner)

    def _said_spaces(self) -> tuple[Any, ...]:
        return tuple((name, space.coordinates, space.gradient, self._retraction(name, space)) if isinstance(space, _spaces.Retraction)
                     else (name, *space) for name, space in self.spaces.items())

    def _retraction(self, name: str, space: _spaces.Retraction) -> Callable[[int, int, int], None]:
        shape = self.structure.shapes[self.structure.names.index(name)]
        size, wide = int(np.prod(shape)), np.dtype(np.float64)

        def retract(x: int, v: int, y: int) -> None:
            moved = real_array(space.move(view(x, size, wide).copy().reshape(shape), view(v, space.coordinates, wide).copy()),
                               f"spaces: what the retraction of '{name}' returns")
            if moved.shape != shape:
                raise ValueError(f"spaces: the retraction of '{name}' must return shape {shape}, not {moved.shape}")
            view(y, size, wide, False)[...] = moved.reshape(-1)

        return retract

    # ---- the run

    def run(self, name: str, options: dict[str, Any], bounds: tuple[Array, Array] | None, batch_size: int,
            shown: Any) -> Report:
        if shown is not None:
            self.callbacks["progress"] = shown
        values = [np.ascontiguousarray(np.stack([array.real, array.imag], axis=-1), dtype=np.float64) if complex_
                  else np.asarray(array, dtype=np.float64, order="C") for array, complex_ in zip(self.x0, self.structure.complex)]
        stages = self.stages or [0] * len(values)
        blocks = tuple((leaf, stage, array.shape, address_of(array))
                       for leaf, stage, array in zip(self.structure.names, stages, values))
        pattern = self.pattern
        places = None if pattern is None else (pattern.keys.size, address_of(pattern.row), address_of(pattern.column))
        limits = None if bounds is None else (self.n, address_of(bounds[0]), address_of(bounds[1]))
        examples = self.more[0].stop if self.more else 0
        callbacks = tuple(self.callbacks.get(each) for each in CALLBACKS)
        parts = tuple(part for part, _, _ in self.parts)
        try:
            with np.errstate(all="ignore"):  # that values are finite is looked after by the check, which tries many points
                handle, raised = _core.check(name, self.narrow, self.wide_value, blocks, callbacks, self.outputs, self.output_names,
                                             places, limits, parts, examples, batch_size, options, _progress.INTERVAL, self.remarks,
                                             self._said_spaces())
        finally:
            self.callbacks.clear()  # which refer to self: nothing waits for the garbage collector
            if shown is not None:
                shown.close()
        if raised is None:
            return Report(handle)
        try:
            if isinstance(raised, KeyboardInterrupt):
                raised.report = None if handle is None else Report(handle)  # type: ignore[attr-defined]
            raise raised
        finally:
            del raised


def check(
    f: FunctionOrNone,
    grad: FunctionOrNone,
    x0: Any,
    *,
    value_and_grad: FunctionOrNone = None,
    vjp: FunctionOrNone = None,
    jvp: FunctionOrNone = None,
    jac: Any = None,
    hess: Any = None,
    hvp: FunctionOrNone = None,
    bounds: Any = None,
    parts: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]] | None = None,
    examples: int | None = None,
    batch_size: int | None = None,
    set_seed: Callable[[int], Any] | None = None,
    value_dtype: Any = None,
    name: str | None = None,
    progress: bool | Callable[[_progress.Progress], Any] | None = None,
    spaces: Any = None,
    **options: Any,
) -> Report:
    """Is this gradient right, and if not, what is wrong with it?

    f(x) is the function, grad(x) its gradient under test, x0 the point: an array, or dicts, lists, tuples and dataclasses of
    arrays. Both are called with read-only arrays in x0's structure; grad returns that structure. In place of grad, or besides:

    value_and_grad  x -> (f(x), grad(x)); f and grad may then be None
    jac             x -> Jacobian of a vector-valued f: an array, or a SciPy sparse matrix, whose pattern is checked too
    vjp, jvp        (x, u) -> J'u, shaped as x; (x, v) -> J v, shaped as f's output
    hess, hvp       x -> Hessian; (x, v) -> H v, shaped as x: derivatives of grad

    bounds      (lower, upper): f isn't evaluated outside
    parts       {name: (f, grad), ...} whose sum is f: each is checked by itself too
    examples    f is a mean over so many examples; f and grad are called as f(x, rows), rows a slice of them
    batch_size  f is a mean over so many examples, which can't be chosen
    set_seed    called with a number before each evaluation, for functions that draw random numbers
    value_dtype float32 or float64, of a float32 x0: what f computes in (default: what f(x0) returns says so)
    name        what the report calls the function
    spaces      {block: "SO3", ("quaternion", "right"), ...}, or the space of an x0 that is one array: gradproof.known_spaces()
                lists them, with the ways in which gradients may be given; complex arrays are ("complex", "torch")
    progress    True, False, or a function of a gradproof.Progress; default: where people can see it
    options     rtol, atol, points, strategy, seed, budget_seconds, ...: gradproof.known_options() lists them

    What a function raises comes out as it is. Ctrl-C raises KeyboardInterrupt with the report so far as its `report`.
    """
    taken = _options.take(options)
    c = _Check(x0, value_dtype, spaces)
    is_map = vjp is not None or jvp is not None or jac is not None
    if is_map and (grad is not None or value_and_grad is not None or parts or examples):
        raise TypeError("vjp, jvp and jac are for functions with many outputs, grad, value_and_grad, parts and examples for those "
                        "with one: check them one after the other")
    if not is_map and grad is None and value_and_grad is None:
        raise TypeError("there is nothing to check: give grad, value_and_grad, jac, vjp or jvp")
    if not is_map and f is None and value_and_grad is None:
        raise TypeError("f is None: give f, or value_and_grad")
    if parts:
        c.choose_parts(parts)
    if examples is not None:
        c.choose_examples(examples)
    if is_map:
        c.map(f, vjp, jvp, jac)
    else:
        c.scalar(f, grad, value_and_grad)
    c.second(hess, hvp)
    if parts:
        whole = f if f is not None else lambda *x: value_and_grad(*x)[0]  # type: ignore[misc]
        c.try_parts(whole, "f", (lambda: set_seed(0)) if set_seed else lambda: None)
    if set_seed is not None:
        draw = set_seed
        c.callbacks["seed"] = lambda seed, _=0: (draw(seed), None)[1]
    if taken.get("jobs") and threading.active_count() > 1:
        raise ValueError("option jobs: worker processes are forks, in which other threads of this process would be missing: "
                         f"there are {threading.active_count() - 1}")
    if name is None:
        under_test = f if f is not None else value_and_grad
        name = getattr(under_test, "__name__", type(under_test).__name__)
        name = "f" if name == "<lambda>" else name
    if not isinstance(name, str):
        raise TypeError(f"name must be a str, not {describe(name)}")
    averaged = 0 if batch_size is None else _count(batch_size, "batch_size")
    return c.run(printable(name), taken, c.bounds(bounds), averaged, _progress.make(progress))


def assert_gradient(f: FunctionOrNone, grad: FunctionOrNone, x0: Any, **arguments: Any) -> Report:
    """As check, but raises GradientError, an AssertionError, unless the verdict is verified."""
    report = check(f, grad, x0, **arguments)
    if not report.ok:
        raise GradientError(report)
    return report
