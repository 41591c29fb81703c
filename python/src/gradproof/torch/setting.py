"""A function, its tensors, and how it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from .. import adapter
from ..structure import Array
from .state import NOTHING, Generators
from .surroundings import module_of, surroundings_of
from .tensors import CHECKED, OWN, WIDE, Held, Tensor, eps_of, numbers_of


class Setting:
    """The function, the tensors under test and beside it, and how it is called: always from the same state."""

    def __init__(self, function: Any, inputs: tuple[Any, ...], kwargs: Mapping[str, Any], parameters: Any, loss: Any,
                 seed: int) -> None:
        self.function, self.loss, self.seed = function, loss, seed
        self.precision, self.draws = OWN, NOTHING
        self.tested: list[Held] = []
        self.others: list[Held] = []  # inputs that aren't tested, buffers
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
        self.generators = Generators(devices)
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
        module = module_of(self.function)
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
            held = self.seen[id(parameter)] = Held(parameter, name)
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
            return held.tensor if isinstance(held, Held) else held

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
            rule: Any = owner
            context_apart = rule.setup_context is not torch.autograd.Function.setup_context
            return adapter.argument_names(rule.forward, count, 0 if context_apart else 1)
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
            held = Held(own)
            self.others.append(held)
            return held
        self._refuse(value, f"input '{name}'")
        while name in taken:
            name = f"input {name}"
        taken.add(name)
        held = Held(own.requires_grad_(), name)
        self.tested.append(held)
        return held

    def _hold(self, tensor: Tensor, slot: Any = None) -> None:
        if id(tensor) not in self.seen and type(tensor) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer):
            if tensor.layout is torch.strided and tensor.is_leaf and tensor.device.type != "meta":
                held = self.seen[id(tensor)] = Held(tensor, slot=slot)
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
        for part in (*surroundings_of(self.function), *surroundings_of(self.loss)):
            if isinstance(part, torch.nn.Module):
                self._add_module(part)
                for parameter in part.parameters():
                    self._hold(parameter)
            elif isinstance(part, torch.Tensor):
                self._hold(part)
        # Gradients that come to parameters that aren't under test are taken away again.
        self.grads += [(held.tensor, held.tensor.grad) for held in self.others if held.tensor.requires_grad]

    def _own_dtype(self) -> Any:
        return max((held.tensor.dtype for held in self.tested), key=eps_of)

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
        return [result] if type(result) is torch.Tensor else [tensor for _, tensor in self._outputs(result)]

    def _fresh(self, value: Any) -> Any:
        clone = self.clone_inputs
        return adapter.map_leaves(value, "", lambda _, leaf: leaf.clone() if clone and isinstance(leaf, torch.Tensor) else leaf)

    @staticmethod
    def _outputs(result: Any) -> list[tuple[str, Tensor]]:
        """With their names: "y[0]", "y.mu"."""
        found: list[tuple[str, Tensor]] = []

        def leaf(name: str, value: Any) -> None:
            if isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex()):
                found.append((name, value))

        adapter.map_leaves(list(result) if isinstance(result, tuple) else dict(result) if isinstance(result, Mapping) else result,
                           "y", leaf)
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
            total += float(numbers_of(y) @ weight)
        return total
