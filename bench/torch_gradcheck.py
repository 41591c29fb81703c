"""Seconds of torch.autograd.gradcheck, slow and fast_mode, on the dense network of this benchmark:
torch_gradcheck.py DATA.csv LABEL BATCH HIDDEN... prints one line of JSON; 77: no torch here."""
import csv
import json
import statistics
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(77)

torch.set_num_threads(1)
torch.manual_seed(0)
path, label, batch, *hidden = sys.argv[1:]
with open(path, newline="") as file:
    rows = list(csv.DictReader(file))
names = [name for name in rows[0] if name != label]
X = torch.tensor([[float(row[name]) for name in names] for row in rows], dtype=torch.float64)
X = ((X - X.mean(0)) / X.std(0).clamp_min(1e-12))[:int(batch)]
y = torch.tensor([[float(row[label])] for row in rows], dtype=torch.float64)[:int(batch)]
widths = [len(names), *map(int, hidden), 1]
parameters = []
for below, units in zip(widths, widths[1:]):
    W = torch.randn(units, below, dtype=torch.float64) * (2 / below) ** 0.5
    parameters += [W.requires_grad_(), torch.zeros(units, dtype=torch.float64, requires_grad=True)]


def cost(*theta):
    a = X
    for W, b in zip(theta[::2], theta[1::2]):
        z = a @ W.T + b
        a = torch.relu(z)
    return torch.nn.functional.binary_cross_entropy_with_logits(z, y)


def timed(times, **options):
    took = []
    for _ in range(times):
        start = time.perf_counter()
        torch.autograd.gradcheck(cost, parameters, raise_exception=False, **options)
        took.append(time.perf_counter() - start)
    return took


timed(1, fast_mode=True)
fast = timed(9, fast_mode=True)
slow = timed(1)
print(json.dumps({"parameters": sum(p.numel() for p in parameters), "version": torch.__version__,
                  "fast": statistics.median(fast), "fast_all": fast, "slow": slow[0]}))
