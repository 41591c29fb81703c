"""Runs the real program for the tests in this folder. The build tells where things are."""

import hashlib
import json
import os
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["GRADPROOF"]
BUILD = os.environ["GP_BUILD"]
SOURCE = os.environ["GP_SOURCE"]
SANITIZED = "ON" in (os.environ.get("GP_SANITIZE"), os.environ.get("GP_SANITIZE_THREADS"))
TRANSACTIONS = os.path.join(SOURCE, "..", "shared", "data", "ulb_creditcard_10k.csv")


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def report(self):
        return json.loads(self.out)

    def block(self, name):
        return next(b for b in self.report["blocks"] if b["name"] == name)


def run(*arguments, program=PROGRAM, cwd=None, env=None, before=None):
    """`before` runs in the new process, before the program does."""
    environment = dict(os.environ, **(env or {}))
    done = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=cwd,
                          env=environment, stdin=subprocess.DEVNULL, timeout=300, preexec_fn=before)
    return Result(done)


class ProgramTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gradproof-test-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name, text=None):
        """A file of this test's own, written if there is a text."""
        path = os.path.join(self.folder.name, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def assert_one_line(self, text, *words):
        self.assertEqual(text.count("\n"), 1, text)
        for word in words:
            self.assertIn(word, text)


def made_up_transactions(path):
    """Stands in for the real transactions where they are not at hand: 30 inputs, 2 % of class 1."""
    state = 12345
    with open(path, "w", encoding="utf-8") as file:
        file.write("Time," + ",".join(f"V{k}" for k in range(1, 29)) + ",Amount,Class\n")
        for row in range(2000):
            fraud = int(row % 50 == 7)
            cells = []
            for _ in range(30):
                total = 0.0
                for _ in range(4):
                    state = (6364136223846793005 * state + 1442695040888963407) % 2**64
                    total += state / 2**64 - 0.5
                cells.append(f"{total * (2 if fraud else 1) + 0.5 * fraud:.9f}")
            file.write(",".join(cells) + f",{fraud}\n")


def digest(path, value):
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{path}\n{canonical}".encode()).hexdigest()


def sealed(certificate):
    """A certificate with new seals, as a forger makes them."""
    seals = {}
    for name, part in certificate.items():
        if name in ("seals", "seal"):
            continue
        for inner, member in part.items() if isinstance(part, dict) and part else [("", part)]:
            path = f"{name}.{inner}" if inner else name
            seals[path] = digest(path, member)
    return dict(certificate, seals=seals, seal=digest("", seals))
