"""gradproof check notebook:... and gradproof demo."""

import json
import os
import unittest

from harness import SOURCE, ProgramTest, run

REFERENCE = json.load(open(os.path.join(SOURCE, "tests", "data", "notebook_case.json"),
                           encoding="utf-8"))


class Notebook(ProgramTest):
    def test_given_is_refuted_with_both_factors(self):
        result = run("check", "notebook:given", "--json", "-")
        self.assertEqual(result.code, 1)
        report = result.report
        self.assertEqual(report["verdict"], "refuted")
        verdicts = {b["name"]: b["verdict"] for b in report["blocks"]}
        self.assertEqual(verdicts, {"W1": "verified", "b1": "refuted", "W2": "refuted",
                                    "b2": "verified", "W3": "verified", "b3": "verified"})
        for name, factor in (("W2", 2), ("b1", 4)):
            diagnosis = result.block(name)["diagnosis"]
            self.assertEqual([d["kind"] for d in diagnosis], ["scaled"])
            self.assertAlmostEqual(diagnosis[0]["factor"], factor, delta=1e-6)
        self.assertEqual(f"{report['notebook_difference']:.9f}", "0.285093157")

    def test_corrected_is_verified(self):
        result = run("check", "notebook:corrected", "--json", "-")
        self.assertEqual(result.code, 0)
        report = result.report
        self.assertEqual(report["verdict"], "verified")
        self.assertLessEqual(report["resolution"], 1e-7)
        self.assertAlmostEqual(report["notebook_difference"], 1.19e-7, delta=0.05 * 1.19e-7)
        self.assertEqual(report["coverage"]["exercised"], 47)
        self.assertEqual(report["coverage"]["total"], 47)
        self.assertEqual(report["coverage"]["silent"],
                         ["unit 0 of layer 2 (relu)", "unit 1 of layer 2 (relu)",
                          "unit 4 of layer 1 (relu)"])

    def test_corrected_is_verified_whatever_the_seed(self):
        for seed in range(20):
            report = run("check", "notebook:corrected", "--json", "-", "--seed", str(seed)).report
            self.assertEqual(report["verdict"], "verified", seed)
            self.assertEqual(report["coverage"]["exercised"], 47, seed)

    def test_the_given_point_alone_exercises_27(self):
        result = run("check", "notebook:corrected", "--json", "-", "--points", "1")
        self.assertEqual(result.code, 0)
        self.assertEqual(result.report["coverage"]["exercised"],
                         47 - len(REFERENCE["zero_entries"]))
        self.assertEqual(result.report["coverage"]["points"], 1)

    def test_descent_is_left_out_by_itself(self):
        def report(*more):
            return run("check", "notebook:corrected", "--json", "-", *more).report

        whole, without = report(), report("--no-descent")
        self.assertIn("steps of descent", " ".join(whole["practice"]))
        self.assertNotIn("descent", " ".join(without["practice"]))
        for one in whole, without:
            self.assertEqual((one["verdict"], one["refuted"]), ("verified", None))
        self.assertEqual(without["coverage"], whole["coverage"])

    def test_one_dimension(self):
        result = run("check", "notebook:1d")
        self.assertEqual(result.code, 0)
        self.assertIn("verified: notebook:1d", result.out)

    def test_text_says_it_in_words(self):
        out = run("check", "notebook:given").out
        self.assertIn("W2 is 2.000000 times the derivative in all 15 of its exercised entries", out)
        self.assertIn("b1 is 4.000000 times the derivative in all 5 of its exercised entries", out)
        self.assertNotIn("\033", out)

    def test_a_report_repeats_itself(self):
        def report(*more):
            r = run("check", "notebook:corrected", "--json", "-", "--seed", "5", *more).report
            del r["seconds"]
            return r
        self.assertEqual(report(), report())
        self.assertEqual(report(), report("--jobs", "2"))

    def test_json_goes_to_a_file_beside_the_text(self):
        path = self.path("report.json")
        result = run("check", "notebook:1d", "--json", path, "--quiet")
        self.assertEqual(result.code, 0)
        self.assert_one_line(result.out, "verified")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["schema"], "gradproof.report/1")

    def test_demo_tells_the_story(self):
        result = run("demo")
        self.assertEqual(result.code, 0, result.err)
        for words in ("The gradient is correct!",
                      "There is a mistake in the backward propagation! difference = 0.285093",
                      "verified: notebook:corrected", "refuted: notebook:given",
                      "1.001000 times the derivative"):
            self.assertIn(words, result.out)


class Help(ProgramTest):
    def test_help_and_version(self):
        for arguments in (["--help"], ["check", "--help"], ["demo", "--help"]):
            result = run(*arguments)
            self.assertEqual(result.code, 0)
            self.assertIn("usage: gradproof", result.out)
        for arguments in (["--version"], ["check", "--version"], ["demo", "--version"]):
            result = run(*arguments)
            self.assertEqual(result.code, 0)
            self.assertRegex(result.out, r"^gradproof \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
