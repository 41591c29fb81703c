"""What the adapters of gradproof.torch and gradproof.jax share: a function of one flat vector, and what the report says of it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from . import options as _options
from . import progress as _progress
from .check import _Check
from .memory import MOST_PLACES, view
from .report import Report
from .structure import Array

# auto: entries up to which each is looked at by itself, whatever it costs; above, random directions, whose cost doesn't grow.
FULL_AT_MOST = 1000
# Weights of outputs are multiples of 1/64 in [1/2, 3/2]: exact in every floating point format down to bfloat16.
WEIGHT_STEPS = 64
# Two ways to compute the same number (with and without grad mode, in one precision and in another) differ by no more than this
# many units of precision, next to the sum of absolute terms.
SAME = 2.0**10
# What rounding makes of a gradient is seen in so many trials, and so many times that counts as rounding: the deviation of a few
# trials may be half of the true one, and the largest of 10,000 errors is some 4 deviations.
TRIALS, ROUNDING_FACTOR = 6, 8
# Gradients in float32 are held to this, against values of a twin, where what counts as rounding is less.
FLOAT32_RTOL = 1e-5
# Gradients in half precision that have no twin: their tolerance, in units of their precision.
HALF_UNITS = 16


@dataclasses.dataclass
class Subject:
    """A function under test, prepared. Vectors are flat, in the order of `leaves`, and may not be kept.

    leaves      the blocks at the given point, by name, all float64 or all float32
    value       x -> f(x); float64 x if `wide_value`
    gradient    (x, g): writes the gradient under test
    hvp         (x, v, y): writes a Hessian-vector product
    map, vjp    (x, y) and (x, u, g), of `outputs` numbers, in place of value and gradient; `output_names`: and shapes, or none
    stages      of the blocks along backpropagation, from 1; empty where no order is known
    remarks     lines for the report
    """

    name: str
    leaves: dict[str, Array]
    value: Callable[[Array], float] | None = None
    gradient: Callable[[Array, Array], None] | None = None
    hvp: Callable[[Array, Array, Array], None] | None = None
    map: Callable[[Array, Array], None] | None = None
    vjp: Callable[[Array, Array, Array], None] | None = None
    outputs: int = 0
    output_names: list[tuple[str, tuple[int, ...]]] = dataclasses.field(default_factory=list)
    wide_value: bool = False
    stages: list[int] = dataclasses.field(default_factory=list)
    remarks: list[str] = dataclasses.field(default_factory=list)
    defaults: dict[str, Any] = dataclasses.field(default_factory=dict)  # options, where the caller gives none


class _Views:
    """Arrays of the library's, by their addresses."""

    def __init__(self, count: int, dtype: np.dtype[Any]) -> None:
        self.count, self.dtype = count, dtype
        self.at: dict[int, Array] = {}

    def __call__(self, address: int) -> Array:
        array = self.at.get(address)
        if array is None:
            if len(self.at) >= MOST_PLACES:
                self.at.clear()
            array = self.at[address] = view(address, self.count, self.dtype, False)
        return array


def run(subject: Subject, options: dict[str, Any], progress: Any, bounds: Any = None) -> Report:
    """The check."""
    taken = _options.take(options)
    for option, value in subject.defaults.items():
        taken.setdefault(option, value)
    c = _Check(subject.leaves, None)
    c.stages, c.remarks, c.wide_value = subject.stages, tuple(subject.remarks), subject.wide_value
    x, g = _Views(c.n, c.dtype), _Views(c.n, c.dtype)
    wide = _Views(c.n, np.dtype(np.float64)) if c.wide_value else x
    y = _Views(subject.outputs, c.dtype)
    s: Any = subject
    if s.value is not None:
        c.callbacks["value"] = lambda at: s.value(wide(at))
    if s.gradient is not None:
        c.callbacks["gradient"] = lambda at, to: s.gradient(x(at), g(to))
    if s.hvp is not None:
        c.callbacks["hvp"] = lambda at, of, to: s.hvp(x(at), g(of), g(to))
    if s.map is not None:
        c.outputs, c.output_names = s.outputs, tuple(s.output_names)
        c.callbacks["map"] = lambda at, to: s.map(x(at), y(to))
        c.callbacks["vjp"] = lambda at, of, to: s.vjp(x(at), y(of), g(to))

    def release(address: int, size: int, owner: object) -> None:
        for views in (x, g, wide, y):
            for at in [at for at in views.at if address <= at < address + size]:
                del views.at[at]

    c.callbacks["release"] = release
    if "strategy" not in taken and c.n > FULL_AT_MOST and not c.outputs and not taken.get("self_test"):
        taken["strategy"] = _options.STRATEGIES.index("project")
    return c.run(s.name, taken, c.bounds(bounds), 0, _progress.make(progress))


