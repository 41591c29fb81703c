"""Nothing is lost: no command destroys an input, leaves half an output, or exits 0 when something is missing."""

import csv
import json
import os
import resource
import signal
import stat
import struct
import subprocess
import time
import unittest

from harness import BUILD, PROGRAM, SANITIZED, ProgramTest, run

MISBEHAVING = os.path.join(BUILD, "libmisbehaving.so")
VERDICTS = {"verified": 0, "inconclusive": 2}


class Files(ProgramTest):
    def setUp(self):
        super().setUp()
        self.data = self.path("payments.csv")
        self.assertEqual(run("generate", "--rows", "3000", "--out", self.data).code, 0)
        self.model = self.path("fraud.safetensors")

    def command(self, *more, out=None, data=None, label="fraud"):
        return ("train", data or self.data, "--label", label, "--out", out or self.model, "--hidden", "8", "--epochs", "2",
                *more)

    def train(self, *more, **how):
        result = run(*self.command(*more, **how))
        self.assertEqual(result.code, 0, (result.out, result.err))
        return result

    def read(self, path):
        with open(path, "rb") as file:
            return file.read()

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def limited(self, *arguments, kind=resource.RLIMIT_FSIZE, most=0):
        """Writing past `most` bytes of a file fails, as on a full disk."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(kind, (most, most))
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, preexec_fn=limit, timeout=300, check=False,
                              restore_signals=False)

    def outputs(self):
        """Each kind of output: its option, and a command that ends with it."""
        return {"score": ("score", self.model, self.data, "--out"),
                "picture": ("evaluate", self.model, self.data, "--picture"),
                "generate": ("generate", "--rows", "500", "--out"),
                **{name: ("check", "notebook:given", "--" + name) for name in ("json", "html", "junit", "markdown")},
                "train": (*self.command("--check", "none"), "--out")}

    def test_an_output_that_is_an_input_is_refused(self):
        self.train()
        hard, soft = self.path("hard.csv"), self.path("soft.csv")
        os.link(self.data, hard)
        os.symlink("hard.csv", soft)
        before = {path: self.read(path) for path in (self.data, self.model)}
        library = self.path("library.so")
        with open(MISBEHAVING, "rb") as file:
            self.write("library.so", file.read())
        check = ("check", self.model, "--data", self.data, "--json")
        for command in [("score", self.model, self.data, "--out", same) for same in (self.data, hard, soft, self.model)] + [
                ("evaluate", self.model, self.data, "--picture", hard),
                (*check, self.model), (*check, soft), (*check, "new", "--resume", "new"),
                ("check", self.model, "--data", self.data, "--resume", self.data),
                ("check", library, "--json", library, "--", "many"),
                ("check", library, "--json", soft, "--", "many", self.data),
                self.command(out=soft), self.command("--resume", hard), self.command("--resume", self.model),
                self.command("--resume", self.path("both"), out=self.path("both"))]:
            result = run(*command, cwd=self.folder.name)
            self.assertEqual(result.code, 64, (command, result.err))
            self.assert_one_line(result.err, "is the same file as")
        with open(self.data, "ab") as file:  # score ... >> DATA would read what it writes
            done = subprocess.run([PROGRAM, "score", self.model, self.data], stdout=file, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 64)
        self.assertEqual({path: self.read(path) for path in before}, before)

    def test_unwritable_targets_have_one_exit_code(self):
        self.train()
        for name, command in self.outputs().items():
            for target in ("nowhere/x.svg", "/dev/full", "."):
                if target == "." and name == "picture":
                    continue
                result = run(*command, target, cwd=self.folder.name)
                self.assertEqual(result.code, 70, (command, target, result.err))
                self.assert_one_line(result.err, "gradproof: ", "can't be written")
        result = run(*self.command("--resume", self.path("nowhere/ck")))
        self.assertEqual(result.code, 70)
        self.assertEqual(result.out, "", "told before it trains")
        self.assert_one_line(result.err, "can't be written")

    def test_an_earlier_result_stays_on_a_full_disk(self):
        self.train()
        for name, command in self.outputs().items():
            target = self.write(f"{name}.svg", b"earlier")
            before = sorted(os.listdir(self.folder.name))
            for most in (0, 1000):
                done = self.limited(*command, target, most=most)
                self.assertEqual(done.returncode, 70, (name, most, done.stderr))
                self.assert_one_line(done.stderr, "can't be written", target)
                self.assertEqual(self.read(target), b"earlier", name)
                self.assertEqual(sorted(os.listdir(self.folder.name)), before)
            result = run(*command, target)
            self.assertIn(result.code, (0, 1), result.err)
            self.assertGreater(len(self.read(target)), 1000, name)

    def test_modes_links_pipes(self):
        self.train()
        self.assertEqual(stat.S_IMODE(os.stat(self.model).st_mode), 0o666 & ~self.umask())
        for name, command in self.outputs().items():
            target, link = self.write(f"{name}.svg", b"earlier"), self.path(f"{name}-link.svg")
            os.chmod(target, 0o640)
            os.symlink(os.path.basename(target), link)
            self.assertIn(run(*command, link).code, (0, 1), name)
            self.assertTrue(os.path.islink(link), name)
            self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o640)
            self.assertNotEqual(self.read(target), b"earlier")
            if name == "train":
                continue
            piped = subprocess.run([PROGRAM, *command, "/dev/stdout"], stdout=subprocess.PIPE, check=False)
            self.assertIn(self.read(target)[:20], piped.stdout)
            fifo = self.path(f"{name}-fifo")
            os.mkfifo(fifo)
            process = subprocess.Popen([PROGRAM, *command, fifo], stdout=subprocess.DEVNULL)
            self.assertEqual(self.read(fifo)[:20], self.read(target)[:20])
            self.assertIn(process.wait(), (0, 1))

    def umask(self):
        before = os.umask(0)
        os.umask(before)
        return before

    def test_a_read_error_is_not_the_end_of_a_table(self):
        """A row that no memory is left for: a hole in a file that takes no room on the disk."""
        if SANITIZED:
            self.skipTest("sanitizers reserve more address space than the limit")
        self.train()
        lines = self.read(self.data).splitlines(keepends=True)
        data = self.write("long.csv", b"".join(lines[:5]))
        os.truncate(data, 250 << 20)
        kept = self.write("scores.csv", b"earlier")
        for command in (("score", self.model, data), ("score", self.model, data, "--out", kept), ("evaluate", self.model, data),
                        self.command(data=data)):
            done = self.limited(*command, kind=resource.RLIMIT_AS, most=270 << 20)
            self.assertEqual(done.returncode, 70, (command, done.stderr))
            self.assert_one_line(done.stderr, "line 6", "memory")
        self.assertEqual(self.read(kept), b"earlier")

    def test_a_score_that_is_no_number_is_told(self):
        header, *rows = self.read(self.data).decode().splitlines()[:6]
        for more in ("relu", "tanh", "leaky-relu", "linear"):
            self.train("--activation", more)
            for amount in ("1e308", "-1e308", "1e45"):
                cells = rows[2].split(",")
                large = [amount if k % 2 else str(-float(amount)) for k in range(len(cells) - 1)] + cells[-1:]
                data = self.path("large.csv", "\n".join([header, *rows[:2], ",".join(large), *rows[3:]]) + "\n")
                result = run("score", self.model, data, "--threshold", "0.5", "--explain")
                self.assertNotIn("nan", result.out)
                self.assertEqual(len(result.out.splitlines()), 6)
                if result.out.splitlines()[3] == "3,,,":
                    self.assertEqual(result.code, 66)
                    self.assert_one_line(result.err, "line 4", "isn't a finite number", "not scored")
                else:
                    self.assertEqual(result.code, 0)
                result = run("score", self.model, data)
                scored = result.out.splitlines()[3] != "3,"
                self.assertEqual(result.code, 0 if scored else 66, (more, amount, result.out))
                for json_or_not in ((), ("--json",)):
                    result = run("evaluate", self.model, data, *json_or_not)
                    self.assertEqual(result.code, 0 if scored else 66, (more, amount, result.err))
                    if not scored:
                        self.assert_one_line(result.err, "row 3", "isn't a finite number")
                if more in ("relu", "linear"):
                    self.assertFalse(scored, "infinities of either sign meet")

    def endless(self, *more, out=None, env=None):
        """A training that is through with its first epoch and would take hours."""
        process = subprocess.Popen([PROGRAM, *self.command("--epochs", "1000000", "--patience", "1000000", *more, out=out)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, **(env or {})))
        self.assertRegex(process.stdout.readline(), r"^epoch \d+ of")
        return process

    def test_state_goes_after_the_result(self):
        checkpoint, folder = self.path("ck"), self.path("later-gone")
        os.mkdir(folder)
        process = self.endless("--resume", checkpoint, out=os.path.join(folder, "model"))
        while not os.path.exists(checkpoint):
            time.sleep(0.001)
        os.rmdir(folder)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 70)
        self.assert_one_line(err, "can't be written")
        before = self.read(checkpoint)
        self.assertGreater(len(before), 0)
        result = run(*self.command("--epochs", "1000000", "--patience", "1000000", "--resume", checkpoint,
                                   out=self.path("nowhere/o")))
        self.assertEqual(result.code, 70)
        self.assertEqual(result.out, "", "outputs are tried first")
        self.assertEqual(self.read(checkpoint), before)
        finished = self.path("finished")
        self.train("--resume", finished)
        self.assertFalse(os.path.exists(finished), "a model that is written needs no checkpoint")

    def test_a_model_without_its_place_is_kept(self):
        elsewhere, folder = self.path("elsewhere"), self.path("soon-gone")
        os.mkdir(elsewhere)
        os.mkdir(folder)
        process = self.endless(out=os.path.join(folder, "model"), env={"TMPDIR": elsewhere})
        os.rmdir(folder)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 70)
        self.assert_one_line(err, "can't be written", "the model is kept as")
        kept = err.rstrip().rsplit(" ", 1)[1]
        self.assertTrue(kept.startswith(elsewhere + "/"), err)
        self.assertEqual(run("score", kept, self.data).code, 0)
        os.mkdir(folder)
        process = self.endless(out=os.path.join(folder, "model"), env={"TMPDIR": self.path("nowhere")})
        os.rmdir(folder)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 70)
        self.assert_one_line(err, "can't be written")

    def test_a_journal_goes_after_the_report(self):
        journal, report = self.path("journal"), self.write("report", b"earlier")
        check = ("check", MISBEHAVING, "--strategy", "full", "--points", "1", "--json", report, "--resume", journal, "--", "many")
        done = self.limited(*check, most=20000)  # the journal finds no room
        self.assertEqual(done.returncode, 70, done.stderr)
        self.assert_one_line(done.stderr, "journal", "can't be written")
        kept = os.path.getsize(journal)
        self.assertGreater(kept, 5000)
        self.assertEqual(self.read(report), b"earlier")
        result = run(*check)
        self.assertEqual(result.code, 0, result.err)
        self.assertFalse(os.path.exists(journal), "a report that is written needs no journal")
        lost = run("check", "notebook:given", "--json", "/dev/full", "--resume", journal)
        self.assertEqual(lost.code, 70)
        self.assertTrue(os.path.exists(journal), "the report is lost")
        again = run("check", "notebook:given", "--json", report, "--resume", journal)
        self.assertEqual(again.code, 1)
        self.assertFalse(os.path.exists(journal))

    def test_ctrl_c_keeps_the_best_weights(self):
        checkpoint = self.path("ck")
        for more in ((), ("--jobs", "2"), ("--resume", checkpoint)):
            process = self.endless(*more)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 2, err)
            self.assert_one_line(err, "interrupted after epoch", "has the best weights until then")
            self.assertIn("written", out.splitlines()[-1])
            self.assertEqual(run("score", self.model, self.data).code, 0)
            self.assertEqual(os.path.exists(checkpoint), "--resume" in more, "what it can go on from stays")
            os.remove(self.model)

    def test_ctrl_c_in_the_first_epoch(self):
        process = subprocess.Popen([PROGRAM, *self.command("--hidden", "3000,3000", "--check", "start", "--batch", "16")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(2.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        if process.returncode == -signal.SIGINT:
            self.skipTest("the machine is too slow: it came before training")
        self.assertEqual(process.returncode, 2, err)
        self.assert_one_line(err, "interrupted before the first epoch was through")
        self.assertFalse(os.path.exists(self.model))

    def test_kill_leaves_nothing_behind(self):
        kept = self.path("scores.csv")
        self.train()
        model = self.read(self.model)
        before = sorted(os.listdir(self.folder.name))
        for k in range(8):
            process = self.endless("--resume", self.path("ck"))
            time.sleep(0.01 * k)
            process.kill()
            process.communicate()
            process = subprocess.Popen([PROGRAM, "score", self.model, self.data, "--out", kept])
            time.sleep(0.005 * k)
            process.kill()
            process.wait()
        left = set(os.listdir(self.folder.name)) - set(before)
        self.assertLessEqual(left, {"ck", "scores.csv"})
        self.assertEqual(self.read(self.model), model)

    def test_what_the_checks_came_to(self):
        self.assertIn("its gradient checked: start verified, burn-in verified, end verified", self.train().out)
        self.assertIn("its gradient not checked", self.train("--check", "none").out)
        codes = set()
        for rate, activation in (("1", "relu"), ("50", "tanh"), ("50", "sigmoid"), ("1", "leaky-relu")):  # most saturate
            for quiet in (), ("--quiet",):
                result = run(*self.command("--optimizer", "sgd", "--epochs", "8", "--hidden", "64,32", "--learning-rate", rate,
                                           "--activation", activation, *quiet))
                verdicts = self.verdicts()
                self.assertEqual(result.code, max(VERDICTS[v] for v in verdicts), (result.out, result.err))
                said = result.err if quiet else result.out
                for when, verdict in zip(("start", "burn-in", "end"), verdicts):
                    if result.code or not quiet:
                        self.assertIn(f"{when} {verdict}", said)
                self.assertEqual(result.out == "", bool(quiet))
                codes.add(result.code)
        self.assertEqual(codes, {0, 2}, "none was inconclusive: this test is about those that are")

    def verdicts(self):
        with open(self.model, "rb") as file:
            length, = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        return [check["verdict"] for check in json.loads(header["__metadata__"]["checks"])]

    def test_divergence_ends_the_training(self):
        for more in (("--learning-rate", "500"), ("--learning-rate", "1e30"),
                     ("--learning-rate", "500", "--dtype", "float64"), ("--learning-rate", "500", "--hidden", "none", "--l2", "0.1")):
            for check in ((), ("--check", "none")):
                result = run(*self.command("--optimizer", "sgd", *more, *check))
                self.assertEqual(result.code, 3, (more, result.out, result.err))
                self.assertIn("training is stopped", result.out)
                self.assertRegex(result.out, r"it diverges: .* after epoch \d.*a smaller learning rate than")
                self.assertFalse(os.path.exists(self.model))

    def named(self, name, label=b"fraud"):
        """The table with another name for its second column, and for its label."""
        header, rest = self.read(self.data).split(b"\n", 1)
        names = header.split(b",")
        names[1], names[-1] = b'"' + name.replace(b'"', b'""') + b'"', label
        return self.write("named.csv", b",".join(names) + b"\n" + rest)

    def test_names_in_any_encoding(self):
        for name, label, shown in ((b"Geb\xfchr", b"betr\xfcgerisch", "Geb\\xfchr"), ("Gebühr".encode(), "betrügerisch".encode(), "Gebühr"),
                                   (b"\xff\xfe", b"\x80", "\\xff\\xfe"), (b"a\x1b[31mb", b"c\xc2\x9b2J", "a\\x1b[31mb")):
            data = self.named(name, label)
            command = [os.fsencode(word) for word in (PROGRAM, *self.command(data=data))]
            command[command.index(b"fraud")] = label
            done = subprocess.run([*command], capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = run("score", self.model, data, "--explain")
            self.assertEqual(result.code, 0, result.err)
            self.assertTrue(any(shown in line for line in result.out.splitlines()), shown)
            self.assertEqual(run("evaluate", self.model, data).code, 0)
            done = subprocess.run([PROGRAM.encode(), b"evaluate", self.model.encode(), data.encode(), b"--label", label], check=False,
                                  capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(run("check", self.model, "--data", data, "--points", "1").code, 0)

    def test_reasons_are_one_field(self):
        for name in ("net, gross", 'the "net"', "a;b", 'x,"y', "plain", "=1+1"):
            data = self.named(name.encode())
            self.train(data=data)
            result = run("score", self.model, data, "--threshold", "0.5", "--explain")
            rows = list(csv.reader(result.out.splitlines(), strict=True))
            self.assertEqual({len(row) for row in rows}, {4}, name)
            self.assertTrue(any(name + " " in row[3] for row in rows), name)
            quoted = any(letter in name for letter in ',"')
            self.assertEqual('"' in result.out, quoted)

    def test_no_escape_sequence_reaches_a_terminal(self):
        evil = "a\x1b]0;owned\x07b\x9b"
        data = self.named(evil.encode())
        self.train(data=data)
        missing = self.data
        strange = self.path("evil\x1b[2J.csv", "x\ny\n")
        wrong = self.path("wrong.csv", self.read(data).decode().replace("\n", "\nx\x1b[31m", 1))
        for command in (("score", self.model, missing), ("score", self.model, data, "--explain"), ("evaluate", self.model, missing),
                        ("score", self.model, strange), ("train", strange, "--label", "x\x1b[1m", "--out", "m"), ("score", self.model, wrong),
                        ("evaluate", self.model, wrong), ("check", strange), ("check", "notebook:\x1b[1m"), ("score", "\x1b[1m", "x"),
                        ("check", self.model, "--data", strange), ("check", "notebook:given", "--json", "no\x1b/where"),
                        ("check", "notebook:given", "--plant", "W\x1b[2:zero"), ("check", "notebook:given", "--rtol", "\x1b[1m"),
                        ("evaluate", self.model, data, "--picture", "p\x1b[1m.png"), ("check", MISBEHAVING, "--", "names"), ("no\x1b[1mcommand",), ("train",)):
            result = run(*command)
            for text in (result.out, result.err):
                bad = [letter for letter in text if letter != "\n" and (ord(letter) < 32 or 127 <= ord(letter) < 160)]
                self.assertEqual(bad, [], (command, text))
            self.assertNotEqual(result.out + result.err, "")

    def test_what_is_no_file(self):
        self.train()
        for command, words in ((("score", ".", self.data), "is a directory"), (("evaluate", "/", self.data), "is a directory"),
                               (("score", self.model, "."), "directory"), (("check", "."), "not a file"),
                               (self.command("--resume", self.folder.name), "directory"),
                               (self.command("--resume", "/dev/null"), "no plain file"), (self.command("--resume", self.fifo()), "no plain file")):
            result = run(*command)
            self.assertIn(result.code, (66, 70), (command, result.err))
            self.assert_one_line(result.err, words)
        read, write = os.pipe()  # a model through a pipe is one
        process = subprocess.Popen([PROGRAM, "score", f"/dev/fd/{read}", self.data], pass_fds=[read], stdout=subprocess.PIPE)
        os.write(write, self.read(self.model))
        os.close(write)
        os.close(read)
        self.assertEqual(process.communicate()[0], run("score", self.model, self.data).out.encode())

    def fifo(self):
        os.mkfifo(self.path("fifo"))
        return self.path("fifo")

    def test_a_model_of_any_name(self):
        for name in ("m.st", "model", "m.so"):
            self.train("--check", "none", out=self.path(name))
            result = run("check", self.path(name), "--data", self.data, "--quiet")
            self.assertEqual(result.code, 0, result.err)
            result = run("check", self.path(name))
            self.assertEqual(result.code, 64)
            self.assert_one_line(result.err, "check of a model: needs --data")

    def test_pictures_are_svg(self):
        self.train()
        for name in ("p.png", "p.svg.pdf", "dir.svg/p.jpg"):
            result = run("evaluate", self.model, self.data, "--picture", self.path(name))
            self.assertEqual(result.code, 64, name)
            self.assert_one_line(result.err, "is written as SVG")
            self.assertFalse(os.path.exists(self.path(name)))
        for name in ("p.svg", "P.SVG", "picture", ".hidden"):
            self.assertEqual(run("evaluate", self.model, self.data, "--picture", self.path(name)).code, 0)
            self.assertIn(b"<svg", self.read(self.path(name)))

    def test_checkpoints_that_can_not_be(self):
        checkpoint = self.path("ck")
        process = self.endless("--resume", checkpoint)
        process.send_signal(signal.SIGINT)
        process.communicate()
        whole = self.read(checkpoint)
        length, = struct.unpack("<Q", whole[:8])
        header = json.loads(whole[8:8 + length])
        at = 8 + length + header["state"]["data_offsets"][0]
        command = self.command("--epochs", "1000000", "--patience", "1000000", "--resume", checkpoint)
        for index, number in ((0, 1e131), (0, -1.0), (0, 0.5), (0, float("nan")), (0, 2e6), (1, 1e131), (1, 1e6), (2, float("nan")),
                              (2, 1e300), (3, 1e131), (3, -5.0), (3, 7.25)):
            damaged = bytearray(whole)
            damaged[at + 8 * index:at + 8 * index + 8] = struct.pack("<d", number)
            self.write("ck", bytes(damaged))
            result = run(*command)
            self.assertEqual(result.code, 66, (index, number))
            self.assert_one_line(result.err, "is no checkpoint of this training")


if __name__ == "__main__":
    unittest.main()
