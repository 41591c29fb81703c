"""The notebooks of examples/ say what they say: each cell is executed, and prints what the file has as its output (but for
times). With GRADPROOF_WRITE_NOTEBOOKS=1 the files are given the outputs instead."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import pathlib
import re

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
WRITE = os.environ.get("GRADPROOF_WRITE_NOTEBOOKS") == "1"


def execute(source, namespace):
    """What a cell prints; its last expression, if it ends in one, as a notebook shows it."""
    body = ast.parse(source).body
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "cell", "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
            if value is not None:
                print(repr(value))
    return printed.getvalue()


def without_rounding(text):
    """What doesn't depend on how libm and BLAS round: of a table its first columns, of numbers three digits, no bounds, no
    times and no counts of evaluations."""
    text = re.sub(r"(?m)^(  \w+ +[\dx ]+ (?:verified|refuted) +\d+/\d+).*$", r"\1", text)
    text = re.sub(r"\d+ evaluations of the value, \d+ of the gradient, [0-9.e-]+ s", "evaluations", text)
    text = re.sub(r"\d+ (of \d+ planted mistakes would be refuted), \d+", r"most \1", text)
    return re.sub(r"-?\d+\.\d+(e[+-]?\d+)?", lambda number: "small" if number[1] else f"{float(number[0]):.2g}",
                  re.sub(r"\d+e-\d+", "small", text))


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_prints_what_the_file_shows(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    namespace = {"__name__": "__main__"}
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        printed = execute("".join(cell["source"]), namespace)
        if WRITE:
            cell["execution_count"] = count
            lines = printed.splitlines(keepends=True)
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": lines}] if lines else []
            continue
        shown = "".join("".join(output["text"]) for output in cell["outputs"])
        assert without_rounding(printed) == without_rounding(shown), "".join(cell["source"])
    if WRITE:
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def test_the_languages_run_the_same_code():
    codes = [[cell["source"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
             for path in NOTEBOOKS]
    assert all(code == codes[0] for code in codes)
