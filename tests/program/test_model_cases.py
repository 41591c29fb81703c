"""generate, train, score, evaluate, and the check of a trained model, as a payments team would use them."""

import csv
import json
import os
import random
import signal
import struct
import subprocess
import time
import unittest
from xml.etree import ElementTree

from harness import PROGRAM, ProgramTest, run


class Model(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = self.path("payments.csv")
        self.assertEqual(run("generate", "--rows", "20000", "--seed", "3", "--out", self.data).code, 0)
        self.model = self.path("fraud.safetensors")

    def train(self, *more, out=None):
        return run("train", self.data, "--label", "fraud", "--out", out or self.model, "--epochs", "6", *more)

    def test_the_whole_course(self):
        result = self.train("--time-column", "time")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("epoch 6 of 6: loss", result.out)
        self.assertIn("its gradient checked", result.out)
        with open(self.model, "rb") as file:
            length, = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        self.assertEqual(header["W1"]["shape"], [64, 11])
        checks = json.loads(header["__metadata__"]["checks"])
        self.assertEqual([check["when"] for check in checks], ["start", "burn-in", "end"])
        self.assertNotIn("refuted", [check["verdict"] for check in checks])

        result = run("score", self.model, self.data, "--threshold", "0.5")
        self.assertEqual(result.code, 0, result.err)
        rows = list(csv.DictReader(result.out.splitlines()))
        self.assertEqual(len(rows), 20000)
        self.assertEqual([row["flag"] for row in rows],
                         [str(int(float(row["probability"]) >= 0.5)) for row in rows])

        result = run("evaluate", self.model, self.data, "--json", "--cost-fn", "50")
        self.assertEqual(result.code, 0, result.err)
        self.assertGreater(result.report["pr_auc"], 0.5)
        reasons = run("score", self.model, self.data, "--explain").out.splitlines()
        self.assertEqual(reasons[0], "row,probability,reasons")
        self.assertRegex(reasons[1], r"^1,[-\d.e]+,\w+ [-+][\d.e-]+; \w+ [-+][\d.e-]+; \w+ [-+][\d.e-]+$")
        picture = self.path("picture.svg")
        self.assertEqual(run("evaluate", self.model, self.data, "--picture", picture).code, 0)
        ElementTree.parse(picture)
        self.assertEqual(run("evaluate", self.model, self.data, "--picture", self.path("no/where.svg")).code, 70)

        flagged = sum(row["flag"] == "1" for row in rows)
        confusion = result.report["confusion"]
        self.assertEqual(confusion["true_positives"] + confusion["false_positives"], flagged)
        self.assertIn("ROC-AUC", run("evaluate", self.model, self.data).out)

        result = run("check", self.model, "--data", self.data, "--json", "-", "--batch", "64")
        self.assertEqual(result.code, 0, result.err)
        result = run("check", self.model, "--data", self.data, "--plant", "b2:scale=3", "--json", "-")
        self.assertEqual(result.code, 1)
        self.assertEqual(result.block("b2")["diagnosis"][0]["kind"], "scaled")

    def test_a_wrong_gradient_stops_the_training(self):
        self.assertEqual(self.train().code, 0)
        with open(self.model, "rb") as file:
            before = file.read()
        result = self.train("--plant", "W2:negate")
        self.assertEqual(result.code, 1)
        self.assertIn("training is stopped", result.out)
        self.assertIn("sign: W2", result.out)
        with open(self.model, "rb") as file:
            self.assertEqual(file.read(), before, "the last good model is kept")

    def test_threads_and_schedules(self):
        def losses(*more):
            result = self.train("--check", "none", *more)
            self.assertEqual(result.code, 0, result.err)
            with open(self.model, "rb") as file:
                return [float(line.split("loss ")[1].split(",")[0]) for line in result.out.splitlines() if "loss" in line], file.read()

        alone, _ = losses()
        shared, model = losses("--jobs", "3")
        self.assertEqual(losses("--jobs", "3")[1], model, "the same threads, the same bits")
        for one, several in zip(alone, shared):
            self.assertAlmostEqual(one / several, 1, delta=1e-3)
        constant, _ = losses("--schedule", "constant")
        self.assertNotEqual(constant[-1], alone[-1])
        for wrong in (("--jobs", "0"), ("--jobs", "many"), ("--schedule", "never")):
            result = self.train(*wrong)
            self.assertEqual(result.code, 64)
            self.assert_one_line(result.err, *wrong)

    def test_columns_go_by_name_and_bad_rows_are_told(self):
        self.assertEqual(self.train().code, 0)
        with open(self.data, encoding="utf-8") as file:
            names, *rows = [line.rstrip("\n").split(",") for line in file.readlines()[:8]]
        order = list(range(len(names)))[::-1]
        mixed = self.path("mixed.csv", "\n".join(",".join(row[k] for k in order) + ",x" for row in
                                                  [names] + rows).replace(",x", ",extra", 1) + "\n")
        straight = self.path("straight.csv", "\n".join(",".join(row) for row in [names] + rows) + "\n")
        self.assertEqual(run("score", self.model, mixed).out, run("score", self.model, straight).out)
        rows[2][1] = "much"
        rows[4].pop()
        bad = self.path("bad.csv", "\n".join(",".join(row) for row in [names] + rows) + "\n")
        result = run("score", self.model, bad)
        self.assertEqual(result.code, 66)
        self.assertEqual(result.out.splitlines()[3], "3,")
        self.assertEqual(result.out.splitlines()[5], "5,")
        self.assertEqual(len(result.out.splitlines()), 8)
        self.assertIn("bad.csv: line 4: column amount needs a finite number, not 'much'", result.err)
        self.assertIn("bad.csv: line 6: has 12 fields, but the header has 13", result.err)
        none = self.path("none.csv", "a,b\n1,2\n")
        result = run("score", self.model, none)
        self.assertEqual(result.code, 66)
        self.assert_one_line(result.err, "line 1: has no column")

    def test_killed_and_resumed(self):
        begun = time.monotonic()
        more = ("--hidden", "256,128", "--epochs", "12", "--batch", "64", "--dropout", "0.1", "--validation", "0.5")
        self.assertEqual(self.train(*more).code, 0)
        took, moments, kills = time.monotonic() - begun, random.Random(1), 0
        again, checkpoint = self.path("again.safetensors"), self.path("checkpoint")
        command = [PROGRAM, "train", self.data, "--label", "fraud", "--out", again, *more, "--resume", checkpoint]
        for _ in range(20):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(moments.uniform(0, took / 4))
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.assertGreater(kills, 5)
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse(os.path.exists(checkpoint))
        self.assertEqual(self.weights(again), self.weights(self.model))
        os.rename(again, checkpoint)  # no checkpoint
        result = run(*command[1:])
        self.assertEqual(result.code, 66)
        self.assert_one_line(result.err, "is no checkpoint of this training")

    def weights(self, path):
        with open(path, "rb") as file:
            length, = struct.unpack("<Q", file.read(8))
            file.read(length)
            return file.read()

    def test_damaged_tables(self):
        self.assertEqual(self.train().code, 0)
        with open(self.data, "rb") as file:
            whole = file.read(3000)
        chance = random.Random(2)
        for _ in range(150):
            damaged = bytearray(whole)
            for _ in range(chance.randrange(1, 5)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            path = self.path("damaged.csv")
            with open(path, "wb") as file:
                file.write(damaged[:chance.randrange(len(damaged))])
            for command in ("score", self.model, path), ("evaluate", self.model, path):
                done = subprocess.run([PROGRAM, *command], capture_output=True, check=False)
                self.assertIn(done.returncode, (0, 66), done.stderr)
                if done.returncode:
                    self.assertTrue(done.stderr.startswith(b"gradproof: "), done.stderr)

    def test_wrong_usage(self):
        for arguments, words in ((("train", self.data, "--label", "fraud"), "--out"),
                                 (("train", self.data, "--label", "fraud", "--out", "x", "--check", "never"), "start, burn-in"),
                                 (("score", self.model), "needs MODEL"),
                                 (("evaluate", "a", "b", "--threshold", "2"), "at most 1"),
                                 (("generate", "--rows", "0"), "whole number"),
                                 (("check", "some.safetensors"), "--data")):
            result = run(*arguments)
            self.assertEqual(result.code, 64, arguments)
            self.assert_one_line(result.err, words)
        for arguments, words in ((("train", self.data, "--label", "nothing", "--out", "x"), "no column is called 'nothing'"),
                                 (("evaluate", self.data, self.data), "not a safetensors file")):
            result = run(*arguments)
            self.assertEqual(result.code, 66, result.err)
            self.assert_one_line(result.err, words)


if __name__ == "__main__":
    unittest.main()
