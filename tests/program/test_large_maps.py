"""Maps too large to be looked at entry by entry: every option on them, and what their callbacks may do wrong."""

import os
import unittest

from harness import BUILD, SANITIZED, ProgramTest, run

LARGE = os.path.join(BUILD, "liblarge_map.so")
SIZE = ("300", "2000") if SANITIZED else ("3000", "20000")


class LargeMaps(ProgramTest):
    def check(self, *words, options=("--strategy", "project"), size=SIZE):
        return run("check", LARGE, *options, "--json", "-", "--", *size, *words)

    def test_options(self):
        for options in ((), ("--jobs", "3"), ("--timeout", "20"), ("--budget", "60"), ("--points", "3"), ("--seed", "7"),
                        ("--strict",), ("--no-descent",), ("--resume", self.path("journal"))):
            result = self.check("jvp", options=("--strategy", "project", *options))
            self.assertEqual(result.code, 0, (options, result.out, result.err))
            cost = result.report["evaluations"]
            self.assertLess(cost["value"] + cost["gradient"], 120)
            self.assertFalse(os.path.exists(self.path("journal")))
        spent = self.check("jvp", options=("--strategy", "project", "--budget", "20e"))
        self.assertEqual(spent.code, 2)
        self.assertTrue(spent.report["interrupted"])

    def test_medium_maps_are_looked_at_whole(self):
        result = self.check("jvp", options=(), size=("50", "40"))
        self.assertEqual(result.code, 0, result.out)
        self.assertEqual(result.report["strategy"], "full")
        self.assertLess(result.report["resolution"], 1e-7)

    def test_a_point_on_its_bounds_is_told(self):
        result = self.check("bounds")
        self.assertEqual(result.code, 2, result.out)
        self.assertIn("inputs are at theirs", " ".join(result.report["practice"]))

    def test_what_callbacks_do_wrong(self):
        names = {"map": "the map callback", "vjp": "the callback of a derivative", "jvp": "the callback of a derivative"}
        for where, name in names.items():
            outputs = f"the {where} callback"
            for word, code, line in (("crash", 3, name + " .*crashed"), ("exit", 3, name + " .*ended the process"),
                                     ("hang", 3, name + " .*took longer than 2 s"), ("overrun", 3, outputs + " wrote past the end"),
                                     ("underrun", 3, outputs + " wrote before the start"), ("refuse", 3, outputs + " refused.*not today"),
                                     ("no-memory", 70, "out of memory")):
                result = self.check("jvp", f"{word}-in-{where}", options=("--strategy", "project", "--timeout", "2"))
                self.assertEqual(result.code, code, (word, where, result.out, result.err))
                self.assertRegex(result.report["failure"]["message"] if code == 3 else result.err, line)
        self.assertRegex(self.check("nan-in-map").report["failure"]["message"], "of the map is nan")
        self.assertRegex(self.check("write-x-in-map").report["failure"]["message"], "the map callback wrote to its input")
        self.assertRegex(self.check("write-u").report["failure"]["message"], "the vjp callback wrote to the vector")
        for where, first in ("vjp", "first in b[0]"), ("jvp", f"first in number {int(SIZE[0]) // 2}"):
            result = self.check("jvp", f"nan-in-{where}")
            self.assertEqual(result.code, 1)
            self.assertIn(first, result.block(f"{where} a")["diagnosis"][0]["message"])

    def test_what_is_printed_stays_out_of_the_report(self):
        result = self.check("jvp", "print")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("vjp\n", result.err)

    def test_planted_mistakes(self):
        for plant, kind in (("vjp b:scale=1.01", "scaled"), ("vjp b:entry=77,add=3", "entries"), ("jvp b:zero", "zero"),
                            ("vjp a:negate", "sign")):
            result = self.check("jvp", options=("--strategy", "project", "--plant", plant))
            self.assertEqual(result.code, 1, (plant, result.err))
            name = plant.split(":")[0]
            self.assertIn(kind, [d["kind"] for d in result.block(name)["diagnosis"]], plant)
            self.assertEqual([b["name"] for b in result.report["blocks"] if b["verdict"] == "refuted"], [name])
        for plant in "vjp b:transpose", "jvp a:shift":
            result = self.check("jvp", "square", options=("--strategy", "project", "--plant", plant))
            self.assertEqual(result.code, 64)
            self.assert_one_line(result.err, "can't be planted where random products are checked")


if __name__ == "__main__":
    unittest.main()
