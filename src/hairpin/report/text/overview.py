"""The table of an answer.  The rows of the table are ports, containers' outgoing flows and containers' DNS queries.
The columns of the table are standpoints."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.prefix import Version
from hairpin.report.paper import Paper, Style, cells, shortened
from hairpin.report.places import Places
from hairpin.report.verdicts import KEPT_OUT, mark_of
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS, Verdict, succeeds

Subject = Literal["port", "way-out", "names"]
_STANDPOINTS: tuple[Message, ...] = (message("outside"), message("lan"), message("host"), message("container"))
_FEWEST_COLUMNS = 20
"""The least width of the first column."""


class OverviewCell(msgspec.Struct, frozen=True):
    """The flows of a row from one standpoint.

    ``verdict``: the verdict of the first flow that fails; if no flow fails, the verdict of the first undecided flow;
    otherwise the verdict of the first flow; None if a rule keeps the clients out on purpose.  ``causes``: the refs of
    the flows' causes.  ``flows``: the refs of the flows."""

    verdict: Verdict | None
    causes: tuple[str, ...]
    flows: tuple[str, ...]


class OverviewRow(msgspec.Struct, frozen=True):
    """The subject of a row, and a cell for each standpoint of the overview.

    A cell is None if no flow is asked from its standpoint."""

    subject: Subject
    label: str
    version: Version
    cells: tuple[OverviewCell | None, ...]

    @property
    def is_well(self) -> bool:
        """Whether all flows of the row pass that no rule keeps out on purpose."""
        return all(each is None or each.verdict is None or succeeds(each.verdict) for each in self.cells)


class Overview(msgspec.Struct, frozen=True):
    """The overview table of an answer.  ``standpoints``: the heads of the columns.  ``both_versions``: whether the
    table has flows of both IPv4 and IPv6."""

    standpoints: tuple[str, ...]
    rows: tuple[OverviewRow, ...]
    both_versions: bool

    def label(self, row: OverviewRow) -> str:
        """Return the head of a row.  The head names the IP version if the table has flows of both IPv4 and IPv6."""
        return f"{row.label} IPv{row.version}" if self.both_versions else row.label


def overview_of(answer: Answer, words: Words, places: Places) -> Overview:
    """Return the overview table of the answer's flows, with the rows in the order of the flows, and with the clients
    that a rule keeps out on purpose."""
    found: dict[tuple[Subject, str, Version], dict[str, list[FlowAnswer]]] = {}
    for each in answer.flows:
        flow = each.trace.flow
        subject, label = _asked(flow, words, places)
        found.setdefault((subject, label, flow.version), {}).setdefault(_standpoint(flow, words), []).append(each)
    for flow in answer.kept_out:
        row = found.setdefault((*_asked(flow, words, places), flow.version), {})
        row.setdefault(_standpoint(flow, words), [])
    known = [words(each) for each in _STANDPOINTS]
    used = dict.fromkeys(standpoint for row in found.values() for standpoint in row)
    standpoints = sorted(used, key=lambda each: known.index(each) if each in known else -1)
    rows = tuple(
        OverviewRow(*key, tuple(_cell(row[each]) if each in row else None for each in standpoints))
        for key, row in found.items()
    )
    return Overview(tuple(standpoints), rows, len({each.version for each in rows}) > 1)


def _standpoint(flow: Flow, words: Words) -> str:
    """Return the head of the flow's column.  Each client that the user named has its own column."""
    outside, lan, host, container = _STANDPOINTS
    match flow.start:
        case Outside() if not flow.invented:
            return flow.start_text()
        case Outside():
            return words(outside)
        case Lan():
            return words(lan)
        case FromHost():
            return words(host)
        case FromContainer():
            return words(container)


def _asked(flow: Flow, words: Words, places: Places) -> tuple[Subject, str]:
    """Return the flow's destination, which is the head of its row."""
    if flow.purpose in ("egress", "dns") or flow.asked_name:
        name = places.start(flow).removeprefix("container:")
        if flow.purpose == "egress":
            return "way-out", words(message("{name} → the Internet", name=name))
        return "names", words(message("{name} → DNS", name=name))
    target, name = flow.target_text(), places.container(flow)
    port = target if flow.purpose == "asked" else target.rpartition(":")[2]
    return "port", f"{port} ({name})" if name else port


