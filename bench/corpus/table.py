#!/usr/bin/env python3
"""Tables from the lines that the checkers print: table.py [--json FILE] [--skipped NAME]... LINES..."""
import argparse
import collections
import json
import statistics

LARGE = 1e-3  # of mistakes that anybody should see


def read(paths):
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if not row.get("skipped"):
                    yield row


def median(numbers):
    numbers = [n for n in numbers if n is not None]
    return statistics.median(numbers) if numbers else None


def show(value, form=".1e"):
    return "-" if value is None else format(value, form)


def percent(part, whole):
    return "-" if whole == 0 else f"{100 * part / whole:.3g} %"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def larger(size, than):
    """size None: no number at all, a mistake of any size."""
    return size is None or size > than


def is_miss(row):
    """A mistake above the reported resolution called verified. A tenth is for the two ways of reckoning the
    floor of relative errors."""
    return row["verdict"] == "verified" and (
        row["resolution"] is None or larger(row["size"], 1.1 * row["resolution"]))


def split(rows):
    return ([r for r in rows if r["mistake"] is None], [r for r in rows if r["mistake"] is not None])


def kind(row):
    if row["noisy"]:
        return "noisy on purpose"
    return row["dtype"] + (" smooth" if row["smooth"] else " with kinks")


def summary(rows):
    right, wrong = split(rows)
    known = sum(r["known"] for r in right)
    return {
        "right": len(right),
        "false_alarms": sum(r["verdict"] in ("refuted", "failed") for r in right),
        "inconclusive": sum(r["verdict"] == "inconclusive" for r in right),
        "resolution": median(r["resolution"] for r in right),
        "known": known,
        "outside": sum(r["outside"] for r in right),
        "bound_over_error": median(r["ratio"] for r in right),
        "per_entry": median(r["per_entry"] for r in right),
        "wrong": len(wrong),
        "refuted": sum(r["verdict"] in ("refuted", "failed") for r in wrong),
        "undecided": sum(r["verdict"] == "inconclusive" for r in wrong),
        "below": sum(r["verdict"] == "verified" and not is_miss(r) for r in wrong),
        "misses": sum(is_miss(r) for r in wrong),
        "seconds": sum(r["seconds"] for r in rows),
    }


