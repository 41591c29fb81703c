"""gradproof.prove: a theorem about a gradient, where gradproof.check has an estimate."""

from __future__ import annotations

import dataclasses
import math
import os
import threading
import traceback
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from . import balls
from .structure import Array, Structure, describe

# Precision in bits: of the first attempt, doubled until everything is decided, and of the last.
FIRST_BITS, MOST_BITS = 53, 4096
# Intervals are narrowed until they are this share of an ulp of their block's largest entry: the error shown is the gradient's own.
ULP_SHARE = 1 / 16
# By default: the relative tolerance, and the absolute one as a share of that of a block's median derivative.
DEFAULTS = {np.dtype(np.float64): (1e-5, 1e-4), np.dtype(np.float32): (1e-3, 0.1)}

_precision = threading.Lock()  # FLINT's is one for all threads


@dataclasses.dataclass(frozen=True)
class ProvenBlock:
    """One block of a proof: arrays of its shape. The derivative of the function of real numbers is in [low, high]; the gradient
    under test is off from it by at least `least` and at most `error`. `status` holds words: proven, disproven, open."""

    name: str
    verdict: str
    gradient: Array
    status: Array
    low: Array
    high: Array
    least: Array
    error: Array
    atol: float

    @property
    def worst(self) -> tuple[int, ...]:
        """The index of the entry with the largest error; among those that are disproven where there are any."""
        error = np.where(self.status == "disproven", self.error, -1) if self.verdict == "disproven" else self.error
        return tuple(int(k) for k in np.unravel_index(np.argmax(error), self.gradient.shape))


@dataclasses.dataclass(frozen=True)
class Proof:
    """What has been proven. `verdict` is "proven", "disproven", "open" or "failed"; `reason` says why one of the last two, `bits`
    is the precision that it took."""

    name: str
    verdict: str
    reason: str | None
    rtol: float
    bits: int
    blocks: Mapping[str, ProvenBlock]

    @property
    def ok(self) -> bool:
        return self.verdict == "proven"

    def __bool__(self) -> bool:
        raise TypeError("a proof is neither true nor false: ask for proof.ok, or proof.verdict")

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.name}" + (f": {self.reason}" if self.reason else "")]
        for block in self.blocks.values():
            if not block.gradient.size:
                continue
            at = block.worst
            count = int((block.status == block.verdict).sum())
            off = f"least {block.least[at]:.2g}" if block.verdict == "disproven" else f"most {block.error[at]:.2g}"
            lines.append(f"  {block.name}: {block.verdict}, {count} of {block.gradient.size}; worst "
                         f"{''.join(f'[{k}]' for k in at)} {block.gradient[at]:.17g}, derivative in "
                         f"[{block.low[at]:.17g}, {block.high[at]:.17g}], off by at {off}")
        return "\n".join([*lines, f"  tolerance {self.rtol:g}, {self.bits} bits"])

    def __repr__(self) -> str:
        return f"<gradproof.Proof: {str(self).splitlines()[0]}>"


def _below(value: Any) -> float:
    """A double that is no larger than any number of a ball."""
    number = float(value.lower())
    while not balls.flint.arb(number) <= value:
        number = math.nextafter(number, -math.inf)
    return number


def _above(value: Any) -> float:
    return 0.0 - _below(-value)


@dataclasses.dataclass
class _Claim:
    """The gradient under test, block by block, and what is tolerated."""

    structure: Structure
    gradient: list[Array]
    rtol: float
    atol: float | None
    dtype: np.dtype[Any]

    def tolerances(self, slopes: list[list[Any]]) -> list[float]:
        """Each block's absolute one. Any number will do: the theorem is about the one that is reported."""
        if self.atol is not None:
            return [self.atol] * len(slopes)
        share, tiny = DEFAULTS[self.dtype][1], float(np.finfo(self.dtype).tiny)
        sizes = [[abs(float(slope.mid())) for slope in block if not slope.mid() == 0] for block in slopes]
        return [max(self.rtol * share * float(np.median(size)), tiny) if size else tiny for size in sizes]

    def judge(self, block: int, slopes: list[Any], atol: float) -> ProvenBlock:
        arb = balls.flint.arb
        claimed = self.gradient[block]
        status, numbers = [], []
        for g, slope in zip(map(float, claimed.ravel()), slopes):
            off = abs(arb(g) - slope)
            size = abs(slope)
            allowed = arb(self.rtol) * (arb(abs(g)).max(size)) + arb(atol)
            status.append("proven" if off <= allowed else "disproven" if off > allowed else "open")
            numbers.append((_below(slope), _above(slope), max(_below(off), 0.0), _above(off)))
        words = np.array(status, dtype="U9").reshape(claimed.shape)
        low, high, least, most = np.array(numbers, dtype=np.float64).reshape(-1, 4).T.reshape(4, *claimed.shape)
        return ProvenBlock(self.structure.names[block], _worst(status), claimed, words, low, high, least, most, atol)

    def are_narrow(self, slopes: list[list[Any]]) -> bool:
        for block in slopes:
            largest = max((abs(float(slope.mid())) for slope in block), default=0.0)
            ulp = float(np.spacing(np.asarray(largest, dtype=self.dtype)))
            if any(not slope.rad() <= ULP_SHARE * ulp for slope in block):
                return False
        return True