@dataclasses.dataclass
class Rounding:
    """A gradient in its own precision beside that of its float64 twin, at the given point, and what rounding makes of it.

    Rounding is what the difference varies by from one trial to the next, each with x moved by a unit in the last place and the
    function multiplied by another number, so that everything is rounded differently while a mistake stays what it is."""

    off: Array  # own - twin's
    twin: Array
    spread: Array  # the deviation of `off` from trial to trial

    @classmethod
    def measure(cls, x0: Array, own: Callable[[Array, float], Array], twin: Callable[[Array, float], Array],
                nearby: Callable[[Any], Array], seed: int) -> Rounding:
        """own(x, s), twin(x, s): the gradients of s f, s a multiple of 1/64; nearby(generator): numbers of own precision that are
        x0, give or take a unit in the last place."""
        generator = np.random.default_rng(seed)
        true = twin(x0, 1.0)
        off = own(x0, 1.0) - true
        trials = []
        for _ in range(TRIALS):
            x, scale = nearby(generator), float(generator.integers(65, 127)) / 64
            trials.append((own(x, scale) - twin(x, scale)) / scale)
        return cls(off, true, np.std(trials, axis=0))

    def _floors(self, leaves: Iterable[tuple[str, int, int]]) -> Array:
        """A tenth of each block's typical derivative: smaller ones are held against that."""
        size = abs(self.twin)
        some = size > 1e-12 * size.max(initial=0)
        everywhere = float(np.median(size[some])) if some.any() else 0.0
        floors = np.zeros(size.size)
        for _, begin, end in leaves:
            inside = size[begin:end][some[begin:end]]
            floors[begin:end] = 0.1 * (float(np.median(inside)) if inside.size else everywhere)
        return floors

    def is_within(self, rtol: float, leaves: Iterable[tuple[str, int, int]]) -> bool:
        """Is all that counts as rounding within this tolerance?"""
        return bool((ROUNDING_FACTOR * self.spread <= rtol * (abs(self.twin) + self._floors(leaves))).all())

    def beyond(self, leaves: Iterable[tuple[str, int, int]], word: str, eps: float, tiny: float) -> tuple[Array, list[str]]:
        """The difference, 0 where rounding explains it, and lines for the report."""
        off, remarks, most = self.off.copy(), [], 0.0
        for name, begin, end in leaves:
            part = slice(begin, end)
            if begin == end:
                continue
            usual = float(np.sqrt(np.mean(self.spread[part] ** 2)))
            rounding = ROUNDING_FACTOR * (np.maximum(self.spread[part], usual) + eps / 2 * abs(self.twin[part])) + tiny
            wrong = ~(abs(off[part]) <= rounding)
            if wrong.any():
                with np.errstate(all="ignore"):
                    ratio = float(np.median((self.twin[part] + off[part])[wrong] / self.twin[part][wrong]))
                remarks.append(f"the {word} gradient of {name} is off from the twin's by more than rounding explains in "
                               f"{int(wrong.sum())} of {wrong.size} entries, where it is {ratio:.3g} times that")
            most = max(most, float((abs(off[part]) / rounding)[~wrong].max(initial=0)))
            off[part][~wrong] = 0
        remarks.append(f"{word} gradients {'otherwise ' if remarks else ''}held against the twin's at the given point, to "
                       f"{ROUNDING_FACTOR} times what their rounding amounts to: the largest difference is "
                       f"{most * ROUNDING_FACTOR:.2g} times it")
        return off, remarks


def with_difference(x0: Array, eps: float, off: Array, gradient: Callable[[Array, Array], None]) -> Callable[[Array, Array], None]:
    """The gradient, and besides, wherever x is x0 to rounding with the precision eps, what another is off from it."""
    usual = float(np.sqrt(np.mean(np.square(x0)))) if x0.size else 0.0
    near = eps / 2 * np.maximum(abs(x0), usual)

    def both(x: Array, g: Array) -> None:
        gradient(x, g)
        if (abs(x - x0) <= near).all():
            g += off

    return both


def weights(count: int, seed: int) -> Array:
    """Fixed random cotangents: of either sign, none near 0."""
    generator = np.random.default_rng(seed)
    size = generator.integers(WEIGHT_STEPS // 2, 3 * WEIGHT_STEPS // 2, size=count, endpoint=True) / WEIGHT_STEPS
    weight: Array = size * generator.choice([-1.0, 1.0], size=count)
    return weight


def argument_names(function: Any, count: int, skip: int = 0) -> list[str]:
    """What the function calls its positional arguments, without the first `skip`; "input0", ... where it doesn't say."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return [f"input{k}" for k in range(count)]
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{k}]" for k in range(count - len(names))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
    return (names + [f"input{k}" for k in range(len(names), count)])[:count]


def map_leaves(value: Any, name: str, leaf: Callable[[str, Any], Any]) -> Any:
    """The value with leaf(name, x) for each x that is no container. Containers are dicts, lists, tuples, named tuples and
    dataclasses; they are new."""
    if isinstance(value, Mapping) and type(value).__name__ != "mappingproxy":
        made = {key: map_leaves(item, _below(name, key), leaf) for key, item in value.items()}
        return made if type(value) is dict else _as_kind(type(value), made)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_leaves(item, _below(name, field), leaf) for field, item in zip(value._fields, value)))
    if isinstance(value, (list, tuple)):
        return _as_kind(type(value), [map_leaves(item, f"{name}[{k}]", leaf) for k, item in enumerate(value)])
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        import copy

        new = copy.copy(value)
        for field in dataclasses.fields(value):
            object.__setattr__(new, field.name, map_leaves(getattr(value, field.name), _below(name, field.name), leaf))
        return new
    return leaf(name, value)


def _as_kind(kind: Any, made: Any) -> Any:
    try:
        return kind(made)
    except TypeError:  # a container with a constructor of its own
        return made


def _below(name: str, key: object) -> str:
    return f"{name}.{key}" if isinstance(key, str) and key.isidentifier() else f"{name}[{key!r}]"


def title_of(function: Any) -> str:
    """What a report calls it."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type):  # a class's own method, such as the apply of an autograd.Function
        return owner.__name__
    return str(getattr(function, "__name__", type(function).__name__))
