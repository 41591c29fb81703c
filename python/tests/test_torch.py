"""gradproof.torch: autograd's gradients of functions and modules, planted mistakes, state, precisions."""

from __future__ import annotations

import dataclasses
import gc
import random
from typing import NamedTuple

import numpy as np
import pytest

import gradproof

torch = pytest.importorskip("torch", reason="PyTorch isn't installed: gradproof.torch is not tested")

import gradproof.torch as gt  # noqa: E402

nn, F = torch.nn, torch.nn.functional
torch.set_num_threads(1)
WIDTH = {torch.float64: 1e-6, torch.float32: 1e-5}  # the resolution that is asked of a verified gradient


def numbers(*shape, low=None, high=None, dtype=torch.float64, grad=True, seed=0):
    """Numbers that are exact in float32, between low and high, or normally distributed."""
    generator = torch.Generator().manual_seed(sum(shape) + 31 * seed)
    if low is None:
        x = torch.randn(shape, generator=generator, dtype=torch.float32)
    else:
        x = low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float32)
    return x.to(dtype).requires_grad_(grad)


def R(*shape, **keywords):
    return lambda dtype: numbers(*shape, dtype=dtype, **keywords)


def fixed(*shape, **keywords):
    return lambda dtype: numbers(*shape, dtype=dtype, grad=False, **keywords)


LABELS = torch.tensor([0, 2, 1, 3, 0, 1])
SIGNS = torch.tensor([1.0, -1, 1, 1, -1, -1])
MASK = torch.tensor([[True, False, True, True]])

