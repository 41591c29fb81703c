"""What a function refers to besides its arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

# What a function refers to is looked for through so many containers and objects, and among so many values at most: models lie
# near the function, and lists of data may be long.
DEEPEST, MOST_LOOKED_AT = 5, 10000


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


def surroundings_of(function: Any) -> Iterator[Any]:
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


def module_of(function: Any) -> Any:
    """The module whose parameters are checked: the function itself, or the one whose method it is."""
    if isinstance(function, torch.nn.Module):
        return function
    owner = getattr(function, "__self__", None)
    return owner if isinstance(owner, torch.nn.Module) else None
