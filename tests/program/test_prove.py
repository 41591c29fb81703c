"""gradproof prove."""

import json
import os
import unittest

from harness import BUILD, SOURCE, TRANSACTIONS, ProgramTest, made_up_transactions, run

EXACT = json.load(open(os.path.join(SOURCE, "tests", "data", "notebook_case.json"), encoding="utf-8"))["gradient_exact"]


@unittest.skipUnless(os.path.exists(os.path.join(BUILD, "libgradproof_prove.so")), "this build has no proofs")
class Prove(ProgramTest):
    def data(self):
        if os.path.exists(TRANSACTIONS):
            return TRANSACTIONS
        path = self.path("made-up.csv")
        if not os.path.exists(path):
            made_up_transactions(path)
        return path

    def network(self, *options):
        return run("prove", "network", "--data", self.data(), "--label", "Class", "--json", "-", *options)

    def test_one_dimension(self):
        result = run("prove", "notebook:1d", "--json", "-")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.report["value"], [8.0, 8.0])
        self.assertEqual(result.block("theta")["intervals"], [[2.0, 2.0, 2.0]])
        self.assertEqual(run("prove", "notebook:1d", "--plant", "theta:entry=0,add=1e-3").code, 1)

    def test_the_notebook_corrected_is_proven(self):
        result = run("prove", "notebook:corrected", "--json", "-")
        self.assertEqual(result.code, 0, result.err)
        report = result.report
        self.assertEqual((report["schema"], report["verdict"], report["parameters"]), ("gradproof.proof/1", "proven", 47))
        intervals = [interval for block in report["blocks"] for interval in block["intervals"]]
        for (_, low, high), exact in zip(intervals, EXACT, strict=True):
            self.assertTrue(low <= float(exact) <= high)
        for block in report["blocks"]:
            self.assertLessEqual(block["ulps"], 4)

    def test_the_notebook_given_is_disproven_where_it_is_wrong(self):
        result = run("prove", "notebook:given", "--json", "-")
        self.assertEqual(result.code, 1)
        for block in result.report["blocks"]:
            wrong = sum(low != high for _, low, high in block["intervals"]) if block["name"] in ("W2", "b1") else 0
            self.assertEqual(block["entries"]["disproven"], wrong, block["name"])
        text = run("prove", "notebook:given", "--quiet")
        self.assert_one_line(text.out, "notebook:given: disproven: 8 of 47 entries")

    def test_networks(self):
        for options in ([], ["--activation", "gelu", "--dtype", "float32", "--l2", "0.01"],
                        ["--loss", "softmax", "--hidden", "none", "--class-weight", "3"]):
            result = self.network(*options)
            self.assertEqual(result.code, 0, result.out + result.err)

    def test_a_mistake_of_one_part_in_a_billion(self):
        entry = self.network().block("W2")["worst"]
        size = abs(entry["analytic"])
        plant = f"W2:entry={entry['index']},add={size * 1e-9!r}"
        self.assertEqual(self.network("--plant", plant).code, 0)
        result = self.network("--plant", plant, "--rtol", "1e-10")
        self.assertEqual(result.code, 1)
        self.assertEqual([e["index"] for e in result.block("W2")["unproven"]], [entry["index"]])
        self.assertEqual(self.network("--rtol", "1e-10").code, 0)

    def test_how_far_a_proof_reaches(self):
        text = run("prove", "notebook:corrected", "--radius", "1e-12")
        self.assertEqual(text.code, 0, text.err)
        self.assertIn("every point within 1e-12", text.out)
        result = run("prove", "notebook:corrected", "--radius", "1e-2", "--json", "-")
        self.assertEqual(result.code, 2)
        report = result.report
        self.assertEqual(report["radius"], 1e-2)
        self.assertTrue(0 < report["reach"] < 1e-2)
        again = run("prove", "notebook:corrected", "--radius", repr(report["reach"]), "--json", "-")
        self.assertEqual((again.code, again.report["reach"]), (0, report["reach"]))
        self.assertEqual(run("prove", "notebook:corrected", "--radius", repr(report["reach"] * 1.1)).code, 2)
        self.assertEqual(run("prove", "notebook:given", "--radius", "1e-12").code, 1)
        self.assertEqual(self.network("--radius", "1e-13", "--activation", "tanh").code, 0)

    def test_a_trained_model(self):
        model = self.path("fraud.safetensors")
        done = run("train", self.data(), "--label", "Class", "--epochs", "1", "--hidden", "6", "--out", model)
        self.assertEqual(done.code, 0, done.err)
        result = run("prove", model, "--data", self.data(), "--json", "-")
        self.assertEqual(result.code, 0, result.out + result.err)
        self.assertEqual(run("prove", model, "--data", self.data(), "--plant", "b1:scale=1.01").code, 1)

    def test_json_goes_into_a_file_beside_the_text(self):
        path = self.path("proof.json")
        result = run("prove", "notebook:corrected", "--json", path)
        self.assertIn("notebook:corrected: proven", result.out)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["verdict"], "proven")
        self.assertEqual(run("prove", "notebook:corrected", "--json", self.path("no/where.json")).code, 70)

    def test_wrong_usage(self):
        for arguments, word in (([], "prove what"), (["notebook:2d"], "notebook"), (["./libmine.so"], "formula"),
                                (["network"], "--data"), (["network", "--data", "x.csv"], "--label"),
                                (["notebook:1d", "--data", "x.csv"], "network"), (["notebook:1d", "--rtol", "2"], "rtol"), (["notebook:1d", "--radius", "1"], "radius"),
                                (["notebook:1d", "more"], "one target"), (["notebook:1d", "--points", "3"], "--points"),
                                (["notebook:1d", "--plant", "theta:what"], "plant")):
            result = run("prove", *arguments)
            self.assertEqual(result.code, 64, arguments)
            self.assert_one_line(result.err, word)
        result = run("prove", "network", "--data", self.path("missing.csv"), "--label", "Class")
        self.assertEqual(result.code, 66)


if __name__ == "__main__":
    unittest.main()
