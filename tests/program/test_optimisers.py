"""Optimisers' own callbacks: right ones are verified, wrong ones named by the optimiser's indices."""

import os
import unittest

from harness import BUILD, ProgramTest, run


class Optimisers(ProgramTest):
    def example(self, name, *arguments):
        program = os.path.join(BUILD, "example_" + name)
        if not os.path.exists(program):
            self.skipTest(name + " isn't installed")
        return run(*arguments, program=program)

    def headlines(self, result):
        return [line.split(",")[0].split(":")[:2] for line in result.out.splitlines()
                if line.startswith(("verified", "refuted", "inconclusive", "failed"))]

    def verdicts(self, result):
        return [(verdict, name.strip()) for verdict, name in self.headlines(result)]

    def test_nlopt(self):
        result = self.example("nlopt")
        self.assertEqual(result.code, 0, result.out)
        self.assertEqual(self.verdicts(result), [("verified", "cost"), ("verified", "constraint 1"),
                                                 ("verified", "constraints")])
        self.assertIn("minimum 0.5443", result.out)  # NLopt's manual: sqrt(8/27) at (1/3, 8/27)
        result = self.example("nlopt", "wrong")
        self.assertEqual(result.code, 1)
        self.assertEqual(self.verdicts(result), [("verified", "cost"), ("refuted", "constraint 1"),
                                                 ("refuted", "constraints")])
        self.assertIn("jacobian x[1][0]", result.out)  # constraint 1, variable 0

    def test_lbfgs(self):
        result = self.example("lbfgs")
        self.assertEqual(self.verdicts(result), [("verified", "Rosenbrock")])
        self.assertLess(float(result.out.split("minimum")[1]), 1e-9)
        result = self.example("lbfgs", "wrong")
        self.assertEqual(self.verdicts(result), [("refuted", "Rosenbrock")])
        self.assertIn("50 of the 100", result.out)

    def test_gsl(self):
        result = self.example("gsl")
        self.assertEqual([verdict for verdict, _ in self.verdicts(result)], ["verified"] * 5)
        result = self.example("gsl", "wrong")
        self.assertEqual(self.verdicts(result), [("verified", "bowl"), ("refuted", "bowl"), ("refuted", "decay"),
                                                 ("refuted", "valley"), ("refuted", "valley")])
        self.assertIn("of value and gradient at once (fdf)", result.out)
        self.assertIn("transposed: jacobian x", result.out)

    def test_ipopt(self):
        names = ["objective", "constraints", "Lagrangian"]
        result = self.example("ipopt")
        self.assertEqual(self.verdicts(result), [("verified", name) for name in names])
        self.assertIn("minimum 17.0140", result.out)  # Hock and Schittkowski (1981), number 71
        for mistake, wrong, words in (
                ("triplet", ["constraints", "Lagrangian"], "swapped: jacobian has"),
                ("factor", ["Lagrangian"], "hint: eval_h returns the same whatever obj_factor is"),
                ("triangle", ["Lagrangian"], "hint: triplets are in both triangles")):
            result = self.example("ipopt", mistake)
            self.assertEqual(result.code, 1, result.out)
            self.assertEqual(self.verdicts(result),
                             [("refuted" if name in wrong else "verified", name) for name in names])
            self.assertIn(words, result.out)


if __name__ == "__main__":
    unittest.main()
