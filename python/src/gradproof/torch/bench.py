"""What the check asks of a function: values, gradients, products, in either precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]

from .. import adapter
from ..structure import Array
from .setting import Setting
from .state import NOTHING, NUMPY, DrawsOfOwnPrecision
from .tensors import OWN, TWIN, WIDE, Held, Tensor, eps_of, numbers_of, numbers_shape


class Bench(Setting):
    """A function, tried out: its outputs are known, and their weights."""

    # ---- trials

    def try_out(self) -> None:
        """Which outputs there are, and whether values can do without grad mode."""
        try:
            named = self._grad_call()
        except RuntimeError as error:
            if "leaf" not in str(error) or "in-place" not in str(error):
                raise
            self.clone_inputs = True  # an input is changed in place, which a leaf can't be
            named = self._grad_call()
        found = [tensor for _, tensor in named]
        if not found:
            raise TypeError("the function returns no floating point tensor: there is nothing that autograd could differentiate")
        self.chosen = [k for k, y in enumerate(found) if y.requires_grad] or list(range(len(found)))
        if len(self.chosen) < len(found):
            passed = len(found) - len(self.chosen)
            self.remarks.append(f"{passed} of {len(found)} outputs {'does' if passed == 1 else 'do'} not require grad: passed over")
        self.output_names = [(named[k][0], numbers_shape(found[k])) for k in self.chosen]
        self._weigh([found[k] for k in self.chosen])
        if self.generators.moved():
            self.remarks.append("random numbers held: every evaluation begins with the generators as they were")
        self.values = [numbers_of(found[k]) for k in self.chosen]
        self.size = sum(float(abs(y).astype(np.float64) @ abs(w)) for y, w in zip(self.values, self.weights))
        own = self.total([found[k] for k in self.chosen])
        try:
            with torch.no_grad():
                quiet = self.total(self.outputs())
        except RuntimeError:
            quiet = np.nan
        if not abs(quiet - own) <= adapter.SAME * eps_of(self.dtype) * self.size:
            self.quiet = torch.enable_grad
        # One tensor, whose numbers NumPy can read as they are: what most functions return, and the quickest to add up.
        self.simple = (self.quiet is torch.no_grad and self.chosen == [0] and len(found) == 1 and found[0].dtype in NUMPY
                       and found[0].device.type == "cpu" and found[0].layout is torch.strided)
        self.own_value = own

    def _grad_call(self) -> list[tuple[str, Tensor]]:
        with torch.enable_grad():
            return self._outputs(self.result())

    def _weigh(self, ys: list[Tensor]) -> None:
        """Cotangents: 1 for a scalar. Of several outputs each is brought to much the same size."""
        total = sum(numbers_of(y).size for y in ys)
        begin = 0
        numbers = np.ones(total) if total == 1 else adapter.weights(total, self.seed)
        for y in ys:
            values = numbers_of(y)
            weight = numbers[begin:begin + values.size]
            begin += values.size
            size = float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) if values.size else 0.0
            if len(ys) > 1 and np.isfinite(size) and size > 0:
                weight = weight * 2.0 ** -round(np.log2(size))
            self.weights.append(weight)
        self.outputs_total = total
        self.u = [[self._cotangent(y, weight, wide) for y, weight in zip(ys, self.weights)] for wide in (False, True)]

    @staticmethod
    def _cotangent(y: Tensor, weight: Array, wide: bool) -> Tensor:
        dtype = WIDE.get(y.dtype, y.dtype) if wide else y.dtype
        u = torch.from_numpy(np.ascontiguousarray(weight)).to(y.device)
        if y.is_complex():
            u = torch.view_as_complex(u.reshape(*y.shape, 2))
        return u.reshape(y.shape).to(dtype)

    def find_twin(self) -> str | None:
        """Can the function be had in float64? Why not, if it can't."""
        for held in self.tested + self.others:
            held.widen()
        for held in self.tested:
            held.place(held.begin)
        reason = self._try_twin()
        if reason and self.generators.moved():
            self.draws = DrawsOfOwnPrecision(self.dtype)  # type: ignore[assignment,unused-ignore]
            reason = self._try_twin()
        self.simple = self.simple and self.draws is NOTHING
        if reason:
            self.draws = NOTHING
        self.use(OWN)
        return reason

    def _try_twin(self) -> str | None:
        self.use(TWIN)
        try:
            with self.quiet(), self.draws:
                ys = self.outputs()
        except Exception as error:  # noqa: BLE001 - whatever a function says of numbers that it isn't made for
            first = (str(error).splitlines() or [""])[0]
            return f"called with float64 numbers it raises {type(error).__name__}: {first[:200]}"
        if any(y.dtype not in (torch.float64, torch.complex128) for y in ys):
            return f"given float64 numbers it returns {ys[0].dtype}"
        if [y.numel() for y in ys] != [u.numel() for u in self.u[OWN]]:
            return "given float64 numbers it returns other shapes"
        if not abs(self.total(ys) - self.own_value) <= adapter.SAME * eps_of(self.dtype) * self.size:
            return "in float64 it has another value, beyond what rounding explains"
        return None

    def finish(self) -> None:
        """Everything as it was."""
        self.use(OWN)
        self._put_back()
        for held in self.tested + self.others:
            held.data[OWN].copy_(held.original[OWN])
        for parameter, grad in self.grads:
            parameter.grad = grad
        self.generators.restore(True)

    def x0(self) -> Array:
        return np.concatenate([held.numbers().ravel() for held in self.tested]).astype(np.float64)

    def gradient_at(self, x: Array, precision: int, u: list[Tensor] | None = None) -> Array:
        g = np.empty(self.n)
        self.gradient(x, g, precision, u)
        return g

    def try_linear(self) -> None:
        """Is the backward pass linear in the gradient that comes in? Negating that negates every rounding too."""
        x = self.x0().astype(np.float32 if self.narrow else np.float64)
        there = self.gradient_at(x, OWN)
        back = self.gradient_at(x, OWN, [-u for u in self.u[OWN]])
        off = abs(there + back)
        size = max(float(abs(there).max(initial=0)), float(abs(back).max(initial=0)))
        if np.isfinite(size) and float(off.max(initial=0)) > min(adapter.SAME * eps_of(self.dtype), 0.25) * size:
            held = next(held for held in self.tested if off[held.begin:held.end].max(initial=0) == off.max())
            self.remarks.append(f"the backward pass isn't linear in the gradient that comes into it: negated, that doesn't negate "
                                f"the gradient of {held.name} (is grad_output a factor of all that is returned?)")
            if self.outputs_total == 1:  # a mistake that a cotangent of 1 doesn't show
                self.weights = [weight * -0.75 for weight in self.weights]
                self.u = [[u * -0.75 for u in us] for us in self.u]

    def rounding(self) -> adapter.Rounding:
        x, eps = self.x0(), eps_of(self.dtype)

        def nearby(generator: Any) -> Array:
            moved = x * (1 + eps * generator.integers(-1, 1, size=x.size, endpoint=True))
            return np.concatenate([numbers_of(torch.from_numpy(moved[held.begin:held.end]).to(held.real_dtype))
                                   for held in self.tested]).astype(np.float64)

        def scaled(precision: int) -> Callable[[Array, float], Array]:
            return lambda at, scale: self.gradient_at(at, precision, [u * scale for u in self.u[precision]])

        return adapter.Rounding.measure(x, scaled(OWN), self.twin_scaled, nearby, self.seed)

    def twin_scaled(self, x: Array, scale: float) -> Array:
        """The twin's gradient, of cotangents that are rounded as its own precision rounds them."""
        u = [(own * scale).to(twin.dtype) for own, twin in zip(self.u[OWN], self.u[TWIN])]
        return self.gradient_at(x, TWIN, u)

    def blocks(self) -> list[tuple[str, int, int]]:
        return [(held.name, held.begin, held.end) for held in self.tested]

    # ---- what the core asks

    def value(self, x: Array, precision: int) -> float:
        """Called without grad mode."""
        self.put(x, precision)
        if self.simple:
            y = self.result()
            if type(y) is torch.Tensor and y.dtype in NUMPY:
                return float(y.numpy().ravel() @ self.weights[0])
        if self.quiet is torch.no_grad and self.draws is NOTHING:
            return self.total(self.outputs())
        with self.quiet(), self.draws if precision == TWIN else NOTHING:
            return self.total(self.outputs())

    def gradient(self, x: Array, g: Array, precision: int, u: list[Tensor] | None = None) -> None:
        try:
            self._gradient(x, g, precision, u)
        except RuntimeError as error:
            if self.by_backward or "use_reentrant" not in str(error):
                raise
            self.by_backward = True  # checkpoints of the older kind can't be asked for the gradient of chosen tensors
            self._gradient(x, g, precision, u)

    def _gradient(self, x: Array, g: Array, precision: int, u: list[Tensor] | None) -> None:
        self.put(x, precision)
        with torch.enable_grad():
            if precision == TWIN:
                with self.draws:
                    ys = self.outputs()
            else:
                ys = self.outputs()
            pairs = [(y, w) for y, w in zip(ys, u or self.u[precision]) if y.requires_grad]
            self.write(self._pull([y for y, _ in pairs], [w for _, w in pairs]), g)

    def _pull(self, ys: list[Tensor], us: list[Tensor], create_graph: bool = False) -> list[Tensor | None]:
        leaves = [held.tensor for held in self.tested]
        if not ys:
            return [None] * len(leaves)
        if self.by_backward:
            for leaf in leaves:
                leaf.grad = None
            torch.autograd.backward(ys, us, create_graph=create_graph)
            grads = [leaf.grad for leaf in leaves]
            for leaf in leaves:
                leaf.grad = None
            return grads
        return list(torch.autograd.grad(ys, leaves, us, create_graph=create_graph, allow_unused=True))

    def write(self, grads: list[Tensor | None], g: Array) -> None:
        for held, grad in zip(self.tested, grads):
            g[held.begin:held.end] = 0.0 if grad is None else numbers_of(grad)

    def product(self, x: Array, v: Array, y: Array, precision: int) -> None:
        """The Hessian of the weighted sum times v, by differentiating the gradient."""
        self.put(x, precision)
        with torch.enable_grad():
            ys = [each for each in self.outputs()]
            pairs = [(each, w) for each, w in zip(ys, self.u[precision]) if each.requires_grad]
            first = self._pull([each for each, _ in pairs], [w for _, w in pairs], create_graph=True)
            again = [(grad, self._direction(held, v, grad)) for held, grad in zip(self.tested, first)
                     if grad is not None and grad.requires_grad]
            self.write(self._pull([grad for grad, _ in again], [w for _, w in again]), y)

    @staticmethod
    def _direction(held: Held, v: Array, like: Tensor) -> Tensor:
        part = torch.from_numpy(v[held.begin:held.end].copy())
        if like.is_complex():
            part = torch.view_as_complex(part.reshape(*like.shape, 2))
        return part.reshape(like.shape).to(device=like.device, dtype=like.dtype)

    def numbers(self, x: Array, y: Array) -> None:
        """All outputs, for a map."""
        self.put(x, OWN)
        with self.quiet():
            begin = 0
            for each in self.outputs():
                values = numbers_of(each)
                y[begin:begin + values.size] = values
                begin += values.size

    def pull_back(self, x: Array, u: Array, g: Array) -> None:
        begin, us = 0, []
        for like in self.u[OWN]:
            end = begin + like.numel() * (2 if like.is_complex() else 1)
            part = torch.from_numpy(u[begin:end].copy())
            if like.is_complex():
                part = torch.view_as_complex(part.reshape(*like.shape, 2))
            us.append(part.reshape(like.shape).to(device=like.device, dtype=like.dtype))
            begin = end
        self.gradient(x, g, OWN, us)


