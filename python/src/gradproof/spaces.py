"""Spaces of blocks (gradproof/manifold.h), as Python says them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from . import _core
from .structure import Array, Structure, describe

# Gradients by tangent coordinates: how many dimensions an item has, and how many coordinates.
_TANGENT = {"SO3": (2, 3), "quaternion": (1, 3), "quaternion-xyzw": (1, 3), "SE3": (2, 6)}


@dataclasses.dataclass(frozen=True)
class Retraction:
    """A space of one's own: move(x, v), with v an array of `coordinates` numbers, is the point that v leads to from x; smooth in v,
    with move(x, 0) = x, and a v of size 1 is a large step. `gradient` is "ambient" (shaped as the block) or "tangent" (derivatives by
    v at v = 0)."""

    coordinates: int
    move: Callable[[Array, Array], Any]
    gradient: str = "ambient"


def known() -> dict[str, list[str]]:
    """The spaces that blocks may have, and the gradients that each may have, the default first."""
    return {name: list(words) for name, words in _core.SPACES.items()}


Spaces = dict[str, "tuple[str, str | None] | Retraction"]


def _words(name: str, space: Any) -> tuple[str, str | None]:
    if isinstance(space, str):
        return space, None
    if isinstance(space, (tuple, list)) and len(space) == 2 and all(isinstance(word, str) for word in space):
        return space[0], space[1]
    raise TypeError(f"spaces: block '{name}' must have a name, (name, gradient) or a Retraction, not {describe(space)}")


def take(structure: Structure, given: Any) -> Spaces:
    """From what a user gives: a space for an array, or {block: space}, where a space is a name, (name, gradient) or a Retraction."""
    spaces: Spaces = {name: ("complex", None) for name, complex_ in zip(structure.names, structure.complex) if complex_}
    if given is None:
        return spaces
    if not isinstance(given, Mapping):
        if len(structure.names) > 1:
            raise TypeError("spaces must be a dict, {block: space}, where x0 has several blocks")
        given = {structure.names[0]: given}
    for name, space in given.items():
        if name not in structure.names:
            raise ValueError(f"spaces: there is no block '{name}' in x0, but {', '.join(structure.names)}")
        is_complex = structure.complex[structure.names.index(name)]
        if isinstance(space, Retraction):
            if is_complex:
                raise TypeError(f"spaces: block '{name}' is complex: a retraction takes real numbers")
            spaces[name] = space
            continue
        word, gradient = _words(name, space)
        if (word in ("complex", "hermitian")) != is_complex:
            raise TypeError(f"spaces: block '{name}' is {'complex' if is_complex else 'real'}: it can't be {word}")
        spaces[name] = (word, gradient)
    return spaces


def of_gradients(structure: Structure, spaces: Spaces) -> Structure:
    """The structure that gradients have."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in zip(structure.names, structure.shapes):
        space = spaces.get(name)
        if isinstance(space, Retraction):
            if space.gradient == "tangent":
                shapes[name] = (space.coordinates,)
        elif space is not None and space[1] and space[1].startswith(("left", "right")) and space[0] in _TANGENT:
            dimensions, numbers = _TANGENT[space[0]]
            shapes[name] = (*shape[:max(len(shape) - dimensions, 0)], numbers)
    return structure.reshaped(shapes) if shapes else structure
