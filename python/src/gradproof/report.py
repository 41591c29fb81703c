"""What a check has found out."""

from __future__ import annotations

import dataclasses
import os
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core, notebook
from .memory import address_of
from .structure import Array

if TYPE_CHECKING:
    from .reports import Reports

COLOUR, QUIET, VERBOSE = 1, 2, 4  # GP_PRINT_...
# The format that a file's name asks for: the library's (_core.FORMATS).
SUFFIXES = {".json": "json", ".html": "html", ".xml": "junit", ".md": "markdown"}


class Cause(str):
    """One thing that is wrong, a sentence. `kind` is its word for programs ("scaled"), `factor` the number that it is about,
    or NaN."""

    kind: str
    factor: float

    def __new__(cls, kind: str, factor: float, message: str) -> Cause:
        cause = super().__new__(cls, message)
        cause.kind, cause.factor = kind, factor
        return cause

    def __reduce__(self) -> tuple[Any, ...]:
        return Cause, (self.kind, self.factor, str(self))


@dataclasses.dataclass(frozen=True)
class Entries:
    """What is known of the entries of a block: arrays of the block's shape (of a sparse Jacobian, one number for each place of
    its pattern). `status` holds words: verified, refuted, unresolved, kink, unexercised, unchecked; `numeric` is the estimate,
    and `bound` is on its error."""

    status: Array
    analytic: Array
    numeric: Array
    bound: Array
    row: Array | None = None
    column: Array | None = None

    def __getstate__(self) -> dict[str, Any]:
        """With a byte in place of each word."""
        words, numbers = np.unique(self.status, return_inverse=True)
        return {**self.__dict__, "status": (words, numbers.astype(np.uint8).reshape(self.status.shape))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        words, numbers = state["status"]
        self.__dict__.update(state, status=words[numbers])


class Block:
    """One block of a report."""

    name: str
    shape: tuple[int, ...]
    verdict: str
    counts: dict[str, int]  # entries by status
    offset: int
    entries: int
    exercised: int
    floor: float
    resolution: float
    directions: int
    diagnosis: tuple[Cause, ...]
    self_test: dict[str, Any] | None
    sparse: bool

    def __init__(self, report: Report, number: int, fields: dict[str, Any]) -> None:
        self._arrays: tuple[tuple[str, tuple[int, ...], int, int], ...] = fields.pop("outputs")
        fields["diagnosis"] = tuple(Cause(*cause) for cause in fields["diagnosis"])
        self._worst: int | None = fields.pop("worst")
        self.__dict__.update(fields)
        self._report, self._number = report, number
        self._table: Entries | None = None

    @property
    def ok(self) -> bool:
        return self.verdict == "verified"

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The same as `diagnosis`."""
        return self.diagnosis

    @property
    def worst(self) -> tuple[int, ...] | None:
        """Where the entry is that is farthest off, by its index; None where none was compared."""
        if self._worst is None:
            return None
        if self.sparse:
            row, column = self.table.row, self.table.column
            assert row is not None and column is not None
            return int(row[self._worst]), int(column[self._worst])
        return tuple(int(k) for k in np.unravel_index(self._worst, self.shape))

    @property
    def table(self) -> Entries:
        """Status, both values and bound of every entry, as arrays."""
        if self._table is None:
            self._table = self._report._entries(self)
        return self._table

    @property
    def outputs(self) -> Mapping[str, Entries]:
        """Of the derivative of a map whose outputs have names: `table` by them, arrays of the output's shape followed by the
        input's. Empty where there are no names, and of a sparse Jacobian."""
        whole, of_input = self.table, self.shape[1:]
        fields = [field.name for field in dataclasses.fields(Entries)[:4]]
        return {name: Entries(**{field: getattr(whole, field)[first:first + count].reshape(shape + of_input) for field in fields})
                for name, shape, first, count in self._arrays if not self.sparse}

    @property
    def status(self) -> Array:
        """The word for each entry's status."""
        return self.table.status

    @property
    def analytic(self) -> Array:
        """The derivative under test."""
        return self.table.analytic

    @property
    def numeric(self) -> Array:
        """The estimate of each derivative."""
        return self.table.numeric

    @property
    def bound(self) -> Array:
        """The bound on each estimate's error."""
        return self.table.bound

    def __repr__(self) -> str:
        return f"<gradproof.Block {self.name!r} {self.shape}: {self.verdict}>"


class Report:
    """The result of a check.

    `verdict` is "verified", "refuted", "inconclusive" or "failed"; `ok` whether it is verified. `blocks` are by name. str() is
    the text that the program prints; to_json() the report for programs (schema gradproof.report/1).
    """

    verdict: str
    interrupted: bool  # ended early: by Ctrl-C, or by a budget
    failure: str | None  # why the function can't be checked
    lost: tuple[str, ...]
    refuted: str | None  # where: "at the given point", "after 10 steps of descent"
    practice: tuple[str, ...]
    difference: float  # |grad - gradapprox| / (|grad| + |gradapprox|)
    resolution: float
    exercised: int
    points: int
    value_evaluations: int
    gradient_evaluations: int
    blocks: Mapping[str, Block]

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._kept: dict[str, bytes] = {}  # what a report that was pickled is written as, compressed
        fields = _core.summary(handle)
        self._size: int = fields.pop("entries")
        self.__dict__.update(fields)
        found = [Block(self, k, _core.block(handle, k)) for k in range(_core.blocks(handle))]
        self.blocks = MappingProxyType({block.name: block for block in found})

    @property
    def ok(self) -> bool:
        return self.verdict == "verified"

    def __bool__(self) -> bool:
        raise TypeError("a report is neither true nor false: ask for report.ok, or report.verdict")

    @property
    def diagnosis(self) -> tuple[Cause, ...]:
        """What is wrong, of all blocks."""
        return tuple(cause for block in self.blocks.values() for cause in block.diagnosis)

    causes = diagnosis

    def text(self, *, colour: bool = False, quiet: bool = False, verbose: bool = False) -> str:
        """The report for people: in colour; the verdict's line alone; every entry."""
        return self._written(f"text{COLOUR * colour | QUIET * quiet | VERBOSE * verbose}")

    def to_json(self) -> str:
        return self._written("json")

    @property
    def summary(self) -> str:
        """What was proved, how sure that is, and what wasn't looked at: one sentence for readers who aren't engineers."""
        return self._written("summary")

    def _written(self, form: str) -> str:
        """One of the library's formats, or its text by flags: "text4"."""
        if form in self._kept:
            return zlib.decompress(self._kept[form]).decode()
        if form.startswith("text"):
            return _core.text(self._handle, int(form[4:]))
        return _core.write_as(self._handle, form)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the report into a file, as its name says: .txt, .json, .html (a page), .xml (JUnit) or .md (Markdown)."""
        name = os.fspath(path)
        suffix = os.path.splitext(name)[1].lower()
        form = SUFFIXES.get(suffix)
        if suffix == ".txt":
            text = self.text()
        elif form:
            text = self._written(form)
        else:
            raise ValueError(f"{name}: a report is saved as .txt or {', '.join(SUFFIXES)}")
        with open(name, "w", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else text + "\n")

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    def __repr__(self) -> str:
        return f"<gradproof.Report: {self.text(quiet=True).strip()}>"

    def _repr_html_(self) -> str:
        return notebook.page(self)

    def _entries(self, block: Block) -> Entries:
        if self._handle is None:
            raise ValueError("the entries of this report aren't there")
        status = np.empty(block.entries, dtype=np.intc)
        numbers = [np.empty(block.entries) for _ in range(3)]
        _core.entries(self._handle, block.offset, block.entries, address_of(status), *map(address_of, numbers))
        words = np.array(_core.STATUSES)[status]
        if not block.sparse:
            analytic, numeric, bound = (array.reshape(block.shape) for array in numbers)
            return Entries(words.reshape(block.shape), analytic, numeric, bound)
        row, column = (np.empty(block.entries, dtype=np.uintp) for _ in range(2))
        _core.places(self._handle, block._number, address_of(row), address_of(column))
        return Entries(words, numbers[0], numbers[1], numbers[2], row.astype(np.intp), column.astype(np.intp))

    def __getstate__(self) -> dict[str, Any]:
        """All that can be asked for without the C library's report, which isn't pickled."""
        if self._handle is not None:
            for block in self.blocks.values():
                block.table
        forms = [f"text{flags}" for flags in range(2 * VERBOSE)] + list(_core.FORMATS)
        kept = {form: zlib.compress(self._written(form).encode()) for form in forms}
        return {**self.__dict__, "_handle": None, "_kept": kept, "blocks": dict(self.blocks)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.blocks = MappingProxyType(state["blocks"])


class GradientError(AssertionError):
    """A gradient that isn't verified. `report` says why."""

    def __init__(self, report: Report | Reports) -> None:
        self.report = report
        super().__init__(report)

    def __str__(self) -> str:
        first = [self.report.failure] if self.report.failure else list(self.report.diagnosis)
        return "\n".join([*first, "", str(self.report)] if first else [str(self.report)])
