"""NumPy views of the C library's arrays, and functions called with them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .structure import Array, Structure

# How many calls of each function get a copy of x before the first view: enough for the check's own trial of the callbacks,
# which is where a function that keeps x shows it.
TRIALS = 3
# Views that are remembered by address. An evaluation uses one or two; maps of many outputs get new arrays for each call.
MOST_PLACES = 64


class Memory:
    """What a view's `base` is: it holds whoever owns the memory, once that isn't the check any more."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, address: int, count: int, dtype: np.dtype[Any], readonly: bool) -> None:
        self.__array_interface__ = {"data": (address, readonly), "shape": (count,), "typestr": dtype.str, "version": 3}
        self.owner: object = None


def view(address: int, count: int, dtype: np.dtype[Any], readonly: bool = True) -> Array:
    return np.asarray(Memory(address, count, dtype, readonly))


def address_of(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


class Place:
    """An array of the library's at one address, with views of its blocks."""

    __slots__ = ("memory", "flat", "leaves", "watched", "counts")

    def __init__(self, address: int, structure: Structure, dtype: np.dtype[Any]) -> None:
        self.memory = Memory(address, structure.size, dtype, True)
        self.flat = np.asarray(self.memory)
        self.leaves = structure.split(self.flat)
        # Views of views have `flat` for their base: whoever keeps one of them is seen by these counts.
        self.watched = [self.flat, *self.leaves]
        self.counts = list(map(sys.getrefcount, self.watched))


class Function:
    """A user's function. `name` is what messages call it."""

    __slots__ = ("call", "name", "trials")

    def __init__(self, call: Callable[..., Any], name: str) -> None:
        if not callable(call):
            raise TypeError(f"{name} must be callable, but is {call!r}")
        self.call, self.name, self.trials = call, name, TRIALS


class Input:
    """x, wherever the library has it, handed to users' functions as read-only views, without a copy.

    A function that keeps x (to compare it with the next one, say) must not see it change later. The first calls of each
    function are therefore given a copy, and reference counts tell whether anything of it is left after the call; if so all
    calls get copies from then on. The memory of a view that is kept outlives the check (`release`).
    """

    def __init__(self, structure: Structure, dtype: np.dtype[Any], x0: list[Array]) -> None:
        self.structure, self.dtype, self.x0 = structure, dtype, x0
        self.places: dict[int, Place] = {}
        self.kept = False

    def place(self, address: int) -> Place:
        place = self.places.get(address)
        if place is None:
            place = self.places[address] = Place(address, self.structure, self.dtype)
        return place

    def apply(self, function: Function, address: int, more: tuple[Any, ...], finish: Callable[..., Any], *to: Any) -> Any:
        """finish(function(x, *more), *to)"""
        place = self.places.get(address) or self.place(address)
        try:
            if self.kept or function.trials:
                return self._apply_to_copy(function, place, more, finish, to)
            result = finish(function.call(self.structure.build(place.leaves), *more), *to)
        except Exception as error:
            self._say_where(error, function, place)
            raise
        if list(map(sys.getrefcount, place.watched)) != place.counts:
            self.kept = True
        return result

    def _apply_to_copy(self, function: Function, place: Place, more: tuple[Any, ...], finish: Callable[..., Any],
                       to: tuple[Any, ...]) -> Any:
        flat = place.flat.copy()
        flat.setflags(write=False)
        leaves = self.structure.split(flat)
        watched = [flat, *leaves]
        counts = list(map(sys.getrefcount, watched))
        result = finish(function.call(self.structure.build(leaves), *more), *to)
        if function.trials:
            function.trials -= 1
            self.kept = self.kept or list(map(sys.getrefcount, watched)) != counts
        return result

    def _say_where(self, error: Exception, function: Function, place: Place) -> None:
        """Tells the caller that it was not at x0 that an exception came up (from Python 3.11 on)."""
        if hasattr(error, "add_note") and not all(map(np.array_equal, place.leaves, self.x0)):
            error.add_note(f"gradproof called {function.name} at another point than x0. Where a function isn't defined, it returns nan, "
                           "or `bounds` keep the check away.")

    def release(self, address: int, size: int, owner: object) -> None:
        """The library needs this memory no more: it lives as long as views of it."""
        for at in [at for at in self.places if address <= at < address + size]:
            self.places.pop(at).memory.owner = owner


class Output:
    """Arrays that the library is to be told results in."""

    def __init__(self, structure: Structure, dtype: np.dtype[Any]) -> None:
        self.structure, self.dtype = structure, dtype
        self.places: dict[int, list[Array]] = {}
        self.shape = structure.shapes[0] if structure.is_array else None

    def write(self, result: Any, address: int, what: str) -> None:
        leaves = self.places.get(address)
        if leaves is None:
            if len(self.places) >= MOST_PLACES:
                self.places.clear()
            leaves = self.places[address] = self.structure.split(view(address, self.structure.size, self.dtype, False))
        if type(result) is np.ndarray and result.shape == self.shape and result.dtype == self.dtype:
            leaves[0][...] = result
            return
        for leaf, given in zip(leaves, self.structure.take(result, what)):
            leaf[...] = given