# name: function, inputs (functions of the dtype)
OPERATIONS = {
    "relu": (F.relu, [R(4, 5)]),
    "relu6": (lambda x: F.relu6(3 * x), [R(4, 5)]),
    "leaky_relu": (F.leaky_relu, [R(4, 5)]),
    "prelu": (F.prelu, [R(2, 3, 4), R(3, low=0.1, high=0.4)]),
    "elu": (F.elu, [R(4, 5)]),
    "selu": (F.selu, [R(4, 5)]),
    "celu": (F.celu, [R(4, 5)]),
    "gelu": (F.gelu, [R(4, 5)]),
    "gelu tanh": (lambda x: F.gelu(x, approximate="tanh"), [R(4, 5)]),
    "silu": (F.silu, [R(4, 5)]),
    "mish": (F.mish, [R(4, 5)]),
    "softplus": (F.softplus, [R(4, 5)]),
    "softsign": (F.softsign, [R(4, 5)]),
    "tanhshrink": (F.tanhshrink, [R(4, 5)]),
    "softshrink": (F.softshrink, [R(4, 5)]),
    "hardshrink": (F.hardshrink, [R(4, 5)]),
    "hardtanh": (F.hardtanh, [R(4, 5)]),
    "hardswish": (F.hardswish, [R(4, 5)]),
    "hardsigmoid": (F.hardsigmoid, [R(4, 5)]),
    "logsigmoid": (F.logsigmoid, [R(4, 5)]),
    "threshold": (lambda x: F.threshold(x, 0.1, 20.0), [R(4, 5)]),
    "glu": (F.glu, [R(4, 6)]),
    "softmax": (lambda x: F.softmax(x, -1), [R(4, 5)]),
    "softmin": (lambda x: F.softmin(x, -1), [R(4, 5)]),
    "log_softmax": (lambda x: F.log_softmax(x, -1), [R(4, 5)]),
    "normalize": (lambda x: F.normalize(x, dim=-1), [R(4, 5)]),
    "linear": (F.linear, [R(4, 5), R(3, 5), R(3)]),
    "bilinear": (F.bilinear, [R(3, 4), R(3, 2), R(2, 4, 2), R(2)]),
    "conv1d": (F.conv1d, [R(2, 3, 8), R(4, 3, 3), R(4)]),
    "conv2d": (lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1), [R(1, 2, 6, 6), R(3, 2, 3, 3), R(3)]),
    "conv2d groups": (lambda x, w: F.conv2d(x, w, groups=2, dilation=2), [R(1, 2, 6, 6), R(4, 1, 3, 3)]),
    "conv3d": (F.conv3d, [R(1, 1, 3, 3, 3), R(2, 1, 2, 2, 2)]),
    "conv_transpose1d": (F.conv_transpose1d, [R(1, 3, 5), R(3, 2, 3)]),
    "conv_transpose2d": (lambda x, w: F.conv_transpose2d(x, w, stride=2), [R(1, 2, 3, 3), R(2, 3, 3, 3)]),
    "max_pool1d": (lambda x: F.max_pool1d(x, 2), [R(2, 3, 8)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), [R(1, 2, 6, 6)]),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 2), [R(2, 3, 8)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, stride=1, padding=1), [R(1, 2, 5, 5)]),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, 2), [R(1, 2, 5, 5)]),
    "adaptive_max_pool2d": (lambda x: F.adaptive_max_pool2d(x, 2), [R(1, 2, 5, 5)]),
    "lp_pool2d": (lambda x: F.lp_pool2d(x, 3.0, 2), [R(1, 2, 4, 4, low=0.5, high=2)]),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [R(6, 3), R(3), R(3)]),
    "instance_norm": (F.instance_norm, [R(2, 3, 6)]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (5,), w, b), [R(4, 5), R(5), R(5)]),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), [R(2, 4, 3), R(4), R(4)]),
    "rms_norm": (lambda x, w: F.rms_norm(x, (5,), w), [R(4, 5), R(5)]),
    "local_response_norm": (lambda x: F.local_response_norm(x, 3), [R(2, 4, 5)]),
    "embedding": (lambda w: F.embedding(LABELS, w), [R(4, 5)]),
    "embedding_bag": (lambda w: F.embedding_bag(LABELS.reshape(2, 3), w, mode="mean"), [R(4, 5)]),
    "attention": (F.scaled_dot_product_attention, [R(1, 2, 4, 3), R(1, 2, 5, 3), R(1, 2, 5, 3)]),
    "attention causal": (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
                         [R(1, 2, 4, 3), R(1, 2, 4, 3), R(1, 2, 4, 3)]),
    "cross_entropy": (lambda x: F.cross_entropy(x, LABELS), [R(6, 4)]),
    "cross_entropy smooth": (lambda x: F.cross_entropy(x, LABELS, label_smoothing=0.1), [R(6, 4)]),
    "nll_loss": (lambda x: F.nll_loss(x, LABELS), [R(6, 4)]),
    "mse_loss": (F.mse_loss, [R(4, 5), fixed(4, 5, seed=1)]),
    "l1_loss": (F.l1_loss, [R(4, 5), fixed(4, 5, seed=1)]),
    "smooth_l1_loss": (F.smooth_l1_loss, [R(4, 5), fixed(4, 5, seed=1)]),
    "huber_loss": (F.huber_loss, [R(4, 5), fixed(4, 5, seed=1)]),
    "binary_cross_entropy": (F.binary_cross_entropy, [R(6, low=0.1, high=0.9), fixed(6, low=0, high=1, seed=1)]),
    "bce with logits": (F.binary_cross_entropy_with_logits, [R(6), fixed(6, low=0, high=1, seed=1)]),
    "kl_div": (lambda x, y: F.kl_div(F.log_softmax(x, -1), F.softmax(y, -1), reduction="batchmean"), [R(4, 5), R(4, 5, seed=1)]),
    "poisson_nll_loss": (F.poisson_nll_loss, [R(6), fixed(6, low=0, high=4, seed=1)]),
    "gaussian_nll_loss": (F.gaussian_nll_loss, [R(6), fixed(6, seed=1), R(6, low=0.5, high=2)]),
    "hinge_embedding_loss": (lambda x: F.hinge_embedding_loss(x, SIGNS), [R(6)]),
    "margin_ranking_loss": (lambda x, y: F.margin_ranking_loss(x, y, SIGNS), [R(6), R(6, seed=1)]),
    "multi_margin_loss": (lambda x: F.multi_margin_loss(x, LABELS), [R(6, 4)]),
    "soft_margin_loss": (lambda x: F.soft_margin_loss(x, SIGNS), [R(6)]),
    "triplet_margin_loss": (F.triplet_margin_loss, [R(4, 5), R(4, 5, seed=1), R(4, 5, seed=2)]),
    "cosine_embedding_loss": (lambda x, y: F.cosine_embedding_loss(x, y, SIGNS), [R(6, 4), R(6, 4, seed=1)]),
    "ctc_loss": (lambda x: F.ctc_loss(F.log_softmax(x, -1), torch.tensor([[1, 2], [2, 3]]), torch.tensor([5, 5]),
                                      torch.tensor([2, 2])), [R(5, 2, 4)]),
    "cosine_similarity": (F.cosine_similarity, [R(4, 5), R(4, 5, seed=1)]),
    "pairwise_distance": (F.pairwise_distance, [R(4, 5), R(4, 5, seed=1)]),
    "pdist": (F.pdist, [R(4, 5)]),
    "interpolate": (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), [R(1, 2, 3, 3)]),
    "interpolate bicubic": (lambda x: F.interpolate(x, size=(5, 5), mode="bicubic"), [R(1, 1, 4, 4)]),
    "pad reflect": (lambda x: F.pad(x, (1, 1), mode="reflect"), [R(2, 3, 4)]),
    "pixel_shuffle": (lambda x: F.pixel_shuffle(x, 2), [R(1, 4, 2, 3)]),
    "unfold": (lambda x: F.unfold(x, 2), [R(1, 2, 4, 4)]),
    "fold": (lambda x: F.fold(x, (4, 4), 2), [R(1, 8, 9)]),
    "grid_sample": (lambda x, g: F.grid_sample(x, g, align_corners=False),
                    [R(1, 2, 4, 4), R(1, 3, 3, 2, low=-0.9, high=0.9)]),
    "affine_grid": (lambda t: F.affine_grid(t, (1, 1, 3, 3), align_corners=False), [R(1, 2, 3)]),
    "dropout": (F.dropout, [R(4, 5)]),
    "alpha_dropout": (F.alpha_dropout, [R(4, 5)]),
    "gumbel_softmax": (F.gumbel_softmax, [R(4, 5)]),
    "rrelu": (lambda x: F.rrelu(x, training=True), [R(4, 5)]),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name, dtype):
    function, inputs = OPERATIONS[name]
    torch.manual_seed(3)
    report = gt.check(function, *(make(dtype) for make in inputs))
    assert report.ok, str(report)
    assert report.resolution <= WIDTH[dtype], str(report)
    assert dtype == torch.float64 or "float64 twin" in str(report) and "no float64 twin" not in str(report)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(6), nn.Linear(6, 8), nn.Linear(8, 6)

    def forward(self, x):
        return x + self.down(F.gelu(self.up(self.norm(x))))


