"""Completes evidence of a host whose containers were not all entered, with older evidence of the same host.

A plan that changes only the host's own rules and sysctls changes nothing inside of a container.  Therefore the readings
of these insides that were made for the plan still count while the plan is carried out.
"""

from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence, Reading

_LEFT = "namespaces-left"
_PLACES = "namespaces"
_UNITS = "units"
_FOR_PEOPLE = ("versions", "modules", "module-files", "kernel-cmdline", "klog")
"""The keys of readings that ``collect.sh --only`` leaves out although they are about the host."""


def with_insides(newer: Evidence, older: Evidence) -> Evidence | None:
    """Return the newer evidence, with the older readings of the containers that were not entered again.  Each engine,
    and each user's Podman, has readings of its own about its containers' namespaces.

    Return None if a container is another one than before: its id, its process or its namespace is different.  Also
    return None if the older evidence lacks a container, too."""
    left = newer.all(_LEFT)
    if not left:
        return newer
    was, now = (sorted(each.text for each in one.all(_PLACES)) for one in (older, newer))
    if was != now or not was or older.all(_LEFT):
        return None
    names = frozenset(f"container:{name}" for each in left for name in each.text.splitlines())
    kept = (_with_units(each, older) for each in newer.readings if each.key != _LEFT)
    readings = (*kept, *_left_out(newer, older, names))
    return msgspec.structs.replace(
        newer, readings=tuple(msgspec.structs.replace(each, id=f"e{n}") for n, each in enumerate(readings, 1))
    )


def _left_out(newer: Evidence, older: Evidence, names: frozenset[str]) -> Iterator[Reading]:
    """Yield the older readings of these namespaces, and those about the host that the newer evidence lacks."""
    read = {(each.key, each.origin) for each in newer.readings if each.key in _FOR_PEOPLE}
    for each in older.readings:
        if each.netns in names or (each.key in _FOR_PEOPLE and (each.key, each.origin) not in read):
            yield each


def _with_units(reading: Reading, older: Evidence) -> Reading:
    """Return the reading.  If it is about units of systemd, the units that only the older evidence has are added."""
    was = older.find(_UNITS, reading.netns) if reading.key == _UNITS else None
    if was is None or (reading.outcome, was.outcome) != ("text", "text"):
        return reading
    asked = frozenset(map(_unit, _blocks(reading.text)))
    further = [each for each in _blocks(was.text) if _unit(each) not in asked]
    return msgspec.structs.replace(reading, text="\n\n".join((*_blocks(reading.text), *further)) + "\n")


def _blocks(text: str) -> list[str]:
    return [each for each in text.strip("\n").split("\n\n") if each]


def _unit(block: str) -> str:
    return next((line for line in block.splitlines() if line.startswith("Id=")), block)
