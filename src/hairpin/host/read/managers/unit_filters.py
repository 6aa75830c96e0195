"""The lines of files that set a systemd unit's address filter, or its network namespace.

    line := path ":" number ":" text

A drop-in is in a folder that is named after the unit: ``UNIT.d/NAME.conf``, after its template, or after the beginning
of its name up to a dash.  A quadlet, ``NAME.container``, becomes
``NAME.service``, and systemd's generator writes the quadlet's lines into this unit again.

Source: systemd.unit(5), podman-systemd.unit(5)
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from hairpin.evidence.reading import Reading
from hairpin.host.managers import FilterLine, Unit

_LINE = re.compile(
    r"(?P<path>/(?:[^/:]*/)*?(?P<unit>[^/:]+?)(?:\.d/[^/:]*\.conf)?):(?P<number>\d+):(?P<text>.*)", re.ASCII
)
_GENERATED = "/run/systemd/generator"
_FILTER = "IPAddress"
_OF_QUADLET = re.compile(r"\.(container|pod|kube)$")


def with_filters(units: tuple[Unit, ...], reading: Reading) -> tuple[Unit, ...]:
    """Return the units, those with an address filter with the lines that set it."""
    lines = lines_of_units(reading)
    return tuple(
        msgspec.structs.replace(each, filters=tuple(one for one in lines(each.name) if one.text.startswith(_FILTER)))
        if each.denies
        else each
        for each in units
    )


def lines_of_units(reading: Reading) -> Callable[[str], tuple[FilterLine, ...]]:
    """Return a function that returns the lines of the unit with a name, in the order of the reading."""
    lines: dict[str, list[FilterLine]] = {}
    for entry, line in enumerate(reading.text.split("\n"), start=1):
        told = _LINE.fullmatch(line)
        if told is not None:
            name = _OF_QUADLET.sub(".service", told["unit"])
            found = FilterLine(told["path"], int(told["number"]), told["text"].strip(), reading.id, entry)
            lines.setdefault(name, []).append(found)
    return lambda unit: _by_people([line for name in _names_of(unit) for line in lines.get(name, [])])


def _names_of(unit: str) -> Iterator[str]:
    """Yield the names whose files are the unit's, too: its own, its template's (``user@.service``), and each beginning
    of its name that ends with a dash (``user-.slice``)."""
    stem, _, kind = unit.rpartition(".")
    yield unit
    template, at, _ = stem.partition("@")
    if at:
        yield f"{template}@.{kind}"
    yield from (f"{stem[: each.end()]}.{kind}" for each in re.finditer("-", stem))


def _by_people(lines: list[FilterLine]) -> tuple[FilterLine, ...]:
    """Return the lines without those that a generator copied from a quadlet."""
    written = {each.text for each in lines if not each.path.startswith(_GENERATED)}
    return tuple(each for each in lines if not each.path.startswith(_GENERATED) or each.text not in written)
