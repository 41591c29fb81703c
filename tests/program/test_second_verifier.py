"""examples/verify_certificate.py, which has none of gradproof's code, on certificates of gradproof prove. It takes NumPy and mpmath:
those of the Python that runs this, or of the virtual environment of the Python package's tests."""

import base64
import copy
import hashlib
import itertools
import json
import os
import struct
import subprocess
import sys
import unittest

from harness import BUILD, SOURCE, ProgramTest, run, sealed

VERIFIER = os.path.join(SOURCE, "examples", "verify_certificate.py")
PAYMENTS = os.path.join(SOURCE, "tests", "data", "payments.csv")
UNITS = "linear", "relu", "leaky-relu", "tanh", "sigmoid", "gelu"
LOSSES = "sigmoid", "notebook", "softmax", "squared"


def python():
    """One with what it takes; None: there is none."""
    for candidate in sys.executable, os.path.join(BUILD, "python", "bin", "python"), os.environ.get("GP_PYTHON", ""):
        if os.path.exists(candidate) and subprocess.run([candidate, "-c", "import mpmath, numpy"], capture_output=True).returncode == 0:
            return candidate
    return None


PYTHON = python()


def merkle(entries):
    level = [hashlib.sha256(b"\0" + f"{i} {e}".encode()).digest() for i, e in enumerate(entries)]
    while len(level) > 1:
        level = [hashlib.sha256(b"\1" + b"".join(level[i:i + 2])).digest() if i + 1 < len(level) else level[i]
                 for i in range(0, len(level), 2)]
    return level[0].hex()


class SecondVerifier(ProgramTest):
    def prove(self, *arguments):
        path = self.path("certificate.json")
        result = run("prove", *arguments, "--certificate", path, "--quiet")
        self.assertIn(result.code, (0, 1), result.err)
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def network(self, *options):
        return self.prove("network", "--data", PAYMENTS, "--label", "fraud", "--hidden", "5,3", "--batch", "32", *options)

    def verify(self, certificate, *options):
        path = self.path("given.json", json.dumps(certificate))
        done = subprocess.run([PYTHON, VERIFIER, path, *options], capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout + done.stderr

    def assert_confirmed(self, certificate, *options):
        code, said = self.verify(certificate, *options)
        self.assertEqual(code, 0, said)
        self.assertIn("confirmed", said)
        return said

    def refused(self, code, word, certificate):
        got, said = self.verify(certificate)
        self.assertEqual(got, code, said)
        self.assertIn(word, said)

    def test_networks(self):
        for k, (unit, loss) in enumerate(itertools.product(UNITS, LOSSES)):
            certificate = self.network("--activation", unit, "--loss", loss, "--seed", str(k), "--l2", str(k % 3 * 0.01),
                                       "--class-weight", str(1 + k % 2 * 2.3), "--dtype", ("float64", "float32")[k % 5 % 2])
            self.assert_confirmed(certificate)

    def test_the_notebook_and_mistakes(self):
        for target in "notebook:1d", "notebook:given", "notebook:corrected":
            self.assert_confirmed(self.prove(target))
        certificate = self.network("--plant", "W2:scale=1.001", "--activation", "tanh")
        self.assertEqual(certificate["result"]["verdict"], "disproven")
        self.assert_confirmed(certificate)

    def test_a_large_network(self):
        certificate = self.prove("network", "--data", PAYMENTS, "--label", "fraud", "--hidden", "100,50", "--batch", "32")
        self.assertIsNone(certificate["result"]["list"]["entries"])
        self.assertIn("in all", self.assert_confirmed(certificate, "--entries", "100"))

    def test_what_is_forged_or_damaged(self):
        good = self.network()

        def forged(change, reseal=True):
            bad = copy.deepcopy(good)
            entries = bad["result"]["list"]
            change(bad, entries)
            if reseal:
                entries["merkle"], entries["widest"] = merkle(entries["entries"]), []
                bad = sealed(bad)
            return bad

        def move(_, entries):
            g, low, high = entries["entries"][7].split(" ")
            away = float.fromhex(high) + 1e-9
            entries["entries"][7] = f"{g} {away.hex()} {away.hex()}"

        def other_g(_, entries):
            g, low, high = entries["entries"][7].split(" ")
            entries["entries"][7] = f"{(float.fromhex(g) * 1.5 + 1e-9).hex()} {low} {high}"

        def better(bad, _):
            bad["result"]["report"]["blocks"][1]["entries"].update(proven=0, disproven=5)

        def wrong(bad, entries):
            g = [float.fromhex(e.split(" ")[0]) * 1.01 for e in entries["entries"]]
            entries["entries"] = [f"{v.hex()} {e.split(' ', 1)[1]}" for v, e in zip(g, entries["entries"], strict=True)]
            raw = struct.pack(f"<{len(g)}d", *g)
            bad["numbers"]["gradient"].update(base64=base64.b64encode(raw).decode(), sha256=hashlib.sha256(raw).hexdigest())

        for change, word in ((move, "doesn't meet"), (other_g, "its g"), (better, "b1"), (wrong, "W1")):
            self.refused(1, word, forged(change))
            self.refused(3, "damaged", forged(change, reseal=False))
        self.refused(3, "damaged", {k: v for k, v in good.items() if k != "function"})


if __name__ == "__main__":
    if not os.path.exists(os.path.join(BUILD, "libgradproof_prove.so")):
        print("skipped: this build has no proofs")
        sys.exit(77)
    if PYTHON is None:
        print("skipped: no Python with mpmath and NumPy (scripts/test_python gets them)")
        sys.exit(77)
    unittest.main()