class Tied(nn.Module):
    """One weight in two places."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, i):
        return self.head(torch.tanh(self.embed(i)))


def small_cnn():
    return nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(12, 4))


TOKENS = torch.tensor([[0, 2, 1], [4, 3, 0]])
MODULES = {
    "Linear": (lambda: nn.Linear(5, 3), [fixed(4, 5)]),
    "Bilinear": (lambda: nn.Bilinear(3, 4, 2), [fixed(4, 3), fixed(4, 4)]),
    "Conv1d": (lambda: nn.Conv1d(2, 3, 3), [fixed(2, 2, 7)]),
    "Conv2d": (lambda: nn.Conv2d(2, 3, 3, padding_mode="circular", padding=1), [fixed(1, 2, 4, 4)]),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(2, 3, 3), [fixed(2, 2, 5)]),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 3, 3, stride=2), [fixed(1, 2, 3, 3)]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), [R(6, 4)]),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(2), [R(2, 2, 3, 3)]),
    "BatchNorm1d eval": (lambda: nn.BatchNorm1d(4).eval(), [R(6, 4)]),
    "InstanceNorm1d": (lambda: nn.InstanceNorm1d(3, affine=True, track_running_stats=True), [R(2, 3, 5)]),
    "LayerNorm": (lambda: nn.LayerNorm(5), [R(4, 5)]),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), [R(2, 4, 3)]),
    "RMSNorm": (lambda: nn.RMSNorm(5), [R(4, 5)]),
    "PReLU": (lambda: nn.PReLU(3), [R(2, 3, 4)]),
    "Embedding": (lambda: nn.Embedding(5, 3), [TOKENS]),
    "Embedding sparse": (lambda: nn.Embedding(5, 3, sparse=True), [TOKENS]),
    "EmbeddingBag": (lambda: nn.EmbeddingBag(5, 3), [TOKENS]),
    "RNN": (lambda: nn.RNN(3, 4), [R(5, 2, 3)]),
    "LSTM": (lambda: nn.LSTM(3, 4, bidirectional=True), [fixed(4, 2, 3)]),
    "LSTM with dropout": (lambda: nn.LSTM(3, 4, num_layers=2, dropout=0.4), [fixed(4, 2, 3)]),
    "LSTMCell": (lambda: nn.LSTMCell(3, 4), [R(2, 3)]),
    "GRU": (lambda: nn.GRU(3, 4), [fixed(4, 2, 3)]),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2, batch_first=True),
                           [R(1, 3, 4), fixed(1, 3, 4, seed=1), fixed(1, 3, 4, seed=2)]),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), [fixed(2, 3, 4)]),
    "TransformerEncoderLayer with dropout": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.3), [fixed(2, 3, 4)]),
    "TransformerEncoderLayer eval": (lambda: nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).eval(), [R(2, 3, 4)]),
    "TransformerDecoderLayer": (lambda: nn.TransformerDecoderLayer(4, 2, 6, dropout=0.0), [fixed(2, 1, 4), fixed(3, 1, 4)]),
    "small CNN": (small_cnn, [fixed(3, 1, 4, 4)]),
    "perceptron": (lambda: nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, 2)), [fixed(5, 4)]),
    "residual": (Residual, [R(3, 6)]),
    "tied weights": (Tied, [TOKENS]),
    "weight norm": (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), [fixed(3, 4)]),
    "spectral norm eval": (lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3)).eval(), [fixed(3, 4)]),
    "CrossEntropyLoss": (nn.CrossEntropyLoss, [R(6, 4), LABELS]),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss, [R(6), fixed(6, low=0, high=1, seed=1)]),
    "CosineEmbeddingLoss": (nn.CosineEmbeddingLoss, [R(6, 4), R(6, 4, seed=1), SIGNS]),
}


def made(make, dtype):
    return make(dtype) if callable(make) and not isinstance(make, torch.Tensor) else make


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", MODULES)
def test_modules(name, dtype):
    make, inputs = MODULES[name]
    torch.manual_seed(1)
    module = make().to(dtype)
    report = gt.check(module, *(made(each, dtype) for each in inputs))
    assert report.ok, str(report)
    assert report.resolution <= WIDTH[dtype], str(report)
    assert set(dict(module.named_parameters())) <= set(report.blocks)
    assert dtype == torch.float64 or "no float64 twin" not in str(report)


# ---- planted mistakes


def backward(function, slope):
    """A function with a backward pass of its own: slope(grad_output, *inputs) returns what backward does."""

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return function(*inputs)

        @staticmethod
        def backward(ctx, g):
            return slope(g, *ctx.saved_tensors)

    return Planted.apply


def affine(x, w, b):
    return x @ w.T + b


def batch_mean(x, w):
    return ((x @ w) ** 2).mean(0)


def softmax(x):
    return torch.softmax(x, -1)


# name: function, inputs, the blocks that are wrong, the kind of the cause ("unknown" where numbers alone can't say more)
PLANTED = {
    "factor 2": (backward(lambda x: x**2, lambda g, x: 4 * x * g), [R(4, 5)], {0}, "scaled"),
    "half": (backward(lambda x: x**2 / 2, lambda g, x: 0.5 * x * g), [R(4, 5)], {0}, "scaled"),
    "sign": (backward(torch.sin, lambda g, x: -torch.cos(x) * g), [R(4, 5)], {0}, "sign"),
    "transposed weights": (backward(affine, lambda g, x, w, b: (g @ w, (g.T @ x).T, g.sum(0))), [R(6, 4), R(4, 4), R(4)], {1},
                           "transposed"),
    "weights not transposed": (backward(affine, lambda g, x, w, b: (g @ w.T, g.T @ x, g.sum(0))), [R(6, 4), R(4, 4), R(4)], {0},
                               "unknown"),
    "missing term": (backward(lambda x: x * torch.tanh(x), lambda g, x: g * torch.tanh(x)), [R(4, 5)], {0}, "unknown"),
    "missing term of a softmax": (backward(softmax, lambda g, x: softmax(x) * g), [R(4, 5)], {0}, "unknown"),
    "wrong saved tensor": (backward(lambda x, y: x * torch.exp(y), lambda g, x, y: (g * torch.exp(x), g * x * torch.exp(y))),
                           [R(4, 5), R(4, 5, seed=1)], {0}, "unknown"),
    "detached path": (lambda x: x * torch.sigmoid(x).detach(), [R(4, 5)], {0}, "unknown"),
    "detached input": (lambda x, y: (x * y.detach()).sum(), [R(4, 5), R(4, 5, seed=1)], {1}, "zero"),
    "everything detached": (lambda x: torch.exp(x).detach(), [R(4, 5)], {0}, "zero"),
    "no mean over the batch": (backward(batch_mean, lambda g, x, w: (2 * (x @ w) * g @ w.T / len(x), x.T @ (2 * (x @ w) * g))),
                               [R(8, 4), R(4, 3)], {1}, "scaled"),
    "broadcast sum forgotten": (backward(lambda x, b: x * b, lambda g, x, b: (g * b, (g * x)[0])), [R(6, 4), R(4)], {1}, "unknown"),
    "mean for a broadcast sum": (backward(lambda x, b: x + b, lambda g, x, b: (g, g.mean(0))), [R(6, 4), R(4)], {1}, "scaled"),
    "incoming gradient ignored": (backward(lambda x: x**2, lambda g, x: 2 * x), [R(4, 5)], {0}, "unknown"),
    "incoming gradient's size": (backward(lambda x: x**2, lambda g, x: 2 * x * g.abs()), [R(4, 5)], {0}, "unknown"),
    "incoming gradient of a loss ignored": (backward(lambda x: (x**2).sum(), lambda g, x: 2 * x), [R(4, 5)], {0}, "scaled"),
    "rows reversed": (backward(lambda x: x**3, lambda g, x: (3 * x**2 * g).flip(0)), [R(4, 5)], {0}, "reversed"),
    "derivative of a unit by its output": (backward(torch.sigmoid, lambda g, x: g * x * (1 - x)), [R(4, 5)], {0}, "unknown"),
    "one entry": (backward(lambda x: x**2, lambda g, x: 2 * x * g * (1 + 0.01 * (x == x.max()))), [R(4, 5)], {0}, "entries"),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("name", PLANTED)
def test_planted_mistakes(name, dtype):
    function, inputs, wrong, kind = PLANTED[name]
    report = gt.check(function, *(make(dtype) for make in inputs))
    assert report.verdict == "refuted", str(report)
    blocks = list(report.blocks.values())
    assert {k for k, block in enumerate(blocks) if block.verdict == "refuted"} == wrong
    if kind == "entries":  # one of them is named, whatever else a block so small might be taken for
        k = int(inputs[0](dtype).argmax())
        assert blocks[0].status.ravel()[k] == "refuted" and blocks[0].counts["refuted"] == 1
    else:
        assert kind in [cause.kind for cause in report.diagnosis], str(report)
    assert ("isn't linear in the gradient" in str(report)) == name.startswith("incoming")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_a_mistake_in_narrow_code_alone(dtype):
    """The same function in float64 is right."""
    def slope(g, x):
        return 2 * x * g * (1.5 if x.dtype == dtype else 1)

    report = gt.check(backward(lambda x: x**2, slope), numbers(4, 5, dtype=dtype))
    assert report.verdict == "refuted"
    assert "off from the twin's by more than rounding explains in 20 of 20 entries, where it is 1.5 times that" in str(report)


def test_gradients_that_are_little_more_than_rounding():
    """What leaves a normalisation has mean square 1, but for its epsilon: the derivative is a hundred thousandth of what it is
    added up from."""
    def f(x):
        return F.batch_norm(x, None, None, training=True).square().mean()

    report = gt.check(f, numbers(16, 3, dtype=torch.float32))
    assert report.ok and "float32 gradients held against the twin's at the given point" in str(report), str(report)

    def slope(g, x):
        with torch.enable_grad():
            y = x.detach().requires_grad_()
            return 1.5 * torch.autograd.grad(f(y), y, g)[0]

    assert gt.check(backward(f, slope), numbers(16, 3, dtype=torch.float32)).verdict == "refuted"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("name", ["Linear", "LayerNorm", "BatchNorm1d", "LSTM", "residual", "perceptron"])
def test_half_precision(name, dtype):
    make, inputs = MODULES[name]
    torch.manual_seed(1)
    report = gt.check(make().to(dtype), *(made(each, dtype) for each in inputs))
    assert report.ok, str(report)
    assert report.resolution < 1e-5 and f"({str(dtype)[6:]})" in str(report)


# ---- what is checked, and what it is called


def test_names_of_inputs():
    def f(a, other, *rest, scale):
        return a * other.sum() * rest[0] * rest[1] * scale

    inputs = [numbers(3, seed=k) for k in range(4)]
    assert list(gt.check(f, *inputs, kwargs={"scale": numbers(3, seed=5)}).blocks) == ["a", "other", "rest[0]", "rest[1]", "scale"]
    assert list(gt.check(torch.mul, *inputs[:2]).blocks) == ["input0", "input1"]

    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, values, factor):
            ctx.factor = factor
            return values * factor

        @staticmethod
        def backward(ctx, g):
            return g * ctx.factor, None

    report = gt.check(Scale.apply, inputs[0], 3.0)
    assert list(report.blocks) == ["values"] and "Scale" in str(report)


def test_requires_grad_decides():
    module = nn.Linear(3, 2).double()
    module.bias.requires_grad_(False)
    assert list(gt.check(module, numbers(4, 3)).blocks) == ["weight", "input"]
    assert list(gt.check(module, numbers(4, 3, grad=False)).blocks) == ["weight"]
    with pytest.raises(TypeError, match="no parameter and no input requires grad"):
        gt.check(torch.sin, numbers(3, grad=False))
    assert list(gt.check(lambda x: module(x), numbers(4, 3)).blocks) == ["x"]
    assert list(gt.check(lambda x: module(x), numbers(4, 3), parameters=module).blocks) == ["weight", "x"]


def test_methods_and_losses():
    module = Residual().double()
    report = gt.check(module, numbers(3, 6, grad=False), loss=lambda y: F.mse_loss(y, torch.zeros(3, 6)))
    assert report.ok and "weighted" not in str(report)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 1)

        def energy(self, x):
            return (self.linear(x) ** 2).sum()

    assert list(gt.check(Model().energy, torch.ones(2, 3)).blocks) == ["linear.weight", "linear.bias"]


class Pair(NamedTuple):
    a: object
    b: object


@dataclasses.dataclass
class Output:
    logits: object
    hidden: list
    steps: int = 3


def test_containers():
    module = nn.Linear(3, 2).double()

    def f(x):
        y = module(x["x"][0])
        x["x"].append(None)  # the function's own list
        return {"y": y, "more": Pair(y.exp(), (y.argmax(), "text"))}

    for function in (f, lambda x: Output(module(x["x"][0]), [x["x"][0] ** 2]), lambda x: [module(x["x"][0]), None]):
        inputs = {"x": [numbers(4, 3)], "n": 3}
        report = gt.check(function, inputs)
        assert report.ok and list(report.blocks) == ["x.x[0]"] and len(inputs["x"]) == 1


def test_outputs_of_very_different_size():
    """A small output isn't hidden by a large one."""
    wrong = backward(lambda x: 1e-6 * x**2, lambda g, x: 2.001e-6 * x * g)
    report = gt.check(lambda x: (1e6 * torch.sin(x), wrong(x)), numbers(4, 5))
    assert report.verdict == "refuted"


