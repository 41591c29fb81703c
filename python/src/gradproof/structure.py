"""Arrays, and dicts, lists, tuples, named tuples and dataclasses of them, nested, as one long vector and back.

A leaf is a NumPy array, a NumPy number or a Python number. Leaves have names such as "layers[0].W"; an array by itself is
called "x". A list or tuple that holds nothing but numbers is an array too.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import numbers
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
# The complex numbers that are made of real ones.
COMPLEX: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.float32): np.dtype(np.complex64), np.dtype(np.float64): np.dtype(np.complex128)}


def describe(value: object) -> str:
    """What a value is, in words for messages."""
    if isinstance(value, (np.ndarray, np.generic)):
        return f"{type(value).__name__} of {value.dtype}, shape {value.shape}"
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def is_number(value: object) -> bool:
    return isinstance(value, (numbers.Number, np.generic)) and not isinstance(value, (bool, np.bool_))


def is_all_numbers(value: object) -> bool:
    """Is this a list or tuple, nested or not, of nothing but numbers?"""
    return (isinstance(value, (list, tuple)) and not hasattr(value, "_fields") and len(value) > 0
            and all(is_number(item) or is_all_numbers(item) for item in value))


def real_array(value: object, where: str, complex_too: bool = False) -> Array:
    """The value as an array of real numbers, or of complex ones too; `where` begins the message if it is none."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(f"{where} is a masked array, and some of its numbers are masked: fill them, or leave them out")
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{where}: {error}") from None
    if array.dtype.kind not in ("fiuc" if complex_too else "fiu"):
        raise TypeError(f"{where} must be real {'or complex ' if complex_too else ''}numbers, but is {describe(value)}"
                        + (f" ({array.dtype})" if not isinstance(value, (np.ndarray, np.generic)) else ""))
    return array


class _Leaf:
    """One array."""

    def __init__(self, name: str, given: object, complex_too: bool) -> None:
        self.name = name
        if not (isinstance(given, (np.ndarray, np.generic)) or is_number(given) or is_all_numbers(given)):
            hint = " (numpy.asarray makes one)" if hasattr(given, "__array__") else ""
            raise TypeError(f"block '{name}' must be a NumPy array{hint}, but is {describe(given)}")
        self.array = real_array(given, f"block '{name}'", complex_too)
        self.complex = self.array.dtype.kind == "c"
        if isinstance(given, (np.ndarray, np.generic)) and self.array.dtype.kind in "fc":
            native = self.array.dtype.newbyteorder("=")
            if native not in (np.float32, np.float64, np.complex64, np.complex128):
                known = "float32, float64, complex64 and complex128" if self.complex else "float32 and float64"
                raise TypeError(f"block '{name}' is {native}: only {known} can be checked (block.astype(numpy.float32) makes one)")
            self.dtype: np.dtype[Any] | None = native.type(0).real.dtype
        else:  # Python's numbers, and integers, go with the others
            self.dtype = None
        self.shape: tuple[int, ...] = self.array.shape

    @property
    def size(self) -> int:
        """Real numbers that it is stored in."""
        return math.prod(self.shape) * (2 if self.complex else 1)

    def leaves(self) -> Iterator[_Leaf]:
        yield self

    def build(self, leaves: Iterator[Any]) -> Any:
        return next(leaves)

    def take(self, given: object, what: str, prefix: tuple[int, ...], into: list[Array],
             of_all: float | None) -> None:
        where = f"{what}: block '{self.name}'"
        if of_all is not None and (given is None or is_number(given)):
            into.append(np.full(self.shape, of_all if given is None else given))
            return
        if given is None:
            raise TypeError(f"{where} is None: is a return statement missing?")
        array = real_array(given, where, self.complex)
        if array.shape != prefix + self.shape:
            raise ValueError(f"{where} must have shape {prefix + self.shape}, but has {array.shape}")
        into.append(array)


