"""The pytest plugin of gradproof: a fixture, a marker, and pages.

    def test_loss(gradproof):
        gradproof.assert_gradient(loss, loss_gradient, x0)

    @pytest.mark.gradproof(rtol=1e-6, budget=30)
    def test_layer(gradproof):
        report = gradproof.check(...)        # for a test that looks at the report itself
        assert report.blocks["W"].ok

    pytest --gradproof-report pages          an index, and a page for each check

The fixture has everything that the module gradproof has; its check and assert_gradient, and those of its adapters (gradproof.torch,
gradproof.scipy, ...), take the marker's options, and what they find becomes a section of a test that fails, properties of the JUnit
file, and pages. pytest loads this file at every start, so that it imports nothing but the standard library until a test asks.
"""

from __future__ import annotations

import html
import importlib
import json
import os
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

_CHECKS = pytest.StashKey[list[Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradproof")
    group.addoption("--gradproof-report", metavar="DIR", default=None,
                    help="write a page for each check of a gradient into DIR, and an index")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gradproof(budget=None, **options): options of gradproof.check for the test's checks; "
                                       "budget is in seconds")
    folder = config.getoption("--gradproof-report")
    if folder and not hasattr(config, "workerinput"):
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise pytest.UsageError(f"--gradproof-report: {folder} can't be made: {error.strerror}") from None
        for name in os.listdir(folder):  # an earlier run's
            if re.fullmatch(r"check-.*\.(html|json)", name):
                os.remove(os.path.join(folder, name))


class Recorder:
    """The module gradproof, or one of its adapters, whose checks are recorded."""

    def __init__(self, module: Any, options: dict[str, Any], checks: list[Any]) -> None:
        self._module, self._options, self._checks = module, options, checks

    def __getattr__(self, name: str) -> Any:
        try:
            found = getattr(self._module, name)
        except AttributeError:
            try:
                found = importlib.import_module(f"{self._module.__name__}.{name}")
            except ModuleNotFoundError:
                raise AttributeError(f"{self._module.__name__} has no {name}") from None
        if isinstance(found, type(importlib)):
            return Recorder(found, self._options, self._checks)
        if re.match(r"(check|assert)_?", name) and callable(found):
            return self._recorded(found)
        return found

    def _recorded(self, check: Any) -> Any:
        def recorded(*arguments: Any, **keywords: Any) -> Any:
            try:
                report = check(*arguments, **{**self._options, **keywords})
            except BaseException as error:
                if getattr(error, "report", None) is not None:
                    self._checks.append(error.report)  # type: ignore[attr-defined]
                raise
            self._checks.append(report)
            return report

        return recorded


def _options_of(node: pytest.Item) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("gradproof"))):  # the nearest last
        if marker.args:
            raise pytest.UsageError(f"{node.nodeid}: the marker gradproof takes keywords alone: gradproof(budget=30)")
        options.update(marker.kwargs)
    if "budget" in options:
        options["budget_seconds"] = options.pop("budget")
    return options


@pytest.fixture
def gradproof(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The package gradproof, with the options of the test's marker."""
    checks: list[Any] = []
    request.node.stash[_CHECKS] = checks
    options = {"progress": False, **_options_of(request.node)}
    if request.config.getoption("--gradproof-report"):
        options.setdefault("curves", 8)  # pages show them
    yield Recorder(importlib.import_module("gradproof"), options, checks)


def _single(report: Any) -> Iterator[tuple[str, Any]]:
    """Each report by itself."""
    if hasattr(report, "items"):
        yield from report.items()
    else:
        yield "", report


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    checks = item.stash.get(_CHECKS, None)
    if call.when != "call" or not checks:
        return
    result = outcome.get_result()
    folder = item.config.getoption("--gradproof-report")
    reports = [(name, each) for report in checks for name, each in _single(report)]
    for k, (name, report) in enumerate(reports):
        title = f"gradproof {k + 1}" if len(reports) > 1 else "gradproof"
        item.user_properties.append((title.replace(" ", "_"), report.text(quiet=True).strip()))
        item.user_properties.append((title.replace(" ", "_") + "_evaluations", report.value_evaluations))
        if result.failed:
            result.sections.append((title, f"{name}: {report}" if name else str(report)))
        if folder:
            _write_page(folder, item.nodeid, k, name, report, result.outcome)


def _write_page(folder: str, node: str, number: int, name: str, report: Any, outcome: str) -> None:
    stem = "check-" + re.sub(r"[^A-Za-z0-9]+", "-", node).strip("-")[:120] + f"-{zlib.crc32(node.encode())}-{number}"
    report.save(os.path.join(folder, stem + ".html"))
    record = {"test": node, "name": name, "page": stem + ".html", "verdict": report.verdict, "outcome": outcome,
              "line": report.text(quiet=True).strip()}
    with open(os.path.join(folder, stem + ".json"), "w", encoding="utf-8") as file:
        json.dump(record, file)


def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = session.config.getoption("--gradproof-report")
    if folder and not hasattr(session.config, "workerinput"):
        _write_index(folder)


def _write_index(folder: str) -> None:
    records = []
    for name in sorted(os.listdir(folder)):
        if re.fullmatch(r"check-.*\.json", name):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                records.append(json.load(file))
    worst_first = {"refuted": 0, "failed": 1, "inconclusive": 2, "verified": 3}
    records.sort(key=lambda record: (worst_first.get(record["verdict"], 0), record["test"]))
    rows = "".join(
        f"<tr class='{html.escape(record['verdict'])}'><td>{html.escape(record['verdict'])}</td>"
        f"<td><a href='{html.escape(record['page'])}'>{html.escape(record['test'])}"
        f"{html.escape(' (' + record['name'] + ')') if record['name'] else ''}</a></td>"
        f"<td>{html.escape(record['outcome'])}</td><td>{html.escape(record['line'])}</td></tr>\n"
        for record in records)
    count = {verdict: sum(record["verdict"] == verdict for record in records) for verdict in worst_first}
    summary = ", ".join(f"{number} {verdict}" for verdict, number in count.items() if number) or "none"
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Checks of gradients</title><style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8884; vertical-align: top; }}
.refuted td:first-child, .failed td:first-child {{ font-weight: bold; }}
</style></head><body>
<h1>Checks of gradients</h1>
<p>{len(records)} {"check" if len(records) == 1 else "checks"}: {summary}.</p>
<table><thead><tr><th>verdict</th><th>check</th><th>test</th><th>what was found</th></tr></thead>
<tbody>
{rows}</tbody></table>
</body></html>
"""
    temporary = os.path.join(folder, "index.html.new")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(page)
    os.replace(temporary, os.path.join(folder, "index.html"))
