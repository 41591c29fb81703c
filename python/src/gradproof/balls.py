"""Real numbers within intervals, by FLINT, on a tape that differentiates what is reckoned with them.

An array of them takes NumPy's operations: its functions of object arrays ask the elements for operators, and for methods that are
called as the functions are (numpy.exp: exp).
"""

from __future__ import annotations

import fractions
import importlib
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

flint: Any = None  # python-flint's module, once it is asked for


def load() -> None:
    """Finds python-flint; ImportError where it isn't installed."""
    global flint
    try:
        flint = importlib.import_module("flint")
    except ImportError as error:
        raise ImportError("gradproof.prove needs python-flint, which isn't installed: pip install python-flint") from error


class Undecided(Exception):
    """What can't be told with the present precision: the side of a kink, whether a number is within a domain."""


class Tape:
    """The operations of a formula in order: of each the numbers of its operands, with the slopes by them."""

    def __init__(self) -> None:
        self.operands: list[tuple[tuple[int, Any], ...]] = []

    def variable(self, number: float) -> Ball:
        return self.result(flint.arb(number), ())

    def result(self, value: Any, operands: tuple[tuple[int, Any], ...]) -> Ball:
        self.operands.append(operands)
        return Ball(value, self, len(self.operands) - 1)

    def slopes(self, value: Ball, count: int) -> list[Any]:
        """Of the value by the first `count` results, the variables: the chain rule, from the last operation to the first."""
        zero = flint.arb(0)
        slopes = [zero] * len(self.operands)
        if value.place is not None:
            slopes[value.place] = flint.arb(1)
            for place in range(value.place, -1, -1):
                for operand, slope in self.operands[place]:
                    slopes[operand] = slopes[operand] + slopes[place] * slope
        return slopes[:count]


def _square(a: Any) -> Any:
    return a * a


def _of_root(a: Any) -> Any:
    return 1 / a.sqrt()


# Functions of one number, by NumPy's names: the value at a, and the slope at a where the value is y. Both are finite wherever the
# function is differentiable around a, and not finite where a's ball reaches beyond that.
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "exp": (lambda a: a.exp(), lambda a, y: y),
    "exp2": (lambda a: flint.arb(2) ** a, lambda a, y: y * flint.arb(2).log()),
    "expm1": (lambda a: a.expm1(), lambda a, y: a.exp()),
    "log": (lambda a: a.log(), lambda a, y: 1 / a),
    "log2": (lambda a: a.log() / flint.arb(2).log(), lambda a, y: 1 / (a * flint.arb(2).log())),
    "log10": (lambda a: a.log() / flint.arb(10).log(), lambda a, y: 1 / (a * flint.arb(10).log())),
    "log1p": (lambda a: a.log1p(), lambda a, y: 1 / (1 + a)),
    "sqrt": (lambda a: a.sqrt(), lambda a, y: 1 / (2 * y)),
    "sin": (lambda a: a.sin(), lambda a, y: a.cos()),
    "cos": (lambda a: a.cos(), lambda a, y: -a.sin()),
    "tan": (lambda a: a.tan(), lambda a, y: 1 + y * y),
    "arcsin": (lambda a: a.asin(), lambda a, y: _of_root(1 - _square(a))),
    "arccos": (lambda a: a.acos(), lambda a, y: -_of_root(1 - _square(a))),
    "arctan": (lambda a: a.atan(), lambda a, y: 1 / (1 + _square(a))),
    "sinh": (lambda a: a.sinh(), lambda a, y: a.cosh()),
    "cosh": (lambda a: a.cosh(), lambda a, y: a.sinh()),
    "tanh": (lambda a: a.tanh(), lambda a, y: _square(a.sech())),
    "arcsinh": (lambda a: a.asinh(), lambda a, y: _of_root(1 + _square(a))),
    "arccosh": (lambda a: a.acosh(), lambda a, y: _of_root(_square(a) - 1)),
    "arctanh": (lambda a: a.atanh(), lambda a, y: 1 / (1 - _square(a))),
    "reciprocal": (lambda a: 1 / a, lambda a, y: -_square(y)),
    "erf": (lambda a: a.erf(), lambda a, y: 2 * (-_square(a)).exp() / flint.arb.pi().sqrt()),
    "erfc": (lambda a: a.erfc(), lambda a, y: -2 * (-_square(a)).exp() / flint.arb.pi().sqrt()),
    "gamma": (lambda a: a.gamma(), lambda a, y: y * a.digamma()),
    "lgamma": (lambda a: a.lgamma(), lambda a, y: a.digamma()),
}


def _constant(number: Any) -> Ball | None:
    """A number that is exactly what it is, a fraction within a ball; None: no number."""
    if isinstance(number, Ball):
        return number
    if isinstance(number, (bool, np.bool_, numbers.Integral)):
        return Ball(flint.arb(int(number)))
    if isinstance(number, (float, np.float64, np.float32, np.float16)):
        if not np.isfinite(number):
            raise Undecided(f"{number} isn't a real number")
        return Ball(flint.arb(float(number)))
    if isinstance(number, fractions.Fraction):
        return Ball(flint.arb(number.numerator) / number.denominator)
    return Ball(number) if isinstance(number, flint.arb) else None


def _operand(number: Any) -> Ball:
    ball = _constant(number)
    if ball is None:
        raise TypeError(f"a ball and {type(number).__name__} don't go together")
    return ball


