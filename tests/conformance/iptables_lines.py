"""The lines of iptables' ``extensions/*.t``.

    file := ("#" … | ":" CHAIN ("," CHAIN)* | "*" TABLE | ("@" | "%") COMMAND | test)*
    test := RULE ";" ("=" | SAVED) ";" ("OK" | "FAIL" | "NOMATCH") (";" VARIANT …)?

Source: iptables 1.8 iptables-test.py
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Line(NamedTuple):
    """One test: the words of a rule, those that the tool prints for it, and whether the tool takes it.

    ``variant``: ``NFT`` or ``LEGACY`` where only one of them is meant, else empty.
    """

    file: str
    number: int
    tool: str
    table: str
    chains: tuple[str, ...]
    rule: str
    saved: str
    accepted: bool
    variant: str

    @property
    def place(self) -> str:
        """``libxt_tcp.t:12``"""
        return f"{self.file}:{self.number}"


_TOOLS = {"libip6t": "ip6tables", "libarpt": "arptables", "libebt": "ebtables"}


def commands_in(path: Path) -> tuple[str, ...]:
    """Return the commands that the file runs before and after its tests."""
    return tuple(line[1:] for line in path.read_text("utf-8").splitlines() if line[:1] in ("@", "%"))


def lines_in(path: Path) -> Iterator[Line]:
    """Yield the tests of one file that say OK or FAIL."""
    tool = _TOOLS.get(path.name.partition("_")[0], "iptables")
    table = "filter"
    chains: tuple[str, ...] = ()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line[:1] in ("", "#", "@", "%") or not line.strip():
            continue
        if line[0] == "*":
            table = line[1:].strip()
        elif line[0] == ":":
            chains = tuple(line[1:].strip().split(","))
        else:
            rule, saved, verdict, *variant = line.split(";")
            if verdict.strip() in ("OK", "FAIL"):
                saved = rule if saved == "=" else saved
                yield Line(
                    path.name, number, tool, table, chains, rule.strip(), saved.strip(), verdict.strip() == "OK",
                    variant[0].strip() if variant else "",
                )  # fmt: skip