class _Group:
    """Children by key, index or attribute."""

    def __init__(self, name: str, keys: Sequence[Any], children: list[_Leaf | _Group]) -> None:
        self.name, self.keys, self.children = name, keys, children

    def leaves(self) -> Iterator[_Leaf]:
        for child in self.children:
            yield from child.leaves()

    def build(self, leaves: Iterator[Any]) -> Any:
        raise NotImplementedError

    def items(self, given: object, where: str) -> list[Any]:
        """The children of what a user's function has returned in this place."""
        raise NotImplementedError

    def take(self, given: object, what: str, prefix: tuple[int, ...], into: list[Array],
             of_all: float | None) -> None:
        where = f"{what}: '{self.name}'" if self.name else what
        if given is None:
            raise TypeError(f"{where} is None: is a return statement missing?")
        for child, item in zip(self.children, self.items(given, where)):
            child.take(item, what, prefix, into, of_all)


class _Dict(_Group):
    def build(self, leaves: Iterator[Any]) -> Any:
        return {key: child.build(leaves) for key, child in zip(self.keys, self.children)}

    def items(self, given: object, where: str) -> list[Any]:
        if not isinstance(given, Mapping):
            raise TypeError(f"{where} must be a dict with the keys {list(self.keys)}, but is {describe(given)}")
        missing = [key for key in self.keys if key not in given]
        surplus = [key for key in given if key not in self.keys]
        if missing or surplus:
            raise ValueError(f"{where} must have the keys {list(self.keys)}: "
                             + "; ".join(f"{word} {keys}" for word, keys in (("missing:", missing), ("unknown:", surplus))
                                         if keys))
        return [given[key] for key in self.keys]


class _Sequence(_Group):
    make: Callable[[list[Any]], Any]

    def build(self, leaves: Iterator[Any]) -> Any:
        return self.make([child.build(leaves) for child in self.children])

    def items(self, given: object, where: str) -> list[Any]:
        if not isinstance(given, (list, tuple)):
            raise TypeError(f"{where} must be a list or tuple of {len(self.children)}, but is {describe(given)}")
        if len(given) != len(self.children):
            raise ValueError(f"{where} must have {len(self.children)} elements, but has {len(given)}")
        return list(given)


class _Data(_Group):
    """A dataclass; fields that hold no arrays stay as they are."""

    template: Any

    def build(self, leaves: Iterator[Any]) -> Any:
        new = copy.copy(self.template)
        for key, child in zip(self.keys, self.children):
            object.__setattr__(new, key, child.build(leaves))
        return new

    def items(self, given: object, where: str) -> list[Any]:
        found = given if isinstance(given, Mapping) else {key: getattr(given, key) for key in self.keys if hasattr(given, key)}
        missing = [key for key in self.keys if key not in found]
        if missing:
            raise TypeError(f"{where} must be a {type(self.template).__name__}; {describe(given)} lacks {missing}")
        return [found[key] for key in self.keys]