def test_the_same_tensor_twice():
    x = numbers(4, seed=1)
    report = gt.check(lambda a, b: a * b.exp(), x, x)
    assert report.ok and list(report.blocks) == ["a"]


class SineAndOuter(torch.autograd.Function):
    """x -> (sin x, x x'); the second's backward is 1.1 times what it should be by the first index."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin(), x.outer(x)

    @staticmethod
    def backward(ctx, a, b):
        (x,) = ctx.saved_tensors
        return a * x.cos() + 1.1 * b @ x + b.T @ x


def test_outputs_are_called_by_their_names():
    report = gt.check(SineAndOuter.apply, numbers(3), outputs="each")
    outputs = report.blocks["vjp x"].outputs
    assert {name: entries.status.shape for name, entries in outputs.items()} == {"y[0]": (3, 3), "y[1]": (3, 3, 3)}
    assert (outputs["y[0]"].status != "refuted").all() and (outputs["y[1]"].status == "refuted").sum() == 9
    assert "y[1][" in str(report)


def test_each_output_against_each_input():
    report = gt.check(torch.tanh, numbers(2, 3), outputs="each")
    assert report.ok and report.blocks["vjp input0"].shape == (6, 2, 3)
    with pytest.raises(ValueError, match="float64"):
        gt.check(torch.tanh, numbers(2, 3, dtype=torch.float32), outputs="each")


def test_stages_say_which_mistakes_follow_from_others():
    """A wrong pass between two layers spoils the first one's parameters; modules are ordered as they are called."""
    bad = backward(torch.tanh, lambda g, x: g * (1 - torch.tanh(x)))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.Linear(4, 2), nn.Linear(3, 4)

        def forward(self, x):
            return self.last(bad(self.first(x)))

    report = gt.check(Net().double(), numbers(5, 3))
    assert [block.verdict for block in report.blocks.values()] == ["verified", "verified", "refuted", "refuted", "refuted"]


