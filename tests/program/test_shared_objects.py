"""gradproof check ./libmine.so: well-behaved ones, and each way to misbehave."""

import os
import unittest

from harness import BUILD, SANITIZED, ProgramTest, run

MISBEHAVING = os.path.join(BUILD, "libmisbehaving.so")


class SharedObject(ProgramTest):
    def test_a_right_gradient(self):
        result = run("check", os.path.join(BUILD, "libshared_object.so"), "--json", "-", "--", "8")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.report["parameters"], 9)

    def test_a_plant_in_it(self):
        result = run("check", os.path.join(BUILD, "libshared_object.so"), "--plant", "w:scale=3",
                     "--json", "-")
        self.assertEqual(result.code, 1)
        self.assertAlmostEqual(result.block("w")["diagnosis"][0]["factor"], 3, delta=1e-6)

    def test_a_name_without_a_slash_means_this_folder(self):
        result = run("check", "libshared_object.so", cwd=BUILD)
        self.assertEqual(result.code, 0, result.err)


class Misbehaving(ProgramTest):
    def check(self, manner, *more):
        return run("check", MISBEHAVING, *more, "--", manner)

    def failed(self, manner, *words, more=()):
        result = self.check(manner, *more)
        self.assertEqual(result.code, 3, result.out + result.err)
        self.assert_one_line(result.out, "failed: ", *words)
        result = self.check(manner, "--json", "-", *more)
        self.assertEqual(result.code, 3)
        self.assertEqual(result.report["verdict"], "failed")

    def refuted(self, manner, kind, *words):
        result = self.check(manner)
        self.assertEqual(result.code, 1)
        line = next(line for line in result.out.splitlines() if line.strip().startswith(kind + ":"))
        for word in words:
            self.assertIn(word, line)

    def test_none(self):
        self.assertEqual(self.check("").code, 0)

    def test_faults(self):
        self.failed("past-g", "wrote past the end of the gradient", "index 6 of 6", "after theta")
        self.failed("write-x", "wrote to its input", "theta[0][2]")
        self.failed("random", "not deterministic", "theta")
        self.failed("nan-value", "value is NaN")

    def test_manners(self):
        self.refuted("forget", "unwritten", "1 of 6 entries of theta", "theta[1][0]")
        self.refuted("nan-gradient", "nonfinite", "theta[1][1]")

    def test_crashes(self):
        self.failed("crash-in-value", "the value callback", "signal 6", "theta")
        if not SANITIZED:  # the sanitizer ends the process in its own way
            self.failed("crash-in-gradient", "the gradient callback", "signal 11", "theta")
        self.failed("crash-at-start", "gradproof_function", "signal 6")
        self.failed("exit", "exit code 0")

    def test_a_hang_is_ended(self):
        self.failed("hang", "took longer than 0.5 s", "theta", more=("--timeout", "0.5"))

    def test_two_lost_probes_of_ten_thousand(self):
        for jobs in "1", "2":
            options = ("--timeout", "0.5", "--jobs", jobs, "--points", "1", "--strategy", "full")
            result = self.check("two-of-many", "--json", "-", *options)
            self.assertEqual(result.code, 3, result.err)
            self.assertEqual(result.report["failure"]["kind"], "lost")
            lost = result.report["lost"]
            self.assertEqual(len(lost), 2, lost)
            self.assertIn("crashed with signal 11", lost[0])
            self.assertIn("W[43][21]", lost[0])
            self.assertIn("took longer than 0.5 s", lost[1])
            self.assertIn("W[87][65]", lost[1])
            block = result.block("W")
            self.assertEqual(block["entries"]["verified"], 9998)
            self.assertEqual(block["unresolved_by"], {"crash": 1, "timeout": 1})
            text = self.check("two-of-many", *options).out
            self.assertIn("failed: ", text)
            self.assertIn("lost: the value callback", text)
        result = self.check("two-of-many", "--timeout", "0.5", "--points", "1", "--strategy", "full",
                            "--json", "-", "--plant", "W:scale=2")
        self.assertEqual(result.code, 1)

    def test_refusals(self):
        for manner, code, words in (("refuse", 66, "refused the arguments with 9"),
                                    ("no-blocks", 64, "no parameters")):
            result = self.check(manner)
            self.assertEqual(result.code, code)
            self.assert_one_line(result.err, words)


if __name__ == "__main__":
    unittest.main()