def print_groups(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    result = {name: summary(group) for name, group in sorted(groups.items())}
    table(["", "right", "false alarms", "inconclusive", "resolution", "outside of b",
           "b / error", "evaluations an entry", "mistakes", "refuted", "inconclusive",
           "below resolution", "misses"],
          [[name, s["right"], s["false_alarms"], s["inconclusive"], show(s["resolution"]),
            f"{s['outside']} of {s['known']}", show(s["bound_over_error"], ".0f"),
            show(s["per_entry"], ".0f"), s["wrong"], s["refuted"], s["undecided"], s["below"],
            s["misses"]] for name, s in result.items()])
    return result


def print_causes(rows):
    """Of mistakes that were refuted: what was planted against what was named."""
    counts = collections.defaultdict(collections.Counter)
    kinds = collections.defaultdict(collections.Counter)
    for row in rows:
        if row["mistake"] is None or row["verdict"] != "refuted" or not row["cause"]:
            continue
        counts[row["mistake"]][row["named"]] += 1
        outcome = ("right" if row["named"] == row["cause"] else
                   "unknown" if row["named"] == "unknown" else "wrong")
        of = "unstructured" if row["cause"] == "unknown" else "structured"
        for name in (of, "quiet " + of) if not row["noisy"] else (of,):
            kinds[name][outcome] += 1
    table(["planted", "named"],
          [[name, ", ".join(f"{kind} {count}" for kind, count in counter.most_common())]
           for name, counter in sorted(counts.items())])
    structured, quiet, none = kinds["structured"], kinds["quiet structured"], kinds["unstructured"]
    all_of, quiet_of = sum(structured.values()), sum(quiet.values())
    print(f"Structured mistakes: the right cause was named for {structured['right']} of {all_of} "
          f"({percent(structured['right'], all_of)}), none for {structured['unknown']}, a wrong one for "
          f"{structured['wrong']}; where functions aren't noisy on purpose, {quiet['right']} of {quiet_of} "
          f"({percent(quiet['right'], quiet_of)}), none for {quiet['unknown']}, a wrong one for "
          f"{quiet['wrong']}. Unstructured ones: a cause for {none['wrong']} of {sum(none.values())}.\n")
    return {"structured": all_of, "right": structured["right"], "wrong": structured["wrong"],
            "unstructured": sum(none.values()), "named": none["wrong"], "matrix": counts}


def print_checkers(rows, skipped):
    """Everybody on the same points of the same seed, those that others have seen."""
    peers = {(r["seed"]) for r in rows if r["checker"] != "gradproof"}
    groups = collections.defaultdict(list)
    for row in rows:
        if row["point"] == 0 and (not peers or row["seed"] in peers):
            groups[row["checker"], row["dtype"]].append(row)
    result = {}
    lines = []
    for (checker, dtype), group in sorted(groups.items(), key=lambda g: (g[0][1], g[0][0])):
        right, wrong = split(group)
        large = [r for r in wrong if larger(r["size"], LARGE)]
        s = {
            "checker": checker, "dtype": dtype, "right": len(right),
            "false_alarms": sum(r["verdict"] in ("refuted", "failed") for r in right),
            "inconclusive": sum(r["verdict"] == "inconclusive" for r in right),
            "large": len(large), "large_missed": sum(r["verdict"] == "verified" for r in large),
            "wrong": len(wrong), "missed": sum(r["verdict"] == "verified" for r in wrong),
            "undecided": sum(r["verdict"] == "inconclusive" for r in wrong),
            "evaluations_per_entry": median(r["evaluations"] / r["n"] for r in right),
            "seconds": sum(r["seconds"] for r in right),
        }
        result[f"{checker}, {dtype}"] = s
        lines.append([checker, dtype, f"{s['false_alarms']} of {s['right']}", s["inconclusive"],
                      f"{s['large_missed']} of {s['large']}", f"{s['missed']} of {s['wrong']}",
                      s["undecided"], show(s["evaluations_per_entry"], ".1f"),
                      f"{s['seconds']:.3g}"])
    table(["checker", "", "false alarms", "inconclusive", "misses of mistakes > 1e-3",
           "misses of all", "inconclusive", "evaluations an entry", "seconds, right ones"], lines)
    for name in skipped:
        print(f"Skipped, not installed: {name}")
    if skipped:
        print()
    return result


def print_checkers_by_family(rows):
    """False alarms and misses of mistakes > 1e-3, on the points that all have seen."""
    peers = {r["seed"] for r in rows if r["checker"] != "gradproof"}
    cells = collections.defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        if row["point"] != 0 or (peers and row["seed"] not in peers):
            continue
        cell = cells[row["checker"] + ", " + row["dtype"], row["family"]]
        if row["mistake"] is None:
            cell[0] += row["verdict"] in ("refuted", "failed")
            cell[1] += 1
        elif larger(row["size"], LARGE):
            cell[2] += row["verdict"] == "verified"
            cell[3] += 1
    families = sorted({family for _, family in cells})
    checkers = sorted({checker for checker, _ in cells}, key=lambda c: (c[-7:], c))
    print("False alarms / misses of mistakes > 1e-3 by family:\n")
    counts = {family: max((cells[c, family] for c in checkers), key=lambda cell: cell[1])
              for family in families}
    table(["checker"] + [f"{f} ({counts[f][1]}, {counts[f][3]})" for f in families],
          [[checker] + [f"{cells[checker, f][0]} / {cells[checker, f][2]}"
                        if cells[checker, f][1] else "-" for f in families]
           for checker in checkers])
    return {f"{checker}, {family}": cell for (checker, family), cell in cells.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json")
    parser.add_argument("--skipped", action="append", default=[])
    parser.add_argument("lines", nargs="+")
    arguments = parser.parse_args()
    rows = list(read(arguments.lines))
    unseeded = [r for r in rows if r["family"] == "unseeded"]
    rows = [r for r in rows if r["family"] != "unseeded"]
    ours = [r for r in rows if r["checker"] == "gradproof"]
    seeds = sorted({r["seed"] for r in ours})
    problems = {r["problem"] for r in ours}
    print(f"{len(problems)} functions, {len(ours)} checks, "
          f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}\n")
    out = {"schema": "gradproof.corpus/1", "seeds": seeds, "functions": len(problems)}
    out["all"] = print_groups(ours, lambda r: "all")
    out["kinds"] = print_groups(ours, kind)
    out["families"] = print_groups(ours, lambda r: f"{r['family']}, {r['dtype']}")
    named = sum("not deterministic" in r["failure"] for r in unseeded)
    out["unseeded"] = {"checks": len(unseeded), "named": named}
    print(f"Functions that draw anew at each call: named as not deterministic in {named} of "
          f"{len(unseeded)} checks.\n")
    out["causes"] = print_causes(ours)
    out["checkers"] = print_checkers(rows, arguments.skipped)
    out["checkers_by_family"] = print_checkers_by_family(rows)
    out["skipped"] = arguments.skipped
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(out, file, indent=1)


if __name__ == "__main__":
    main()