# ---- tensors of every kind


TENSORS = {
    "0-d": lambda: torch.tensor(1.5, dtype=torch.float64, requires_grad=True),
    "one entry": lambda: numbers(1),
    "transposed": lambda: numbers(3, 4).detach().T.requires_grad_(),
    "every other": lambda: numbers(6, 4).detach()[::2, 1:3].requires_grad_(),
    "channels last": lambda: numbers(2, 3, 4, 2).detach().to(memory_format=torch.channels_last).requires_grad_(),
    "expanded": lambda: numbers(3, 1).detach().expand(3, 4).requires_grad_(),
    "not a leaf": lambda: numbers(3) * 2,
    "a view": lambda: numbers(6).view(2, 3),
    "complex": lambda: torch.complex(numbers(2, 3), numbers(2, 3, seed=1)).detach().requires_grad_(),
    "conjugate": lambda: torch.complex(numbers(2, 3), numbers(2, 3, seed=1)).detach().conj().requires_grad_(),
    "parameter": lambda: nn.Parameter(numbers(2, 3)),
}


@pytest.mark.parametrize("name", TENSORS)
def test_tensors(name):
    x = TENSORS[name]()
    strides = []

    def f(t):
        strides.append(t.stride())
        return (t * t).sum(-1) * 3 if t.dim() else t**3

    report = gt.check(f, x)
    assert report.ok, str(report)
    assert name == "expanded" or set(strides) == {x.stride()}
    assert gt.check(backward(lambda t: t * t, lambda g, t: g * t.conj()), x).verdict == "refuted"


