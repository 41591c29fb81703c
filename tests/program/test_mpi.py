"""mpirun: the ranks share a check, and come to the report of one process; a function that is spread over them."""

import os
import shutil
import subprocess
import unittest

from harness import BUILD, PROGRAM, SANITIZED, ProgramTest, Result, run

SPREAD = os.path.join(BUILD, "spread_network")
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_mpi_yield_when_idle="1")


def mpirun(ranks, *command):
    done = subprocess.run(["mpirun", "-n", str(ranks), *command], capture_output=True, text=True,
                          env=ENVIRONMENT, stdin=subprocess.DEVNULL, timeout=300)
    return Result(done)


@unittest.skipUnless(os.path.exists(SPREAD) and shutil.which("mpirun"), "built without MPI")
@unittest.skipIf(SANITIZED, "MPI's own leaks")
class Mpi(ProgramTest):
    def without_times(self, report):
        report.pop("seconds")
        return report

    def test_ranks_come_to_the_report_of_one_process(self):
        check = ("check", os.path.join(BUILD, "libshared_object.so"), "--json", "-")
        for more in (), ("--plant", "w:scale=3"), ("--strategy", "project"):
            alone = run(*check, *more)
            for ranks in ((2, 3) if not more else (2,)):
                together = mpirun(ranks, PROGRAM, *check, *more)
                self.assertEqual(together.code, alone.code, together.err)
                self.assertEqual(self.without_times(together.report), self.without_times(alone.report))

    def test_one_rank_speaks(self):
        result = mpirun(2, PROGRAM, "check", os.path.join(BUILD, "nothing.so"))
        self.assertEqual(result.code, 66)
        self.assertEqual(result.err.count("gradproof: "), 1)

    def test_what_fails_on_one_rank_ends_all(self):
        check = ("check", os.path.join(BUILD, "libaccidents.so"), "--strategy", "full", "--")
        for word, code, line in (("refuse-on-second", 66, "rank 1: "), ("no-memory-on-second", 70, "out of memory")):
            result = mpirun(2, PROGRAM, *check, word)
            self.assertEqual(result.code, code, result.err)
            self.assertEqual(result.err.count("gradproof: "), 1, result.err)
            self.assertIn(line, result.err)

    def test_a_crash_on_one_rank_is_told_by_all(self):
        result = mpirun(2, PROGRAM, "check", os.path.join(BUILD, "libaccidents.so"), "--json", "-", "--",
                        "abort-on-second")
        self.assertIn(result.code, (2, 3), result.err)
        self.assertIn("crashed", result.out)

    def test_a_destructor_that_exits_does_not_change_a_refutation(self):
        result = mpirun(2, PROGRAM, "check", os.path.join(BUILD, "libaccidents.so"), "--json", "-", "--", "wrong",
                        "exit-in-destructor")
        self.assertEqual(result.code, 1, result.err)
        self.assertEqual(result.report["verdict"], "refuted")

    def test_a_function_spread_over_ranks(self):
        for ranks in 1, 2, 3:
            result = mpirun(ranks, SPREAD)
            self.assertEqual(result.code, 0, result.err)
            self.assertIn("verified: network spread over ranks, 2689 parameters", result.out)
        result = mpirun(2, SPREAD, "W2:entry=100,add=0.01")
        self.assertEqual(result.code, 1)
        self.assertIn("1 of the 2048 entries of W2 is wrong: W2[1][36]", result.out)
        result = mpirun(2, SPREAD, "W3:negate")
        self.assertEqual(result.code, 1)
        self.assertIn("sign: W3", result.out)


if __name__ == "__main__":
    unittest.main()
