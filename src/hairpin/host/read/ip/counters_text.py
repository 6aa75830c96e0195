"""Counters of the kernel's tables, as ``grep -H`` prints the files of /proc/net/stat: a line of names, then a line of
hexadecimal numbers for each CPU.

Source: net/netfilter/nf_conntrack_standalone.c ct_cpu_seq_show(), net/core/neighbour.c neigh_stat_seq_show()
"""

from hairpin.errors import ParseError, reason_of
from hairpin.host.limit_state import Counters


def parse(text: str, *, source: str, evidence: str = "") -> Counters:
    """Return the sums over all CPUs; raise ParseError with the line.  ``entries`` is the same number on each line."""
    names: dict[str, list[str]] = {}
    sums: dict[tuple[str, str], int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        path, _, said = line.partition(":")
        table = path.rpartition("/")[2]
        words = said.split()
        if not words:
            continue
        if table not in names:
            names[table] = words
            continue
        try:
            for name, word in zip(names[table], words, strict=False):
                value = int(word, 16)
                sums[table, name] = value if name == "entries" else sums.get((table, name), 0) + value
        except ValueError as error:
            raise ParseError(reason_of(error), source=source, line=number, text=line) from None
    return Counters(
        dropped=sums.get(("nf_conntrack", "drop"), 0),
        evicted=sums.get(("nf_conntrack", "early_drop"), 0),
        neighbours=tuple(
            (version, sums[table, "entries"], sums.get((table, "table_fulls"), 0))
            for version, table in ((4, "arp_cache"), (6, "ndisc_cache"))
            if (table, "entries") in sums
        ),
        evidence=evidence,
    )
