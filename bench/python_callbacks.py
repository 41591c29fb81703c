#!/usr/bin/env python3
"""bench/python_callbacks.py: what an evaluation of a Python function costs in a check with n = 1,000, in microseconds of CPU time:
the function by itself, and all that surrounds it, the C library's part (about 1) included. Run it with a Python that has gradproof,
such as build/python/bin/python after `make test`."""
import time

import numpy as np

import gradproof

X = np.linspace(1, 2, 1000)
CASES = {
    "one array": (lambda x: float(x.dot(x)) / 2, lambda x: x, X),
    "a list of 2": (lambda x: float(x[0].dot(x[0])) / 2, lambda x: [x[0], np.zeros(500)], [X[:500], X[500:]]),
    "a dict of 4": (lambda x: float(x["a"].dot(x["a"])) / 2,
                    lambda x: {"a": x["a"], "b": np.zeros(250), "c": np.zeros(250), "d": np.zeros((10, 25))},
                    {"a": X[:250], "b": X[:250], "c": X[:250], "d": X[:250].reshape(10, 25)}),
}


def seconds(work):
    start = time.thread_time()
    work()
    return time.thread_time() - start


print(f"{'x':<12} {'function':>9} {'rest':>6}  whole check")
for name, (f, grad, x0) in CASES.items():
    alone = min(seconds(lambda: [f(x0) for _ in range(10000)]) / 10000 for _ in range(5))
    evaluations = gradproof.check(f, grad, x0, strategy="full").value_evaluations
    whole = min(seconds(lambda: gradproof.check(f, grad, x0, strategy="full")) for _ in range(7))
    print(f"{name:<12} {1e6 * alone:>9.2f} {1e6 * (whole / evaluations - alone):>6.2f}  {1e3 * whole:.1f} ms, {evaluations} evaluations")
