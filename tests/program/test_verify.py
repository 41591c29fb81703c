"""Certificates of check and prove, and gradproof verify."""

import json
import os
import shutil
import unittest

from harness import BUILD, PROGRAM, SOURCE, ProgramTest, run, sealed

PAYMENTS = os.path.join(SOURCE, "tests", "data", "payments.csv")
NETWORK = ("--label", "fraud", "--hidden", "5,3", "--batch", "32")
OBJECT = os.path.join(BUILD, "libshared_object.so")
PROOFS = os.path.exists(os.path.join(BUILD, "libgradproof_prove.so"))


class Certificates(ProgramTest):
    def setUp(self):
        super().setUp()
        self.file = self.path("certificate.json")
        self.data = self.path("payments.csv")
        shutil.copy(PAYMENTS, self.data)

    def make(self, *arguments):
        result = run(*arguments, "--certificate", self.file)
        self.assertIn(result.code, (0, 1, 2), result.err)
        with open(self.file, encoding="utf-8") as file:
            return json.load(file)

    def assert_holds(self, *options, env=None):
        result = run("verify", self.file, *options, env=env)
        self.assertEqual(result.code, 0, result.err)
        self.assert_one_line(result.out, "holds")

    def refused(self, code, *words, options=()):
        result = run("verify", self.file, *options)
        self.assertEqual(result.code, code, result.out + result.err)
        self.assert_one_line(result.err, *words)

    def test_checks_hold_with_any_number_of_jobs(self):
        for arguments in (("check", "notebook:given"), ("check", "notebook:corrected", "--seed", "7", "--self-test"),
                          ("check", "network", "--data", self.data, *NETWORK, "--dtype", "float32"),
                          ("check", "network", "--data", self.data, *NETWORK, "--strategy", "project"),
                          ("check", "network", "--data", self.data, *NETWORK, "--plant", "W1:transpose", "--jobs", "2")):
            certificate = self.make(*arguments)
            self.assertEqual(certificate["kind"], "check")
            for options in ((), ("--jobs", "2"), ("--jobs", "3")):
                self.assert_holds(*options)
            self.assert_holds(env={"OPENBLAS_NUM_THREADS": "2"})

    def test_the_strategy_that_auto_chose_elsewhere(self):
        certificate = self.make("check", "network", "--data", self.data, *NETWORK, "--strategy", "project")
        certificate["options"].remove("--strategy=project")
        self.path("certificate.json", json.dumps(sealed(certificate)))
        self.assert_holds()

    def test_the_code_of_a_certificate_runs_where_it_is_named(self):
        self.make("check", OBJECT)
        self.refused(64, "--target")
        self.assert_holds("--target", OBJECT)
        other = self.path("other.so")
        shutil.copy(OBJECT, other)
        self.assert_holds("--target", other)
        with open(other, "ab") as file:
            file.write(b"\0")
        self.refused(2, "files[0].sha256", "other.so", options=("--target", other))

    def test_data_that_have_moved_or_changed(self):
        self.make("check", "network", "--data", self.data, *NETWORK)
        moved = self.path("moved.csv")
        os.rename(self.data, moved)
        self.refused(66, "payments.csv")
        self.assert_holds("--data", moved)
        with open(moved, "a", encoding="utf-8") as file:
            file.write("\n")
        self.refused(2, "files[0].sha256", "moved.csv", options=("--data", moved))

    def test_no_certificate_of_a_check_that_fails(self):
        bad = os.path.join(BUILD, "libmisbehaving.so")
        result = run("check", bad, "--certificate", self.file, "--", "crash-in-value")
        self.assertEqual(result.code, 3)
        self.assertIn("--certificate", result.err)
        self.assertFalse(os.path.exists(self.file))

    def test_what_is_none(self):
        self.refused(66, "certificate.json")
        for text, word in (("", "line"), ("{}", "schema"), ("[]", "object"), ('{"schema": "gradproof.report/1"}', "schema")):
            self.path("certificate.json", text)
            self.refused(3, "damaged", word)

    def test_wrong_usage(self):
        for arguments, word in (([], "verify what"), (["a", "b"], "one certificate"), (["a", "--points", "3"], "--points"),
                                (["a", "--jobs", "0"], "jobs")):
            result = run("verify", *arguments)
            self.assertEqual(result.code, 64, arguments)
            self.assert_one_line(result.err, word)
        result = run("check", "network", "--data", self.data, *NETWORK, "--certificate", self.data)
        self.assertEqual(result.code, 64)

    @unittest.skipUnless(PROOFS, "this build has no proofs")
    def test_proofs_hold_without_their_files(self):
        certificate = self.make("prove", "network", "--data", self.data, *NETWORK, "--activation", "tanh")
        self.assertEqual(certificate["result"]["verdict"], "proven")
        self.assertEqual(set(certificate["made"]["program"]) & {os.path.basename(PROGRAM)}, {"gradproof"})
        os.remove(self.data)
        self.assert_holds()
        for target, verdict in (("notebook:1d", "proven"), ("notebook:given", "disproven")):
            certificate = self.make("prove", target)
            self.assertEqual(certificate["result"]["verdict"], verdict)
            self.assert_holds()

    @unittest.skipUnless(PROOFS, "this build has no proofs")
    def test_models_carry_their_certificates(self):
        model = self.path("fraud.safetensors")
        train = "train", self.data, "--label", "fraud", "--hidden", "4", "--epochs", "2", "--out", model, "--dtype", "float64"
        result = run(*train, "--check", "prove")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("its proof: proven", result.out)
        self.file = model
        os.remove(self.data)
        self.assert_holds()
        self.assertEqual(run("evaluate", model, PAYMENTS).code, 0)
        shutil.copy(PAYMENTS, self.data)
        result = run(*train, "--check", "prove", "--plant", "W1:scale=1.01")
        self.assertEqual(result.code, 1, result.err)
        self.assertIn("its proof: disproven", result.out)
        self.assert_holds()
        self.assertEqual(run(*train, "--check", "none").code, 0)
        self.refused(2, "no certificate")

    @unittest.skipUnless(PROOFS, "this build has no proofs")
    def test_a_large_proof_has_its_widest_entries(self):
        certificate = self.make("prove", "network", "--data", self.data, "--label", "fraud", "--hidden", "1000,520", "--batch", "2")
        numbers, entries = certificate["numbers"], certificate["result"]["list"]
        self.assertIsNone(numbers["parameters"]["base64"])
        self.assertIsNone(entries["entries"])
        self.assertEqual(len(entries["widest"]), 16)
        self.assert_holds()
        with open(self.data, "a", encoding="utf-8") as file:
            file.write("\n")
        self.refused(2, "files[0].sha256")

    def test_nothing_is_written_that_a_certificate_names(self):
        certificate = self.make("check", "notebook:1d")
        victim = self.path("victim", "mine\n")
        certificate["options"] += [f"--json={victim}", f"--html={victim}", f"--resume={victim}", f"--certificate={victim}"]
        self.path("certificate.json", json.dumps(sealed(certificate)))
        self.assert_holds()
        with open(victim, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine\n")


if __name__ == "__main__":
    unittest.main()
