"""User code that does something to the process around it: prints, closes, exits, hangs, forks, has threads. The
verdict and the exit code hold all the same, and nothing is left running."""

import os
import signal
import subprocess
import time
import unittest

from harness import BUILD, PROGRAM, ProgramTest, run

ACCIDENTS = os.path.join(BUILD, "libaccidents.so")
OPENMP = os.path.join(BUILD, "libopenmp.so")


def ignore_children():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


class Accidents(ProgramTest):
    def check(self, *manners, options=(), before=None):
        return run("check", ACCIDENTS, *options, "--", *manners, before=before)

    def refuted(self, *manners, options=(), before=None):
        result = self.check("wrong", *manners, options=options, before=before)
        self.assertEqual(result.code, 1, (manners, result.out, result.err))
        self.assertTrue(result.out.startswith("refuted: "), (manners, result.out))
        return result

    def verified(self, *manners, options=(), before=None):
        result = self.check(*manners, options=options, before=before)
        self.assertEqual(result.code, 0, (manners, result.out, result.err))
        self.assertTrue(result.out.startswith("verified: "), (manners, result.out))
        return result

    def failed(self, *manners, options=(), words=()):
        result = self.check(*manners, options=options)
        self.assertEqual(result.code, 3, (manners, result.out, result.err))
        for word in ("failed: ", *words):
            self.assertIn(word, result.out, manners)
        return result


class Output(Accidents):
    def test_what_the_code_prints_goes_to_standard_error(self):
        result = self.check("print", "wrong", options=("--json", "-"))
        self.assertEqual(result.report["verdict"], "refuted")
        for word in "at the start", "value ", "gradient", "destructor":
            self.assertIn(word, result.err)
        self.assertNotIn("value 7", self.refuted("print").out)

    def test_closed_descriptors(self):
        for manner in "close-stdout", "close-all":
            self.refuted(manner)
            self.verified(manner)
            result = self.check(manner, options=("--json", "-"))
            self.assertEqual(result.report["verdict"], "verified")

    def test_a_long_report(self):
        """Longer than what is on its way at a time."""
        result = run("check", os.path.join(BUILD, "libmisbehaving.so"), "--verbose", "--strategy", "full", "--points", "1",
                     "--json", self.path("report.json"), "--", "many")
        self.assertEqual(result.code, 0, result.err)
        self.assertGreater(len(result.out), 500000)
        self.assertIn("W[99][99]", result.out)


class Ends(Accidents):
    def test_a_destructor_does_not_change_a_refutation(self):
        for manner in "exit-in-destructor", "exit-at-exit", "exit-in-unload", "crash-in-destructor":
            self.assertIn("the function's destructor", self.refuted(manner).err)

    def test_a_destructor_that_fails_is_a_failure(self):
        for manner in "exit-in-destructor", "exit-at-exit", "exit-in-unload", "crash-in-destructor":
            self.failed(manner, words=("the function's destructor", "after the check"))

    def test_a_fork_that_comes_back(self):
        self.refuted("fork-and-both")
        self.verified("fork-and-both")


class Hangs(Accidents):
    HANGS = (("hang-at-start", "gradproof_function"), ("hang-in-seed", "the seed callback"),
             ("hang-at-first", "the value callback"), ("hang-in-value", "the value callback"),
             ("hang-in-destructor", "the function's destructor"), ("hang-at-exit", "the function's destructor"))

    def test_timeout(self):
        for manner, who in self.HANGS:
            self.failed(manner, "pause", options=("--timeout", "0.4"), words=(who, "took longer than 0.4 s"))

    def test_a_silence_callback_that_hangs(self):
        self.assertIn("unit 0", self.check("silent", options=("--points", "1")).out)
        for options, words in ((("--timeout", "0.4"), "took longer than 0.4 s"), (("--budget", "0.2"), "after the budget")):
            self.failed("silent", "hang-in-silence", "pause", options=options, words=("the silence callback", words))

    def test_a_refutation_outlives_a_destructor_that_hangs(self):
        result = self.refuted("hang-in-destructor", "pause", options=("--timeout", "0.4"))
        self.assert_one_line(result.err, "the function's destructor took longer than 0.4 s")

    def test_budget(self):
        for manner, who in self.HANGS[:4]:
            result = self.failed(manner, options=("--budget", "0.2"), words=(who, "after the budget"))
            self.assertIn(" still ran ", result.out)


