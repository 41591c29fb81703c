"""Tensors that a function is called with, in its own precision and in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]

from ..structure import Array

Tensor = Any

WIDE = {torch.float16: torch.float64, torch.bfloat16: torch.float64, torch.float32: torch.float64,
        torch.complex64: torch.complex128, torch.complex32: torch.complex128}
CHECKED = {*WIDE, torch.float64, torch.complex128}
OWN, TWIN = 0, 1


def eps_of(dtype: Any) -> float:
    return float(torch.finfo(dtype).eps)


def tiny_of(dtype: Any) -> float:
    return float(torch.finfo(dtype).tiny)


def as_real(t: Tensor) -> Tensor:
    """Complex numbers as pairs of real ones."""
    return torch.view_as_real(t.resolve_conj()) if t.is_complex() else t


def numbers_of(t: Tensor) -> Array:
    """A tensor's numbers as a flat NumPy array of float32 or float64."""
    t = t.detach()
    if t.layout is not torch.strided:
        t = t.to_dense()
    t = as_real(t)
    if t.dtype in (torch.float16, torch.bfloat16):
        t = t.float()
    return t.numpy(force=True).ravel()  # type: ignore[no-any-return,unused-ignore]


def numbers_shape(t: Tensor) -> tuple[int, ...]:
    """Of a tensor's numbers, complex ones as pairs of real ones."""
    return (*t.shape, 2) if t.is_complex() else tuple(t.shape)


class Held:
    """A tensor that functions are called with: under test, or not. It exists in the function's own precision and, where that is
    narrower, in float64; `data` is exchanged between the two."""

    __slots__ = ("tensor", "name", "data", "original", "version", "slot", "begin", "end", "shape", "put")

    def __init__(self, tensor: Tensor, name: str = "", slot: tuple[dict[str, Any], str] | None = None) -> None:
        self.tensor, self.name, self.slot = tensor, name, slot
        self.data = [tensor.data, tensor.data]
        self.original = [tensor.data.clone()] * 2
        self.version = tensor._version
        self.shape = numbers_shape(tensor)
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
        return numbers_of(self.original[OWN]).reshape(self.shape)

    @property
    def real_dtype(self) -> Any:
        """Of its numbers, complex ones as pairs."""
        return as_real(self.original[OWN]).dtype

    def place(self, begin: int) -> int:
        """Its numbers are x[begin:end] from now on; returns the end."""
        self.begin, self.end = begin, begin + int(np.prod(self.shape, dtype=np.int64))
        self.put = [self._putter(data) for data in self.data]
        return self.end

    def _putter(self, data: Tensor) -> Callable[[Array], None]:
        begin, end, real = self.begin, self.end, as_real(data)
        if real.device.type == "cpu" and real.dtype in (torch.float32, torch.float64):
            array, shape = real.numpy(), self.shape
            if array.flags.c_contiguous:
                flat = array.reshape(-1)
                return lambda x: np.copyto(flat, x[begin:end], casting="same_kind")
            return lambda x: np.copyto(array, x[begin:end].reshape(shape), casting="same_kind")
        shape = self.shape
        return lambda x: real.copy_(torch.from_numpy(x[begin:end].reshape(shape)))
