"""Daemons of this host that were not asked, because another daemon was asked: lines ``process<TAB>user
id<TAB>sockets``."""

from hairpin.evidence.reading import Reading
from hairpin.host.contact import EngineBeside


def beside(reading: Reading) -> tuple[EngineBeside, ...]:
    """Return the daemons that the reading lists, in its order.  Lines that name no daemon are skipped."""
    found: list[EngineBeside] = []
    for line in reading.text.split("\n"):
        fields = line.split("\t")
        if len(fields) == 3 and fields[0].isdigit() and fields[1].isdigit():
            found.append(EngineBeside(int(fields[0]), int(fields[1]), tuple(fields[2].split())))
    return tuple(found)
