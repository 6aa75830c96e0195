"""A row: what hairpin says of a flow in some state of a host, and what a real connection shows."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tests.machine.run import tell
from tests.score.diagnosis import Answer


class Row(msgspec.Struct, frozen=True):
    """``verdict`` and ``named``: hairpin's, and the ids of its causes; ``served``: whether the connection is.

    ``wanted``: what has to be named, or several, one of which has to be, with ``|`` between them; empty: nothing; None:
    it is not judged."""

    name: str
    verdict: str
    named: str
    served: bool
    wanted: str | None = None
    seen: str = ""

    @property
    def right(self) -> bool:
        """Whether the verdict is what the connection shows, and the named cause the wanted one."""
        passes = self.verdict in ("delivered", "leaves")
        return passes is self.served and (self.wanted is None or self.named in self.wanted.split("|"))

    def lines(self) -> Iterator[str]:
        """Yield the row as text."""
        seen = self.seen or ("served" if self.served else "not served")
        yield f"{'ok  ' if self.right else 'MISS'} {self.name}: {self.verdict} {self.named or '-'}, really {seen}"


def row_of(name: str, answer: Answer, *, served: bool, wanted: str | None = None) -> Row:
    """Return the row of a question about one flow; its causes are those of the whole answer."""
    report = answer.report
    if report is None or not report.flows:
        return Row(name, answer.complaint or "nothing", "", served, wanted)
    return Row(name, report.flows[0].verdict, ", ".join(each.id for each in report.causes), served, wanted)


def judged(rows: Iterable[Row]) -> int:
    """Print each row, and how many are wrong; return the exit status."""
    return tell(rows, Row.lines, lambda row: not row.right, table=_table)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    wrong = sum(not row.right for row in rows)
    yield f"{len(rows)} questions, {sum(not row.served for row in rows)} that stop: {wrong} wrong"
