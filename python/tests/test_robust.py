"""Mistakes of the caller's, exceptions, interruptions, threads, and memory."""

from __future__ import annotations

import gc
import math
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
import weakref

import numpy as np
import pytest

import gradproof


def square(x):
    return x @ x


def twice(x):
    return 2 * x


X0 = np.array([1.0, -2.0, 0.5])


# ---- mistakes that are named

def recursive():
    inner = [X0]
    inner.append(inner)
    return inner


MISTAKES = {
    "x0 of wide complex numbers": (dict(x0=(X0 + 1j).astype(np.clongdouble)), TypeError,
                                   "only float32, float64, complex64 and complex128 can be checked"),
    "x0 half": (dict(x0=X0.astype(np.float16)), TypeError, "x0: block 'x' is float16: only float32 and float64"),
    "x0 text": (dict(x0="abc"), TypeError, "x0: block 'x' must be a NumPy array, but is str"),
    "x0 None in a list": (dict(x0=[X0, None]), TypeError, r"x0: block 'x\[1\]' must be a NumPy array, but is NoneType"),
    "x0 objects": (dict(x0=np.array([object()])), TypeError, "x0: block 'x' must be real or complex numbers"),
    "x0 booleans": (dict(x0=np.array([True])), TypeError, "x0: block 'x' must be real or complex numbers"),
    "x0 ragged": (dict(x0=[[1.0], [1.0, 2.0]]), ValueError, "x0: block 'x': "),
    "x0 of two dtypes": (dict(x0={"a": X0, "b": X0.astype(np.float32)}), TypeError,
                         "x0: block 'b' is float32, but block 'a' is float64"),
    "x0 empty": (dict(x0={}), ValueError, "x0: there are no arrays"),
    "x0 without numbers": (dict(x0={"a": np.ones((0, 3))}), ValueError, "x0: there are no numbers"),
    "x0 NaN": (dict(x0=np.array([np.nan])), ValueError, "x0: block 'x' holds numbers that aren't finite"),
    "two of one name": (dict(x0={"a": {"b": X0}, "a.b": X0}), ValueError, "two blocks are called 'a.b'"),
    "f returns None": (dict(f=lambda x: None), TypeError, "f returned None: is a return statement missing"),
    "f returns an array": (dict(f=lambda x: x), TypeError, r"f returned an array of shape \(3,\), where one number is needed"),
    "f returns complex": (dict(f=lambda x: 1j), TypeError, "what f returns must be real numbers, but is complex"),
    "f returns text": (dict(f=lambda x: "1"), TypeError, "what f returns must be real numbers, but is str"),
    "grad returns None": (dict(grad=lambda x: None), TypeError, "grad: block 'x' is None: is a return statement missing"),
    "grad of another shape": (dict(grad=lambda x: x[:, None]), ValueError,
                              r"grad: block 'x' must have shape \(3,\), but has \(3, 1\)"),
    "grad a number": (dict(grad=lambda x: 1.0), ValueError, r"grad: block 'x' must have shape \(3,\), but has \(\)"),
    "grad complex": (dict(grad=lambda x: x * 1j), TypeError, "grad: block 'x' must be real numbers"),
    "grad without a key": (dict(x0={"a": X0, "b": X0}, f=lambda p: square(p["a"]), grad=lambda p: {"a": p["a"]}), ValueError,
                           r"grad must have the keys \['a', 'b'\]: missing: \['b'\]"),
    "grad with another key": (dict(x0={"a": X0}, f=lambda p: square(p["a"]), grad=lambda p: {"a": p["a"], "c": 1}), ValueError,
                              r"unknown: \['c'\]"),
    "grad no dict": (dict(x0={"a": X0}, f=lambda p: square(p["a"]), grad=lambda p: p["a"]), TypeError,
                     "grad must be a dict with the keys"),
    "grad too short": (dict(x0=[X0, X0], f=lambda p: square(p[0]), grad=lambda p: [p[0]]), ValueError,
                       "grad must have 2 elements, but has 1"),
    "f not callable": (dict(f=3), TypeError, "f must be callable, but is 3"),
    "nothing to check": (dict(grad=None), TypeError, "there is nothing to check"),
    "unknown option": (dict(rtoll=1), TypeError, r"there is no option rtoll \(did you mean rtol\?\); known are rtol, atol, points"),
    "negative tolerance": (dict(rtol=-1), ValueError, "option rtol must be positive and finite, not -1"),
    "tolerance of text": (dict(rtol="1e-3"), TypeError, "option rtol must be a number, not '1e-3'"),
    "points of a half": (dict(points=0.5), TypeError, "option points must be an integer"),
    "negative seed": (dict(seed=-1), ValueError, r"option seed must be in \[0, 2\*\*64\)"),
    "another strategy": (dict(strategy="best"), ValueError, "option strategy must be one of auto, full, project, sample"),
    "confidence of one": (dict(confidence=1), ValueError, "confidence"),
    "bounds of another shape": (dict(bounds=(np.zeros(2), None)), ValueError, r"lower bounds: block 'x' must have shape \(3,\)"),
    "bounds crossed": (dict(bounds=(1, 0)), ValueError, "bound"),
    "parts of one": (dict(parts={"a": (square, twice)}), ValueError, "parts: give two or more"),
    "parts without gradients": (dict(parts={"a": square, "b": square}), TypeError, r"parts: 'a' must be a pair \(f, grad\)"),
    "no examples": (dict(examples=0), ValueError, "examples"),
    "batch size of none": (dict(batch_size=0), ValueError, "batch_size"),
    "x0 masked": (dict(x0=np.ma.array(X0, mask=[0, 1, 0])), TypeError, "x0: block 'x' is a masked array"),
    "x0 in itself": (dict(x0=recursive()), ValueError, "x0: it is nested too deeply, or contains itself"),
    "a flag of text": (dict(self_test="no"), TypeError, "option self_test must be True or False, not 'no'"),
    "bounds by pairs": (dict(bounds=[(0, 1)] * 3), TypeError, "of pairs as for scipy.optimize: zip"),
    "name no str": (dict(name=3), TypeError, "name must be a str, not int"),
    "both kinds": (dict(vjp=lambda x, u: u), TypeError, "check them one after the other"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named(case):
    arguments, kind, message = MISTAKES[case]
    arguments = {"f": square, "grad": twice, "x0": X0} | arguments
    with pytest.raises(kind, match=message):
        gradproof.check(**arguments)


def test_x_is_read_only():
    def f(x):
        x[0] = 1
        return square(x)

    with pytest.raises(ValueError, match="read-only"):
        gradproof.check(f, twice, X0)


def test_nan_is_outside_of_the_domain():
    f = lambda x: np.log(x[0]) if x[0] > 0 else np.nan
    assert gradproof.check(f, lambda x: 1 / x, np.array([1e-3])).ok
    assert gradproof.check(lambda x: np.nan, twice, X0).verdict == "failed"
    assert [cause.kind for cause in gradproof.check(square, lambda x: x * np.nan, X0).diagnosis] == ["nonfinite"]


# ---- exceptions


def test_exceptions_come_out_as_they_were_raised():
    class Odd(Exception):
        pass

    raised = Odd("here")

    def f(x):
        raise raised

    with pytest.raises(Odd) as caught:
        gradproof.check(f, twice, X0)
    assert caught.value is raised
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "f"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have no notes")
def test_exceptions_elsewhere_say_so():
    def f(x):
        return math.log(x[0] - 1)

    with pytest.raises(ValueError) as caught:
        gradproof.check(f, lambda x: 1 / x, np.array([1.0]))
    assert not hasattr(caught.value, "__notes__")
    with pytest.raises(ValueError) as caught:
        gradproof.check(lambda x: math.sqrt(x[0] - 1), lambda x: x, np.array([1.0]))
    assert "gradproof called f at another point than x0" in caught.value.__notes__[0]


def test_floating_point_warnings_are_off_meanwhile():
    """As in a test suite in which warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradproof.check(lambda x: np.log(x).sum(), lambda x: 1 / x, np.array([1e-3, 1.0])).ok
        with pytest.raises(RuntimeWarning):
            np.log(np.zeros(1))


@pytest.mark.parametrize("call", [1, 3, 20])
@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, MemoryError, GeneratorExit])
def test_any_exception_ends_the_check(call, kind):
    calls = []

    def f(x):
        calls.append(1)
        if len(calls) == call:
            raise kind
        return square(x)

    with pytest.raises(kind):
        gradproof.check(f, twice, X0)
    assert len(calls) == call


@pytest.fixture
def interruptible():
    """Ctrl-C as Python takes it, also where tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_leaves_the_report_so_far(interruptible):
    calls = []

    def f(x):
        calls.append(1)
        if len(calls) == 500:
            os.kill(os.getpid(), signal.SIGINT)
        return square(x)

    with pytest.raises(KeyboardInterrupt) as caught:
        gradproof.check(f, twice, np.ones(400), strategy="full")
    report = caught.value.report
    assert report.interrupted and report.verdict == "inconclusive"
    assert "interrupted" in str(report)


def test_ctrl_c_from_outside():
    """In a process of its own, which sleeps most of the time."""
    code = ("import numpy as np, gradproof, signal, time, sys\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "calls = []\n"
            "def f(x):\n    calls.append(1)\n    len(calls) == 20 and print('on', flush=True)\n"
            "    time.sleep(0.001)\n    return x @ x\n"
            "try:\n    gradproof.check(f, lambda x: 2 * x, np.ones(10000), strategy='full')\n"
            "except KeyboardInterrupt as e:\n    print(e.report.interrupted)\n")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "on\n"
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=20)[0] == "True\n"


# ---- functions that keep what they are given


class Memo:
    """Keeps x without copying it, and what it has worked out for it: right where each call gets an array of its own."""

    def __init__(self, same):
        self.x, self.same = None, same

    def forward(self, x):
        if self.x is None or not self.same(x, self.x):
            self.x, self.h = x, np.tanh(x)
        return self.h

    def f(self, x):
        return self.forward(x).sum()

    def grad(self, x):
        return 1 - self.forward(x) ** 2


@pytest.mark.parametrize("same", [np.array_equal, lambda a, b: a is b], ids=["by value", "by identity"])
@pytest.mark.parametrize("strategy", ["full", "project"])
def test_a_memo_of_x_is_no_mistake(same, strategy):
    memo = Memo(same)
    assert gradproof.check(memo.f, memo.grad, np.linspace(-1, 1, 50), strategy=strategy).ok
    memo = Memo(same)
    assert gradproof.check(None, None, np.linspace(-1, 1, 50), value_and_grad=lambda x: (memo.f(x), memo.grad(x)),
                           strategy=strategy).ok


def test_what_is_kept_can_be_read_after_the_check():
    kept, calls = [], []

    def f(x):
        calls.append(1)
        if len(calls) > 10:  # long after the check's own trial of the callbacks
            kept.append(x["b"][::2])
        return square(x["a"]) + square(x["b"])

    x0 = {"a": np.ones(100), "b": np.full(300, 2.0)}
    assert gradproof.check(f, lambda x: {"a": 2 * x["a"], "b": 2 * x["b"]}, x0).ok
    gc.collect()
    spoil = [np.full(400, np.nan) for _ in range(1000)]
    assert len(kept) > 50 and len(spoil) == 1000
    for view in kept[1:]:  # the first was a view of what the check went on with
        assert np.allclose(view, 2, atol=2)
    assert np.isfinite(kept[0]).all()


def test_views_are_no_copies():
    """Once it is known that f keeps nothing it sees the same memory again and again."""
    seen = set()

    def f(x):
        seen.add(x.__array_interface__["data"][0])
        return square(x)

    report = gradproof.check(f, twice, np.ones(1000), strategy="full")
    assert report.value_evaluations > 1000 and len(seen) <= 5


def test_changed_containers_do_no_harm():
    def f(p):
        p["a"] = p.pop("a") * 1.0
        p["layers"].append(3)
        return square(p["a"]) + square(p["layers"][0])

    def grad(p):
        return {"a": 2 * p.pop("a"), "layers": [2 * p["layers"].pop()]}

    assert gradproof.check(f, grad, {"a": X0, "layers": [X0]}).ok


def test_a_gradient_in_a_buffer_of_the_caller_s():
    buffer = np.empty(3)

    def f(x):
        buffer[:] = np.nan
        return square(x)

    assert gradproof.check(f, lambda x: np.multiply(2, x, out=buffer), X0).ok


def test_x0_is_not_kept_nor_changed():
    x0 = X0.copy()
    count = sys.getrefcount(x0)
    gradproof.check(square, twice, x0)
    assert np.array_equal(x0, X0)
    assert sys.getrefcount(x0) == count
    x0 = np.broadcast_to(1.5, 3)
    assert gradproof.check(square, twice, x0).ok


# ---- several at once


def test_a_check_within_a_check():
    def f(x):
        assert gradproof.check(square, twice, X0).ok
        return square(x)

    assert gradproof.check(f, twice, X0).ok


def test_threads():
    failures = []

    def work(seed):
        x0 = np.random.default_rng(seed).normal(size=20)
        for _ in range(10):
            if not gradproof.check(square, twice, x0).ok or gradproof.check(square, lambda x: x, x0).ok:
                failures.append(seed)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_the_gil_is_free_where_f_releases_it():
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()

    def f(x):
        time.sleep(0.002)
        return square(x)

    gradproof.check(f, twice, X0)
    done.set()
    thread.join()
    assert len(ticks) > 5


def test_a_fork_in_f():
    def f(x):
        if len(forked) < 3:
            child = os.fork()
            if child == 0:
                os._exit(int(square(x) != square(x)))
            forked.append(os.waitpid(child, 0)[1])
        return square(x)

    forked: list[int] = []
    assert gradproof.check(f, twice, X0).ok
    assert forked == [0, 0, 0]


# ---- memory


def small_checks():
    x0 = {"a": np.ones(2), "b": [np.ones(1)]}
    f = lambda p: square(p["a"]) + square(p["b"][0])
    grad = lambda p: {"a": 2 * p["a"], "b": [2 * p["b"][0]]}
    options = dict(points=1, no_descent=True)

    def right():
        str(gradproof.check(f, grad, x0, **options))

    def wrong():
        block = gradproof.check(f, lambda p: {"a": p["a"], "b": [p["b"][0]]}, x0, **options).blocks["a"]
        block.table, block.diagnosis

    def raising():
        with pytest.raises(ZeroDivisionError):
            gradproof.check(f, lambda p: 1 / 0, x0, **options)

    def keeping():
        kept = []
        gradproof.check(lambda p: kept.append(p) or f(p), grad, x0, **options)

    def refused():
        with pytest.raises(TypeError):
            gradproof.check(f, grad, x0, rtoll=1)

    def of_a_map():
        gradproof.check(lambda x: x**2, None, X0, vjp=lambda x, u: 2 * x * u, jac=lambda x: np.diag(2 * x), **options)

    return [right, wrong, raising, keeping, refused, of_a_map]


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("kind", range(6), ids=["right", "wrong", "raising", "keeping", "refused", "map"])
def test_nothing_leaks(kind):
    once = small_checks()[kind]
    count = int(os.environ.get("GRADPROOF_LEAK_CHECKS", "300"))
    for _ in range(50):
        once()
    gc.collect()
    blocks, bytes_before = sys.getallocatedblocks(), resident()
    for _ in range(count):
        once()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 200 + count / 10  # one object a check would be `count` of them
    assert resident() - bytes_before < 4e6 + 1000 * count  # the memory of x is a hundred times as much


def test_arrays_end_with_their_reports():
    report = gradproof.check(square, twice, X0)
    array = weakref.ref(report.blocks["x"].table.bound)
    del report
    gc.collect()
    assert array() is None


# ---- worker processes, where they are asked for


def test_worker_processes():
    pids = []

    def f(x):
        pids.append(os.getpid())
        return square(x)

    x0 = np.linspace(1, 2, 40)
    one = gradproof.check(f, twice, x0, strategy="full")
    calls = len(pids)
    pids.clear()
    several = gradproof.check(f, twice, x0, strategy="full", jobs=2)
    assert set(pids) == {os.getpid()} and len(pids) < calls  # the rest were called elsewhere
    assert several.ok and several.resolution == one.resolution


def test_worker_processes_need_a_process_without_threads():
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with pytest.raises(ValueError, match="jobs: .*there are 1"):
            gradproof.check(square, twice, X0, jobs=2)
    finally:
        done.set()
        thread.join()
