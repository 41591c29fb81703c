"""What the tutorial shows of the notebook is what the program says, but for digits."""

import os
import re
import unittest

from harness import SOURCE, ProgramTest, run


def shape(line):
    """A line with all numbers alike, whatever their width."""
    return re.sub(r"\s+", " ", re.sub(r"-?\d[\d.]*(e[-+]\d+)?", "#", line)).strip()


class Tutorial(ProgramTest):
    def reports(self):
        """The indented blocks that begin with a verdict on a case of the notebook."""
        with open(os.path.join(SOURCE, "docs", "tutorial.md"), encoding="utf-8") as file:
            lines = file.read().split("\n")
        for k, line in enumerate(lines):
            case = re.match(r"    (verified|refuted|inconclusive): (notebook:\w+)", line)
            if case:
                end = k
                while end < len(lines) and (lines[end].startswith("    ") or not lines[end]):
                    end += 1
                yield case.group(2), [shape(text) for text in lines[k:end] if text.strip()]

    def test_reports(self):
        found = list(self.reports())
        self.assertGreaterEqual(len(found), 3)
        for case, lines in found:
            said = [shape(line) for line in run("check", case).out.split("\n") if line.strip()]
            self.assertEqual(lines, said if len(lines) > 1 else said[:1])


if __name__ == "__main__":
    unittest.main()
