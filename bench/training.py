"""Training and scoring beside scikit-learn and PyTorch: the same architecture, optimiser and splits.

    bench/training.py BUILD DATA.csv LABEL

prints tables in Markdown. A column "Time" orders the rows and is no input. Times are those of one run on one machine, one thread each: only their ratios mean
anything. A peer that isn't installed is left out."""
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
EPOCHS, BATCH, RATE, SEEDS = 20, 256, 1e-3, range(15)

PEER = '''
import json, sys, time
import numpy as np
kind, train, held, label, hidden, seed, epochs = sys.argv[1:8]
hidden, seed, epochs = [int(h) for h in hidden.split(",")], int(seed), int(epochs)
def load(path):
    with open(path) as file:
        names = file.readline().strip().split(",")
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    at = names.index(label)
    return np.delete(rows, at, 1), rows[:, at]
X, y = load(train)
V, w = load(held)
mean, deviation = X.mean(0), X.std(0)
deviation[deviation == 0] = 1
X, V = ((X - mean) / deviation).astype(np.float32), ((V - mean) / deviation).astype(np.float32)
def average_precision(score, label):
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(label[order])
    return float((label[order] * hits / np.arange(1, len(label) + 1)).sum() / hits[-1])
best, took = 0, []
if kind == "torch":
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    layers, below = [], X.shape[1]
    for units in hidden:
        layers += [torch.nn.Linear(below, units), torch.nn.ReLU()]
        below = units
    model = torch.nn.Sequential(*layers, torch.nn.Linear(below, 1))
    for layer in model:
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            torch.nn.init.zeros_(layer.bias)
    loss, optimiser = torch.nn.BCEWithLogitsLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)
    steps = epochs * ((len(X) + 255) // 256)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: 0.5 * (1 + np.cos(np.pi * s / steps)))
    Xt, yt, Vt = torch.tensor(X), torch.tensor(y, dtype=torch.float32)[:, None], torch.tensor(V)
    for epoch in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(len(Xt))
        for first in range(0, len(Xt), 256):
            rows = order[first:first + 256]
            optimiser.zero_grad()
            loss(model(Xt[rows]), yt[rows]).backward()
            optimiser.step()
            schedule.step()
        took.append(time.perf_counter() - start)
        with torch.no_grad():
            best = max(best, average_precision(model(Vt)[:, 0].numpy(), w))
else:
    from sklearn.neural_network import MLPClassifier
    model = MLPClassifier(hidden, batch_size=256, alpha=0, random_state=seed)
    for epoch in range(epochs):
        start = time.perf_counter()
        model.partial_fit(X, y, [0, 1])
        took.append(time.perf_counter() - start)
        best = max(best, average_precision(model.predict_proba(V)[:, 1], w))
print(json.dumps({"best": best, "epoch": sorted(took)[len(took) // 2]}))
'''

SCORER = '''
import sys, pickle, numpy as np
from sklearn.neural_network import MLPClassifier
rows = np.loadtxt(sys.argv[2], delimiter=",", skiprows=1)
np.savetxt(sys.argv[3], pickle.load(open(sys.argv[1], "rb")).predict_proba(rows)[:, 1])
'''


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[:4]}: {done.stderr[-400:]}")
    return done.stdout