class Ball:
    """A real number within an interval: a result on a tape, or a constant."""

    __slots__ = ("value", "tape", "place")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, tape: Tape | None = None, place: int | None = None) -> None:
        self.value, self.tape, self.place = value, tape, place

    @staticmethod
    def _result(what: str, value: Any, *operands: tuple[Ball, Any]) -> Ball:
        """An operation's, from its operands with the slopes by them. The chain rule holds where all of these are finite, also
        where a slope is of no consequence."""
        if not value.is_finite() or not all(slope.is_finite() for ball, slope in operands if ball.place is not None):
            raise Undecided(f"{what} at {' and '.join(ball.value.str(10) for ball, _ in operands)} is at the edge of its domain, "
                            "or has no finite derivative")
        on_tape = tuple((ball.place, slope) for ball, slope in operands if ball.place is not None)
        tape = next((ball.tape for ball, _ in operands if ball.tape is not None), None)
        return Ball(value) if tape is None else tape.result(value, on_tape)

    def _apply(self, name: str) -> Ball:
        function, slope = FUNCTIONS[name]
        value = function(self.value)
        return Ball._result(name, value, (self, slope(self.value, value)))

    def __add__(self, other: Any) -> Ball:
        b = _constant(other)
        return NotImplemented if b is None else Ball._result("a sum", self.value + b.value, (self, flint.arb(1)), (b, flint.arb(1)))

    def __sub__(self, other: Any) -> Ball:
        b = _constant(other)
        return (NotImplemented if b is None else
                Ball._result("a difference", self.value - b.value, (self, flint.arb(1)), (b, flint.arb(-1))))

    def __rsub__(self, other: Any) -> Ball:
        b = _constant(other)
        return NotImplemented if b is None else b - self

    def __mul__(self, other: Any) -> Ball:
        b = _constant(other)
        return NotImplemented if b is None else Ball._result("a product", self.value * b.value, (self, b.value), (b, self.value))

    def __truediv__(self, other: Any) -> Ball:
        b = _constant(other)
        if b is None:
            return NotImplemented
        quotient = self.value / b.value
        return Ball._result("a quotient", quotient, (self, 1 / b.value), (b, -quotient / b.value))

    def __rtruediv__(self, other: Any) -> Ball:
        b = _constant(other)
        return NotImplemented if b is None else b / self

    def __pow__(self, other: Any) -> Ball:
        b = _constant(other)
        if b is None:
            return NotImplemented
        if b.place is None and b.value.is_exact() and b.value.is_integer():
            slope = b.value * self.value ** (b.value - 1) if b.value != 0 else flint.arb(0)
            return Ball._result("a power", self.value**b.value, (self, slope))
        if not self.value > 0:
            raise Undecided(f"a power of {self.value.str(10)}, which isn't above 0, by {b.value.str(10)}")
        power = self.value**b.value
        return Ball._result("a power", power, (self, b.value * self.value ** (b.value - 1)), (b, power * self.value.log()))

    def __rpow__(self, other: Any) -> Ball:
        b = _constant(other)
        return NotImplemented if b is None else b**self

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Ball:
        return Ball._result("a number", -self.value, (self, flint.arb(-1)))

    def __pos__(self) -> Ball:
        return self

    def conjugate(self) -> Ball:
        return self

    def __abs__(self) -> Ball:
        return self if self._compare(0) >= 0 else -self

    def square(self) -> Ball:
        return self * self

    def arctan2(self, other: Any) -> Ball:
        """The angle of (other, self), where it doesn't jump."""
        b = _operand(other)
        y, x = self.value, b.value
        if not (x > 0 or y > 0 or y < 0):
            raise Undecided(f"the angle of ({x.str(10)}, {y.str(10)}) jumps there, or isn't defined")
        size = _square(x) + _square(y)
        return Ball._result("an angle", flint.arb.atan2(y, x), (self, x / size), (b, -y / size))

    def hypot(self, other: Any) -> Ball:
        b = _operand(other)
        squares: Ball = self * self + b * b
        return squares._apply("sqrt")

    # ---- comparisons

    def _compare(self, other: Any) -> int:
        """-1, 0 or 1, where it is the same all around the given point: numbers that are equal there by chance are undecided, as
        another branch is in every neighbourhood."""
        b = _operand(other)
        if self.value < b.value:
            return -1
        if self.value > b.value:
            return 1
        if self.place is not None and self.place == b.place:
            return 0
        if self.place is None and b.place is None and self.value.is_exact() and b.value.is_exact():
            return 0
        raise Undecided(f"{self.value.str(10)} and {b.value.str(10)} are compared, which can't be told apart")

    def __lt__(self, other: Any) -> bool:
        return self._compare(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._compare(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._compare(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._compare(other) >= 0

    def __eq__(self, other: object) -> bool:
        return _constant(other) is not None and self._compare(other) == 0

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __bool__(self) -> bool:
        return self._compare(0) != 0

    def _no_number(self, *_: Any) -> Any:
        raise TypeError("a ball is no float: use NumPy's functions in place of math's, and arrays of dtype object for results")

    __float__ = __int__ = __index__ = __complex__ = __floor__ = __round__ = _no_number

    def __repr__(self) -> str:
        return f"<ball {self.value.str(15)}>"


def _method(name: str) -> Callable[[Ball], Ball]:
    return lambda self: self._apply(name)


for _name in FUNCTIONS:
    setattr(Ball, _name, _method(_name))
