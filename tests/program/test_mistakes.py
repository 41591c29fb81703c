"""The commonest mistakes of backpropagation, made in the network's own source: each is built into a program of its
own, and training stops at the first check with block and cause.

    GRADPROOF=... python3 test_mistakes.py --table DATA.csv LABEL

prints what training without checks makes of each of them."""

import json
import os
import re
import shlex
import subprocess
import sys
import unittest

from harness import BUILD, SANITIZED, SOURCE, ProgramTest, run

# name: (what is in src/nn/network/dense_passes.h, what a tired hand makes of it, options that exercise it, causes to be
# named)
MISTAKES = {
    "ReLU's derivative is forgotten": (
        "        NAME(multiply_by_derivative)(o->hidden, m * v, z, delta_below);\n", "        (void)z;\n", (), {"activation-derivative"}),
    "a sum over the batch for a mean": ("(REAL)(dz[k] / (double)m)", "(REAL)dz[k]", (), {"scaled"}),
    "the error's sign": ("(REAL)(dz[k] / (double)m)", "(REAL)(-dz[k] / (double)m)", (), {"sign"}),
    "biases of the last example alone": ("sum[k] += delta[r * u + first + k];", "sum[k] = delta[r * u + first + k];", (), {"sample"}),
    "weights' gradients are added to": ("(int)u,\n             below, (int)v, 0, dW", "(int)u,\n             below, (int)v, 1, dW",
                                        (), {"accumulated"}),
    "pre-activations for activations": ("(const REAL *)net->a[l - 1]", "(const REAL *)net->z[l - 1]", (), {"pre-activation"}),
    "weight decay twice": ("dW[i] += (REAL)o->l2 * W[i];", "dW[i] += 2 * (REAL)o->l2 * W[i];", ("--l2", "0.01"), {"decay"}),
    "dropout's mask is forgotten": ("gp_dropout_keeps(net, l - 1, r, k) ? delta_below[r * v + k] * rescale : 0;",
                                    "delta_below[r * v + k] * rescale;", ("--dropout", "0.3"), {"dropout-mask"}),
}


def build_with(old, new, folder):
    """The program with a mistake in its passes: they are compiled again, all else is as it was built."""
    with open(os.path.join(SOURCE, "src", "nn", "network", "dense_passes.h"), encoding="utf-8") as file:
        passes = file.read()
    if passes.count(old) != 1:
        raise AssertionError(f"dense_passes.h no longer has this once: {old}")
    network = os.path.join(folder, "nn", "network")
    os.makedirs(network, exist_ok=True)
    with open(os.path.join(network, "dense_passes.h"), "w", encoding="utf-8") as file:
        file.write(passes.replace(old, new))
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        entry = next(e for e in json.load(file) if e["file"].endswith("src/nn/network/dense.c"))
    command = shlex.split(entry["command"])
    wrong = os.path.join(folder, "dense.o")
    command[command.index("-o") + 1] = wrong
    command = [word for word in command if not word.startswith("-W") and word not in ("-MD",)]
    subprocess.run([command[0], "-I", folder, *command[1:]], cwd=entry["directory"], check=True, capture_output=True)
    program = os.path.join(folder, "gradproof")
    objects = os.path.join(BUILD, "CMakeFiles", "gradproof_program.dir", "src", "cli")
    prove = os.path.join(BUILD, "libgradproof_prove.so")
    proofs = [prove, "-Wl,-rpath," + BUILD] if os.path.exists(prove) else []
    subprocess.run([command[0], "-o", program, *(os.path.join(objects, name) for name in sorted(os.listdir(objects))
                                                if name.endswith(".o")), wrong,
                    os.path.join(BUILD, "libgradproof_nn_static.a"), os.path.join(BUILD, "libgradproof_static.a"), *proofs, "-lopenblas", "-lcsv", "-lsleef", "-ljansson", "-lnettle",
                    "-lm", "-ldl", "-lpthread"], check=True, capture_output=True)
    return program


@unittest.skipIf(SANITIZED, "built with other flags")
class Mistakes(ProgramTest):
    def test_each_is_stopped_at_the_first_check(self):
        data = self.path("payments.csv")
        run("generate", "--rows", "4000", "--out", data)
        for name, (old, new, options, causes) in MISTAKES.items():
            program = build_with(old, new, self.folder.name)
            for hidden in ("16,8", "300,100"):  # every entry is looked at, or random directions
                arguments = ("train", data, "--label", "fraud", "--out", self.path("m.safetensors"), "--epochs", "2",
                             "--hidden", hidden, *options)
                result = run(*arguments, program=program)
                self.assertEqual(result.code, 1, (name, result.out, result.err))
                self.assertIn("training is stopped", result.out)
                self.assertNotIn("epoch 1", result.out, "at the first check")
                self.assertRegex(result.out, r"wrong in [Wb]\d")
                named = set(re.findall(r"^  ([\w-]+): .*[Wb]\d", result.out, re.M))
                self.assertTrue(causes <= named <= causes | {"downstream"}, (name, hidden, named, result.out))
            self.assertIn(run(*arguments, "--check", "none", program=program).code, (0, 3), "3: it diverges")


def table(data, label):
    import tempfile
    print("| mistake | loss, first to last epoch | PR-AUC | stopped by the check |\n| --- | --- | --- | --- |")
    rows = {"none": (None, None, (), None)} | MISTAKES
    for name, (old, new, options, _) in rows.items():
        with tempfile.TemporaryDirectory() as folder:
            program = build_with(old, new, folder) if old else os.environ["GRADPROOF"]
            arguments = ("train", data, "--label", label, "--out", os.path.join(folder, "m.safetensors"), "--epochs",
                         "30", "--patience", "30", *options)
            result = run(*arguments, "--check", "none", program=program)
            losses = re.findall(r"loss ([^,]+),", result.out)
            best = re.findall(r"best ([\d.]+)", result.out)
            stopped = run(*arguments, program=program)
            causes = ", ".join(dict.fromkeys(re.findall(r"^  ([\w-]+): .*[Wb]\d", stopped.out, re.M)))
            said = f"yes: {causes}" if stopped.code == 1 else "no"
            print(f"| {name} | {losses[0]} to {losses[-1]} | {best[-1]} | {said} |" if losses else
                  f"| {name} | {result.err.strip()} | - | {said} |", flush=True)


if __name__ == "__main__":
    if "--table" in sys.argv:
        table(*sys.argv[-2:])
    else:
        unittest.main()
