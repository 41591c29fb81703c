"""Ctrl-C ends a check with a report of what is known so far, marked as such."""

import json
import os
import signal
import subprocess
import time
import unittest

from harness import PROGRAM, ProgramTest, made_up_transactions, run


class Interrupt(ProgramTest):
    def start(self, *more):
        """A check that would take minutes: every entry of a network in float32, whole passes each."""
        data = self.path("data.csv")
        made_up_transactions(data)
        command = [PROGRAM, "check", "network", "--data", data, "--label", "Class", "--hidden", "256,128",
                   "--dtype", "float32", "--strategy", "full", "--json", self.path("report.json"), *more]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                start_new_session=True)

    def interrupt(self, *more):
        process = self.start(*more)
        time.sleep(2)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - start, 30)
        self.assertEqual(process.returncode, 2, err)
        self.assertEqual(err, "")  # no progress where nobody watches
        self.assertIn("interrupted", out.splitlines()[0])
        with open(self.path("report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertTrue(report["interrupted"])
        self.assertEqual(report["verdict"], "inconclusive")
        self.assertGreater(report["evaluations"]["value"], 4)

    def test_one_process(self):
        self.interrupt()

    def test_worker_processes(self):
        self.interrupt("--jobs", "2")

    def test_a_check_that_comes_to_its_end_says_so(self):
        result = run("check", "notebook:corrected", "--json", "-")
        self.assertFalse(result.report["interrupted"])


if __name__ == "__main__":
    unittest.main()
