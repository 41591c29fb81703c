#!/usr/bin/env python3
"""Tables from the lines that the checkers' runs print: table.py [--json FILE] LINES..."""
import collections
import json
import statistics
import sys


def read(paths):
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def kind_of(row):
    """Which row of the targets a check belongs to."""
    shape = "smooth" if row["smooth"] else "ReLU and other kinks"
    return "noisy on purpose" if row["noisy"] else f"{row['dtype']} {shape}"


def median(numbers):
    numbers = [n for n in numbers if n is not None]
    return statistics.median(numbers) if numbers else None


def show(value, form):
    return "-" if value is None else format(value, form)


def main():
    arguments = sys.argv[1:]
    rows = list(read(arguments))
    skipped = sum(1 for r in rows if r.get("skipped"))
    rows = [r for r in rows if not r.get("skipped")]
    groups = collections.defaultdict(list)
    for r in rows:
        groups[kind_of(r)].append(r)
        groups["family " + r["family"] + " " + r["dtype"]].append(r)
    print("group | right checks | refuted | failed | inconclusive | resolution | evals/entry | outside | ratio | wrong | verified above resolution | inconclusive | refuted")
    for name in sorted(groups):
        g = groups[name]
        right = [r for r in g if r["mistake"] is None]
        wrong = [r for r in g if r["mistake"] is not None]
        missed = [r for r in wrong if r["verdict"] == "verified" and (r["size"] is None or r["resolution"] is None or r["size"] > r["resolution"] * (1 + 1e-6))]
        known = sum(r["known"] for r in right)
        print(name, "|", len(right), "|", sum(r["verdict"] == "refuted" for r in right), "|",
              sum(r["verdict"] == "failed" for r in right), "|",
              sum(r["verdict"] == "inconclusive" for r in right), "|",
              show(median(r["resolution"] for r in right), ".1e"), "|",
              show(median(r["per_entry"] for r in right), ".0f"), "|",
              f"{sum(r['outside'] for r in right)}/{known}", "|",
              show(median(r["ratio"] for r in right), ".0f"), "|",
              len(wrong), "|", len(missed), "|", sum(r["verdict"] == "inconclusive" for r in wrong), "|",
              sum(r["verdict"] == "refuted" for r in wrong))
    print("skipped", skipped)


main()