def test_complex_gradients():
    z = torch.complex(numbers(3), numbers(3, seed=1)).detach().requires_grad_()
    report = gt.check(lambda z: (z.abs() ** 2).sum(), z)
    assert report.ok and report.blocks["z"].shape == (3, 2)
    assert gt.check(lambda z: torch.fft.fft(z) * z, z).ok
    assert gt.check(lambda x: torch.fft.rfft(x), numbers(6)).ok
    assert gt.check(lambda z: z.exp(), z.detach().to(torch.complex64).requires_grad_()).ok
    not_conjugated = backward(lambda z: z**2, lambda g, z: g * 2 * z)
    assert gt.check(not_conjugated, z).verdict == "refuted"


def test_empty_tensors():
    report = gt.check(lambda x, y: (x.sum() + y**2), numbers(0, 3), numbers(3))
    assert report.ok and report.blocks["x"].shape == (0, 3)


def test_inputs_changed_in_place():
    def f(x, table, i):
        table.add_(1)
        x[i] = 2.0
        x.mul_(3)
        return x.sin() * table

    x, table = numbers(5), torch.ones(5, dtype=torch.float64)
    kept = x.detach().clone()
    report = gt.check(f, x, table, torch.tensor([1]))
    assert report.ok, str(report)
    assert torch.equal(x.detach(), kept) and torch.equal(table, torch.ones(5, dtype=torch.float64))


def test_mixed_dtypes():
    report = gt.check(lambda a, b: a.double() * b, numbers(3, dtype=torch.float32), numbers(3, seed=2))
    assert report.ok, str(report)
    assert gt.check(lambda a, i: a[i], numbers(5), torch.tensor([0, 2, 2])).ok


def test_hooks():
    module = nn.Linear(3, 2).double()
    handle = module.weight.register_hook(lambda g: 2 * g)
    report = gt.check(module, numbers(4, 3))
    assert [block.verdict for block in report.blocks.values()] == ["refuted", "verified", "verified"]
    assert report.diagnosis[0].kind == "scaled" and report.diagnosis[0].factor == pytest.approx(2)
    handle.remove()
    seen = []
    module.register_forward_hook(lambda m, i, o: seen.append(1))
    assert gt.check(module, numbers(4, 3)).ok and seen


def test_code_without_grad_inside():
    def f(x):
        with torch.no_grad():
            scale = x.abs().max()
        return x / scale

    assert gt.check(f, numbers(4)).verdict == "refuted"  # the scale is a function of x too

    def g(x):
        with torch.no_grad():
            index = x.argmax()
        return x**2 * (index >= 0)

    assert gt.check(g, numbers(4)).ok


