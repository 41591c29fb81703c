"""Reports: what they say, and in which forms."""

from __future__ import annotations

import copy
import io
import json
import pickle
import sys
import types
import xml.etree.ElementTree

import numpy as np
import pytest

import gradproof
from gradproof import progress

X0 = np.array([[1.0, -2.0], [0.5, 3.0]])


def cubes(x):
    return np.sum(x * x * x) / 3


def wrong(x):
    return 3 * x * x


def test_a_report_has_no_truth():
    with pytest.raises(TypeError, match="report.ok"):
        bool(gradproof.check(cubes, wrong, X0))


def test_text_and_repr():
    report = gradproof.check(cubes, wrong, X0)
    assert str(report).startswith("refuted: cubes, 4 parameters, float64: wrong in x")
    assert repr(report) == f"<gradproof.Report: {str(report).splitlines()[0]}>"
    assert "\x1b[" in report.text(colour=True) and "\x1b[" not in report.text()
    assert len(report.text(verbose=True)) > len(report.text())
    assert gradproof.check(cubes, wrong, X0, name="mine").text().startswith("refuted: mine,")


def test_json_is_the_library_s():
    report = gradproof.check(cubes, wrong, X0)
    read = json.loads(report.to_json())
    assert read["schema"] == "gradproof.report/1" and read["verdict"] == "refuted"
    assert read["blocks"][0]["diagnosis"][0]["factor"] == pytest.approx(3)
    assert read["blocks"][0]["shape"] == [2, 2]


def test_html_is_escaped():
    page = gradproof.check(lambda p: cubes(p["<W>"]), lambda p: {"<W>": wrong(p["<W>"])}, {"<W>": X0})._repr_html_()
    assert "&lt;W&gt;" in page and "<W>" not in page and "refuted" in page
    well_formed(page)


def well_formed(text):
    """The page as XML, which it is but for entities that it doesn't use."""
    return xml.etree.ElementTree.fromstring(text)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (300,), (2, 2), (100, 3), (3, 100), (50, 40), (2, 3, 4)])
def test_a_notebook_shows_where_a_block_is_wrong(shape):
    x0 = np.random.default_rng(1).normal(size=shape) + 3

    def off(x):
        g = np.array(x * x)
        g.reshape(-1)[-1] *= 2  # the last entry, in the last cell
        return g

    report = gradproof.check(cubes, off, x0, strategy="full", points=1)
    page = well_formed(report._repr_html_())
    said = "".join(page.itertext())
    assert said.startswith("✗ refuted The derivative code of cubes is wrong") and report.summary in said
    assert str(report) in said and report.diagnosis[0] in said
    pictures = page.findall(".//svg")
    assert len(pictures) == (x0.size > 1)
    for picture in pictures:
        marks = [(float(mark.get("y")), float(mark.get("x")), mark[0].text) for mark in picture]
        assert max(marks)[2] == "refuted" and sum(status == "refuted" for _, _, status in marks) == 1
        assert len(marks) == 17 * 40 if shape == (50, 40) else len(marks) <= 24 * 64
        assert max(marks)[0] < float(picture.get("height")) and max(marks)[1] < float(picture.get("width"))


def test_a_notebook_shows_the_wrong_blocks_first():
    x0 = {f"w{k}": np.full(2, 1.0 + k) for k in range(100)}
    grad = lambda p: {key: (3 if key == "w99" else 1) * value**2 for key, value in p.items()}
    report = gradproof.check(lambda p: sum(map(cubes, p.values())), grad, x0)
    page = well_formed(report._repr_html_())
    rows = page.findall(".//tbody/tr")
    assert rows[0][0].text == "w99" and len(rows) == 60 and "and 40 more blocks" in "".join(page.itertext())


@pytest.mark.parametrize("f, verdict", [(lambda x: np.nan, "failed"), (lambda x: np.sum(np.float16(x)), "inconclusive")])
def test_a_notebook_shows_every_verdict(f, verdict):
    said = "".join(well_formed(gradproof.check(f, lambda x: np.ones(3), np.full(3, 0.7))._repr_html_()).itertext())
    assert verdict in said[:20]


