"""The options of a check: gp_options of gradproof.h, by their names."""

from __future__ import annotations

import difflib
import math
import numbers
import operator
import os
from typing import Any

import numpy as np

from . import _core

STRATEGIES = ("auto", "full", "project", "sample")


def _real(name: str, value: Any) -> float:
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"option {name} must be a number, not {value!r}")
    number = float(value)
    if not math.isfinite(number) or number < 0 or (name == "rtol" and number == 0):
        raise ValueError(f"option {name} must be {'positive' if name == 'rtol' else 'at least 0'} and finite, not {value!r}")
    if name == "atol" and number == 0:
        return -1.0  # GP_NONE: no absolute tolerance, where C's 0 is the default
    return number


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError(f"option {name} must be an integer, not {value!r}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"option {name} must be an integer, not {value!r}") from None
    if not 0 <= number < 2**64:
        raise ValueError(f"option {name} must be in [0, 2**64), not {value!r}")
    return number


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_, numbers.Integral)):
        raise TypeError(f"option {name} must be True or False, not {value!r}")
    return bool(value)


def _strategy(name: str, value: Any) -> int:
    if value not in STRATEGIES:
        raise ValueError(f"option {name} must be one of {', '.join(STRATEGIES)}, not {value!r}")
    return STRATEGIES.index(value)


def _path(name: str, value: Any) -> bytes:
    path = os.fsencode(value)
    if b"\0" in path:
        raise ValueError(f"option {name}: a path holds no NUL")
    return path


_TAKE = {"real": _real, "integer": _integer, "flag": _flag, "strategy": _strategy, "path": _path}


def known() -> list[str]:
    """The names of all options."""
    return list(_core.OPTIONS)


def take(given: dict[str, Any]) -> dict[str, Any]:
    """What _core.check takes. None is the default, as it is in C where a field is 0."""
    taken: dict[str, Any] = {}
    for name, value in given.items():
        kind = _core.OPTIONS.get(name)
        if kind is None:
            close = difflib.get_close_matches(name, known(), 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise TypeError(f"there is no option {name}{hint}; known are {', '.join(known())}")
        if value is not None:
            taken[name] = _TAKE[kind](name, value)
    return taken