def test_functions_that_differentiate():
    """Values need grad mode there."""
    def penalty(x):
        (slope,) = torch.autograd.grad(torch.sin(x).sum(), x, create_graph=True)
        return (slope**2).sum()

    assert gt.check(penalty, numbers(4)).ok

    def leaf(x):
        inner = x.detach().requires_grad_()
        with torch.enable_grad():
            torch.sin(inner).sum().backward()
        return x * inner.grad.detach().sign()

    assert gt.check(leaf, numbers(4)).ok


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpoints(reentrant):
    module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Tanh(), nn.Linear(4, 2))
    module[0].weight.grad = torch.ones(4, 3)
    x = numbers(3, 3, dtype=torch.float32)
    report = gt.check(lambda x: torch.utils.checkpoint.checkpoint(module, x, use_reentrant=reentrant), x, parameters=module)
    assert report.ok and len(report.blocks) == 5, str(report)
    assert torch.equal(module[0].weight.grad, torch.ones(4, 3)) and module[0].bias.grad is None and x.grad is None


def test_custom_operators():
    @torch.library.custom_op("gradproof_tests::cube", mutates_args=())
    def cube(x: torch.Tensor, factor: float) -> torch.Tensor:
        return torch.from_numpy(x.numpy() ** 3) * factor

    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g * (ctx.factor if right else 1), None

    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])
        ctx.factor = inputs[1]

    cube.register_autograd(backward, setup_context=setup_context)
    right = True
    assert gt.check(cube, numbers(4, 3), 2.0).ok
    assert gt.check(cube, numbers(4, 3, dtype=torch.float32), 2.0).ok
    right = False
    report = gt.check(cube, numbers(4, 3), 2.0)
    assert report.verdict == "refuted" and report.diagnosis[0].factor == pytest.approx(0.5)


def test_scripted_modules():
    module = torch.jit.script(nn.Sequential(nn.Linear(3, 4), nn.Tanh()))
    report = gt.check(module, numbers(5, 3, dtype=torch.float32))
    assert report.ok and "no float64 twin" not in str(report), str(report)


def test_what_a_function_refers_to_has_a_twin():
    """Modules and tensors among a function's variables, in lists and objects, are widened and put back."""
    layers, table = [nn.Linear(3, 3), nn.BatchNorm1d(3)], torch.ones(3)

    class Trainer:
        def __init__(self):
            self.model, self.scale = nn.Sequential(*layers), {"s": torch.full((3,), 2.0)}

        def loss(self, x):
            return (self.model(x) * self.scale["s"]).exp().mean()

    trainer = Trainer()
    x = numbers(5, 3, dtype=torch.float32)
    scale = trainer.scale["s"]
    for function in (lambda x: layers[1](layers[0](x) @ torch.diag(table)), trainer.loss, lambda x: trainer.loss(x)):
        report = gt.check(function, x)
        assert report.verdict == "verified" and list(report.blocks) == ["x"]
        assert layers[0].weight.dtype == table.dtype == scale.dtype == torch.float32 and layers[1].num_batches_tracked == 0
    assert "no float64 twin" not in str(gt.check(lambda x: layers[1](layers[0](x)), x))


# ---- second order


def test_second_order():
    report = gt.check(lambda x: torch.sin(x) * x.exp(), numbers(5), second_order=True)
    assert report.ok and "hvp x" in report.blocks and "hvp cotangent" in report.blocks
    module = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
    report = gt.check(module, torch.ones(2, 3), loss=lambda y: (y**2).mean(), second_order=True)
    assert report.ok and "the twin's" in str(report)


def test_derivatives_that_cancel_to_rounding():
    """A bias before a normalisation has no influence; what is added up for it is not linear in anything."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)).double()
    x = numbers(6, 3, grad=False)
    report = gt.check(module, x, loss=lambda y: (y**2).mean(), second_order=True)
    assert report.ok, str(report)
    assert gt.check(module, x, outputs="each").ok


def test_second_order_mistakes():
    class Once(torch.autograd.Function):
        """Its backward pass forgets that it depends on x."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * (3 * x**2).detach()

    assert gt.check(Once.apply, numbers(4)).ok
    report = gt.check(Once.apply, numbers(4), second_order=True)
    verdicts = {name: block.verdict for name, block in report.blocks.items()}
    assert verdicts["x"] == "verified" and verdicts["hvp x"] == "refuted", str(report)


# ---- state


