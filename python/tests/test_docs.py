"""What the documents show really runs, and says what they say that it does."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import pathlib
import re

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "python.md", ROOT / "docs" / "spaces.md", ROOT / "python" / "README.md"]
FRAMEWORKS = {ROOT / "docs" / "pytorch.md": "torch", ROOT / "docs" / "jax.md": "jax"}


def examples(path):
    """Blocks of Python, each with the block of plain text right behind it, if there is one."""
    return re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", path.read_text(encoding="utf-8"), re.S | re.M)


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("path", [*DOCUMENTS, *FRAMEWORKS], ids=lambda path: path.name)
def test_examples_run(path, tmp_path, monkeypatch):
    if path in FRAMEWORKS:
        pytest.importorskip(FRAMEWORKS[path], reason=f"the package {FRAMEWORKS[path]} isn't installed: {path.name} is not tested")
    monkeypatch.chdir(tmp_path)
    found = examples(path)
    assert found
    names: dict[str, object] = {"np": np}
    for code, expected in found:
        if "gradproof.prove" in code and not importlib.util.find_spec("flint"):
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, path.name, "exec"), names)
        # A document may leave lines out.
        printed_lines = iter(lines(printed.getvalue()))
        for line in lines(expected):
            assert line in printed_lines, printed.getvalue()
