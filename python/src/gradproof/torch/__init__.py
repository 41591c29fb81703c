"""gradproof.torch: autograd's gradients of PyTorch code, hand-written backward passes included.

    import gradproof.torch
    print(gradproof.torch.check(model, x, loss=lambda y: torch.nn.functional.cross_entropy(y, target)))

The function is called at many points near the given one; what it changes on the way (buffers, random generators, .grad fields,
training flags) is put back before each call and at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

try:
    import torch  # type: ignore[import-not-found,unused-ignore]
except ImportError as error:
    raise ImportError("gradproof.torch needs PyTorch, which isn't installed: pip install torch") from error

from .. import adapter
from ..report import GradientError, Report
from .bench import Bench, stages_of, with_cotangents
from .tensors import OWN, TWIN, eps_of, tiny_of


def check(
    fn: Callable[..., Any],
    *inputs: Any,
    kwargs: Mapping[str, Any] | None = None,
    parameters: Any = None,
    loss: Callable[[Any], Any] | None = None,
    second_order: bool = False,
    outputs: str = "weighted",
    twin: bool | None = None,
    bounds: Any = None,
    name: str | None = None,
    progress: Any = None,
    **options: Any,
) -> Report:
    """Are autograd's gradients of fn(*inputs) right, and if not, what is wrong with them?

    fn is a function, a module, a method of a module, or the apply of an autograd.Function. Checked are the module's parameters and
    the inputs that require grad, each a block by its name; other inputs are passed through. Outputs that aren't a scalar are
    weighted with fixed random cotangents: a mistake in any of them shows, whichever it is in.

    kwargs        keyword arguments of fn
    parameters    a module, or tensors by name, whose gradients are checked as well (of a function that refers to them)
    loss          applied to what fn returns
    second_order  check Hessian-vector products (double backward) as well
    outputs       "weighted", or "each": every output against every input, at the given point alone (float64)
    twin          float32, bfloat16 and float16 gradients are held against a float64 twin of the same function at the same rounded
                  numbers where there is one. False: never; True: raise ValueError where there is none
    bounds, name, progress, options: as for gradproof.check
    """
    if not callable(fn):
        raise TypeError(f"fn must be callable, but is {fn!r}")
    if outputs not in ("weighted", "each"):
        raise ValueError(f"outputs must be 'weighted' or 'each', not {outputs!r}")
    bench = Bench(fn, inputs, kwargs or {}, parameters, loss, int(options.get("seed") or 0))
    try:
        for parameter, _ in bench.grads:
            parameter.grad = None
        bench.try_out()
        subject = _subject(bench, name or adapter.title_of(fn), second_order, outputs, twin)
        with torch.no_grad():
            return adapter.run(subject, options, progress, bounds)
    finally:
        bench.finish()


def _subject(bench: Bench, name: str, second_order: bool, outputs: str, twin: bool | None) -> adapter.Subject:
    reason = bench.find_twin() if bench.narrow and twin is not False else "it wasn't asked for"
    if bench.narrow and twin and reason:
        raise ValueError(f"there is no float64 twin: {reason}")
    word, half = str(bench.dtype).removeprefix("torch."), bench.dtype in (torch.float16, torch.bfloat16)
    m, has_twin = bench.outputs_total, bench.narrow and not reason
    if has_twin:
        bench.remarks.append(f"values are those of a float64 twin of the function, at the same {word} numbers")
    elif bench.narrow:
        bench.remarks.append(f"no float64 twin: {reason}")
    stages = stages_of(bench)
    bench.try_linear()
    rounding = bench.rounding() if has_twin and not second_order else None
    beyond, defaults = None, {}
    if rounding is not None and not half and rounding.is_within(adapter.FLOAT32_RTOL, bench.blocks()):
        defaults = {"rtol": adapter.FLOAT32_RTOL}
    elif rounding is not None:
        beyond, lines = rounding.beyond(bench.blocks(), word, eps_of(bench.dtype), tiny_of(bench.dtype))
        bench.remarks += lines
    elif half and not has_twin:  # other points aren't numbers of this precision
        defaults = {"rtol": adapter.HALF_UNITS * eps_of(bench.dtype), "points": 1, "no_descent": True}
    if outputs == "each" and (bench.narrow or second_order):
        raise ValueError("outputs='each' is for float64, and for first derivatives")
    each = outputs == "each" and m > 0
    if m > 1 and not each:
        bench.remarks.append(f"{m} outputs weighted with fixed random cotangents")
    if second_order:
        if has_twin:
            bench.remarks.append("second derivatives, and the gradient that they belong to, are the twin's")
        with_cotangents(bench)
        stages = []
    # Is x float64, and the gradient the twin's? A gradient whose rounding is more than the tolerance was compared with that.
    in_twin = has_twin and (second_order or beyond is not None)
    precision, wide = TWIN if in_twin else OWN, in_twin or not bench.narrow
    subject = adapter.Subject(
        name=f"{name} ({word})" if beyond is not None or half else name, stages=stages, remarks=bench.remarks, defaults=defaults,
        wide_value=has_twin and not wide,
        leaves={held.name: held.numbers().astype(np.float64 if wide else np.float32) for held in bench.tested})
    if each:
        subject.map, subject.vjp, subject.outputs = bench.numbers, bench.pull_back, m
        if len(bench.output_names) > 1 or len(bench.output_names[0][1]) > 1:
            subject.output_names = bench.output_names
        return subject
    subject.value = lambda x: bench.value(x, TWIN if has_twin else OWN)
    subject.gradient = lambda x, g: bench.gradient(x, g, precision)
    if beyond is not None:
        subject.gradient = adapter.with_difference(bench.x0(), eps_of(bench.dtype), beyond, subject.gradient)
    if second_order:
        subject.hvp = lambda x, v, y: bench.product(x, v, y, precision)
    return subject


def assert_gradient(fn: Callable[..., Any], *inputs: Any, **arguments: Any) -> Report:
    """As check, but raises GradientError, an AssertionError, unless the verdict is verified."""
    report = check(fn, *inputs, **arguments)
    if not report.ok:
        raise GradientError(report)
    return report