class Processes(Accidents):
    def test_none_outlives_the_check(self):
        for manners in ("fork-at-start",), ("fork-in-value",), ("fork-at-start", "fork-in-value", "twice"):
            pids = self.path("pids")
            self.verified(*manners, pids)
            with open(pids, encoding="utf-8") as file:
                left = [int(line) for line in file]
            self.assertEqual(len(left), len([manner for manner in manners if "fork" in manner]))
            for pid in left:
                self.assertFalse(os.path.exists(f"/proc/{pid}"), manners)
            os.remove(pids)

    def test_earlier_children_live_on(self):
        """Those of the shell that became the program."""
        pids = self.path("pids")
        result = run("-c", f'sleep 60 >/dev/null 2>&1 & echo $! > {pids}; exec "$0" check {ACCIDENTS} -- fork-at-start {pids}',
                     PROGRAM, program="/bin/sh")
        self.assertEqual(result.code, 0, result.err)
        with open(pids, encoding="utf-8") as file:
            sleeps, forked = [int(line) for line in file]
        self.assertFalse(os.path.exists(f"/proc/{forked}"))
        os.kill(sleeps, signal.SIGKILL)  # fails where there is none

    def test_sigchld_ignored_by_the_parent(self):
        for target in "notebook:given", ACCIDENTS:
            result = run("check", target, "--", *(["wrong"] if target == ACCIDENTS else []), before=ignore_children)
            self.assertEqual(result.code, 1, result.err)
        self.assertEqual(run("check", self.path("nothing.so"), before=ignore_children).code, 66)
        self.assertEqual(run("check", "network", "--data", self.path("nothing.csv"), "--label", "y",
                             before=ignore_children).code, 66)
        self.failed("hang-at-first", "pause", options=("--timeout", "0.4"))

    def test_sigchld_ignored_by_the_code(self):
        for manner in "ignore-children", "reap":
            self.refuted(manner)
            self.verified(manner, options=("--jobs", "2"))
        self.failed("ignore-children", "hang-in-value", options=("--timeout", "0.4"), words=("the value callback",))

    def test_terminated(self):
        pids = self.path("pids")
        process = subprocess.Popen([PROGRAM, "check", ACCIDENTS, "--", "hang-at-first", "fork-at-start", "pause",
                                    pids], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not (os.path.exists(pids) and os.path.getsize(pids)):
            time.sleep(0.01)
        process.terminate()
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        self.assert_one_line(err, "no report")
        with open(pids, encoding="utf-8") as file:
            self.assertFalse(os.path.exists(f"/proc/{int(file.read())}"))

    def test_terminated_while_the_destructor_hangs(self):
        process = subprocess.Popen([PROGRAM, "check", ACCIDENTS, "--", "hang-in-destructor", "wrong", "tell", "pause",
                                    self.path("in-destructor")], stdout=subprocess.PIPE, text=True)
        while not os.path.exists(self.path("in-destructor")):
            time.sleep(0.01)
        process.terminate()
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertTrue(out.startswith("refuted: "), out)


class Threads(Accidents):
    def test_a_pool_of_its_own(self):
        for manner in "pool", "pool-at-start":
            self.refuted(manner, "pool")
            self.assertEqual(self.verified(manner, "pool").err, "")
            result = self.verified(manner, "pool", options=("--jobs", "2"))
            self.assert_one_line(result.err, "--jobs 2", "threads of its own", "OMP_NUM_THREADS=1")

    @unittest.skipUnless(os.path.exists(OPENMP), "a compiler without OpenMP")
    def test_openmp(self):
        self.assertEqual(run("check", OPENMP).code, 0)
        self.assertEqual(run("check", OPENMP, "--jobs", "2", "--plant", "x:entry=7,add=0.1").code, 1)
        self.assertEqual(run("check", OPENMP, "--strategy", "project").code, 0)


class Guards(Accidents):
    def test_a_write_far_away(self):
        self.failed("far-write", words=("wrote past the end of the gradient", "index 3006 of 6"))

    def test_a_write_into_shared_memory(self):
        """Wherever it goes, what is wrong doesn't come out as right, and the program ends in order."""
        for number in range(24):
            for manner in "scribble", "scribble-late":
                result = self.check("wrong", manner, str(number), options=("--timeout", "5"))
                self.assertIn(result.code, (1, 2, 3, 70), (manner, number, result.out, result.err))
                self.assertNotEqual(result.out + result.err, "", (manner, number))

    def test_alignment(self):
        self.verified("aligned-or-abort")


if __name__ == "__main__":
    unittest.main()