def test_state_is_put_back():
    module = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 2))
    module[2].eval()
    module[0].weight.grad = torch.ones(6, 4)
    x = numbers(5, 4, dtype=torch.float32)
    x.grad = torch.full((5, 4), 7.0)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    storages = {name: value.data_ptr() for name, value in module.state_dict().items()}
    flags = [part.training for part in module.modules()]
    grad = module[0].weight.grad
    generators = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()

    def switching(x):
        random.random(), np.random.rand()
        y = module(x)
        module.train(not module.training)
        module[1].num_batches_tracked = module[1].num_batches_tracked + 1  # another tensor in the buffer's place
        return y

    for function in (module, switching):
        assert gt.check(function, x).ok
        for name, value in module.state_dict().items():
            assert torch.equal(value, before[name]) and value.dtype == before[name].dtype, name
            assert value.data_ptr() == storages[name], name
        assert [part.training for part in module.modules()] == flags
        assert module[0].weight.grad is grad and torch.equal(grad, torch.ones(6, 4)) and module[3].bias.grad is None
        assert torch.equal(x.grad, torch.full((5, 4), 7.0)) and x.dtype == torch.float32
        assert torch.equal(torch.get_rng_state(), generators[0])
        assert random.getstate() == generators[1] and np.array_equal(np.random.get_state()[1], generators[2])


def test_state_is_put_back_after_exceptions():
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    calls = []

    def f(x):
        calls.append(1)
        if len(calls) == 40:
            raise RuntimeError("here")
        return module(x)

    with pytest.raises(RuntimeError, match="here"):
        gt.check(f, torch.randn(4, 3), parameters=module)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert module[0].weight.dtype == torch.float32 and torch.is_grad_enabled()


def test_random_numbers_are_held():
    torch.manual_seed(5)
    module = nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5), nn.Linear(6, 2)).double()
    x = numbers(5, 4)
    report = gt.check(module, x)
    assert report.ok and "random numbers held" in str(report)
    assert gt.check(lambda x: x * random.random() + np.random.rand(), x).ok
    report = gt.check(lambda x: x * torch.rand_like(x) + torch.randn(4), x.detach().float().requires_grad_())
    assert report.ok and "no float64 twin" not in str(report), str(report)


def test_what_a_twin_can_not_be():
    def narrow(x):
        return x.float() ** 2

    x = numbers(4, dtype=torch.float32)
    report = gt.check(narrow, x)
    assert report.verdict in ("verified", "inconclusive")
    assert "no float64 twin: given float64 numbers it returns torch.float32" in str(report)
    with pytest.raises(ValueError, match="no float64 twin"):
        gt.check(narrow, x, twin=True)
    assert "raises RuntimeError" in str(gt.check(lambda x: x @ torch.ones(4, 4), x))
    assert "wasn't asked for" in str(gt.check(torch.sin, x, twin=False))


def test_assert_gradient():
    assert gt.assert_gradient(torch.sin, numbers(4)).ok
    with pytest.raises(gradproof.GradientError, match="2.000000 times the derivative"):
        gt.assert_gradient(PLANTED["factor 2"][0], numbers(4, 5))


def test_options():
    report = gt.check(torch.sin, numbers(5), rtol=1e-4, name="a sine", seed=4, strategy="project")
    assert report.ok and "a sine" in str(report) and '"seed": 4' in report.to_json() and '"strategy": "project"' in report.to_json()
    with pytest.raises(TypeError, match="there is no option rtoll"):
        gt.check(torch.sin, numbers(5), rtoll=1)
    assert '"strategy": "project"' in gt.check(torch.sin, numbers(2000)).to_json()


MISTAKES = {
    "not callable": (lambda: gt.check(3), TypeError, "fn must be callable"),
    "nothing returned": (lambda: gt.check(lambda x: None, numbers(3)), TypeError, "returns no floating point tensor"),
    "a number returned": (lambda: gt.check(lambda x: float(x.sum()), numbers(3)), TypeError, "returns no floating point tensor"),
    "not finite": (lambda: gt.check(torch.sin, torch.tensor([1.0, torch.nan], requires_grad=True)), ValueError,
                   "input 'input0' holds numbers that aren't finite"),
    "sparse": (lambda: gt.check(lambda x: x.to_dense(), torch.eye(3).to_sparse().requires_grad_()), TypeError, "is sparse"),
    "lazy": (lambda: gt.check(nn.LazyLinear(3), torch.ones(2, 4)), TypeError, "call the module once"),
    "outputs": (lambda: gt.check(torch.sin, numbers(3), outputs="all"), ValueError, "'weighted' or 'each'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_named(name):
    call, kind, message = MISTAKES[name]
    with pytest.raises(kind, match=message):
        call()


def test_a_check_within_a_check():
    def f(x):
        assert gt.check(torch.sin, numbers(2)).ok
        return x**2

    assert gt.check(f, numbers(3), points=1, no_descent=True).ok


def test_nothing_is_left_behind():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.2))
    x = torch.randn(4, 2)
    for count in (5, 25):
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(count):
            gt.check(module, x, points=1, no_descent=True)
            gt.check(torch.sin, numbers(2), second_order=True, points=1, no_descent=True)
        gc.collect()
    assert len(gc.get_objects()) - before < 25  # one object a check would be 50


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_cuda(dtype):
    torch.manual_seed(2)
    module = nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.3), nn.Tanh(), nn.Linear(6, 2)).to("cuda", dtype)
    state = torch.cuda.get_rng_state()
    report = gt.check(module, numbers(5, 4, dtype=dtype, grad=False).cuda())
    assert report.ok, str(report)
    assert module[0].weight.is_cuda and torch.equal(torch.cuda.get_rng_state(), state)
