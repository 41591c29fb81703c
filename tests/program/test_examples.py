"""The examples."""

import os
import unittest

from harness import BUILD, ProgramTest, run


class Examples(ProgramTest):
    def test_own_function(self):
        result = run(program=os.path.join(BUILD, "example_own_function"))
        self.assertEqual(result.code, 0)
        self.assertIn("verified: banana", result.out)

    def test_rotation(self):
        """Right as it is declared; declared otherwise, named as what it is."""
        rotation = os.path.join(BUILD, "example_rotation")
        result = run(program=rotation)
        self.assertEqual(result.code, 0, result.out)
        self.assertIn("verified: alignment, 3 parameters", result.out)
        result = run("left", program=rotation)
        self.assertEqual(result.code, 1, result.out)
        self.assertIn("convention: R is right as derivatives by right perturbations, R Exp(v); it was taken as derivatives by left "
                      "perturbations, Exp(v) R", result.out)
        result = run("up", program=rotation)
        self.assertEqual(result.code, 70)
        self.assertIn("a gradient in SO3 is one of ambient, right, left, not up", result.err)

    def test_notebook(self):
        result = run(program=os.path.join(BUILD, "example_notebook"))
        self.assertEqual(result.code, 0)
        self.assertIn("The gradient is correct!", result.out)
        self.assertIn("verified: notebook:corrected", result.out)

    def test_map(self):
        """A vector-Jacobian product: right, and wrong in one place, which is named by output and input."""
        library = os.path.join(BUILD, "libmap.so")
        result = run("check", library)
        self.assertEqual(result.code, 0, result.out)
        self.assertIn("vjp W  4 x 4 x 4  verified", result.out)
        result = run("check", library, "--plant", "vjp W:entry=5,add=0.01")
        self.assertEqual(result.code, 1, result.out)
        self.assertIn("1 entry of vjp W is wrong and 63 right: vjp W[0][1][1]", result.out)
        result = run("check", library, "--plant", "vjp V:zero")
        self.assertEqual(result.code, 64)
        self.assertIn("no such block", result.err)


if __name__ == "__main__":
    unittest.main()
