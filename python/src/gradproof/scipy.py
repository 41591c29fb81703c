"""Derivatives as scipy.optimize takes them.

    import gradproof.scipy
    print(gradproof.scipy.check(rosen, x0, jac=rosen_der, hess=rosen_hess))

check takes what scipy.optimize.minimize takes, check_least_squares and check_root what least_squares and root take: one line
before the call, with the same arguments. Derivatives that SciPy would work out itself ('2-point', a quasi-Newton Hessian) are
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

try:
    from scipy import sparse as _sparse  # type: ignore[import-untyped,unused-ignore]
    from scipy.optimize import Bounds, HessianUpdateStrategy, LinearConstraint, NonlinearConstraint  # type: ignore[import-untyped,unused-ignore]
    from scipy.sparse.linalg import LinearOperator  # type: ignore[import-untyped,unused-ignore]
except ImportError as error:
    raise ImportError("gradproof.scipy needs SciPy: pip install scipy") from error

from .check import check as _check
from .report import GradientError, Report
from .reports import Reports

__all__ = ["assert_gradient", "check", "check_least_squares", "check_root"]


def _is_given(derivative: Any) -> bool:
    """Is it code of the user's, rather than a wish for finite differences or for quasi-Newton updates?"""
    if derivative is None or isinstance(derivative, (str, bool, HessianUpdateStrategy)):
        return False
    if not callable(derivative):
        raise TypeError(f"a derivative must be callable, or one of SciPy's words, not {derivative!r}")
    return True


def _point(x0: Any) -> Any:
    x = np.atleast_1d(np.asarray(x0))
    if x.ndim != 1:
        raise ValueError(f"x0 must have one dimension, as for SciPy, but has {x.ndim}")
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)


def _arguments(args: Any) -> tuple[Any, ...]:
    return args if isinstance(args, tuple) else (args,)


def _limits(bounds: Any, n: int) -> tuple[Any, Any] | None:
    """(lower, upper) of Bounds, of pairs (minimum, maximum), or of least_squares' pair of arrays."""
    if bounds is None:
        return None
    if isinstance(bounds, Bounds):
        lower, upper = bounds.lb, bounds.ub
    else:
        pairs = list(bounds)
        if len(pairs) != n:
            raise ValueError(f"bounds: {len(pairs)} pairs for {n} variables")
        lower = [-np.inf if low is None else low for low, _ in pairs]
        upper = [np.inf if high is None else high for _, high in pairs]
    low, high = np.broadcast_to(np.asarray(lower, float), n), np.broadcast_to(np.asarray(upper, float), n)
    fixed = np.flatnonzero(low == high)
    if fixed.size:
        raise ValueError(f"bounds: x[{fixed[0]}] is fixed at {low[fixed[0]]:g}: a fixed variable has no derivative to check; leave "
                         "it out of x0")
    return low, high


def _matrix(jac: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any], columns: int) -> Callable[[Any], Any]:
    """A Jacobian as check takes it: what SciPy takes for one may have one row, and then one dimension."""
    def jacobian(x: Any) -> Any:
        result = jac(x, *args, **keywords)
        return result if _sparse.issparse(result) else np.asarray(result).reshape(-1, columns)

    return jacobian


def _second(hess: Callable[..., Any], x0: Any, name: str) -> dict[str, Any]:
    """hess or hvp, as the Hessian is a matrix or an operator."""
    first = hess(x0.copy())
    if not isinstance(first, LinearOperator):
        return {"hess": lambda x: _dense(hess(x))}
    if first.shape != (x0.size, x0.size):
        raise ValueError(f"{name} must have shape {(x0.size, x0.size)}, but has {first.shape}")
    return {"hvp": lambda x, v: hess(x).matvec(v)}


def _dense(matrix: Any) -> Any:
    return matrix.toarray() if _sparse.issparse(matrix) else matrix


def check(fun: Callable[..., Any], x0: Any, jac: Any = None, hess: Any = None, hessp: Any = None, *, args: Any = (),
          bounds: Any = None, constraints: Any = (), name: str | None = None, **options: Any) -> Reports:
    """All derivatives that scipy.optimize.minimize would be given by these arguments: the gradient `jac` (or True: fun returns
    value and gradient), the Hessian `hess` (a matrix or a LinearOperator) or its products `hessp`, and of each constraint (a
    dict, a NonlinearConstraint) its Jacobian and Hessian. A Report for the objective and one for each constraint that has a
    derivative; what `options` has are options of gradproof.check."""
    x, more = _point(x0), _arguments(args)
    limits = _limits(bounds, x.size)
    title = name or str(getattr(fun, "__name__", "objective"))
    reports: dict[str, Report] = {}
    second: dict[str, Any] = {}
    if _is_given(hess):
        second = _second(lambda at: hess(at, *more), x, "hess")
    if _is_given(hessp):
        second["hvp"] = lambda at, v: hessp(at, v, *more)
    if jac is True:
        reports["objective"] = _check(None, None, x, value_and_grad=lambda at: fun(at, *more), bounds=limits, name=title, **second,
                                      **options)
    elif _is_given(jac):
        reports["objective"] = _check(lambda at: fun(at, *more), lambda at: jac(at, *more), x, bounds=limits, name=title, **second,
                                      **options)
    elif second:
        raise TypeError("hess and hessp are held against jac: give jac too")
    for k, constraint in enumerate(_listed(constraints)):
        reports.update(_constraint(constraint, x, limits, f"constraint {k}", options))
    if not reports:
        raise TypeError("there is nothing to check: SciPy would work out all of these derivatives itself")
    return Reports(reports)


