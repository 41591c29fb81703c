"""Showing how far a check is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

INTERVAL = 0.25  # seconds between two looks
PATIENCE = 2.0  # seconds that a check may take before anything is shown


class Progress(NamedTuple):
    """Where a check stands."""

    seconds: float
    evaluations: int  # calls of the user's functions begun
    passes: int  # over entries or directions begun,
    done: int  # and how far the present one is,
    total: int  # of so many


class _Shown:
    """Something that shows progress from time to time, and is closed at the end."""

    def __init__(self, show: Callable[[Progress], Any], patience: float) -> None:
        self._show, self._patience, self._start = show, patience, time.monotonic()

    def __call__(self, evaluations: int, passes: int, done: int, total: int) -> None:
        seconds = time.monotonic() - self._start
        if seconds >= self._patience:
            self._show(Progress(seconds, evaluations, passes, done, total))

    def close(self) -> None:
        pass


class _Line(_Shown):
    """One line of a terminal, written over and over."""

    def __init__(self) -> None:
        super().__init__(self._write, PATIENCE)
        self._width = 0

    def _write(self, p: Progress) -> None:
        share = f", pass {p.passes}: {100 * p.done // p.total} %" if p.total else ""
        line = f"gradproof: {p.evaluations:,} evaluations{share}, {p.seconds:.0f} s"
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = max(self._width, len(line))

    def close(self) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()


class _Bar(_Shown):
    """A bar of tqdm's in a notebook."""

    def __init__(self, tqdm: Any) -> None:
        super().__init__(self._move, PATIENCE)
        self._tqdm, self._bar = tqdm, None

    def _move(self, p: Progress) -> None:
        if self._bar is None:
            self._bar = self._tqdm(desc="gradproof", leave=False)
        bar: Any = self._bar
        if bar.total != p.total or p.done < bar.n:
            bar.reset(total=p.total)
        bar.set_postfix_str(f"pass {p.passes}, {p.evaluations:,} evaluations", refresh=False)
        bar.n = p.done
        bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _notebook_tqdm() -> Any:
    """tqdm's bar for notebooks, where this is one and it is installed."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if getattr(shell, "kernel", None) is None:
        return None
    try:
        from tqdm.notebook import tqdm  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return None
    return tqdm


def make(asked: bool | Callable[[Progress], Any] | None) -> _Shown | None:
    """What shows progress: a function of the caller's; a bar in a notebook; a line where standard error is a terminal, or where
    it is asked for; or nothing."""
    if callable(asked):
        return _Shown(asked, 0.0)
    if asked is False:
        return None
    tqdm = _notebook_tqdm()
    if tqdm is not None:
        return _Bar(tqdm)
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return _Line() if asked or is_terminal else None