def has(module):
    return subprocess.run(["/usr/bin/python3", "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def by_time(data, label, folder):
    """The earlier four fifths, and the rest, without their time: the same split for all. all.csv has a column "row" by which
    we make it ourselves."""
    with open(data, newline="") as file:
        names, *rows = csv.reader(file)
    if "Time" in names:
        at = names.index("Time")
        rows.sort(key=lambda row: float(row[at])) # stable
        names, rows = names[:at] + names[at + 1:], [row[:at] + row[at + 1:] for row in rows]
    cut = len(rows) * 4 // 5
    for name, part in (("train", rows[:cut]), ("held", rows[cut:])):
        with open(folder / f"{name}.csv", "w", newline="") as file:
            csv.writer(file).writerows([names] + part)
    with open(folder / "all.csv", "w", newline="") as file:
        csv.writer(file).writerows([names + ["row"]] + [row + [k] for k, row in enumerate(rows)])
    positives = sum(row[names.index(label)] == "1" for row in rows[cut:])
    return len(rows), positives, len(names) - 1


def ours(build, data, label, hidden, seed, folder, *more):
    out = run(build / "gradproof", "train", data, "--label", label, "--hidden", hidden, "--epochs", str(EPOCHS), "--patience",
              str(EPOCHS), "--seed", str(seed), "--out", folder / "m.safetensors", *more)
    lines = [line for line in out.splitlines() if line.startswith("epoch ")]
    seconds = [float(line.split(" s, ")[0].split(", ")[-1]) for line in lines]
    return float(lines[-1].split("best ")[1].split(")")[0]), seconds[-1]


def quality(build, data, label, folder, peers):
    rows, positives, inputs = by_time(data, label, folder)
    print(f"{rows} rows in the order of time, the last fifth held back ({positives} of class 1); {EPOCHS} epochs of Adam, batch "
          f"{BATCH}; best validation PR-AUC over epochs, seeds 0 to {len(SEEDS) - 1}\n")
    print("| network | who | median | least | most | seconds an epoch |\n| --- | --- | --- | --- | --- | --- |")
    for hidden in "64,32", "512,256":
        results = {}
        for jobs in "1", "2":
            who = "gradproof" if jobs == "1" else "gradproof, two threads"
            found = [ours(build, folder / "all.csv", label, hidden, seed, folder, "--time-column", "row", "--check", "none",
                          "--jobs", jobs) for seed in SEEDS]
            results[who] = [(best, seconds / EPOCHS) for best, seconds in found]
        for peer in peers:
            found = [json.loads(run("/usr/bin/python3", "-W", "ignore", "-c", PEER, peer, folder / "train.csv",
                                    folder / "held.csv", label, hidden, str(seed), str(EPOCHS))) for seed in SEEDS]
            results[peer] = [(one["best"], one["epoch"]) for one in found]
        for who, found in results.items():
            best = sorted(one[0] for one in found)
            print(f"| {inputs}-{hidden.replace(',', '-')}-1 | {who} | {statistics.median(best):.4f} | {best[0]:.4f} | {best[-1]:.4f} | "
                  f"{statistics.median(one[1] for one in found):.4g} |", flush=True)


def cost_of_checks(build, data, label, folder):
    print("\n| network | training with the default checks, s | without, s | share |\n| --- | --- | --- | --- |")
    for hidden in "64,32", "512,256":
        took = {}
        for name, more in (("with", ()), ("without", ("--check", "none"))):
            times = []
            for _ in range(5):
                start = time.perf_counter()
                run(build / "gradproof", "train", data, "--label", label, "--hidden", hidden, "--out",
                    folder / "m.safetensors", "--patience", "50", *more)
                times.append(time.perf_counter() - start)
            took[name] = statistics.median(times)
        print(f"| {hidden} | {took['with']:.3f} | {took['without']:.3f} | {100 * (took['with'] / took['without'] - 1):.1f} % |")


def scoring(build, folder, peers):
    rows = 400000
    run(build / "gradproof", "generate", "--rows", str(rows), "--out", folder / "p.csv")
    run(build / "gradproof", "train", folder / "p.csv", "--label", "fraud", "--epochs", "1", "--out", folder / "m.safetensors")
    start = time.perf_counter()
    run(build / "gradproof", "score", folder / "m.safetensors", folder / "p.csv", "--out", folder / "s.csv")
    own = time.perf_counter() - start
    print(f"\nScoring {rows} rows of {os.path.getsize(folder / 'p.csv') / 1e6:.0f} MB, the whole process: gradproof {own:.2f} s "
          f"({rows / own:.3g} rows/s)", end="")
    if "sklearn" in peers:
        run("/usr/bin/python3", "-W", "ignore", "-c",
            "import pickle, sys, numpy as np; from sklearn.neural_network import MLPClassifier\n"
            "X = np.random.rand(1000, 13); m = MLPClassifier((64, 32), max_iter=1).fit(X, X[:, 0] > 0.5)\n"
            "pickle.dump(m, open(sys.argv[1], 'wb'))", folder / "m.pickle")
        start = time.perf_counter()
        run("/usr/bin/python3", "-W", "ignore", "-c", SCORER, folder / "m.pickle", folder / "p.csv", folder / "s2.csv")
        theirs = time.perf_counter() - start
        print(f", scikit-learn's predict_proba {theirs:.2f} s: {theirs / own:.3g} x", end="")
    print()
    large = os.environ.get("LARGE_ROWS")  # 62000000 make 5 GB
    if large:
        make = subprocess.Popen([build / "gradproof", "generate", "--rows", large], stdout=subprocess.PIPE)
        start = time.perf_counter()
        with open(os.devnull, "w") as nowhere:
            score = subprocess.Popen([build / "gradproof", "score", folder / "m.safetensors", "/dev/stdin"],
                                     stdin=make.stdout, stdout=nowhere)
            _, status, usage = os.wait4(score.pid, 0)
        make.wait()
        print(f"\nScoring {large} rows as they are made: {time.perf_counter() - start:.0f} s, at most {usage.ru_maxrss / 1024:.0f} MB "
              f"of memory, exit status {status}")


def main():
    build, data, label = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    peers = [peer for peer in ("torch", "sklearn") if has(peer)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        quality(build, data, label, folder, peers)
        cost_of_checks(build, data, label, folder)
        scoring(build, folder, peers)


if __name__ == "__main__":
    main()
