"""Several reports that belong together."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping

from .report import Cause, Report

# From good to bad.
_VERDICTS = ("verified", "inconclusive", "failed", "refuted")


class Reports(Mapping[str, Report]):
    """Reports by name, in the order in which they were made; `verdict` is the worst of theirs."""

    def __init__(self, reports: Mapping[str, Report]) -> None:
        self._reports = dict(reports)

    def __getitem__(self, name: str) -> Report:
        return self._reports[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reports)

    def __len__(self) -> int:
        return len(self._reports)

    @property
    def verdict(self) -> str:
        return max((report.verdict for report in self.values()), key=_VERDICTS.index)

    @property
    def ok(self) -> bool:
        return all(report.ok for report in self.values())

    def __bool__(self) -> bool:
        raise TypeError("reports are neither true nor false: ask for reports.ok, or reports.verdict")

    @property
    def failure(self) -> str | None:
        return next((report.failure for report in self.values() if report.failure), None)

    @property
    def diagnosis(self) -> tuple[Cause, ...]:
        """What is wrong, in all of them."""
        return tuple(cause for report in self.values() for cause in report.diagnosis)

    causes = diagnosis

    def __str__(self) -> str:
        return "\n\n".join(f"{name}: {report}" for name, report in self.items())

    def __repr__(self) -> str:
        return f"<gradproof.Reports: {', '.join(f'{name} {report.verdict}' for name, report in self.items())}>"

    def _repr_html_(self) -> str:
        return "".join(f"<h4>{html.escape(name)}</h4>{report._repr_html_()}" for name, report in self.items())
