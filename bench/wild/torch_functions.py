"""PyTorch: derivatives of functions that are wrong, or missing without a word.

ctc_loss         The gradient is that of the loss as a function of logits behind a log_softmax, exp(log_probs) - posterior; by log_probs
                 themselves it is -posterior. They agree only once they have passed through log_softmax.
                 Truth: all alignments, one by one.
cosine_similarity  x y / (max(|x|, eps) max(|y|, eps)) is linear in an x shorter than eps; the gradient is that of x / |x|, times |x| / eps.
                 Truth: y / (eps |y|).
sinc             (cos(pi x) pi x - sin(pi x)) / (pi x^2) cancels for small x: float32 has no right digit below 1e-4.
                 Truth: the same with 50 digits.
special.*        airy_ai and a dozen of polynomials and Bessel functions return tensors that don't require grad, without an error, so that
                 whatever they are part of is differentiated as if they were constants.
                 Truth: mpmath's derivatives.
Gamma.rsample    The implicit derivative of a sample by its concentration is an approximation, in float64 too.
                 Truth: the quantile at the sample's own probability, differentiated by mpmath.
"""

import itertools

import mpmath
import numpy as np
import scipy.special
import torch

import gradproof.torch

from wild import check, report

mpmath.mp.dps = 50
PACKAGE = f"PyTorch {torch.__version__}"


def leaf(values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def show(name, function, x, truth):
    (slope,) = torch.autograd.grad(function(x), x, allow_unused=True) if function(x).requires_grad else (None,)
    theirs = np.zeros(x.shape) if slope is None else slope.numpy()
    report(PACKAGE, gradproof.torch.check(function, x, name=name, progress=False), theirs, truth)


def collapse(path):
    return tuple(k for k, _ in itertools.groupby(path) if k != 0)


def ctc_loss():
    frames, symbols, target = 4, 3, (1, 2)
    lp = np.log(np.random.default_rng(0).dirichlet(np.ones(symbols), size=frames))
    total, posterior = 0.0, np.zeros((frames, symbols))
    for path in itertools.product(range(symbols), repeat=frames):
        if collapse(path) == target:
            probability = np.exp(sum(lp[t, k] for t, k in enumerate(path)))
            total += probability
            for t, k in enumerate(path):
                posterior[t, k] += probability

    def loss(x):
        return torch.nn.functional.ctc_loss(x, torch.tensor([target]), (frames,), (len(target),), reduction="sum")

    x = leaf(lp)
    assert abs(loss(x).item() + np.log(total)) < 1e-12
    show("ctc_loss by log_probs", loss, x, -posterior / total)


def cosine_similarity():
    x, y = np.array([3e-9, 4e-9]), np.array([2.0, 0.0])
    show("cosine_similarity, |x| < eps", lambda t: torch.nn.functional.cosine_similarity(t, torch.tensor(y), dim=0), leaf(x),
         y / (1e-8 * np.linalg.norm(y)))


def sinc():
    x = leaf([1e-5, 1e-4, 1e-3], torch.float32)
    exact = [mpmath.mpf(v.item()) for v in x]
    truth = [float((mpmath.cos(mpmath.pi * v) * mpmath.pi * v - mpmath.sin(mpmath.pi * v)) / (mpmath.pi * v**2)) for v in exact]
    show("sinc, float32", lambda t: torch.sinc(t).sum(), x, truth)


def special():
    x = leaf([0.3, 0.6, 0.8])
    values = x.detach().tolist()
    n = torch.tensor(3.0, dtype=torch.float64)
    truths = {
        "airy_ai": (torch.special.airy_ai, [mpmath.airyai(v, derivative=1) for v in values]),
        "spherical_bessel_j0": (torch.special.spherical_bessel_j0, [mpmath.diff(lambda t: mpmath.sin(t) / t, v) for v in values]),
        "scaled_modified_bessel_k0": (torch.special.scaled_modified_bessel_k0,
                                      [mpmath.diff(lambda t: mpmath.exp(t) * mpmath.besselk(0, t), v) for v in values]),
        "chebyshev_polynomial_t": (lambda t: torch.special.chebyshev_polynomial_t(t, n), [12 * v**2 - 3 for v in values]),
        "legendre_polynomial_p": (lambda t: torch.special.legendre_polynomial_p(t, n), [(15 * v**2 - 3) / 2 for v in values]),
    }
    for name, (function, truth) in truths.items():
        show(f"special.{name}", lambda t, f=function: f(t).sum(), x, [float(v) for v in truth])


def gamma():
    concentration, sample = np.array([0.5, 8.0, 8.0]), np.array([0.85, 13.6, 8.0])
    u = scipy.special.gammainc(concentration, sample)

    def quantile(a, p, near):
        return mpmath.findroot(lambda t: mpmath.gammainc(a, 0, t, regularized=True) - p, near)

    truth = []
    for a, s in zip(concentration, sample):
        p = mpmath.gammainc(a, 0, s, regularized=True)
        truth.append(float(mpmath.diff(lambda t: quantile(t, p, s), mpmath.mpf(a), h=mpmath.mpf(10) ** -15)))

    def implicit(a):  # what rsample's backward pass multiplies by
        return torch._standard_gamma_grad(torch.tensor(a), torch.tensor(sample)).numpy()

    found = check(lambda a: float(np.sum(scipy.special.gammaincinv(a, u))), implicit, concentration, name="Gamma.rsample",
                  points=1, no_descent=True)
    report(PACKAGE, found, implicit(concentration), truth)


def main():
    torch.set_num_threads(1)
    for part in (ctc_loss, cosine_similarity, sinc, special, gamma):
        part()


if __name__ == "__main__":
    main()
