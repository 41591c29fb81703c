"""The annotations: of the package, and as a user's mypy sees them."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("mypy")

USE = """
import numpy as np
import gradproof

report: gradproof.Report = gradproof.check(lambda x: float(x @ x), lambda x: 2 * x, np.ones(3), rtol=1e-6)
verdict: str = report.verdict
shape: tuple[int, ...] = report.blocks["x"].shape
bound = report.blocks["x"].bound.max()
causes: list[str] = [cause.kind for cause in report.diagnosis]
number: int = report.verdict
"""


def mypy(tmp_path, *arguments):
    # Kept between runs: NumPy's stubs take seconds.
    cache = pathlib.Path(sys.prefix) / "mypy_cache"
    return subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), *arguments], cwd=tmp_path,
                          capture_output=True, text=True)


def test_the_package_is_typed(tmp_path):
    result = mypy(tmp_path, "-p", "gradproof")
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_users_write_is_checked(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    result = mypy(tmp_path, "use.py")
    wrong = [line for line in result.stdout.splitlines() if "error" in line and not line.startswith("Found")]
    assert len(wrong) == 1 and "use.py:10" in wrong[0] and '"str"' in wrong[0], result.stdout
