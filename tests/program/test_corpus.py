"""A slice of the corpus, drawn from a seed that nothing was developed on: no false alarm, no miss, the right
cause. `make corpus` runs all of it."""

import json
import os
import subprocess
import unittest

from harness import BUILD, SANITIZED


PROGRAM = os.path.join(BUILD, "bench", "corpus_gradproof")


def checks(*arguments):
    lines = subprocess.run([PROGRAM, "--seed", "977", *arguments], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return [row for row in map(json.loads, lines) if not row.get("skipped")]


@unittest.skipIf(SANITIZED, "too slow under sanitizers, which watch the same engine in other tests")
@unittest.skipUnless(os.path.exists(PROGRAM), "no quad numbers here, so no corpus")
class Corpus(unittest.TestCase):
    def test_right_gradients(self):
        rows = checks("--points", "2", "--wrong-points", "0")
        unseeded = [row for row in rows if row["family"] == "unseeded"]
        rows = [row for row in rows if row["family"] != "unseeded"]
        self.assertEqual(len(unseeded), 4)
        for row in unseeded:
            self.assertIn("not deterministic", row["failure"])
        self.assertGreater(len(rows), 400)
        self.assertEqual([row["problem"] for row in rows if row["verdict"] in ("refuted", "failed")],
                         [])
        double = [row for row in rows if row["dtype"] == "float64" and not row["noisy"]]
        known = sum(row["known"] for row in double)
        self.assertLessEqual(sum(row["outside"] for row in double), 1e-4 * known)
        undecided = [row["problem"] for row in double if row["verdict"] == "inconclusive"]
        self.assertLessEqual(len(undecided), 0.02 * len(double), undecided)

    def test_mistakes(self):
        rows = [row for family in ("kernel", "statistics", "random")
                for row in checks("--points", "1", "--only", family) if row["mistake"]]
        self.assertGreater(len(rows), 800)
        missed = [(row["problem"], row["mistake"]) for row in rows if row["verdict"] == "verified"
                  and (row["size"] is None or row["size"] > 1.1 * row["resolution"])]
        self.assertEqual(missed, [])
        refuted = [row for row in rows if row["verdict"] == "refuted" and row["cause"]]
        structured = [row for row in refuted if row["cause"] != "unknown"]
        right = sum(row["named"] == row["cause"] for row in structured)
        self.assertGreaterEqual(right, 0.95 * len(structured))
        self.assertEqual([row["problem"] for row in refuted
                          if row["cause"] == "unknown" and row["named"] != "unknown"], [])


if __name__ == "__main__":
    unittest.main()
