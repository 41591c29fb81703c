"""JAX: a gradient that is NaN where value and derivative are finite, and a float64 function with the digits of float32.

truncnorm.logpdf  With a = 10 and more the value is right, and its derivative by a is NaN.
                  Truth: phi(a) / (Phi(b) - Phi(a)), with 50 digits.
dot_product_attention  Of float64 arrays, with 64-bit numbers enabled, the result is float64 and off by 1e-7: the softmax is computed
                  in float32.
                  Truth: the formula in NumPy.
"""

import jax
import mpmath
import numpy as np

import gradproof.jax

from wild import report

mpmath.mp.dps = 50
PACKAGE = f"JAX {jax.__version__}"


def truncnorm():
    x, a, b = 31.0, 30.0, 40.0

    def logpdf(lower):
        return jax.scipy.stats.truncnorm.logpdf(x, lower, b)

    interval = (mpmath.erfc(a / mpmath.sqrt(2)) - mpmath.erfc(b / mpmath.sqrt(2))) / 2
    truth = mpmath.npdf(a) / interval
    lower = np.array(a)
    with jax.enable_x64(True):
        value, theirs = float(logpdf(lower)), np.asarray(jax.grad(logpdf)(lower))
    assert abs(value - float(mpmath.log(mpmath.npdf(x) / interval))) < 1e-9
    report(PACKAGE, gradproof.jax.check(logpdf, lower, name="truncnorm.logpdf by a", progress=False), theirs, float(truth))


def attention():
    q, k, v = (np.random.default_rng(seed).normal(size=(1, 4, 2, 3)) for seed in range(3))
    with jax.enable_x64(True):
        theirs = np.asarray(jax.nn.dot_product_attention(q, k, v))
    logits = np.einsum("btnh,bsnh->bnts", q, k) / np.sqrt(3)
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    truth = np.einsum("bnts,bsnh->btnh", shares, v)
    found = gradproof.jax.check(jax.nn.dot_product_attention, q, k, v, progress=False)
    print(f"{PACKAGE}: {found.text(quiet=True).strip()}")
    print(f"  of float64 arrays it returns {theirs.dtype}, off by {abs(theirs - truth).max():.2g}\n")


def main():
    for part in (truncnorm, attention):
        part()


if __name__ == "__main__":
    main()
