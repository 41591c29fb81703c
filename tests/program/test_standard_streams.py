"""Closed and full standard streams, and little memory: what a command couldn't write or do is told, and never a 0."""

import os
import re
import resource
import subprocess
import unittest

from harness import PROGRAM, SANITIZED, ProgramTest, run


class Streams(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = self.path("payments.csv")
        self.assertEqual(run("generate", "--rows", "2000", "--out", self.data).code, 0)
        self.model = self.path("fraud.safetensors")
        self.assertEqual(run("train", self.data, "--label", "fraud", "--epochs", "1", "--check", "none", "--out",
                             self.model).code, 0)

    def commands(self):
        return (("--help",), ("--version",), ("check", "--help"), ("demo",), ("check", "notebook:given"),
                ("check", "notebook:corrected", "--json", "-"), ("generate", "--rows", "3"),
                ("generate", "--rows", "5000"), ("score", self.model, self.data), ("evaluate", self.model, self.data),
                ("evaluate", self.model, self.data, "--json"),
                ("train", self.data, "--label", "fraud", "--epochs", "1", "--check", "none", "--out",
                 self.path("other.safetensors")))

    def test_full(self):
        for command in self.commands():
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([PROGRAM, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 70, (command, done.stderr))
            self.assert_one_line(done.stderr, "standard output", "can't be written")

    def test_closed_output(self):
        for command in self.commands():
            result = run(*command, before=lambda: os.close(1))
            self.assertEqual(result.code, 70, (command, result.err))
            self.assert_one_line(result.err, "standard output", "can't be written")

    def test_closed_errors_do_not_land_in_files(self):
        with open(self.data, encoding="utf-8") as file:
            lines = file.readlines()
        lines[7] = "much,too,few\n"
        bad = self.path("bad.csv", "".join(lines))
        out = self.path("out.csv")
        for closed in ([2], [1, 2], [0, 1, 2]):
            result = run("score", self.model, bad, "--out", out, before=lambda: [os.close(file) for file in closed])
            self.assertEqual(result.code, 66)
            with open(out, encoding="utf-8") as file:
                text = file.read()
            self.assertNotIn("gradproof", text)
            self.assertEqual(text.count("\n"), 2001)
        report = self.path("report.json")
        result = run("check", self.path("nothing.so"), "--json", report, before=lambda: os.close(2))
        self.assertEqual(result.code, 66)
        self.assertFalse(os.path.exists(report), "there is nothing to report")

    @unittest.skipIf(SANITIZED, "sanitizers take all addresses there are")
    def test_little_address_space(self):
        """OpenBLAS would wait for ever for room that never comes."""
        check = ("check", "network", "--data", self.data, "--label", "fraud", "--hidden", "4", "--batch", "16")
        train = ("train", self.data, "--label", "fraud", "--epochs", "1", "--check", "none", "--jobs", "3", "--out",
                 self.path("other.safetensors"))
        for threads in "1", "2", "4":
            for megabytes in 80, 150, 180, 250, 300:
                def limit():
                    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
                for command in check, train, ("score", self.model, self.data), ("check", "notebook:1d"):
                    result = run(*command, env={"OPENBLAS_NUM_THREADS": threads}, before=limit)
                    self.assertIn(result.code, (0, 70), (command, megabytes, result.err))
                    if result.code:
                        self.assert_one_line(result.err, "out of memory")
                    if megabytes < 150 and command == check:
                        self.assert_one_line(result.err, "OpenBLAS needs", "ulimit -v")


class Help(ProgramTest):
    """It is text; what can be chosen comes from tables, which a message about a wrong choice lists."""

    def choices(self, *command):
        message = run(*command, "no-such-choice").err
        listed = re.search(r"(?:must be one of|there are) (.*) \(see", message)
        self.assertIsNotNone(listed, message)
        return re.split(", | and ", listed[1])

    def test_help_names_every_choice(self):
        for command, options in ((("check", "network"), ("activation", "loss", "strategy", "dtype", "value")),
                                 (("prove", "network"), ("activation", "loss", "dtype")),
                                 (("train",), ("activation", "optimizer", "schedule", "dtype"))):
            text = run(command[0], "--help").out
            for option in options:
                about = text.split(f"--{option} ", 1)[1].split("\n  --")[0]
                for word in self.choices(*command, "--" + option):
                    self.assertRegex(about, rf"\b{word}\b", option)

    def test_help_names_every_command(self):
        for command in self.choices():
            self.assertRegex(run("--help").out, rf"(?m)^  {command} ")
            self.assertIn(f"usage: gradproof {command} ", run(command, "--help").out)


if __name__ == "__main__":
    unittest.main()
