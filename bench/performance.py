"""What a proof costs, beside its peers: one table, one JSON, one picture.

    bench/performance.py BUILD [DATA.csv]

writes BUILD/performance.json, BUILD/performance.svg (evaluations against n) and BUILD/performance_networks.svg
(seconds, ours and the peers') and prints the tables in Markdown. Times are those of
one run on one machine: only their ratios mean anything. A peer that isn't installed is named as skipped."""
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
BATCH, LABEL = "256", "Class"
SIZES = [("8",), ("32", "16"), ("64", "32"), ("256", "128")]  # hidden units; the last is the one in the table
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def network(build, data, hidden):
    ours = json.loads(run(build / "bench" / "bench_network", data, LABEL, BATCH, *hidden).stdout)
    torch = run("/usr/bin/python3", HERE / "torch_gradcheck.py", data, LABEL, BATCH, *hidden)
    return {**ours, "plain": 2 * ours["forward"]["parameters"] * ours["forward"]["seconds"],
            "torch": json.loads(torch.stdout) if torch.returncode == 0 else None}


def executors(build):
    """Seconds of one check whose evaluations take a millisecond, by one worker and by two."""
    def took(jobs, *words, command=()):
        return statistics.median(json.loads(run(
            *command, build / "gradproof", "check", build / "bench" / "libslow.so", "--strategy", "full", "--points",
            "1", "--json", "-", "--jobs", jobs, *words).stdout)["seconds"] for _ in range(3))

    result = {"threads": [took(jobs, "--", "reentrant") for jobs in "12"], "processes": [took(jobs) for jobs in "12"]}
    if shutil.which("mpirun") and list(build.glob("libgradproof_mpi.so*")):
        for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe"):
            os.environ[name] = "1"
        result["MPI ranks"] = [took("1", command=("mpirun", "-n", ranks)) for ranks in "12"]
    return result


def print_executors(result):
    print("\n| an evaluation of 1 ms | one, s | two, s | faster |\n| --- | --- | --- | --- |")
    for name, (one, two) in result.items():
        print(f"| {name} | {one:.3g} | {two:.3g} | {one / two:.3g} x |")


def print_network(result):
    n, full, project = result["forward"]["parameters"], result["full"], result["project"]
    print(f"Network 30-{'-'.join(SIZES[-1])}-1, {n} parameters, batch {BATCH}, float64, one thread; verdicts:",
          f"{full['verdict']} (resolution {full['resolution']:.1e}, {full['values']} values, none of them a whole forward "
          f"pass) and {project['verdict']} (resolution {project['resolution']:.1e}, {project['values']} values)\n")
    print("| what | seconds | against every entry, ours | against directions, ours |\n| --- | --- | --- | --- |")
    rows = [("every entry, ours", full["median"]), ("random directions, ours", project["median"]),
            ("the plain way: 2 n forward passes of ours", result["plain"])]
    if result["torch"]:
        rows += [("torch gradcheck, slow", result["torch"]["slow"]),
                 ("torch gradcheck, fast_mode", result["torch"]["fast"])]
    for name, took in rows:
        print(f"| {name} | {took:.3g} | {took / full['median']:.3g} x | {took / project['median']:.3g} x |")
    print(f"\nSpread over 7 runs: every entry {full['least']:.3g} to {full['most']:.3g} s, directions "
          f"{project['least']:.3g} to {project['most']:.3g} s", end="")
    if result["torch"]:
        print(f"; over 9 runs of torch's fast_mode {min(result['torch']['fast_all']):.3g} to "
              f"{max(result['torch']['fast_all']):.3g} s", end="")
    print(".")
    if not result["torch"]:
        print("torch: skipped, not installed.")


def must_hold(build, data):
    """What is true or not: what a crash, a hang and kills cost, and directions over the corpus, where it is built."""
    held = {}
    for what, test in (("a crash and a hang among 10,000 probes cost those two", "test_shared_objects"),
                       ("killed 20 times and resumed: the same report", "test_resume")):
        held[what] = run("ctest", "--test-dir", build, "-R", f"^{test}$", "--no-tests=error").returncode == 0
    corpus = build / "bench" / "corpus_gradproof"
    if run("cmake", "--build", build, "--target", "corpus_gradproof").returncode == 0 and corpus.exists():
        seed = os.environ.get("SEED", "1")
        lines = build / "performance_corpus.jsonl"
        found = run(corpus, "--seed", seed, "--points", "5", "--wrong-points", "3", "--jobs", "2", "--strategy", "project",
                    *(("--data", data) if data else ()))
        lines.write_text(found.stdout)
        sys.path.insert(0, str(HERE / "corpus"))
        import table
        rows = [row for row in table.read([lines]) if row["family"] != "unseeded"]
        held["corpus"] = {"seed": seed, **{kind: table.summary(rows)[kind] for kind in
                                           ("right", "false_alarms", "wrong", "misses")}}
    return held


