"""The plugin, in runs of pytest of its own."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree

import numpy  # noqa: F401 - runs within this process must not be the first to import it: it can be loaded once
import pytest

pytest_plugins = ["pytester"]

TESTS = """
import numpy as np
import pytest

X0 = np.array([1.0, -2.0, 0.5])

def cubes(x):
    return np.sum(x**3) / 3

def test_right(gradproof):
    gradproof.assert_gradient(cubes, lambda x: x**2, X0)

def test_wrong(gradproof):
    gradproof.assert_gradient(cubes, lambda x: 2 * x**2, X0)

def test_looks_at_the_report(gradproof):
    report = gradproof.check(cubes, lambda x: -x**2, X0)
    assert report.ok

@pytest.mark.gradproof(rtol=1e-2, budget=20)
def test_tolerant(gradproof):
    gradproof.assert_gradient(cubes, lambda x: 1.001 * x**2, X0)

@pytest.mark.gradproof(rtol=1e-2)
class TestNearest:
    @pytest.mark.gradproof(rtol=1e-6)
    def test_strict(self, gradproof):
        assert gradproof.check(cubes, lambda x: 1.001 * x**2, X0).verdict == "refuted"

@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a/b"])
def test_names(gradproof, name):
    gradproof.assert_gradient(cubes, lambda x: x**2, X0, name=name)

def test_adapter(gradproof):
    pytest.importorskip("scipy")
    from scipy.optimize import rosen, rosen_der
    gradproof.scipy.assert_gradient(rosen, X0, rosen_der)

def test_no_check():
    pass
"""


def test_a_run(pytester: pytest.Pytester):
    pytester.makepyfile(TESTS)
    result = pytester.runpytest("--gradproof-report=pages", "--junitxml=junit.xml", "--strict-markers")
    result.assert_outcomes(passed=7, failed=2)
    result.stdout.fnmatch_lines(["*GradientError: x is 2.000000 times the derivative*"])
    result.stdout.fnmatch_lines(["*- gradproof -*", "refuted: cubes, 3 parameters*"])
    pages = pytester.path / "pages"
    index = (pages / "index.html").read_text()
    assert "8 checks: 3 refuted, 5 verified." in index
    assert index.count("<td>failed</td>") == 2  # what is refuted where that is expected fails no test
    assert index.count("<a href=") == 8 == len(list(pages.glob("check-*.html")))
    assert "<script>" not in index
    for page in pages.glob("check-*.html"):
        assert f"href='{page.name}'" in index and "<script>alert" not in page.read_text()
    cases = xml.etree.ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    properties = {case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")} for case in cases}
    assert properties["test_right"]["gradproof"].startswith("verified: cubes")
    assert int(properties["test_right"]["gradproof_evaluations"]) > 3
    assert properties["test_no_check"] == {}

    # A second run leaves nothing of the first.
    pytester.runpytest("--gradproof-report=pages", "-k", "test_right").assert_outcomes(passed=1, deselected=8)
    assert len(list(pages.glob("check-*.html"))) == 1


def test_a_marker_takes_keywords(pytester: pytest.Pytester):
    pytester.makepyfile("import pytest\n@pytest.mark.gradproof(3)\ndef test_x(gradproof): pass\n")
    result = pytester.runpytest()
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*the marker gradproof takes keywords alone*"])


def test_the_plugin_is_light():
    code = "import sys, gradproof_pytest; sys.exit('numpy' in sys.modules or 'gradproof' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_run_in_several_processes(pytester: pytest.Pytester):
    pytest.importorskip("xdist")
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-n2", "--gradproof-report=deep/pages", "--junitxml=junit.xml")
    result.assert_outcomes(passed=7, failed=2)
    pages = pytester.path / "deep" / "pages"
    index = (pages / "index.html").read_text()
    assert "8 checks: 3 refuted, 5 verified." in index and len(list(pages.glob("check-*.html"))) == 8
    assert index.count("<td>failed</td>") == 2  # refuted and expected so: a test that passes
    cases = xml.etree.ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    properties = {case.get("name"): [each.get("name") for each in case.iter("property")] for case in cases}
    assert properties["test_right"] == ["gradproof", "gradproof_evaluations"]


def test_a_folder_that_cannot_be_made(pytester: pytest.Pytester):
    pytester.makepyfile(TESTS)
    pytester.makefile("", taken="")
    result = pytester.runpytest("--gradproof-report=taken/pages")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gradproof-report: taken/pages can't be made: *"])
