"""gradproof.torch: autograd's gradients of PyTorch code, hand-written backward passes included.

    import gradproof.torch
    print(gradproof.torch.check(model, x, loss=lambda y: torch.nn.functional.cross_entropy(y, target)))

The function is called at many points near the given one; what it changes on the way (buffers, random generators, .grad fields,
training flags) is put back before each call and at the end.
"""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

try:
    import torch  # type: ignore[import-not-found,unused-ignore]
    from torch.utils._python_dispatch import TorchDispatchMode  # type: ignore[import-not-found,unused-ignore]
except ImportError as error:
    raise ImportError("gradproof.torch needs PyTorch, which isn't installed: pip install torch") from error

from . import adapter
from .report import GradientError, Report
from .structure import Array

Tensor = Any

WIDE = {torch.float16: torch.float64, torch.bfloat16: torch.float64, torch.float32: torch.float64,
        torch.complex64: torch.complex128, torch.complex32: torch.complex128}
CHECKED = {*WIDE, torch.float64, torch.complex128}
OWN, TWIN = 0, 1
# What a function refers to is looked for through so many containers and objects, and among so many values at most: models lie near the
# function, and lists of data may be long.
DEEPEST, MOST_LOOKED_AT = 5, 10000


def _eps(dtype: Any) -> float:
    return float(torch.finfo(dtype).eps)


def _tiny(dtype: Any) -> float:
    return float(torch.finfo(dtype).tiny)


def _as_real(t: Tensor) -> Tensor:
    """Complex numbers as pairs of real ones."""
    return torch.view_as_real(t.resolve_conj()) if t.is_complex() else t


def _numbers(t: Tensor) -> Array:
    """A tensor's numbers as a flat NumPy array of float32 or float64."""
    t = t.detach()
    if t.layout is not torch.strided:
        t = t.to_dense()
    t = _as_real(t)
    if t.dtype in (torch.float16, torch.bfloat16):
        t = t.float()
    return t.numpy(force=True).ravel()  # type: ignore[no-any-return,unused-ignore]


class _Held:
    """A tensor that functions are called with: under test, or not. It exists in the function's own precision and, where that is
    narrower, in float64; `data` is exchanged between the two."""

    __slots__ = ("tensor", "name", "data", "original", "version", "slot", "begin", "end", "shape", "put")

    def __init__(self, tensor: Tensor, name: str = "", slot: tuple[dict[str, Any], str] | None = None) -> None:
        self.tensor, self.name, self.slot = tensor, name, slot
        self.data = [tensor.data, tensor.data]
        self.original = [tensor.data.clone()] * 2
        self.version = tensor._version
        self.shape: tuple[int, ...] = (*tensor.shape, 2) if tensor.is_complex() else tuple(tensor.shape)
        self.begin = self.end = 0
        self.put: list[Callable[[Array], None]] = []

    def widen(self) -> None:
        wide = WIDE.get(self.tensor.dtype)
        if wide is not None:
            self.data = [self.data[OWN], self.data[OWN].to(wide)]
            self.original = [self.original[OWN], self.data[TWIN].clone()]

    def use(self, precision: int) -> None:
        if self.data[OWN] is not self.data[TWIN]:
            self.tensor.data = self.data[precision]
            self.version = self.tensor._version

    def restore(self, precision: int) -> None:
        if self.slot is not None and self.slot[0].get(self.slot[1]) is not self.tensor:
            self.slot[0][self.slot[1]] = self.tensor
        if self.tensor._version != self.version:
            self.data[precision].copy_(self.original[precision])
            self.version = self.tensor._version

    def numbers(self) -> Array:
        return _numbers(self.original[OWN]).reshape(self.shape)

    @property
    def real_dtype(self) -> Any:
        """Of its numbers, complex ones as pairs."""
        return _as_real(self.original[OWN]).dtype

    def place(self, begin: int) -> int:
        """Its numbers are x[begin:end] from now on; returns the end."""
        self.begin, self.end = begin, begin + int(np.prod(self.shape, dtype=np.int64))
        self.put = [self._putter(data) for data in self.data]
        return self.end

    def _putter(self, data: Tensor) -> Callable[[Array], None]:
        begin, end, real = self.begin, self.end, _as_real(data)
        if real.device.type == "cpu" and real.dtype in (torch.float32, torch.float64):
            array, shape = real.numpy(), self.shape
            if array.flags.c_contiguous:
                flat = array.reshape(-1)
                return lambda x: np.copyto(flat, x[begin:end], casting="same_kind")
            return lambda x: np.copyto(array, x[begin:end].reshape(shape), casting="same_kind")
        shape = self.shape
        return lambda x: real.copy_(torch.from_numpy(x[begin:end].reshape(shape)))


