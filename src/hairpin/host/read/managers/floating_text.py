r"""Reads the addresses that programs move between machines, as the collector lists them.

addresses := (program "\t" path "\t" line "\t" (address ("/" length)? | "-") "\n")*
movers    := (process "\t" program "\n")*
"""

from collections.abc import Iterator

from hairpin.errors import MalformedError
from hairpin.host.floating import FloatingAddress
from hairpin.host.read.readings import Readings
from hairpin.netfilter.address import parse_address

_PARTS = 4
_PROGRAM_OF = {"pacemakerd": "pacemaker", "pacemaker-execd": "pacemaker"}


def floating_addresses(readings: Readings) -> tuple[FloatingAddress, ...]:
    """Return the addresses, and each program that runs without an address in a file that was read."""
    found = tuple(_entries(readings))
    known = {each.program for each in found}
    running = (
        FloatingAddress(name, evidence=reading.id)
        for reading in readings.of("address-movers")
        for name in dict.fromkeys(_program_of(line) for line in reading.text.splitlines())
        if name and name not in known
    )
    return (*found, *running)


def _program_of(line: str) -> str:
    name = line.partition("\t")[2]
    return _PROGRAM_OF.get(name, name)


def _entries(readings: Readings) -> Iterator[FloatingAddress]:
    for reading in readings.of("floating-addresses"):
        for line in reading.text.splitlines():
            parts = line.split("\t")
            if len(parts) != _PARTS or not parts[2].isdecimal():
                continue
            program, path, number, text = parts
            try:
                version, value = parse_address(text.partition("/")[0])
            except MalformedError:
                yield FloatingAddress(program, path=path, line=int(number), evidence=reading.id)
            else:
                yield FloatingAddress(program, version, value, path, int(number), reading.id)