@pytest.mark.parametrize("kind", ["json", "txt", "html", "xml", "md"])
def test_save(tmp_path, kind):
    report = gradproof.check(cubes, wrong, X0)
    path = tmp_path / f"x.{kind}"
    report.save(path)
    report.save(str(path))
    text = path.read_text(encoding="utf-8")
    assert "refuted" in text and text.endswith("\n")
    if kind == "json":
        assert json.loads(text)["verdict"] == "refuted"
    if kind == "html":
        assert text.startswith("<!DOCTYPE html>") and "3.000000 times the derivative" in text
    with pytest.raises(ValueError, match="saved as .txt or .json, .html, .xml, .md"):
        report.save(tmp_path / "x.pdf")


@pytest.mark.parametrize("again", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy, copy.copy])
def test_pickles(again, tmp_path):
    report = gradproof.check(cubes, wrong, X0, self_test=True)
    other = again(report)
    assert (str(other), repr(other), other.to_json(), other._repr_html_()) == (
        str(report), repr(report), report.to_json(), report._repr_html_())
    assert other.text(verbose=True, colour=True) == report.text(verbose=True, colour=True)
    other.save(tmp_path / "other.html"), report.save(tmp_path / "report.html")
    assert (tmp_path / "other.html").read_bytes() == (tmp_path / "report.html").read_bytes()
    assert pickle.loads(pickle.dumps(other)).summary == report.summary
    for block, same in zip(report.blocks.values(), other.blocks.values()):
        assert same.verdict == block.verdict and same.shape == block.shape and same.worst == block.worst
        assert same.diagnosis == block.diagnosis and same.diagnosis[0].kind == "scaled"
        for array in ("status", "analytic", "numeric", "bound"):
            assert np.array_equal(getattr(same, array), getattr(block, array), equal_nan=array == "bound")


def test_assert_gradient():
    assert gradproof.assert_gradient(cubes, lambda x: x * x, X0).ok
    with pytest.raises(gradproof.GradientError) as caught:
        gradproof.assert_gradient(cubes, wrong, X0)
    error = caught.value
    assert isinstance(error, AssertionError) and error.report.verdict == "refuted"
    first, _, *rest = str(error).splitlines()
    assert first == error.report.diagnosis[0] and "3.0" in first
    assert "\n".join(rest) == str(error.report)
    assert pickle.loads(pickle.dumps(error)).report.verdict == "refuted"


def test_an_assertion_says_why_a_function_failed():
    with pytest.raises(gradproof.GradientError, match="(?s)^the value is NaN .*\\n\\nfailed: "):
        gradproof.assert_gradient(lambda x: np.nan, wrong, X0)


# ---- progress


def test_progress_calls_a_function(monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    seen: list[gradproof.Progress] = []
    gradproof.check(cubes, wrong, X0, progress=seen.append)
    assert len(seen) > 10
    assert all(a.evaluations <= b.evaluations and a.seconds <= b.seconds for a, b in zip(seen, seen[1:]))
    assert all(p.done <= p.total for p in seen)


def test_progress_may_end_a_check(monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)

    def stop(p):
        if p.evaluations > 5:
            raise StopIteration

    with pytest.raises(StopIteration):
        gradproof.check(cubes, wrong, X0, progress=stop)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_a_line_on_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    for stream, asked, shown in ((Terminal(), None, True), (Terminal(), False, False), (io.StringIO(), None, False),
                                 (io.StringIO(), True, True)):
        monkeypatch.setattr(sys, "stderr", stream)
        gradproof.check(cubes, wrong, X0, progress=asked)
        assert ("evaluations" in stream.getvalue()) == shown
        if shown:
            assert stream.getvalue().endswith(" \r")


def test_progress_is_a_bar_in_a_notebook(monkeypatch):
    """With stand-ins for IPython and tqdm that note what is asked of them."""
    asked = []

    class Bar:
        n, total = 0, None

        def __init__(self, **options):
            asked.append("made")

        def reset(self, total):
            self.n, self.total = 0, total
            asked.append("reset")

        def set_postfix_str(self, text, refresh):
            assert "evaluations" in text

        def refresh(self):
            assert self.n <= self.total

        def close(self):
            asked.append("closed")

    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.notebook", types.SimpleNamespace(tqdm=Bar))
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    gradproof.check(cubes, wrong, X0)
    assert asked[:2] == ["made", "reset"] and asked[-1] == "closed" and asked.count("made") == 1
    asked.clear()
    gradproof.check(cubes, wrong, X0, progress=False)
    assert not asked
