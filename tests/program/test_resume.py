"""--resume: a check that is killed again and again comes to the report of one that isn't."""

import os
import random
import signal
import subprocess
import time
import unittest

from harness import BUILD, PROGRAM, ProgramTest, run

MANY = os.path.join(BUILD, "libmisbehaving.so")


class Resume(ProgramTest):
    def arguments(self, journal, jobs="1", seed="0"):
        return ("check", MANY, "--strategy", "full", "--points", "1", "--jobs", jobs, "--seed", seed,
                "--json", "-", "--resume", journal, "--", "many")

    def without_times(self, report):
        self.assertGreater(report.pop("seconds"), 0)
        return report

    def test_killed_at_random_moments(self):
        begun = time.monotonic()
        whole = run(*self.arguments(self.path("whole")))
        took = time.monotonic() - begun
        self.assertEqual(whole.code, 0, whole.err)
        self.assertFalse(os.path.exists(self.path("whole")), "a finished check needs no journal")
        moments, kills = random.Random(5), 0
        for attempt in range(100):
            journal = self.path("journal")
            process = subprocess.Popen([PROGRAM, *self.arguments(journal, jobs="12"[attempt % 2])],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(moments.uniform(0, took / 4))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
            if kills == 20 or not os.path.exists(journal) and attempt > 3:
                break
        self.assertGreater(kills, 3)
        result = run(*self.arguments(self.path("journal"), jobs="2"))
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.without_times(result.report), self.without_times(whole.report))

    def test_of_another_check(self):
        journal = self.path("journal")
        process = subprocess.Popen([PROGRAM, *self.arguments(journal)], stdout=subprocess.DEVNULL)
        while not (os.path.exists(journal) and os.path.getsize(journal) > 1000):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        size = os.path.getsize(journal)
        result = run(*self.arguments(journal, seed="1"))
        self.assertEqual(result.code, 66)
        self.assert_one_line(result.err, journal, "the journal of another check")
        self.assertEqual(os.path.getsize(journal), size)

    def test_no_journal(self):
        path = self.path("notes.txt", "not to be lost\n")
        result = run(*self.arguments(path))
        self.assertEqual(result.code, 66)
        self.assert_one_line(result.err, path, "is no journal")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "not to be lost\n")
        result = run(*self.arguments(self.path("nowhere/journal")))
        self.assertEqual(result.code, 70)
        self.assert_one_line(result.err, "can't be written")


if __name__ == "__main__":
    unittest.main()
