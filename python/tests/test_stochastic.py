"""Gradients that are right on average."""

from __future__ import annotations

import numpy as np
import pytest

import gradproof


class Coins:
    """z_i is 1 with probability sigmoid(x_i); the value is (z w - 1)^2."""

    def __init__(self) -> None:
        self.w = np.array([0.5, -1.0, 2.0])
        self.rng = np.random.default_rng(0)

    def set_seed(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def draw(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = 1 / (1 + np.exp(-x))
        return (self.rng.random(x.size) < p).astype(float), p

    def value(self, x: np.ndarray) -> float:
        z, _ = self.draw(x)
        return float((z @ self.w - 1) ** 2)

    def score(self, x: np.ndarray) -> np.ndarray:
        z, p = self.draw(x)
        return ((z @ self.w - 1) ** 2 - 1.0) * (z - p)

    def straight_through(self, x: np.ndarray) -> np.ndarray:
        z, p = self.draw(x)
        return 2 * (z @ self.w - 1) * self.w * p * (1 - p)


X = np.array([0.4, -0.8, 1.1])


def test_the_score_function_is_not_refuted() -> None:
    coins = Coins()
    report = gradproof.check(coins.value, coins.score, X, set_seed=coins.set_seed, stochastic=2048)
    assert report.verdict in ("verified", "inconclusive")


def test_the_straight_through_estimator_is_biased() -> None:
    coins = Coins()
    report = gradproof.check(coins.value, coins.straight_through, X, set_seed=coins.set_seed, stochastic=4096)
    assert report.verdict == "refuted"
    assert "biased" in [cause.kind for cause in report.diagnosis]
    # by enumeration of all coins: d/dx_i E f = p_i (1 - p_i) (E[f | z_i = 1] - E[f | z_i = 0])
    p = 1 / (1 + np.exp(-X))
    exact = np.zeros(3)
    for i in range(3):
        for bits in range(8):
            z = np.array([(bits >> k) & 1 for k in range(3)], float)
            others = np.prod([p[k] if z[k] else 1 - p[k] for k in range(3) if k != i])
            exact[i] += p[i] * (1 - p[i]) * (1 if z[i] else -1) * others * (z @ coins.w - 1) ** 2
    block = report.blocks["x"]
    known = np.isfinite(block.bound)
    assert known.any()
    assert np.all(np.abs(block.numeric - exact)[known] <= block.bound[known] + 0.05 * np.abs(exact).max())


def test_without_a_seed_each_call_draws() -> None:
    coins = Coins()
    report = gradproof.check(coins.value, coins.score, X, stochastic=512)
    assert report.verdict != "refuted"
    assert any("random numbers of its own" in line for line in report.practice)


def test_what_it_does_not_go_with_is_refused() -> None:
    coins = Coins()
    with pytest.raises(ValueError, match="strategy"):
        gradproof.check(coins.value, coins.score, X, stochastic=512, strategy="project")
    with pytest.raises(ValueError, match="64"):
        gradproof.check(coins.value, coins.score, X, stochastic=5)
