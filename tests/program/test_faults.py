"""Every command where something around it fails: a full disk, a folder that can't be written to,
closed and full outputs, ignored signals, kill -9, few descriptors, little memory. Each leaves the
old file or the new one, whole, and an exit code that isn't that of a run that did all."""

import ctypes
import os
import re
import resource
import signal
import subprocess
import time
import unittest

import harness

LIBC = ctypes.CDLL(None, use_errno=True)
DATA = os.path.join(harness.SOURCE, "tests", "data", "payments.csv")
OLD = "what was here before\n" * 40
FAULT, NO_INPUT = 70, 66
LONGEST = 120  # seconds: a hang


def without_times(text):
    text = re.sub(rb'(seconds\\?": ?)[-+.e0-9]+', rb"\1", text)
    text = re.sub(rb"(of the gradient, )[-+.e0-9]+( s)", rb"\1\2", text)
    return re.sub(rb'("checksum": ?")[0-9a-f]+', rb"\1", text)


def length_aside(text):
    """A model without its times: the header's length goes with them."""
    return without_times(text)[8:].replace(b" ", b"")


class Faults(harness.ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = self.path("model.safetensors")
        # A model as it would be at the end of a training; made once.
        if not hasattr(Faults, "bytes_of_model"):
            done = self.launch(["train", DATA, "--label", "fraud", "--hidden", "3", "--epochs", "2",
                                "--out", self.model, "--quiet"])
            assert done.returncode == 0, done.stderr
            with open(self.model, "rb") as file:
                Faults.bytes_of_model = file.read()
        with open(self.model, "wb") as file:
            file.write(Faults.bytes_of_model)

    def commands(self, out):
        """Name, what comes after "gradproof", exit code: all that write a file."""
        check = ["--data", DATA, "--label", "fraud", "--hidden", "3", "--batch", "16"]
        return [
            ("generate", ["generate", "--rows", "3000", "--out", out], 0),
            ("train", ["train", DATA, "--label", "fraud", "--hidden", "3", "--epochs", "2", "--out",
                       out, "--quiet"], 0),
            ("score", ["score", self.model, DATA, "--explain", "--out", out], 0),
            ("evaluate", ["evaluate", self.model, DATA, "--picture", out], 0),
            ("check", ["check", "notebook:given", "--quiet", "--json", out], 1),
            ("check network", ["check", "network", *check, "--quiet", "--json", out], 0),
            ("check model", ["check", self.model, "--data", DATA, "--quiet", "--json", out], 0),
        ]

    def talkers(self):
        """All that write to standard output."""
        return [
            (["generate", "--rows", "3000"], 0),
            (["score", self.model, DATA], 0),
            (["evaluate", self.model, DATA], 0),
            (["evaluate", self.model, DATA, "--json"], 0),
            (["check", "notebook:given"], 1),
            (["check", "notebook:corrected", "--json", "-"], 0),
            (["train", DATA, "--label", "fraud", "--hidden", "3", "--epochs", "1", "--out",
              self.path("talker.safetensors")], 0),
            (["--help"], 0),
            (["--version"], 0),
            (["score", "--help"], 0),
        ]

    def launch(self, words, before=None, **more):
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        more.setdefault("env", dict(os.environ, TMPDIR=self.folder.name))  # where models go that have no place
        return subprocess.run([harness.PROGRAM, *words], stdin=subprocess.DEVNULL,
                              preexec_fn=before, timeout=LONGEST, **more)

    def undisturbed(self, words, out):
        """What the command writes into `out`, which is put back as it was."""
        if os.path.exists(out):
            os.remove(out)
        done = self.launch(words)
        with open(out, "rb") as file:
            new = file.read()
        self.put_old(out)
        return done, new

    def put_old(self, out):
        with open(out, "w", encoding="utf-8") as file:
            file.write(OLD)

    def same(self, a, b):
        return without_times(a) == without_times(b) or length_aside(a) == length_aside(b)

    def assert_old_or_new(self, name, out, new, done, code):
        """Whole in either case; and what was done is what the exit code says."""
        with open(out, "rb") as file:
            now = file.read()
        is_new = self.same(now, new)
        self.assertTrue(is_new or now == OLD.encode(), f"{name}: {out} is neither old nor new")
        if done is not None:
            self.assertEqual(is_new, done.returncode == code,
                             f"{name}: exit code {done.returncode}, {done.stderr}")

    def assert_said(self, name, done):
        self.assertEqual(done.stderr.count(b"\n"), 1, f"{name}: {done.stderr}")

    def assert_fault(self, name, out, done, code=FAULT):
        self.assertEqual(done.returncode, code, f"{name}: {done.stderr}")
        self.assert_said(name, done)
        with open(out, encoding="utf-8", errors="replace") as file:
            self.assertEqual(file.read(), OLD, name)

    # ---- outputs that take nothing ----

    def test_a_full_device(self):
        for words, _ in self.talkers():
            with open("/dev/full", "wb") as full:
                done = self.launch(words, stdout=full)
            self.assertEqual(done.returncode, FAULT, (words, done.stderr))
            self.assert_said(words, done)

    def test_closed_standard_output(self):
        for words, _ in self.talkers():
            done = self.launch(words, before=lambda: os.close(1))
            self.assertEqual(done.returncode, FAULT, (words, done.stderr))
            self.assert_said(words, done)

    def test_a_reader_that_has_gone(self):
        for ignored in (True, False):
            for words, _ in self.talkers():
                if "--rows" not in words:
                    continue  # what is short fits into the pipe
                reading, writing = os.pipe()
                os.close(reading)
                handler = signal.SIG_IGN if ignored else signal.SIG_DFL
                done = self.launch(words, before=lambda h=handler: signal.signal(signal.SIGPIPE, h),
                                   stdout=writing)
                os.close(writing)
                self.assertIn(done.returncode, (FAULT,) if ignored else (FAULT, -signal.SIGPIPE),
                              (words, done.stderr))

    def test_closed_standard_error(self):
        """Messages go nowhere, least of all into a file."""
        for name, words, code in self.commands(self.path("out.svg")):
            out = self.path("out.svg")
            _, new = self.undisturbed(words, out)
            done = self.launch(words, before=lambda: (os.close(0), os.close(2)))
            self.assert_old_or_new(name, out, new, done, code)
            self.assertEqual(done.returncode, code, name)
        done = self.launch(["score", self.path("nothing"), DATA], before=lambda: os.close(2))
        self.assertEqual(done.returncode, NO_INPUT)

    # ---- places that can't be written to ----

    def test_no_such_folder(self):
        out = self.path("nowhere") + "/out.svg"
        for name, words, _ in self.commands(out):
            done = self.launch(words)
            self.assertEqual(done.returncode, FAULT, f"{name}: {done.stderr}")
            self.assert_said(name, done)
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def mounted(self, name, source, kind, flags, options):
        """A folder with something mounted on it; skips, and says why, where that isn't allowed."""
        folder = self.path(name)
        os.makedirs(folder, exist_ok=True)
        if LIBC.mount(source.encode(), folder.encode(), kind, flags, options) != 0:
            self.skipTest(f"can't mount {name}: {os.strerror(ctypes.get_errno())}")
        self.addCleanup(LIBC.umount2, folder.encode(), 2)
        return folder

    def test_a_read_only_folder(self):
        MS_REMOUNT, MS_BIND, MS_RDONLY = 32, 4096, 1
        folder = self.path("read-only")
        out = os.path.join(folder, "out.svg")
        os.mkdir(folder)
        self.put_old(out)
        if os.geteuid() == 0:  # modes don't hold root back
            self.mounted("read-only", folder, None, MS_BIND, None)
            if LIBC.mount(None, folder.encode(), None, MS_REMOUNT | MS_BIND | MS_RDONLY, None) != 0:
                self.skipTest(f"can't mount read-only: {os.strerror(ctypes.get_errno())}")
        else:
            os.chmod(folder, 0o555)
            self.addCleanup(os.chmod, folder, 0o755)
        for name, words, _ in self.commands(out):
            self.assert_fault(name, out, self.launch(words))
        self.assertEqual(os.listdir(folder), ["out.svg"])

    # ---- full disks ----

    def test_a_full_disk(self):
        folder = self.mounted("full", "tmpfs", b"tmpfs", 0, b"size=16k")
        out = os.path.join(folder, "out.svg")
        for name, words, _ in self.commands(out):
            self.put_old(out)
            with open(os.path.join(folder, "rest"), "wb", buffering=0) as rest:
                try:
                    while rest.write(b"x" * 4096):
                        pass
                except OSError:
                    pass
            self.assert_fault(name, out, self.launch(words))
            self.assertEqual(sorted(os.listdir(folder)), ["out.svg", "rest"], name)

    def test_a_limit_on_files(self):
        """Where no file may be longer than 500 bytes: with the signal ignored, and without."""
        out = self.path("out.svg")
        for handler in (signal.SIG_IGN, signal.SIG_DFL):
            def before(handler=handler):
                signal.signal(signal.SIGXFSZ, handler)
                resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
            for name, words, code in self.commands(out):
                self.put_old(out)
                done = self.launch(words, before=before)
                self.assertNotEqual(done.returncode, code, name)
                if handler == signal.SIG_IGN:
                    self.assert_fault(name, out, done)
                with open(out, encoding="utf-8", errors="replace") as file:
                    self.assertEqual(file.read(), OLD, name)

    def test_state_outlives_a_full_disk(self):
        """A checkpoint and a journal stay where the result can't be written."""
        folder = self.mounted("full", "tmpfs", b"tmpfs", 0, b"size=4k")
        out = os.path.join(folder, "out")
        self.put_old(out)
        for name, words in (
                ("checkpoint", ["train", DATA, "--label", "fraud", "--hidden", "3", "--epochs", "2",
                                "--quiet", "--out", out, "--resume"]),
                ("journal", ["check", "notebook:corrected", "--json", out, "--resume"])):
            state = self.path(name)
            for disturbed in (True, False):
                target = out if disturbed else self.path("result")
                again = [target if word == out else word for word in words]
                # Outputs are tried first: room for that, and not for what follows.
                done = self.launch([*again, state])
                if disturbed:
                    self.assertEqual(done.returncode, FAULT, (name, done.stderr))
                else:
                    self.assertEqual(done.returncode, 0, (name, done.stderr))
                    self.assertFalse(os.path.exists(state), name)
            with open(out, encoding="utf-8") as file:
                self.assertEqual(file.read(), OLD)

    # ---- signals ----

    def test_ignored_signals(self):
        """What a parent ignores doesn't change what comes of it."""
        def before():
            for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGALRM,
                           signal.SIGPIPE):
                signal.signal(number, signal.SIG_IGN)
        out = self.path("out.svg")
        for name, words, code in self.commands(out):
            _, new = self.undisturbed(words, out)
            done = self.launch(words, before=before)
            self.assertEqual(done.returncode, code, f"{name}: {done.stderr}")
            self.assert_old_or_new(name, out, new, done, code)
        misbehaving = os.path.join(harness.BUILD, "tests", "libmisbehaving.so")
        for words, code in ((["check", self.path("nothing.so")], NO_INPUT),
                            (["check", "notebook:corrected", "--jobs", "2"], 0),
                            (["check", misbehaving, "--", "fine"], None)):
            expected = code if code is not None else self.launch(words).returncode
            done = self.launch(words, before=before)
            self.assertEqual(done.returncode, expected, (words, done.stderr))

    def test_killed_at_any_time(self):
        folder = self.path("killed")
        os.mkdir(folder)
        out = os.path.join(folder, "out.svg")
        for name, words, code in self.commands(out):
            _, new = self.undisturbed(words, out)
            start = time.monotonic()
            self.launch(words)
            took = time.monotonic() - start
            self.put_old(out)
            for share in (0.2, 0.5, 0.75, 0.9, 1.0):
                with subprocess.Popen([harness.PROGRAM, *words], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
                    time.sleep(share * took)
                    run.kill()
                self.settle(folder)
                self.assert_old_or_new(name, out, new, None, code)
                left = [file for file in os.listdir(folder)
                        if file not in ("out.svg", ".out.svg.gradproof")]
                self.assertEqual(left, [], name)
            done = self.launch(words)
            self.assertEqual(done.returncode, code, (name, done.stderr))
            self.assert_old_or_new(name, out, new, done, code)
            self.assertEqual(os.listdir(folder), ["out.svg"], name)

    def settle(self, folder):
        """Until no process that the killed one has left writes into the folder any more."""
        inside = [folder.encode()]
        for _ in range(200):
            busy = False
            for process in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{process}/cmdline", "rb") as file:
                        busy |= inside[0] in file.read()
                except OSError:
                    pass
            if not busy:
                return
            time.sleep(0.05)
        self.fail("a process outlives the one that was killed")

    def test_killed_work_goes_on(self):
        """From a checkpoint and from a journal, whenever it was killed, to the same result."""
        state, out = self.path("state"), self.path("result")
        for name, words, code in (
                ("train", ["train", DATA, "--label", "fraud", "--hidden", "8,8", "--epochs", "6",
                           "--patience", "6", "--check", "none", "--quiet", "--out", out], 0),
                ("check", ["check", "network", "--data", DATA, "--label", "fraud", "--hidden",
                           "12,8", "--quiet", "--json", out], 0)):
            start = time.monotonic()
            _, new = self.undisturbed(words, out)
            took = time.monotonic() - start
            for share in (0.3, 0.6, 0.8):
                with subprocess.Popen([harness.PROGRAM, *words, "--resume", state],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as run:
                    time.sleep(share * took)
                    run.kill()
                self.settle(self.folder.name)
            done = self.launch([*words, "--resume", state])
            self.assertEqual(done.returncode, code, (name, done.stderr))
            with open(out, "rb") as file:
                self.assertTrue(self.same(file.read(), new), name)
            self.assertFalse(os.path.exists(state), name)

    # ---- little of everything ----

    def limits(self, kind, values, starts):
        """Each command within each limit; below `starts` the program itself may not begin."""
        out = self.path("out.svg")
        for name, words, code in self.commands(out):
            _, new = self.undisturbed(words, out)
            succeeded = 0
            for value in values:
                self.put_old(out)
                done = self.launch(words, before=lambda v=value: resource.setrlimit(kind, (v, v)))
                what = f"{name} within {value}"
                self.assert_old_or_new(what, out, new, done, code)
                if value >= starts:
                    self.assertIn(done.returncode, (code, FAULT, NO_INPUT), f"{what}: {done.stderr}")
                    self.assertTrue(done.returncode == code or done.stderr, what)
                succeeded += done.returncode == code
            self.assertGreater(succeeded, 0, name)  # the last is enough

    def least(self, kind, low, high):
        """The least limit within which the program can say its version."""
        while high - low > max(1, low // 16):
            middle = (low + high) // 2
            done = self.launch(["--version"], before=lambda: resource.setrlimit(kind,
                                                                                (middle, middle)))
            low, high = (low, middle) if done.returncode == 0 else (middle, high)
        return high

    def test_few_descriptors(self):
        starts = self.least(resource.RLIMIT_NOFILE, 3, 16)
        self.limits(resource.RLIMIT_NOFILE, [*range(3, starts + 8), 64], starts)

    @unittest.skipIf(harness.SANITIZED, "sanitizers reserve more address space than any limit")
    def test_little_memory(self):
        starts = self.least(resource.RLIMIT_AS, 1 << 24, 1 << 30)
        self.limits(resource.RLIMIT_AS,
                    [starts + (k << 20) for k in (0, 2, 4, 8, 16, 32, 64, 128)] + [1 << 32], starts)

    def test_no_new_processes(self):
        """Where none can be started: root isn't held back, so only for others."""
        if os.geteuid() == 0:
            self.skipTest("root may start any number of processes")
        out = self.path("out.svg")
        for name, words, code in self.commands(out):
            _, new = self.undisturbed(words, out)
            done = self.launch(words, before=lambda: resource.setrlimit(resource.RLIMIT_NPROC,
                                                                        (1, 1)))
            self.assert_old_or_new(name, out, new, done, code)


if __name__ == "__main__":
    unittest.main()