def stages_of(bench: Bench) -> list[int]:
    """In which order modules with parameters of their own are called: the stages of their parameters, inputs first."""
    order: dict[int, int] = {}
    owner: dict[int, int] = {}
    hooks = []

    def note(module: Any, _: Any) -> None:
        order.setdefault(id(module), len(order) + 2)

    for root in bench.modules:
        for module in root.modules():
            for parameter in module._parameters.values():
                if parameter is not None:
                    owner.setdefault(id(parameter), id(module))
            if any(parameter is not None for parameter in module._parameters.values()):
                try:
                    hooks.append(module.register_forward_pre_hook(note))
                except RuntimeError:  # a compiled module takes none
                    return []
    if not hooks:
        return []
    try:
        with bench.quiet():
            bench.call()
    finally:
        for hook in hooks:
            hook.remove()
    stages = [order.get(owner.get(id(held.tensor), 0), 0) if id(held.tensor) in owner else 1 for held in bench.tested]
    return [] if 0 in stages else stages


def with_cotangents(bench: Bench) -> None:
    """Several outputs: the cotangents become a block of their own, so that the backward pass's own derivatives by them are
    looked at too."""
    if bench.outputs_total == 1 or any(u.is_complex() for u in bench.u[OWN]):
        return
    helds = []
    for k, u in enumerate(bench.u[OWN]):
        held = Held(u.clone().requires_grad_(), "cotangent" if len(bench.u[OWN]) == 1 else f"cotangent[{k}]")
        bench.n = held.place(bench.n)
        helds.append(held)
    inner, chosen = bench.call, bench.chosen

    def call() -> list[Tensor]:
        found = inner()
        total = sum((found[k] * held.tensor).sum() for k, held in zip(chosen, helds))
        return [total]

    bench.tested += helds
    bench.simple = False
    bench.call = call  # type: ignore[method-assign]
    bench.chosen, bench.weights = [0], [np.ones(1)]
    bench.u = [[torch.ones((), dtype=dtype)] for dtype in (bench.u[OWN][0].dtype, torch.float64)]