class _DrawsOfOwnPrecision(TorchDispatchMode):  # type: ignore[misc,no-untyped-call,unused-ignore]
    """Random numbers as the narrower function draws them: float64 ones are made of other bits of the generator."""

    def __init__(self, dtype: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call,unused-ignore]
        self.dtype = dtype

    def __torch_dispatch__(self, op: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded not in op.tags:
            return op(*args, **kwargs)
        if op is torch.ops.aten.native_dropout.default and args[2] and args[0].dtype is torch.float64:
            _, mask = op(args[0].to(self.dtype), *args[1:])
            return args[0] * mask / (1 - args[1] if args[1] < 1 else 1), mask
        wide = torch.float64

        def narrow(value: Any) -> Any:
            return value.to(self.dtype) if isinstance(value, torch.Tensor) and value.dtype is wide else value

        if kwargs.get("dtype") is wide:
            kwargs = {**kwargs, "dtype": self.dtype}
        narrowed = [narrow(value) for value in args]
        result = op(*narrowed, **{key: narrow(value) for key, value in kwargs.items()})
        if op.overloadpacket.__name__.endswith("_") and args[0].dtype is wide:
            return args[0].copy_(result)
        return adapter.map_leaves(result, "", lambda _, each: each.to(wide)
                                  if isinstance(each, torch.Tensor) and each.dtype is self.dtype else each)


class _Nothing:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


NOTHING = _Nothing()
NUMPY = (torch.float32, torch.float64)


class _Generators:
    """Random generators, as they were when the check began."""

    def __init__(self, devices: set[Any]) -> None:
        self.cpu, self.restore_cpu = torch.get_rng_state(), torch.default_generator.set_state
        self.cuda = {device: torch.cuda.get_rng_state(device) for device in devices}
        self.python, self.numpy = random.getstate(), np.random.get_state()
        self.others = False  # are Python's and NumPy's used?

    def moved(self) -> bool:
        """Has any of them been used since?"""
        self.others = self.others or random.getstate() != self.python or not all(
            np.array_equal(a, b) for a, b in zip(self.numpy, np.random.get_state()))
        return (self.others or not torch.equal(torch.get_rng_state(), self.cpu)
                or any(not torch.equal(torch.cuda.get_rng_state(device), state) for device, state in self.cuda.items()))

    def restore(self, everything: bool = False) -> None:
        torch.set_rng_state(self.cpu)
        for device, state in self.cuda.items():
            torch.cuda.set_rng_state(state, device)
        if self.others or everything:
            random.setstate(self.python)
            np.random.set_state(self.numpy)


def _variables(function: Any) -> Iterator[Any]:
    """What a function's code and cells name, as far as Python tells, and the object whose method it is."""
    yield getattr(function, "__self__", None)
    try:
        seen = inspect.getclosurevars(inspect.unwrap(function))
    except (TypeError, ValueError):
        return
    yield from (*seen.nonlocals.values(), *seen.globals.values())


def _within(value: Any) -> Iterable[Any]:
    """What a value that is neither a module nor a tensor refers to."""
    if isinstance(value, functools.partial):
        return (value.func, *value.args, *value.keywords.values())
    if inspect.isroutine(value):
        return _variables(value)
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, type) or inspect.ismodule(value):
        return ()
    return getattr(value, "__dict__", {}).values()