def _worst(verdicts: list[str]) -> str:
    return next((verdict for verdict in ("disproven", "open") if verdict in verdicts), "proven")


def _enclose(f: Callable[..., Any], structure: Structure, numbers: Array, bits: int) -> list[list[Any]]:
    """The derivative, block by block, as FLINT's balls."""
    balls.flint.ctx.prec = bits
    tape = balls.Tape()
    x = np.empty(numbers.size, dtype=object)
    x[:] = [tape.variable(float(number)) for number in numbers]
    leaves = [leaf if leaf.ndim else leaf[()] for leaf in structure.split(x)]
    value = f(structure.build(leaves))
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    constant = balls._constant(value)
    if constant is None:
        raise TypeError(f"f must return a number, not {describe(value)}: it is made of NumPy's operations on x's balls")
    slopes = tape.slopes(constant, x.size)
    ends = np.cumsum([math.prod(shape) for shape in structure.shapes])
    return [slopes[end - math.prod(shape):end] for end, shape in zip(ends, structure.shapes)]


def _where(error: BaseException) -> str:
    """The line of the user's code that something came up in."""
    others = (__file__, balls.__file__, os.path.dirname(np.__file__) + os.sep)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(others)]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def prove(
    f: Callable[..., Any],
    grad: Any,
    x0: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    bits: int = MOST_BITS,
    name: str | None = None,
) -> Proof:
    """Is every entry of this gradient within a tolerance of the derivative of the function of real numbers that f is? A theorem,
    with every rounding accounted for, by FLINT's balls (it takes python-flint).

    f(x)   the value. It is trusted: what is proven is about f with NumPy's operations on arrays of balls, real numbers within
           intervals, in x0's structure. A float in it is that exact number, numpy.pi as well. Comparisons decide, or leave the
           proof open
    grad   the gradient under test: x -> gradient, called with floats, or its numbers, in x0's structure
    x0     the point: as for gradproof.check

    Of an entry g, with d the derivative: proven, |g - d| <= rtol max(|g|, |d|) + atol; disproven, |g - d| is more than that; open,
    neither can be decided with `bits` of precision, as at a kink or at the edge of a domain.

    rtol   1e-5; of a float32 x0 1e-3
    atol   by block: rtol times 1e-4 (float32: 0.1) of the median of its derivatives that aren't 0
    """
    balls.load()
    for option, number in (("rtol", rtol), ("atol", atol)):
        if number is not None and not (math.isfinite(number) and number >= 0):
            raise ValueError(f"{option} must be a finite number, at least 0, not {number!r}")
    try:
        structure = Structure(x0)
    except (TypeError, ValueError) as error:
        raise type(error)(f"x0: {error}") from None
    arrays = [np.array(array, dtype=structure.dtype, order="C") for array in structure.arrays]
    numbers = np.concatenate([array.ravel() for array in arrays])
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError("x0: there are no numbers in it" if not numbers.size else "x0 holds numbers that aren't finite")
    given = grad(structure.build([array.copy() for array in arrays])) if callable(grad) else grad
    gradient = [np.array(leaf, dtype=np.float64) for leaf in structure.take(given, "grad")]
    title = name or getattr(f, "__name__", type(f).__name__).replace("<lambda>", "f")
    claim = _Claim(structure, gradient, DEFAULTS[structure.dtype][0] if rtol is None else float(rtol), atol, structure.dtype)
    for leaf, block in zip(structure.names, gradient):
        if not np.isfinite(block).all():
            return Proof(title, "failed", f"the gradient of {leaf} holds numbers that aren't finite", claim.rtol, 0,
                         MappingProxyType({}))
    with _precision:
        before = balls.flint.ctx.prec
        try:
            return _prove(f, claim, numbers, bits, title)
        finally:
            balls.flint.ctx.prec = before


def _prove(f: Callable[..., Any], claim: _Claim, numbers: Array, most: int, title: str) -> Proof:
    precision, proof, atol = FIRST_BITS, None, None
    while True:
        try:
            slopes = _enclose(f, claim.structure, numbers, precision)
        except balls.Undecided as error:
            proof = Proof(title, "open", f"{error}{_where(error)}", claim.rtol, precision, MappingProxyType({}))
        else:
            atol = atol or claim.tolerances(slopes)
            found = [claim.judge(block, slopes[block], atol[block]) for block in range(len(slopes))]
            verdict = _worst([block.verdict for block in found])
            entries = sum(int((block.status == "open").sum()) for block in found)
            reason = f"{entries} of {numbers.size} entries aren't decided with {precision} bits" if verdict == "open" else None
            proof = Proof(title, verdict, reason, claim.rtol, precision, MappingProxyType({block.name: block for block in found}))
            if entries == 0 and claim.are_narrow(slopes):
                return proof
        if precision >= most:
            return proof
        precision = min(2 * precision, most)
