"""A report as a notebook shows it: HTML with nothing but inline styles, which suits light and dark themes and pages that drop style
sheets, and is read without scripts."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .structure import Array

if TYPE_CHECKING:
    from .report import Block, Report

MOST_ROWS, MOST_PICTURES = 60, 8
# Cells of a picture at most, down and across; pixels that one takes at most.
MOST_DOWN, MOST_ACROSS, CELL = 24, 64, 14
# White text on these has a contrast of at least 4.5.
COLOURS = {"verified": "#1a7f37", "refuted": "#cf222e", "inconclusive": "#8a5d00", "failed": "#6e2fb5"}
SIGNS = {"verified": "✓", "refuted": "✗", "inconclusive": "?", "failed": "!"}
# A cell shows the first of these that any of its entries is.
STATUSES = {"refuted": "#cf222e", "unresolved": "#bf8700", "kink": "#8250df", "verified": "#2da44e", "unexercised": "#8c959f"}
WORST_FIRST = ("refuted", "failed", "inconclusive", "verified")

CELL_STYLE = "text-align:left;vertical-align:top;padding:.15em .9em .15em 0;border:0;border-bottom:1px solid rgba(128,128,128,.35)"


def _badge(verdict: str) -> str:
    return (f"<span style='background:{COLOURS[verdict]};color:#fff;padding:.05em .6em;border-radius:1em;white-space:nowrap'>"
            f"<span aria-hidden='true'>{SIGNS[verdict]}</span> {verdict}</span>")


def _row(cells: list[str], tag: str = "td") -> str:
    scope = " scope='col'" if tag == "th" else ""
    return ("<tr style='background:transparent'>"
            + "".join(f"<{tag}{scope} style='{CELL_STYLE}'>{cell}</{tag}>" for cell in cells) + "</tr>")


def _number(value: float | None, form: str) -> str:
    return "–" if value is None or np.isnan(value) else format(value, form)


def _block_row(block: Block, worst: dict[str, Any] | None) -> list[str]:
    shape = "\u00a0× ".join(map(str, block.shape)) or "scalar"
    entry = "–"
    if worst:
        entry = html.escape(f"{worst['name']} {_number(worst['analytic'], '.6g')} against {_number(worst['numeric'], '.6g')} "
                            f"± {_number(worst['bound'], '.1e')}")
    return [html.escape(block.name), shape, _badge(block.verdict), f"{block.exercised:,} of {block.entries:,}",
            _number(block.resolution, ".1e"), entry, "<br>".join(html.escape(cause) for cause in block.diagnosis)]


def _binned(status: Array) -> Array:
    """The worst status of each cell, as its number in STATUSES; -1: nothing is known."""
    flat = status.reshape(status.shape[0] if status.ndim > 1 else 1, -1)
    ranks = np.full(flat.shape, len(STATUSES))
    for rank, word in enumerate(STATUSES):
        ranks[flat == word] = rank
    down, across = (-(-extent // -(-extent // most)) for extent, most in zip(flat.shape, (MOST_DOWN, MOST_ACROSS)))
    rows, columns = (np.arange(cells) * -(-extent // cells) for extent, cells in zip(flat.shape, (down, across)))
    cells = np.minimum.reduceat(np.minimum.reduceat(ranks, rows[rows < flat.shape[0]], 0), columns[columns < flat.shape[1]], 1)
    cells[cells == len(STATUSES)] = -1
    return cells


def _picture(block: Block) -> str:
    """Where a block is wrong: a grid of its entries' statuses."""
    cells, words = _binned(block.status), list(STATUSES)
    size = max(3, min(CELL, 560 // cells.shape[1]))
    wrong = block.counts["refuted"]
    label = (f"{block.name}: {wrong} of {block.entries} {'entry is' if block.entries == 1 else 'entries are'} wrong"
             + (", several to a cell" if cells.size < block.entries else ""))
    marks = "".join(
        f"<rect x='{column * size}' y='{row * size}' width='{size - 1}' height='{size - 1}' fill='{STATUSES[words[rank]]}'>"
        f"<title>{words[rank]}</title></rect>"
        for (row, column), rank in np.ndenumerate(cells) if rank >= 0)
    height, width = cells.shape[0] * size, cells.shape[1] * size
    return (f"<div style='margin:.5em 0'><div>{html.escape(label)}</div><svg role='img' aria-label='{html.escape(label)}' "
            f"width='{width}' height='{height}' viewBox='0 0 {width} {height}' style='max-width:100%'>{marks}</svg></div>")


def _legend() -> str:
    return "<div style='font-size:90%'>" + " ".join(
        f"<span style='white-space:nowrap;margin-right:1em'><span aria-hidden='true' style='display:inline-block;width:.8em;"
        f"height:.8em;background:{colour}'></span> {word}</span>" for word, colour in STATUSES.items()) + "</div>"


def _details(summary: str, inside: str) -> str:
    return f"<details style='margin:.4em 0'><summary style='cursor:pointer'>{summary}</summary>{inside}</details>"


def _more(count: int, shown: int) -> str:
    return f"<p>and {count - shown:,} more blocks, none of them worse</p>" if count > shown else ""


def page(report: Report) -> str:
    """The sentence for readers who aren't engineers, causes, blocks (the wrong ones first), where they are wrong, the text."""
    worst = [block["worst"] for block in json.loads(report.to_json())["blocks"]]
    blocks = sorted(zip(report.blocks.values(), worst), key=lambda pair: WORST_FIRST.index(pair[0].verdict))
    parts = [f"<p style='margin:.3em 0'>{_badge(report.verdict)} {html.escape(report.summary)}</p>"]
    if report.diagnosis:
        parts.append("<ul style='margin:.3em 0'>" + "".join(
            f"<li><b>{html.escape(cause.kind)}</b>: {html.escape(cause)}</li>" for cause in report.diagnosis) + "</ul>")
    if blocks:
        heads = ["block", "shape", "verdict", "exercised", "resolution", "worst entry: gradient against estimate", "what is wrong"]
        rows = "".join(_row(_block_row(block, entry)) for block, entry in blocks[:MOST_ROWS])
        parts.append("<div style='overflow-x:auto'><table style='border-collapse:collapse;color:inherit;font:inherit'><thead>"
                     + _row(heads, "th")
                     + f"</thead><tbody>{rows}</tbody></table></div>" + _more(len(blocks), MOST_ROWS))
    pictures = [_picture(block) for block, _ in blocks if block.counts["refuted"] and not block.sparse and block.entries > 1]
    if pictures:
        parts.append(_details("Where it is wrong", _legend() + "".join(pictures[:MOST_PICTURES])
                              + _more(len(pictures), MOST_PICTURES)))
    parts.append(_details("The report in full", f"<pre style='white-space:pre-wrap'>{html.escape(str(report))}</pre>"
                                                "<p>report.save(\"report.html\") writes a page with pictures of all blocks.</p>"))
    return f"<div class='gradproof' style='color:inherit;text-align:left'>{''.join(parts)}</div>"
