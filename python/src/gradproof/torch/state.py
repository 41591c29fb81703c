"""Random numbers: held, and the same in both precisions."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
from torch.utils._python_dispatch import TorchDispatchMode  # type: ignore[import-not-found,unused-ignore]

from .. import adapter


class DrawsOfOwnPrecision(TorchDispatchMode):  # type: ignore[misc,no-untyped-call,unused-ignore]
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


class Generators:
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
