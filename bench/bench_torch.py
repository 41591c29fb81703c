#!/usr/bin/env python3
"""How long a whole check takes: gradproof.torch beside torch.autograd.gradcheck, one thread, in turns in one process: of 20
functions of up to 200 numbers beside its slow and its fast mode, and of modules of 10^4 to 10^6 parameters beside its fast mode.

    python bench/bench_torch.py [REPEATS [functions | modules]]

A row shows the least of REPEATS (5) times each, CPU time in milliseconds, and gradproof's verdict; of functions the last row is the
median of the ratios. Of a module, "at the point" is the check at the given point alone, which is what gradcheck looks at, and
"function" what its evaluations, one by one, would take without a check.
"""

import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch.autograd import gradcheck

import gradproof.torch

torch.set_num_threads(1)
torch.manual_seed(0)


def R(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * s * (1 + x * (1 - s))


class Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        return x @ w.T + b

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w, g.T @ x, g.sum(0)


T = torch.tensor([0, 2, 1, 3, 0, 1, 2, 3])
FUNCTIONS = {
    "tanh": (torch.tanh, [R(10, 10)]),
    "gelu": (F.gelu, [R(10, 20)]),
    "swish, own backward": (Swish.apply, [R(10, 20)]),
    "softmax": (lambda x: F.softmax(x, -1), [R(8, 16)]),
    "log_softmax": (lambda x: F.log_softmax(x, -1), [R(8, 16)]),
    "cross_entropy": (lambda x: F.cross_entropy(x, T), [R(8, 16)]),
    "mse_loss": (F.mse_loss, [R(10, 10), R(10, 10)]),
    "linear": (F.linear, [R(6, 8), R(10, 8), R(10)]),
    "affine, own backward": (Affine.apply, [R(6, 8), R(10, 8), R(10)]),
    "bilinear": (F.bilinear, [R(4, 4), R(4, 4), R(4, 4, 4), R(4)]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (12,), w, b), [R(8, 12), R(12), R(12)]),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), [R(2, 4, 5), R(4), R(4)]),
    "conv1d": (F.conv1d, [R(2, 3, 10), R(4, 3, 3), R(4)]),
    "conv2d": (lambda x, w: F.conv2d(x, w, padding=1), [R(1, 2, 6, 6), R(3, 2, 3, 3)]),
    "conv_transpose2d": (lambda x, w: F.conv_transpose2d(x, w, stride=2), [R(1, 2, 4, 4), R(2, 3, 3, 3)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), [R(2, 2, 6, 6)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), [R(2, 2, 6, 6)]),
    "attention": (F.scaled_dot_product_attention, [R(1, 2, 4, 6), R(1, 2, 4, 6), R(1, 2, 4, 6)]),
    "cosine_similarity": (F.cosine_similarity, [R(8, 12), R(8, 12)]),
    "cholesky": (lambda x: torch.linalg.cholesky(x @ x.T + 10 * torch.eye(10, dtype=torch.float64)), [R(10, 10)]),
}


def least(repeats, *calls):
    best = [float("inf")] * len(calls)
    for _ in range(repeats):
        for k, call in enumerate(calls):
            start = time.process_time()
            call()
            best[k] = min(best[k], time.process_time() - start)
    return [1e3 * seconds for seconds in best]


def modules(repeats):
    print(f"{'parameters':>10} {'gradproof':>10} {'at the point':>12} {'function':>9} {'float32':>9} {'fast':>9}   ratios        "
          "verdicts, evaluations")
    for width in (60, 280, 960):
        module = torch.nn.Sequential(torch.nn.Linear(64, width), torch.nn.Tanh(), torch.nn.Linear(width, width), torch.nn.Tanh(),
                                     torch.nn.Linear(width, 4)).double()
        narrow = torch.nn.Sequential(*(type(each)(each.in_features, each.out_features) if isinstance(each, torch.nn.Linear)
                                       else torch.nn.Tanh() for each in module)).float()
        x, labels = torch.randn(32, 64, dtype=torch.float64), torch.randint(4, (32,))
        loss = lambda y: F.cross_entropy(y, labels)
        parameters = list(module.parameters())
        call = lambda *_: loss(module(x))
        checks = [lambda: gradproof.torch.check(module, x, loss=loss),
                  lambda: gradproof.torch.check(module, x, loss=loss, points=1, no_descent=True),
                  lambda: gradproof.torch.check(narrow, x.float(), loss=loss)]
        reports = [check() for check in checks]
        ours, point, single, fast = least(repeats, *checks, lambda: gradcheck(call, parameters, fast_mode=True))
        value, slope = least(repeats, lambda: plain(call, torch.no_grad()), lambda: torch.autograd.grad(call(), parameters))
        inside = reports[0].value_evaluations * value + reports[0].gradient_evaluations * slope
        print(f"{sum(p.numel() for p in parameters):10} {ours:10.1f} {point:12.1f} {inside:9.1f} {single:9.1f} {fast:9.1f}  "
              f"{ours / fast:5.2f} {point / fast:5.2f}   {', '.join(report.verdict for report in reports)}, "
              f"{reports[0].value_evaluations} + {reports[0].gradient_evaluations}", flush=True)


def plain(call, context):
    with context:
        return call()


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    wanted = sys.argv[2] if len(sys.argv) > 2 else "functions modules"
    if "functions" in wanted:
        functions(repeats)
    if "modules" in wanted:
        modules(repeats)


def functions(repeats):
    ratios = []
    print(f"{'':22} {'n':>4} {'gradproof':>10} {'slow':>9} {'fast':>9}   ratios      verdict, evaluations")
    for name, (f, inputs) in FUNCTIONS.items():
        report = gradproof.torch.check(f, *inputs)
        ours, slow, fast = least(repeats, lambda: gradproof.torch.check(f, *inputs), lambda: gradcheck(f, inputs),
                                 lambda: gradcheck(f, inputs, fast_mode=True))
        ratios.append((ours / slow, ours / fast))
        n = sum(x.numel() for x in inputs)
        print(f"{name:22} {n:4} {ours:10.2f} {slow:9.2f} {fast:9.2f}  {ours / slow:5.2f} {ours / fast:5.2f}   {report.verdict}, "
              f"{report.value_evaluations} + {report.gradient_evaluations}", flush=True)
    slow, fast = (statistics.median(column) for column in zip(*ratios))
    print(f"{'median':22} {'':38} {slow:5.2f} {fast:5.2f}")


if __name__ == "__main__":
    main()
