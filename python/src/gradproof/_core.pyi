from typing import Any

OPTIONS: dict[str, str]
STATUSES: tuple[str, ...]
FORMATS: tuple[str, ...]
SPACES: dict[str, list[str]]
VERSION: str

def check(
    name: str,
    narrow: bool,
    wide_value: bool,
    blocks: tuple[Any, ...],
    callbacks: tuple[Any, ...],
    outputs: int,
    output_names: tuple[tuple[str, tuple[int, ...]], ...],
    pattern: tuple[int, int, int] | None,
    bounds: tuple[int, int, int] | None,
    parts: tuple[str, ...],
    examples: int,
    batch_size: int,
    options: dict[str, Any],
    interval: float,
    remarks: tuple[str, ...],
    spaces: tuple[Any, ...],
    /,
) -> tuple[Any, BaseException | None]: ...
def text(report: Any, flags: int, /) -> str: ...
def write_as(report: Any, format: str, /) -> str: ...
def summary(report: Any, /) -> dict[str, Any]: ...
def blocks(report: Any, /) -> int: ...
def block(report: Any, number: int, /) -> dict[str, Any]: ...
def entries(report: Any, first: int, count: int, status: int, analytic: int, numeric: int, bound: int, /) -> None: ...
def places(report: Any, block: int, rows: int, columns: int, /) -> None: ...