def _listed(constraints: Any) -> Iterable[Any]:
    if isinstance(constraints, (dict, NonlinearConstraint, LinearConstraint)):
        return [constraints]
    return list(constraints)


def _constraint(constraint: Any, x: Any, limits: Any, name: str, options: dict[str, Any]) -> dict[str, Report]:
    if isinstance(constraint, LinearConstraint):
        return {}
    if isinstance(constraint, NonlinearConstraint):
        fun, jac, hess, args = constraint.fun, constraint.jac, constraint.hess, ()
    elif isinstance(constraint, dict):
        fun, jac, hess = constraint["fun"], constraint.get("jac"), None
        args = _arguments(constraint.get("args", ()))
    else:
        raise TypeError(f"{name} must be a dict, a NonlinearConstraint or a LinearConstraint, not {constraint!r}")
    if not _is_given(jac):
        return {}
    jacobian = _matrix(jac, args, {}, x.size)
    outputs = np.atleast_1d(np.asarray(fun(x.copy(), *args)))
    reports = {name: _check(lambda at: np.atleast_1d(np.asarray(fun(at, *args))), None, x, jac=jacobian, bounds=limits, name=name,
                            **options)}
    if _is_given(hess):
        # The Hessian of v'c, for one v without zeros.
        v = np.cos(np.arange(outputs.size) + 0.5) + 1.5
        second = _second(lambda at: hess(at, v), x, f"hess of {name}")
        reports[f"{name}, second derivatives"] = _check(lambda at: float(v @ np.atleast_1d(fun(at, *args))),
                                                        lambda at: jacobian(at).T @ v, x, bounds=limits,
                                                        name=f"weighted sum of {name}", **second, **options)
    return reports


def _operator(jac: Callable[..., Any], x: Any, outputs: int) -> dict[str, Any]:
    """jac, or its products, as the Jacobian is a matrix or an operator."""
    first = jac(x.copy())
    if not isinstance(first, LinearOperator):
        return {"jac": _matrix(jac, (), {}, x.size)}
    if first.shape != (outputs, x.size):
        raise ValueError(f"jac must have shape {(outputs, x.size)}, but has {first.shape}")
    return {"jvp": lambda at, v: jac(at).matvec(v), "vjp": lambda at, u: jac(at).rmatvec(u)}


def _check_map(fun: Callable[[Any], Any], jac: Callable[[Any], Any], x: Any, limits: Any, name: str,
               options: dict[str, Any]) -> Report:
    def residuals(at: Any) -> Any:
        return np.atleast_1d(np.asarray(fun(at)))

    outputs = residuals(x.copy()).size
    return _check(residuals, None, x, bounds=limits, name=name, **_operator(jac, x, outputs), **options)


def check_least_squares(fun: Callable[..., Any], x0: Any, jac: Any, bounds: Any = (-np.inf, np.inf), *, args: Any = (),
                        kwargs: Mapping[str, Any] | None = None, name: str | None = None, **options: Any) -> Report:
    """The Jacobian that scipy.optimize.least_squares would be given: an array, a sparse matrix or a LinearOperator."""
    x, more, keywords = _point(x0), _arguments(args), dict(kwargs or {})
    if not _is_given(jac):
        raise TypeError("there is nothing to check: SciPy would work out the Jacobian itself")
    pair = Bounds(*bounds) if not isinstance(bounds, Bounds) else bounds
    return _check_map(lambda at: fun(at, *more, **keywords), lambda at: jac(at, *more, **keywords), x, _limits(pair, x.size),
                      name or str(getattr(fun, "__name__", "residuals")), options)


def check_root(fun: Callable[..., Any], x0: Any, jac: Any, *, args: Any = (), name: str | None = None, **options: Any) -> Report:
    """The Jacobian that scipy.optimize.root would be given; jac=True: fun returns values and Jacobian."""
    x, more = _point(x0), _arguments(args)
    title = name or str(getattr(fun, "__name__", "equations"))
    if jac is True:
        return _check_map(lambda at: fun(at, *more)[0], lambda at: fun(at, *more)[1], x, None, title, options)
    if not _is_given(jac):
        raise TypeError("there is nothing to check: SciPy would work out the Jacobian itself")
    return _check_map(lambda at: fun(at, *more), lambda at: jac(at, *more), x, None, title, options)


def assert_gradient(*arguments: Any, **keywords: Any) -> Reports:
    """As check, but raises GradientError unless all are verified."""
    reports = check(*arguments, **keywords)
    if not reports.ok:
        raise GradientError(reports)
    return reports
