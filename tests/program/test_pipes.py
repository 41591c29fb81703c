"""Pipes, FIFOs and devices: what comes through one counts as a file, what never comes or never ends is told in one line."""

import os
import subprocess
import unittest

from harness import PROGRAM, ProgramTest, run


class Pipes(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = self.path("payments.csv")
        self.model = self.path("fraud.safetensors")
        self.assertEqual(run("generate", "--rows", "3000", "--out", self.data).code, 0)
        trained = run(*self.training(self.data, self.model))
        self.assertEqual(trained.code, 0, trained.err)

    def training(self, data, out, *more):
        return ("train", data, "--label", "fraud", "--hidden", "4", "--epochs", "2", "--check", "none", "--out", out, *more)

    def fifo(self, name):
        os.mkfifo(self.path(name))
        return self.path(name)

    def test_a_fifo_without_anybody_at_its_other_end(self):
        new, fifo = self.path("new"), "FIFO"  # each has one of its own
        commands = {("score", self.model, fifo): 66, ("score", fifo, self.data): 66, ("evaluate", self.model, fifo): 66,
                    ("evaluate", fifo, self.data): 66, ("check", "network", "--data", fifo, "--label", "fraud"): 66,
                    ("check", self.model, "--data", fifo): 66, ("check", fifo): 66, self.training(fifo, new): 66,
                    self.training(self.data, new, "--resume", fifo): 66, self.training(self.data, fifo): 70,
                    ("check", "notebook:corrected", "--resume", fifo): 66, ("check", "notebook:corrected", "--json", fifo): 70,
                    ("score", self.model, self.data, "--out", fifo): 70, ("generate", "--out", fifo): 70,
                    ("evaluate", self.model, self.data, "--picture", fifo): 70}
        own = {command: self.fifo(f"fifo{k}") for k, command in enumerate(commands)}
        running = {command: subprocess.Popen([PROGRAM, *(own[command] if word == fifo else word for word in command)],
                                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                   for command in commands}
        for command, process in running.items():
            err = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, commands[command], (command, err))
            self.assert_one_line(err, own[command])

    def test_who_comes_late_is_waited_for(self):
        for name in "in", "again":
            fifo = self.fifo(name)
            process = subprocess.Popen([PROGRAM, "score", self.model, fifo], stdout=subprocess.PIPE)
            with open(fifo, "wb") as file, open(self.data, "rb") as data:
                file.write(data.read())
            out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
            self.assertEqual(out.decode(), run("score", self.model, self.data).out)

    def test_a_device_is_no_file(self):
        for device in "/dev/zero", "/dev/urandom":
            for command in (("score", self.model, device), ("score", device, self.data), ("evaluate", self.model, device),
                            ("check", "network", "--data", device, "--label", "fraud"), self.training(device, self.path("new")),
                            self.training(self.data, self.path("new"), "--resume", device)):
                result = run(*command)
                self.assertEqual(result.code, 66, (command, result.err))
                self.assert_one_line(result.err, device)
        self.assertIn("is empty", run("evaluate", self.model, "/dev/null").err)

    def test_a_model_without_an_end_is_none(self):
        for endless in "yes", "cat /dev/zero":
            done = subprocess.run(["sh", "-c", f'{endless} | exec "$0" score /dev/stdin "$1"', PROGRAM, self.data],
                                  capture_output=True, text=True, timeout=200, check=False)
            self.assertEqual(done.returncode, 66, done.stderr)
            self.assert_one_line(done.stderr, "not a safetensors file")

    def test_a_row_without_an_end_is_none(self):
        for endless in "cat /dev/zero", "(echo a,b; echo '\"'; yes)":
            done = subprocess.run(["sh", "-c", f'{endless} | exec "$0" train /dev/stdin --label b --out "$1"', PROGRAM, self.path("new")],
                                  capture_output=True, text=True, timeout=200, check=False)
            self.assertEqual(done.returncode, 66, done.stderr)
            self.assertIn("a row takes more than 256 MiB", done.stderr)


if __name__ == "__main__":
    unittest.main()