def _surroundings_of(function: Any) -> Iterator[Any]:
    """The modules and tensors that a function refers to: by its variables and what they hold."""
    waiting, seen = [(function, 0)], {id(function)}
    while waiting and len(seen) < MOST_LOOKED_AT:
        value, depth = waiting.pop()
        if isinstance(value, (torch.nn.Module, torch.Tensor)):
            yield value
        elif depth < DEEPEST:
            for part in list(_within(value)):
                if id(part) not in seen:
                    seen.add(id(part))
                    waiting.append((part, depth + 1))


def _module_of(function: Any) -> Any:
    """The module whose parameters are checked: the function itself, or the one whose method it is."""
    if isinstance(function, torch.nn.Module):
        return function
    owner = getattr(function, "__self__", None)
    return owner if isinstance(owner, torch.nn.Module) else None


class _Bench:
    """The function, its tensors, and how it is called."""

    def __init__(self, function: Any, inputs: tuple[Any, ...], kwargs: Mapping[str, Any], parameters: Any, loss: Any,
                 seed: int) -> None:
        self.function, self.loss, self.seed = function, loss, seed
        self.precision, self.draws = OWN, NOTHING
        self.tested: list[_Held] = []
        self.others: list[_Held] = []  # inputs that aren't tested, buffers
        self.modules: list[Any] = []
        self.flags: list[tuple[Any, bool]] = []
        self.grads: list[tuple[Any, Any]] = []
        self.seen: dict[int, Any] = {}
        self.remarks: list[str] = []
        self._parameters(parameters)
        self._inputs(inputs, kwargs)
        if not self.tested:
            hint = "parameters=module checks its parameters" if self.modules else "x.requires_grad_() makes it one"
            raise TypeError(f"there is nothing to check: no parameter and no input requires grad ({hint})")
        self._surroundings()
        devices = {held.tensor.device for held in self.tested + self.others if held.tensor.device.type == "cuda"}
        self.generators = _Generators(devices)
        self.clone_inputs = self.by_backward = False
        self.quiet: Callable[[], Any] = torch.no_grad
        self.chosen: list[int] = []
        self.u: list[list[Tensor]] = []  # cotangents by precision
        self.weights: list[Array] = []
        end = 0
        for held in self.tested:
            end = held.place(end)
        self.n = end
        self.dtype = self._own_dtype()

    # ---- what is under test, and what is beside it

    def _parameters(self, given: Any) -> None:
        module = _module_of(self.function)
        roots = [] if module is None else [module]
        named: dict[str, Any] = {}
        if isinstance(given, torch.nn.Module):
            roots.append(given)
        elif given is not None:
            named.update(given if isinstance(given, Mapping) else {f"parameters[{k}]": p for k, p in enumerate(given)})
        for root in roots:
            named.update(root.named_parameters())
            self._add_module(root)
        for name, parameter in named.items():
            if id(parameter) in self.seen:
                continue
            if torch.nn.parameter.is_lazy(parameter):
                raise TypeError(f"parameter '{name}' isn't there yet: call the module once before it is checked")
            if not parameter.requires_grad:
                self._hold(parameter)
                continue
            self._refuse(parameter, f"parameter '{name}'")
            if not parameter.is_leaf:
                raise TypeError(f"parameter '{name}' isn't a leaf: give the tensors that it is computed from")
            held = self.seen[id(parameter)] = _Held(parameter, name)
            self.tested.append(held)
            self.grads.append((parameter, parameter.grad))

    def _refuse(self, tensor: Tensor, what: str) -> None:
        if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
            raise TypeError(f"{what} is a {type(tensor).__name__}: only plain tensors can be checked")
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.device.type == "meta":
            raise TypeError(f"{what} is sparse, quantized or without data: only dense tensors can be checked")
        if tensor.dtype not in CHECKED:
            raise TypeError(f"{what} is {tensor.dtype}: floating point and complex tensors can be checked")
        if not bool(torch.isfinite(tensor.detach()).all()):
            raise ValueError(f"{what} holds numbers that aren't finite")

    def _inputs(self, inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        names = self._names_of_inputs(len(inputs))
        taken = {held.name for held in self.tested}

        def leaf(name: str, value: Any) -> Any:
            if not isinstance(value, torch.Tensor) or isinstance(value, torch.nn.Parameter) and id(value) in self.seen:
                return value
            if id(value) not in self.seen:
                self.seen[id(value)] = self._input(name, value, taken)
            held = self.seen[id(value)]
            return held.tensor if isinstance(held, _Held) else held

        self.args = tuple(adapter.map_leaves(value, name, leaf) for name, value in zip(names, inputs))
        self.kwargs = {key: adapter.map_leaves(value, key, leaf) for key, value in kwargs.items()}
        # Containers are made anew for each call: a function may change them.
        self.nested = any(isinstance(value, (list, tuple, Mapping)) or hasattr(value, "__dataclass_fields__")
                          for value in (*self.args, *self.kwargs.values()))

    def _names_of_inputs(self, count: int) -> list[str]:
        function, owner = self.function, getattr(self.function, "__self__", None)
        if isinstance(function, torch.nn.Module):
            return adapter.argument_names(function.forward, count)
        if isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
            context_apart = owner.setup_context is not torch.autograd.Function.setup_context
            return adapter.argument_names(owner.forward, count, 0 if context_apart else 1)
        return adapter.argument_names(function, count)

    def _input(self, name: str, value: Tensor, taken: set[str]) -> Any:
        if type(value) not in (torch.Tensor, torch.nn.Parameter) or value.layout is not torch.strided:
            if value.requires_grad:
                self._refuse(value, f"input '{name}'")
            return value  # passed through
        own = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=value.device)
        if own.numel() and any(step == 0 and size > 1 for step, size in zip(value.stride(), value.shape)):
            own = torch.empty(value.shape, dtype=value.dtype, device=value.device)  # an expanded one: each entry by itself
        own.copy_(value.detach())
        if not value.requires_grad:
            held = _Held(own)
            self.others.append(held)
            return held
        self._refuse(value, f"input '{name}'")
        while name in taken:
            name = f"input {name}"
        taken.add(name)
        held = _Held(own.requires_grad_(), name)
        self.tested.append(held)
        return held

    def _hold(self, tensor: Tensor, slot: Any = None) -> None:
        if id(tensor) not in self.seen and type(tensor) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer):
            if tensor.layout is torch.strided and tensor.is_leaf and tensor.device.type != "meta":
                held = self.seen[id(tensor)] = _Held(tensor, slot=slot)
                self.others.append(held)

    def _add_module(self, root: Any) -> None:
        for module in root.modules():
            if any(module is other for other, _ in self.flags):
                continue
            self.flags.append((module, module.training))
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    self._hold(buffer, (module._buffers, name))
        self.modules.append(root)

    def _surroundings(self) -> None:
        """What the function refers to besides: it is put back too, and widened."""
        for part in (*_surroundings_of(self.function), *_surroundings_of(self.loss)):
            if isinstance(part, torch.nn.Module):
                self._add_module(part)
                for parameter in part.parameters():
                    self._hold(parameter)
            elif isinstance(part, torch.Tensor):
                self._hold(part)
        # Gradients that come to parameters that aren't under test are taken away again.
        self.grads += [(held.tensor, held.tensor.grad) for held in self.others if held.tensor.requires_grad]

    def _own_dtype(self) -> Any:
        return max((held.tensor.dtype for held in self.tested), key=_eps)

    @property
    def narrow(self) -> bool:
        return self.dtype in WIDE

    # ---- calls

    def use(self, precision: int) -> None:
        if precision != self.precision:
            self.precision = precision
            for held in self.tested:
                held.use(precision)
            for held in self.others:
                held.use(precision)

    def _put_back(self) -> None:
        precision = self.precision
        for held in self.others:
            held.restore(precision)
        for module, flag in self.flags:
            if module.training is not flag:
                module.training = flag
        generators = self.generators
        if generators.cuda or generators.others:
            generators.restore()
        else:
            generators.restore_cpu(generators.cpu)

    def result(self) -> Any:
        """What the function returns."""
        self._put_back()
        args, kwargs = self.args, self.kwargs
        if self.clone_inputs or self.nested:
            args, kwargs = self._fresh(args), self._fresh(kwargs)
        result = self.function(*args, **kwargs)
        return result if self.loss is None else self.loss(result)

    def call(self) -> list[Tensor]:
        """The floating point tensors among the outputs, all of them."""
        result = self.result()
        return [result] if type(result) is torch.Tensor else self._outputs(result)

    def _fresh(self, value: Any) -> Any:
        clone = self.clone_inputs
        return adapter.map_leaves(value, "", lambda _, leaf: leaf.clone() if clone and isinstance(leaf, torch.Tensor) else leaf)

    @staticmethod
    def _outputs(result: Any) -> list[Tensor]:
        found: list[Tensor] = []

        def leaf(_: str, value: Any) -> None:
            if isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex()):
                found.append(value)

        adapter.map_leaves(list(result) if isinstance(result, tuple) else dict(result) if isinstance(result, Mapping) else result,
                           "", leaf)
        return found

    def put(self, x: Array, precision: int) -> None:
        self.use(precision)
        for held in self.tested:
            held.put[precision](x)

    def outputs(self) -> list[Tensor]:
        found = self.call()
        return [found[k] for k in self.chosen]

    def total(self, ys: list[Tensor]) -> float:
        """The outputs' weighted sum, in float64."""
        total = 0.0
        for y, weight in zip(ys, self.weights):
            total += float(_numbers(y) @ weight)
        return total

    # ---- trials

    def try_out(self) -> None:
        """Which outputs there are, and whether values can do without grad mode."""
        try:
            found = self._grad_call()
        except RuntimeError as error:
            if "leaf" not in str(error) or "in-place" not in str(error):
                raise
            self.clone_inputs = True  # an input is changed in place, which a leaf can't be
            found = self._grad_call()
        if not found:
            raise TypeError("the function returns no floating point tensor: there is nothing that autograd could differentiate")
        self.chosen = [k for k, y in enumerate(found) if y.requires_grad] or list(range(len(found)))
        if len(self.chosen) < len(found):
            passed = len(found) - len(self.chosen)
            self.remarks.append(f"{passed} of {len(found)} outputs {'does' if passed == 1 else 'do'} not require grad: passed over")
        self._weigh([found[k] for k in self.chosen])
        if self.generators.moved():
            self.remarks.append("random numbers held: every evaluation begins with the generators as they were")
        self.values = [_numbers(found[k]) for k in self.chosen]
        self.size = sum(float(abs(y).astype(np.float64) @ abs(w)) for y, w in zip(self.values, self.weights))
        own = self.total([found[k] for k in self.chosen])
        try:
            with torch.no_grad():
                quiet = self.total(self.outputs())
        except RuntimeError:
            quiet = np.nan
        if not abs(quiet - own) <= adapter.SAME * _eps(self.dtype) * self.size:
            self.quiet = torch.enable_grad
        # One tensor, whose numbers NumPy can read as they are: what most functions return, and the quickest to add up.
        self.simple = (self.quiet is torch.no_grad and self.chosen == [0] and len(found) == 1 and found[0].dtype in NUMPY
                       and found[0].device.type == "cpu" and found[0].layout is torch.strided)
        self.own_value = own

    def _grad_call(self) -> list[Tensor]:
        with torch.enable_grad():
            return self.call()

    def _weigh(self, ys: list[Tensor]) -> None:
        """Cotangents: 1 for a scalar. Of several outputs each is brought to much the same size."""
        total = sum(_numbers(y).size for y in ys)
        begin = 0
        numbers = np.ones(total) if total == 1 else adapter.weights(total, self.seed)
        for y in ys:
            values = _numbers(y)
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
            self.draws = _DrawsOfOwnPrecision(self.dtype)  # type: ignore[assignment]
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
        if not abs(self.total(ys) - self.own_value) <= adapter.SAME * _eps(self.dtype) * self.size:
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
        if np.isfinite(size) and float(off.max(initial=0)) > min(adapter.SAME * _eps(self.dtype), 0.25) * size:
            held = next(held for held in self.tested if off[held.begin:held.end].max(initial=0) == off.max())
            self.remarks.append(f"the backward pass isn't linear in the gradient that comes into it: negated, that doesn't negate "
                                f"the gradient of {held.name} (is grad_output a factor of all that is returned?)")
            if self.outputs_total == 1:  # a mistake that a cotangent of 1 doesn't show
                self.weights = [weight * -0.75 for weight in self.weights]
                self.u = [[u * -0.75 for u in us] for us in self.u]

    def rounding(self) -> adapter.Rounding:
        x, eps = self.x0(), _eps(self.dtype)

        def nearby(generator: Any) -> Array:
            moved = x * (1 + eps * generator.integers(-1, 1, size=x.size, endpoint=True))
            return np.concatenate([_numbers(torch.from_numpy(moved[held.begin:held.end]).to(held.real_dtype))
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
            g[held.begin:held.end] = 0.0 if grad is None else _numbers(grad)

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
    def _direction(held: _Held, v: Array, like: Tensor) -> Tensor:
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
                values = _numbers(each)
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


def _stages(bench: _Bench) -> list[int]:
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


def _in_second_order(bench: _Bench) -> None:
    """Several outputs: the cotangents become a block of their own, so that the backward pass's own derivatives by them are
    looked at too."""
    if bench.outputs_total == 1 or any(u.is_complex() for u in bench.u[OWN]):
        return
    helds = []
    for k, u in enumerate(bench.u[OWN]):
        held = _Held(u.clone().requires_grad_(), "cotangent" if len(bench.u[OWN]) == 1 else f"cotangent[{k}]")
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


def check(
    fn: Callable[..., Any],
    *inputs: Any,
    kwargs: Mapping[str, Any] | None = None,
    parameters: Any = None,
    loss: Callable[[Any], Any] | None = None,
    second_order: bool = False,
    outputs: str = "weighted",
    twin: bool | None = None,
    bounds: Any = None,
    name: str | None = None,
    progress: Any = None,
    **options: Any,
) -> Report:
    """Are autograd's gradients of fn(*inputs) right, and if not, what is wrong with them?

    fn is a function, a module, a method of a module, or the apply of an autograd.Function. Checked are the module's parameters and
    the inputs that require grad, each a block by its name; other inputs are passed through. Outputs that aren't a scalar are
    weighted with fixed random cotangents: a mistake in any of them shows, whichever it is in.

    kwargs        keyword arguments of fn
    parameters    a module, or tensors by name, whose gradients are checked as well (of a function that refers to them)
    loss          applied to what fn returns
    second_order  check Hessian-vector products (double backward) as well
    outputs       "weighted", or "each": every output against every input, at the given point alone (float64)
    twin          float32, bfloat16 and float16 gradients are held against a float64 twin of the same function at the same rounded
                  numbers where there is one. False: never; True: raise ValueError where there is none
    bounds, name, progress, options: as for gradproof.check
    """
    if not callable(fn):
        raise TypeError(f"fn must be callable, but is {fn!r}")
    if outputs not in ("weighted", "each"):
        raise ValueError(f"outputs must be 'weighted' or 'each', not {outputs!r}")
    bench = _Bench(fn, inputs, kwargs or {}, parameters, loss, int(options.get("seed") or 0))
    try:
        for parameter, _ in bench.grads:
            parameter.grad = None
        bench.try_out()
        subject = _subject(bench, name or adapter.title_of(fn), second_order, outputs, twin)
        with torch.no_grad():
            return adapter.run(subject, options, progress, bounds)
    finally:
        bench.finish()


def _subject(bench: _Bench, name: str, second_order: bool, outputs: str, twin: bool | None) -> adapter.Subject:
    reason = bench.find_twin() if bench.narrow and twin is not False else "it wasn't asked for"
    if bench.narrow and twin and reason:
        raise ValueError(f"there is no float64 twin: {reason}")
    word, half = str(bench.dtype).removeprefix("torch."), bench.dtype in (torch.float16, torch.bfloat16)
    m, has_twin = bench.outputs_total, bench.narrow and not reason
    if has_twin:
        bench.remarks.append(f"values are those of a float64 twin of the function, at the same {word} numbers")
    elif bench.narrow:
        bench.remarks.append(f"no float64 twin: {reason}")
    stages = _stages(bench)
    bench.try_linear()
    rounding = bench.rounding() if has_twin and not second_order else None
    beyond, defaults = None, {}
    if rounding is not None and not half and rounding.is_within(adapter.FLOAT32_RTOL, bench.blocks()):
        defaults = {"rtol": adapter.FLOAT32_RTOL}
    elif rounding is not None:
        beyond, lines = rounding.beyond(bench.blocks(), word, _eps(bench.dtype), _tiny(bench.dtype))
        bench.remarks += lines
    elif half and not has_twin:  # other points aren't numbers of this precision
        defaults = {"rtol": adapter.HALF_UNITS * _eps(bench.dtype), "points": 1, "no_descent": True}
    if outputs == "each" and (bench.narrow or second_order):
        raise ValueError("outputs='each' is for float64, and for first derivatives")
    each = outputs == "each" and m > 0
    if m > 1 and not each:
        bench.remarks.append(f"{m} outputs weighted with fixed random cotangents")
    if second_order:
        if has_twin:
            bench.remarks.append("second derivatives, and the gradient that they belong to, are the twin's")
        _in_second_order(bench)
        stages = []
    # Is x float64, and the gradient the twin's? A gradient whose rounding is more than the tolerance was compared with that.
    in_twin = has_twin and (second_order or beyond is not None)
    precision, wide = TWIN if in_twin else OWN, in_twin or not bench.narrow
    subject = adapter.Subject(
        name=f"{name} ({word})" if beyond is not None or half else name, stages=stages, remarks=bench.remarks, defaults=defaults,
        wide_value=has_twin and not wide,
        leaves={held.name: held.numbers().astype(np.float64 if wide else np.float32) for held in bench.tested})
    if each:
        subject.map, subject.vjp, subject.outputs = bench.numbers, bench.pull_back, m
        return subject
    subject.value = lambda x: bench.value(x, TWIN if has_twin else OWN)
    subject.gradient = lambda x, g: bench.gradient(x, g, precision)
    if beyond is not None:
        subject.gradient = adapter.with_difference(bench.x0(), _eps(bench.dtype), beyond, subject.gradient)
    if second_order:
        subject.hvp = lambda x, v, y: bench.product(x, v, y, precision)
    return subject


def assert_gradient(fn: Callable[..., Any], *inputs: Any, **arguments: Any) -> Report:
    """As check, but raises GradientError, an AssertionError, unless the verdict is verified."""
    report = check(fn, *inputs, **arguments)
    if not report.ok:
        raise GradientError(report)
    return report