def print_held(held):
    print("\n| what must hold | |\n| --- | --- |")
    for what, result in held.items():
        if what == "corpus":
            result = (f"{result['false_alarms']} false alarms in {result['right']}, {result['misses']} misses among "
                      f"{result['wrong']} (seed {result['seed']})")
            what = "random directions and location over the corpus"
        print(f"| {what} | {result if isinstance(result, str) else 'yes' if result else 'NO'} |")


def print_scale(rows):
    print("\n| n | wrong | verdict | cause named | values | gradients | seconds | own time an evaluation, in times "
          "to write n doubles | memory, in n doubles |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        print(f"| {row['n']:.0e} | {row['mistake']} | {row['verdict']} | {row['cause'] or '-'} | {row['values']} | "
              f"{row['gradients']} | {row['seconds']:.3g} | {row['own_over_write']:.2g} | {row['memory_over_n']:.3g} |")


def picture(lines, across, up, path):
    """Lines (name, colour, points), both axes logarithmic."""
    points = [point for _, _, line in lines for point in line]
    low, high = (math.log10(pick(x for x, _ in points)) for pick in (min, max))
    bottom, top = math.floor(math.log10(min(y for _, y in points))), math.ceil(math.log10(max(y for _, y in points)))

    def place(x, y):
        return (70 + 400 * (math.log10(x) - low) / (high - low or 1),
                280 - 240 * (math.log10(y) - bottom) / (top - bottom or 1))

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="680" height="330" font-family="sans-serif" font-size="12">',
             '<rect width="680" height="330" fill="white"/>', '<path d="M70 40V280H470" fill="none" stroke="black"/>',
             f'<text x="270" y="318" text-anchor="middle">{across}</text>',
             f'<text x="16" y="160" transform="rotate(-90 16 160)" text-anchor="middle">{up}</text>']
    for decade in range(math.ceil(low), math.floor(high) + 1):
        x, _ = place(10 ** decade, 10 ** bottom)
        parts.append(f'<text x="{x:.0f}" y="298" text-anchor="middle">1e{decade}</text>')
    for decade in range(bottom, top + 1, 1 if top - bottom < 6 else 2):
        _, y = place(10 ** low, 10 ** decade)
        parts.append(f'<text x="62" y="{y + 4:.0f}" text-anchor="end">1e{decade}</text>')
    for name, colour, line in lines:
        at = [place(*point) for point in line]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                     + " ".join(f"{x:.1f},{y:.1f}" for x, y in at) + '"/>')
        parts.append(f'<text x="{at[-1][0] + 8:.0f}" y="{at[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
    path.write_text("\n".join(parts + ["</svg>\n"]))


def pictures(result, build):
    right = [(row["n"], row["values"] + row["gradients"]) for row in result["scale"] if row["mistake"] == "none"]
    picture([("random directions", "#0b6", right), ("2 for each entry", "#b40", [(n, 2 * n) for n, _ in right])],
            "parameters", "evaluations", build / "performance.svg")
    sizes = [(row["forward"]["parameters"], row) for row in result.get("networks", [])]
    lines = [("every entry", "#06b", [(n, row["full"]["median"]) for n, row in sizes]),
             ("random directions", "#0b6", [(n, row["project"]["median"]) for n, row in sizes]),
             ("2 n forward passes", "#888", [(n, row["plain"]) for n, row in sizes])]
    if sizes and all(row["torch"] for _, row in sizes):
        lines += [("torch slow", "#b40", [(n, row["torch"]["slow"]) for n, row in sizes]),
                  ("torch fast_mode", "#d90", [(n, row["torch"]["fast"]) for n, row in sizes])]
    if sizes:
        picture(lines, "parameters", "seconds", build / "performance_networks.svg")


def main():
    build, data = pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    largest = os.environ.get("LARGEST", "1e7")
    rows = run(build / "bench" / "bench_scale", largest).stdout.splitlines()
    rows += run(build / "bench" / "bench_scale", str(10 * float(largest)), "right").stdout.splitlines()[-1:]
    result = {"scale": [json.loads(line) for line in rows]}
    if data:
        result["networks"] = [network(build, data, hidden) for hidden in SIZES]
        print_network(result["networks"][-1])
    print_scale(result["scale"])
    result["executors"] = executors(build)
    print_executors(result["executors"])
    result["must hold"] = must_hold(build, data)
    print_held(result["must hold"])
    (build / "performance.json").write_text(json.dumps(result, indent=2) + "\n")
    pictures(result, build)


if __name__ == "__main__":
    main()
