"""The examples, and what the library exports."""

import os
import re
import subprocess
import unittest

from harness import BUILD, SANITIZED, SOURCE, ProgramTest, run


class Examples(ProgramTest):
    def test_own_function(self):
        result = run(program=os.path.join(BUILD, "example_own_function"))
        self.assertEqual(result.code, 0)
        self.assertIn("verified: banana", result.out)

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

    def test_the_example_of_the_readme(self):
        """Compiled as a newcomer would, from the text that the README shows."""
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            code = re.search(r"```c\n(.*?)```", file.read(), re.S).group(1)
        source, program = self.path("readme.c", code), self.path("readme")
        flags = ["-fsanitize=address,undefined"] if SANITIZED else []
        subprocess.run([os.environ.get("CC", "cc"), *flags, "-I", os.path.join(SOURCE, "include"),
                        source, "-L", BUILD, "-lgradproof", "-Wl,-rpath," + BUILD, "-o", program],
                       check=True)
        result = run(program=program)
        self.assertEqual(result.code, 0, result.out)
        self.assertIn("verified", result.out)


class Library(ProgramTest):
    def test_what_is_exported_is_what_is_declared(self):
        with open(os.path.join(SOURCE, "include", "gradproof.h"), encoding="utf-8") as file:
            declared = set(re.findall(r"\bGP_API[^;(]*?\b(gp_\w+|gradproof_function)\s*\(",
                                      file.read()))
        declared.discard("gradproof_function")  # the user's
        symbols = subprocess.run(["nm", "-D", "--defined-only",
                                  os.path.join(BUILD, "libgradproof.so")],
                                 capture_output=True, text=True, check=True).stdout
        exported = {line.split()[-1] for line in symbols.splitlines() if " T " in line}
        self.assertEqual(exported - {"_init", "_fini"}, declared)


if __name__ == "__main__":
    unittest.main()