def printable(text: str) -> str:
    """The text with what C has no place for, NULs and halves of surrogate pairs, written as escapes."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _below(name: str, key: object) -> str:
    """The name of a dict's item or a dataclass's field."""
    if not name:
        return str(key)
    return f"{name}.{key}" if isinstance(key, str) and key.isidentifier() else f"{name}[{key!r}]"


def _holds_arrays(value: object) -> bool:
    if isinstance(value, np.ndarray) or dataclasses.is_dataclass(value):
        return True
    if isinstance(value, Mapping):
        return any(_holds_arrays(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(_holds_arrays(item) for item in value)


def _parse(given: Any, name: str, alone: str, complex_too: bool) -> _Leaf | _Group:
    if isinstance(given, Mapping):
        return _Dict(name, list(given), [_parse(item, _below(name, key), alone, complex_too) for key, item in given.items()])
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        keys = [field.name for field in dataclasses.fields(given) if _holds_arrays(getattr(given, field.name))]
        data = _Data(name, keys, [_parse(getattr(given, key), _below(name, key), alone, complex_too) for key in keys])
        data.template = given
        return data
    if isinstance(given, (list, tuple)) and not is_all_numbers(given):
        fields: tuple[str, ...] | None = getattr(given, "_fields", None)  # of a named tuple
        names = ([_below(name, field) for field in fields] if fields
                 else [f"{name or alone}[{k}]" for k in range(len(given))])
        group = _Sequence(name, names, [_parse(item, child, alone, complex_too) for item, child in zip(given, names)])
        kind: Any = type(given)
        group.make = (lambda items: kind(*items)) if fields else kind
        return group
    return _Leaf(name or alone, given, complex_too)


def _reshape(node: _Leaf | _Group, shapes: Mapping[str, tuple[int, ...]]) -> Any:
    other = copy.copy(node)
    if isinstance(other, _Group):
        other.children = [_reshape(child, shapes) for child in other.children]
    elif other.name in shapes:
        other.shape, other.complex = shapes[other.name], False
    return other


class Structure:
    """The shape of a value: what x0 is, or what a map returns. `alone` names an array that stands by itself. Arrays of complex
    numbers are stored as real ones with a last dimension of 2."""

    def __init__(self, given: Any, alone: str = "x", complex_too: bool = False) -> None:
        try:
            self._root = _parse(given, "", alone, complex_too)
        except RecursionError:
            raise ValueError("it is nested too deeply, or contains itself") from None
        leaves = list(self._root.leaves())
        if not leaves:
            raise ValueError("there are no arrays")
        self.names = [printable(leaf.name) for leaf in leaves]
        for name in self.names:
            if self.names.count(name) > 1:
                raise ValueError(f"two blocks are called '{name}'")
        self.arrays = [leaf.array for leaf in leaves]
        self.dtype = self._common_dtype(leaves)
        self._arrange(leaves)
        self.is_array = isinstance(self._root, _Leaf)
        self.build = self._builder()
        for leaf in leaves:
            del leaf.array

    def _arrange(self, leaves: list[_Leaf]) -> None:
        self.shapes = [leaf.shape for leaf in leaves]
        self.complex = [leaf.complex for leaf in leaves]
        ends = np.cumsum([leaf.size for leaf in leaves])
        self.size = int(ends[-1])
        self._pieces = [(int(end) - leaf.size, int(end), leaf.shape, leaf.complex) for end, leaf in zip(ends, leaves)]

    def reshaped(self, shapes: Mapping[str, tuple[int, ...]]) -> Structure:
        """The same with other shapes, of real numbers, for the leaves of these names."""
        other = copy.copy(self)
        other._root = _reshape(self._root, shapes)
        other._arrange(list(other._root.leaves()))
        return other

    @staticmethod
    def _common_dtype(leaves: list[_Leaf]) -> np.dtype[Any]:
        first: _Leaf | None = None
        for leaf in leaves:
            if leaf.dtype is None:
                continue
            if first is None:
                first = leaf
            elif leaf.dtype != first.dtype:
                raise TypeError(f"block '{leaf.name}' is {leaf.dtype}, but block '{first.name}' is {first.dtype}: "
                                "all blocks must have one dtype")
        return np.dtype(np.float64) if first is None or first.dtype is None else first.dtype

    def split(self, flat: Array) -> list[Array]:
        """Views of a vector, one a leaf."""
        wide = COMPLEX.get(flat.dtype, flat.dtype)  # balls have none, and are none
        return [(flat[begin:end].view(wide) if complex_ else flat[begin:end]).reshape(shape)
                for begin, end, shape, complex_ in self._pieces]

    def _builder(self) -> Callable[[list[Array]], Any]:
        """Of the structure with given leaves. Containers are new each time: whoever changes one changes only that. It runs once an
        evaluation, which is why plain cases are told apart."""
        root = self._root
        if isinstance(root, _Leaf):
            return operator.itemgetter(0)
        if all(isinstance(child, _Leaf) for child in root.children):
            if isinstance(root, _Dict):
                keys = root.keys
                return lambda leaves: dict(zip(keys, leaves))
            if isinstance(root, _Sequence):
                return root.make
        return lambda leaves: root.build(iter(leaves))

    def take(self, given: Any, what: str, prefix: tuple[int, ...] = (), of_all: float | None = None) -> list[Array]:
        """The leaves of what a user's function returned: TypeError or ValueError where it isn't this structure. `prefix`: extents
        that each leaf's shape begins with. `of_all`: a leaf may be a number in place of an array of it, or None for this one."""
        leaves: list[Array] = []
        self._root.take(given, what, prefix, leaves, of_all)
        return leaves
