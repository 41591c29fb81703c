"""What the scripts of this folder share."""

import sys

import numpy as np

import gradproof


def check(*arguments, **keywords):
    return gradproof.check(*arguments, progress=False, **keywords)


def report(package, found, theirs, truth):
    """Prints what gradproof says of a derivative of a package, and how far it is from the independent one. The estimates must agree
    with that: it is what the script stands for."""
    theirs, truth = np.asarray(theirs, float).ravel(), np.asarray(truth, float).ravel()
    size = np.max(np.abs(truth))
    print(f"{package}: {found.text(quiet=True).strip()}")
    for cause in found.diagnosis:
        print(f"  {cause}")
    print(f"  largest difference from the independent derivative: {np.max(np.abs(theirs - truth)) / size:.2g} of the largest entry")
    estimates = np.concatenate([block.numeric.ravel() for block in found.blocks.values()])
    bounds = np.concatenate([block.bound.ravel() for block in found.blocks.values()])
    known = np.isfinite(bounds) & (bounds > 0)
    off = np.abs(estimates - truth)[known] > bounds[known] + 1e-8 * size
    if off.any():
        sys.exit(f"  gradproof's estimates and the independent derivative differ in {off.sum()} entries")
    print(f"  gradproof's estimates agree with it in all {known.sum()} entries that have one\n")


class Sweep:
    """Every derivative of a package that can be called, one line for each that isn't verified."""

    def __init__(self, package):
        self.package, self.verdicts = package, []

    def scalar(self, name, f, grad, x, **more):
        x = np.atleast_1d(np.asarray(x, float))
        try:
            found = check(f, grad, x, name=name, **more)
        except Exception as error:  # the package's own, which is no verdict
            print(f"{self.package}: {name}: {type(error).__name__}: {str(error)[:100]}")
            return
        self._add(found)

    def both(self, name, value_and_grad, x, **more):
        self.scalar(name, None, None, x, value_and_grad=value_and_grad, **more)

    def elementwise(self, name, f, derivative, x, **more):
        """A function of each number by itself."""
        x = np.asarray(x, float)
        self.scalar(name, lambda v: float(np.sum(f(v))), lambda v: np.real(derivative(v)) * np.ones_like(v), x, **more)

    def map(self, name, f, jac, x):
        self.scalar(name, f, None, x, jac=jac)

    def _add(self, found):
        self.verdicts.append(found.verdict)
        if not found.ok:
            print(f"{self.package}: {found.text(quiet=True).strip()}")
            for cause in found.diagnosis[:2]:
                print(f"  {cause}")

    def summary(self):
        counts = {verdict: self.verdicts.count(verdict) for verdict in sorted(set(self.verdicts))}
        print(f"{self.package}: {len(self.verdicts)} derivatives: "
              + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + "\n")
