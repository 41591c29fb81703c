#!/usr/bin/env python3
"""Checkers from Python packages on the corpus: peers.py LIBRARY CHECKER [--seed S] [--data FILE.csv]

Each at its defaults, on the same functions, points and mistakes as gradproof. Prints a line of JSON a check;
exits with 77 where its package isn't installed."""
import ctypes
import importlib
import sys
import time

NAMES = {
    "torch-slow": "torch gradcheck, slow",
    "torch-fast": "torch gradcheck, fast_mode",
    "jax": "jax check_grads",
    "scipy": "SciPy check_grad <= 1e-5",
    "scipy-differentiate": "SciPy differentiate",
    "numdifftools": "numdifftools",
}
FLOAT32_TOO = {"torch-slow", "torch-fast", "jax"}


class Corpus:
    """The shared object, with NumPy arrays in and out."""

    def __init__(self, path, seed, data):
        self.library = ctypes.CDLL(path)
        for name in ("corpus_open",):
            getattr(self.library, name).restype = ctypes.c_void_p
        for name in ("corpus_problems", "corpus_take", "corpus_mistakes"):
            getattr(self.library, name).restype = ctypes.c_size_t
        self.library.corpus_value.restype = ctypes.c_double
        self.handle = ctypes.c_void_p(
            self.library.corpus_open(ctypes.c_uint64(seed), data.encode()))
        self.problems = self.library.corpus_problems(self.handle)
        self.evaluations = 0

    @staticmethod
    def pointer(array):
        return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))

    def take(self, number, narrow):
        self.n = self.library.corpus_take(self.handle, ctypes.c_size_t(number), int(narrow))
        if self.n:
            self.x = np.zeros(self.n)
            self.library.corpus_start(self.handle, self.pointer(self.x))
            self.mistakes = self.library.corpus_mistakes(self.handle)
        return self.n

    def plant(self, k):
        self.library.corpus_plant(self.handle, ctypes.c_size_t(k))
        self.evaluations = 0

    def value(self, x):
        self.evaluations += 1
        x = np.ascontiguousarray(x, dtype=np.float64)
        return self.library.corpus_value(self.handle, self.pointer(x))

    def gradient(self, x):
        x = np.ascontiguousarray(x, dtype=np.float64)
        g = np.zeros(self.n)
        self.library.corpus_gradient(self.handle, self.pointer(x), self.pointer(g))
        return g

    def tell(self, checker, accepted, seconds):
        self.library.corpus_tell(self.handle, checker.encode(), int(bool(accepted)),
                                 ctypes.c_size_t(self.evaluations), ctypes.c_double(seconds))


def torch_checker(corpus, fast):
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return x.new_tensor(corpus.value(x.detach().numpy()))

        @staticmethod
        def backward(context, upstream):
            (x,) = context.saved_tensors
            g = corpus.gradient(x.detach().numpy())
            return upstream * x.new_tensor(g)

    def check(x, narrow):
        point = torch.tensor(x, dtype=torch.float32 if narrow else torch.float64,
                             requires_grad=True)
        return torch.autograd.gradcheck(Function.apply, (point,), raise_exception=False,
                                        fast_mode=fast)

    return check


def jax_checker(corpus):
    import jax
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from jax.test_util import check_grads

    @jax.custom_vjp
    def plain(x):
        out = jax.ShapeDtypeStruct((), x.dtype)
        return jax.pure_callback(lambda at: np.asarray(corpus.value(np.asarray(at)), at.dtype), out,
                                 x)

    def forward(x):
        return plain(x), x

    def backward(x, upstream):
        out = jax.ShapeDtypeStruct(x.shape, x.dtype)
        g = jax.pure_callback(
            lambda at: np.asarray(corpus.gradient(np.asarray(at)), at.dtype), out, x)
        return (upstream * g,)

    plain.defvjp(forward, backward)
    function = jax.jit(plain)

    def check(x, narrow):
        point = jnp.asarray(x, dtype=jnp.float32 if narrow else jnp.float64)
        check_grads(function, (point,), order=1, modes=["rev"])  # raises
        return True

    return check


def scipy_checker(corpus):
    from scipy.optimize import check_grad

    return lambda x, narrow: check_grad(corpus.value, corpus.gradient, x) <= 1e-5


def differentiate_checker(corpus):
    """SciPy's derivative for each entry; a gradient is right where it is within SciPy's own error estimate,
    and 1e-5 relative."""
    from scipy.differentiate import derivative

    def check(x, narrow):
        g = corpus.gradient(x)
        for i in range(len(x)):
            def along(t, i=i):
                flat = np.ravel(t)
                values = np.empty(flat.shape)
                for k, s in enumerate(flat):
                    moved = x.copy()
                    moved[i] = s
                    values[k] = corpus.value(moved)
                return values.reshape(np.shape(t))
            result = derivative(along, x[i])
            slack = 1e-5 * max(abs(g[i]), abs(float(result.df))) + float(result.error)
            if not abs(float(result.df) - g[i]) <= slack:
                return False
        return True

    return check


def numdifftools_checker(corpus):
    import numdifftools

    def check(x, narrow):
        d = numdifftools.Gradient(corpus.value)(x)
        return np.allclose(corpus.gradient(x), d)

    return check


CHECKERS = {
    "torch-slow": ("torch", lambda c: torch_checker(c, False)),
    "torch-fast": ("torch", lambda c: torch_checker(c, True)),
    "jax": ("jax", jax_checker),
    "scipy": ("scipy.optimize", scipy_checker),
    "scipy-differentiate": ("scipy.differentiate", differentiate_checker),
    "numdifftools": ("numdifftools", numdifftools_checker),
}


def main():
    library, name = sys.argv[1], sys.argv[2]
    options = dict(zip(sys.argv[3::2], sys.argv[4::2]))
    package, make = CHECKERS[name]
    try:
        globals()["np"] = importlib.import_module("numpy")
        importlib.import_module(package)
    except ImportError:
        sys.exit(77)
    import warnings
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    corpus = Corpus(library, int(options.get("--seed", 1)), options.get("--data", ""))
    check = make(corpus)
    for number in range(corpus.problems):
        for narrow in (False, True) if name in FLOAT32_TOO else (False,):
            if not corpus.take(number, narrow):
                continue
            for k in range(corpus.mistakes + 1):
                corpus.plant(k)
                start = time.perf_counter()
                try:
                    accepted = check(corpus.x.copy(), narrow)
                except Exception:  # a checker that raises has refused the gradient
                    accepted = False
                corpus.tell(NAMES[name], accepted, time.perf_counter() - start)


main()
