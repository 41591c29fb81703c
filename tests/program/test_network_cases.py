"""gradproof check network, on real transactions where they are at hand, on made-up ones elsewhere."""

import os
import unittest

from harness import SANITIZED, TRANSACTIONS, ProgramTest, made_up_transactions, run


class Network(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = TRANSACTIONS
        if not os.path.exists(self.data):
            self.data = self.path("transactions.csv")
            made_up_transactions(self.data)

    def check(self, *more):
        return run("check", "network", "--data", self.data, "--label", "Class", "--hidden", "16,8",
                   "--batch", "256", "--json", "-", *more)

    def test_float64_is_verified(self):
        result = self.check()
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([b["name"] for b in result.report["blocks"]],
                         ["W1", "b1", "W2", "b2", "W3", "b3"])
        self.assertEqual(result.report["blocks"][0]["shape"], [16, 30])
        self.assertEqual(result.report["coverage"]["exercised"], 641)

    def test_float64_is_verified_with_other_seeds_units_and_losses(self):
        for more in (["--seed", "1"], ["--seed", "2", "--l2", "0.01"],
                     ["--activation", "gelu"], ["--activation", "tanh", "--loss", "softmax"],
                     ["--activation", "leaky-relu", "--class-weight", "balanced"],
                     ["--activation", "sigmoid", "--loss", "squared"], ["--hidden", "none"],
                     ["--hidden", "9", "--activation", "linear", "--loss", "notebook"]):
            result = self.check(*more)
            self.assertNotEqual(result.code, 1, more)
            self.assertEqual(result.code, 0, more)

    def test_every_plant_is_refuted_and_named(self):
        plants = (("W2:scale=1.001", "W2", "scaled", 1.001), ("W1:transpose", "W1", "transposed", None),
                  ("W2:negate", "W2", "sign", -1), ("b2:zero", "b2", "zero", None),
                  ("W3:shift", "W3", "shifted", None), ("W1:entry=33,add=0.01", "W1", "entries", None),
                  ("W2:decay=0.01", "W2", "decay", 0.01))
        for plant, name, kind, factor in plants:
            result = self.check("--plant", plant)
            self.assertEqual(result.code, 1, plant)
            wrong = [b["name"] for b in result.report["blocks"] if b["verdict"] == "refuted"]
            self.assertEqual(wrong, [name], plant)
            diagnosis = result.block(name)["diagnosis"][0]
            self.assertEqual(diagnosis["kind"], kind, plant)
            if factor is not None:
                self.assertAlmostEqual(diagnosis["factor"], factor, delta=1e-6, msg=plant)
        text = run("check", "network", "--data", self.data, "--label", "Class", "--plant",
                   "W2:scale=1.001").out
        self.assertIn("W2 is 1.001000 times the derivative", text)

    def test_float32_never_cries_wolf(self):
        for seed in range(1 if SANITIZED else 4):
            result = self.check("--dtype", "float32", "--seed", str(seed))
            self.assertIn(result.code, (0, 2), seed)

    def test_float32_still_sees_a_mistake(self):
        result = self.check("--dtype", "float32", "--plant", "W2:scale=1.5")
        self.assertEqual(result.code, 1)
        diagnosis = result.block("W2")["diagnosis"][0]
        self.assertEqual(diagnosis["kind"], "scaled")
        self.assertAlmostEqual(diagnosis["factor"], 1.5, delta=1e-3)
        for plant, kind in (("W1:transpose", "transposed"), ("W2:negate", "sign"), ("W2:zero", "zero"),
                            ("W2:shift", "shifted"), ("W2:entry=3,add=1", "entries"),
                            ("W2:decay=1", "decay")):
            if SANITIZED and kind in ("transposed", "zero", "decay"):
                continue  # half a minute each there
            result = self.check("--dtype", "float32", "--plant", plant)
            self.assertEqual(result.code, 1, plant)
            name = plant.split(":")[0]
            self.assertEqual(result.block(name)["diagnosis"][0]["kind"], kind, plant)

    def test_a_float32_gradient_against_a_float64_value(self):
        for seed in range(5):
            result = self.check("--dtype", "float32", "--value", "float64", "--seed", str(seed))
            self.assertEqual(result.code, 0, seed)
        self.assertEqual(result.report["value_dtype"], "float64")
        self.assertLess(result.report["resolution"], 1e-3)
        result = self.check("--dtype", "float32", "--value", "float64", "--plant", "W2:scale=1.01")
        self.assertEqual(result.code, 1)
        self.assertAlmostEqual(result.block("W2")["diagnosis"][0]["factor"], 1.01, delta=1e-4)

    def test_dropout_is_held(self):
        self.assertEqual(self.check("--dropout", "0.2").code, 0)

    def test_dropout_without_its_seed_is_not_deterministic(self):
        result = self.check("--dropout", "0.2", "--no-seed")
        self.assertEqual(result.code, 3)
        self.assertEqual(result.report["failure"]["kind"], "not-deterministic")
        self.assertIn("not deterministic", result.report["failure"]["message"])

    def test_the_self_test_catches_all_above_the_tolerance(self):
        result = self.check("--self-test")
        self.assertEqual(result.code, 0)
        for block in result.report["blocks"]:
            self.assertGreater(block["self_test"]["planted"], 20, block["name"])
            self.assertLessEqual(block["self_test"]["smallest"], 1.001e-4, block["name"])

    def test_other_strategies(self):
        for strategy in ("project", "sample"):
            self.assertEqual(self.check("--strategy", strategy).code, 0, strategy)
            result = self.check("--strategy", strategy, "--plant", "W2:scale=1.001")
            self.assertEqual(result.code, 1, strategy)
            self.assertAlmostEqual(result.block("W2")["diagnosis"][0]["factor"], 1.001, delta=1e-6)


class BadInput(ProgramTest):
    """One clear line, exit 64 or 66."""

    def network(self, text, *more, label="y"):
        path = self.path("data.csv", text)
        return run("check", "network", "--data", path, "--label", label, *more)

    GOOD = "a,b,y\n" + "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(40))

    def test_a_small_file_is_enough(self):
        self.assertIn(self.network(self.GOOD).code, (0, 2))

    def refused(self, result, code, *words):
        self.assertEqual(result.code, code, result.err)
        self.assertEqual(result.out, "")
        self.assert_one_line(result.err, "gradproof: ", *words)

    def test_files(self):
        self.refused(run("check", "network", "--data", self.path("none.csv"), "--label", "y"), 66,
                     "none.csv", "No such file")
        self.refused(self.network(""), 66, "data.csv", "is empty")
        self.refused(self.network(self.GOOD, label="z"), 66, "data.csv", "no column is called 'z'")
        self.refused(self.network("a,y\n1,0\nfoo,1\n"), 66, "line 3", "column a", "'foo'")
        self.refused(self.network("a,y\n1,0\n2\n"), 66, "line 3", "1 field")
        self.refused(self.network("a,y\n1,0\n2,1,5\n"), 66, "line 3", "3 fields")
        self.refused(self.network("a,y\n1,0\n2,0.5\n"), 66, "0.5 in row 2", "0 or 1")
        self.refused(run("check", "network", "--data", self.folder.name, "--label", "y"), 66,
                     "directory")

    def test_shared_objects(self):
        self.refused(run("check", self.path("none.so")), 66, "none.so", "No such file")
        self.refused(run("check", self.path("bad.so", "not an object")), 66, "bad.so",
                     "can't be loaded")
        self.refused(run("check", self.folder.name), 66, "not a file")

    def test_options(self):
        self.refused(run("check", "notebook:1d", "--frobnicate"), 64, "--frobnicate")
        self.refused(run("check", "notebook:1d", "--seed"), 64, "--seed", "needs a value")
        self.refused(run("check", "notebook:2d"), 64, "notebook:2d")
        self.refused(run("check"), 64, "check what?")
        self.refused(run("frobnicate"), 64, "no such command")
        self.refused(run(), 64, "which command?")
        self.refused(run("check", "network"), 64, "--data")
        self.refused(run("check", "network", "--data", "x"), 64, "--label")
        self.refused(self.network(self.GOOD, "--batch", "0"), 64, "--batch 0")
        self.refused(self.network(self.GOOD, "--batch", "41"), 64, "40 rows")
        self.refused(self.network(self.GOOD, "--hidden", "4,0"), 64, "--hidden 4,0")
        self.refused(self.network(self.GOOD, "--dropout", "1"), 64, "--dropout 1")
        self.refused(self.network(self.GOOD, "--dtype", "float16"), 64, "float64, float32")
        self.refused(self.network(self.GOOD, "--plant", "W9:zero"), 64, "no such block")
        self.refused(self.network(self.GOOD, "--plant", "W1:explode"), 64, "the mistake must be")
        self.refused(run("check", "notebook:1d", "--rtol", "abc"), 64, "--rtol abc")
        self.refused(run("check", "notebook:1d", "--points", "-3"), 64, "--points -3")
        for option in ("--batch", "3"), ("--dropout", "0.2"), ("--dtype", "float32"), ("--no-seed",):
            self.refused(run("check", "notebook:1d", *option), 64, "check network")
        self.refused(run("check", "notebook:1d", "notebook:given"), 64, "one target at a time")
        self.refused(run("check", "notebook:1d", "--json", "/nowhere/at.json"), 70,
                     "/nowhere/at.json")


if __name__ == "__main__":
    unittest.main()
