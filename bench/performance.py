"""What a proof costs, beside its peers: one table, one JSON, one picture.

    bench/performance.py BUILD [DATA.csv]

writes BUILD/performance.json and BUILD/performance.svg and prints the tables in Markdown. Times are those of
one run on one machine: only their ratios mean anything. A peer that isn't installed is named as skipped."""
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
HIDDEN, BATCH, LABEL, REPEATS = ("256", "128"), "256", "Class", 5
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def checks(build, data, *options):
    """Reports of REPEATS checks of the network."""
    reports = []
    for _ in range(REPEATS):
        result = run(build / "gradproof", "check", "network", "--data", data, "--label", LABEL, "--hidden",
                     ",".join(HIDDEN), "--batch", BATCH, "--points", "1", "--json", "-", *options)
        reports.append(json.loads(result.stdout))
    return reports


def spread(reports):
    took = sorted(report["seconds"] for report in reports)
    return {"median": statistics.median(took), "least": took[0], "most": took[-1]}


def network(build, data):
    full, project = checks(build, data, "--strategy", "full"), checks(build, data, "--strategy", "project")
    forward = json.loads(run(build / "bench" / "bench_forward", data, LABEL, BATCH, *HIDDEN).stdout)
    torch = run("/usr/bin/python3", HERE / "torch_gradcheck.py", data, LABEL, BATCH, *HIDDEN)
    return {"full": spread(full), "project": spread(project),
            "verdicts": sorted({report["verdict"] for report in full + project}),
            "evaluations": {"full": full[0]["evaluations"], "project": project[0]["evaluations"]},
            "resolution": {"full": full[0]["resolution"], "project": project[0]["resolution"]},
            "forward": forward, "plain": 2 * forward["parameters"] * forward["seconds"],
            "torch": json.loads(torch.stdout) if torch.returncode == 0 else None}


def print_network(result):
    n, full, project = result["forward"]["parameters"], result["full"], result["project"]
    print(f"Network 30-{'-'.join(HIDDEN)}-1, {n} parameters, batch {BATCH}, float64, one thread; verdicts:",
          ", ".join(result["verdicts"]) + "\n")
    print("| what | seconds | against every entry, ours | against directions, ours |\n| --- | --- | --- | --- |")
    rows = [("every entry, ours", full["median"]), ("random directions, ours", project["median"]),
            ("the plain way: 2 n forward passes of ours", result["plain"])]
    if result["torch"]:
        rows += [("torch gradcheck, slow", result["torch"]["slow"]),
                 ("torch gradcheck, fast_mode", result["torch"]["fast"])]
    for name, took in rows:
        print(f"| {name} | {took:.3g} | {took / full['median']:.3g} x | {took / project['median']:.3g} x |")
    print(f"\nSpread over {REPEATS} runs: every entry {full['least']:.3g} to {full['most']:.3g} s, directions "
          f"{project['least']:.3g} to {project['most']:.3g} s.")
    if not result["torch"]:
        print("torch: skipped, not installed.")


def print_scale(rows):
    print("\n| n | wrong | verdict | cause named | values | gradients | seconds | own time an evaluation, in times "
          "to write n doubles | memory, in n doubles |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        print(f"| {row['n']:.0e} | {row['mistake']} | {row['verdict']} | {row['cause'] or '-'} | {row['values']} | "
              f"{row['gradients']} | {row['seconds']:.3g} | {row['own_over_write']:.2g} | {row['memory_over_n']:.3g} |")


def picture(rows, path):
    """Evaluations against n, both logarithmic: directions, and two for each entry."""
    right = [(row["n"], row["values"] + row["gradients"]) for row in rows if row["mistake"] == "none"]
    lines = [("random directions", "#0b6", right), ("2 for each entry", "#b40", [(n, 2 * n) for n, _ in right])]
    low, high = math.log10(right[0][0]), math.log10(right[-1][0])
    top = math.log10(2 * right[-1][0])

    def place(n, evaluations):
        return 70 + 400 * (math.log10(n) - low) / (high - low or 1), 280 - 240 * math.log10(evaluations) / top

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="640" height="330" font-family="sans-serif" font-size="12">',
             '<rect width="640" height="330" fill="white"/>',
             '<path d="M70 40V280H470" fill="none" stroke="black"/>',
             '<text x="270" y="318" text-anchor="middle">parameters</text>',
             '<text x="16" y="160" transform="rotate(-90 16 160)" text-anchor="middle">evaluations</text>']
    for n, _ in right:
        x, _ = place(n, 1)
        parts.append(f'<text x="{x:.0f}" y="298" text-anchor="middle">{n:.0e}</text>')
    for decade in range(0, int(top) + 1, 2):
        _, y = place(right[0][0], 10 ** decade)
        parts.append(f'<text x="62" y="{y + 4:.0f}" text-anchor="end">1e{decade}</text>')
    for name, colour, points in lines:
        at = [place(*point) for point in points]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                     + " ".join(f"{x:.1f},{y:.1f}" for x, y in at) + '"/>')
        parts.append(f'<text x="{at[-1][0] + 8:.0f}" y="{at[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
    path.write_text("\n".join(parts + ["</svg>\n"]))


def main():
    build, data = pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    result = {"scale": [json.loads(line) for line in
                        run(build / "bench" / "bench_scale", os.environ.get("LARGEST", "1e7")).stdout.splitlines()]}
    if data:
        result["network"] = network(build, data)
        print_network(result["network"])
    print_scale(result["scale"])
    (build / "performance.json").write_text(json.dumps(result, indent=2) + "\n")
    picture(result["scale"], build / "performance.svg")


if __name__ == "__main__":
    main()