def _cell(flows: list[FlowAnswer]) -> OverviewCell:
    if not flows:
        return OverviewCell(None, (), ())
    worst = next(
        (each for each in flows if not each.succeeds and each.verdict != "depends"),
        next((each for each in flows if not each.succeeds), flows[0]),
    )
    causes = dict.fromkeys(ref for each in flows if not each.succeeds for ref in each.causes)
    return OverviewCell(worst.verdict, tuple(causes), tuple(each.ref for each in flows))


def write_overview(found: Overview, numbers: dict[str, int], words: Words, paper: Paper) -> None:
    """Write the table.  Similar rows share a line.  ``numbers``: the number of each cause, by its ref.

    On a narrow paper the cells lack the verdicts' words.  On a paper that is too narrow for the columns, each row is a
    sentence."""
    lines = [*folded_rows(found, words)]
    longest = max((cells(label) for label, _ in lines), default=0) + 2
    least = min(longest, _FEWEST_COLUMNS)
    heads: list[tuple[str, Style]] = [(each, "strong") for each in found.standpoints]
    for with_words in (True, False):
        table = [[_cell_text(cell, numbers, words, with_words=with_words) for cell in row.cells] for _, row in lines]
        widths = [max(cells(text) for text, _ in column) + 2 for column in zip(heads, *table, strict=True)]
        if least + sum(widths) - 2 <= paper.width:
            break
    else:
        for label, folded in lines:
            paper.prose(_sentence(found, folded, numbers, words), first=f"{label}: ", first_style="strong")
        return
    first = min(longest, max(least, paper.width - sum(widths)))
    paper.cut(" " * first, *map(_padded, heads, widths))
    for (label, _), row in zip(lines, table, strict=True):
        paper.cut(_filled(shortened(label, first - 1), first), *map(_padded, row, widths))


def _sentence(found: Overview, row: OverviewRow, numbers: dict[str, int], words: Words) -> str:
    texts = (_cell_text(cell, numbers, words)[0] for cell in row.cells)
    return "; ".join(f"{head} {text}" for head, text in zip(found.standpoints, texts, strict=True) if text)


def folded_rows(found: Overview, words: Words) -> Iterator[tuple[str, OverviewRow]]:
    """Merge rows whose cells are alike.

    For each group of such rows, yield one row with a label for all rows.  Failing rows come first."""
    alike: dict[object, list[OverviewRow]] = {}
    for row in found.rows:
        seen = tuple(None if each is None else (each.verdict, each.causes) for each in row.cells)
        passes = tuple(None if each is None else each.verdict is None for each in row.cells) if row.is_well else ()
        alike.setdefault((row.subject, passes) if row.is_well else (row.subject, seen), []).append(row)
    for rows in sorted(alike.values(), key=lambda each: each[0].is_well):
        yield _joined(found, rows, words), rows[0]


def _joined(found: Overview, rows: list[OverviewRow], words: Words) -> str:
    if len(rows) == 1:
        return found.label(rows[0])
    labels = dict.fromkeys(each.label for each in rows)
    if len(labels) == 1:
        return rows[0].label  # the row stands for both IP versions
    count = len(labels)
    match rows[0].subject:
        case "port":
            return words(message("{count} ports", count=count))
        case "way-out":
            return words(message("{count} containers → the Internet", count=count))
        case "names":
            return words(message("{count} containers → DNS", count=count))


def _cell_text(
    cell: OverviewCell | None, numbers: dict[str, int], words: Words, *, with_words: bool = True
) -> tuple[str, Style]:
    """Return the text of a cell, such as ``✓``, ``✗ dropped 1``, or ``✗ 1`` without words."""
    if cell is None:
        return "", "plain"
    if cell.verdict is None:
        return f"– {words(KEPT_OUT)}" if with_words else "–", "unsure"
    mark, style = mark_of(cell.verdict)
    if succeeds(cell.verdict):
        return mark, style
    named = ",".join(str(numbers[each]) for each in cell.causes if each in numbers)
    return " ".join(part for part in (mark, words(VERDICTS[cell.verdict]) if with_words else "", named) if part), style


def _padded(shown: tuple[str, Style], width: int) -> tuple[str, Style]:
    text, style = shown
    return _filled(text, width), style


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cells(text))
