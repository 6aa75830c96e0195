"""Replaces some readings of evidence by newer readings.

After an event, only the readings that the event may have changed are read again."""

from collections.abc import Iterable

import msgspec

from hairpin.evidence.reading import Evidence, Place, Reading, own_id

_SYSCTLS = "/proc/sys/net/"


def renewed(evidence: Evidence, newer: Evidence, gone: frozenset[Place] = frozenset()) -> Evidence:
    """Return the evidence in which the readings of ``newer`` replace the readings with the same key and namespace.

    All readings with the same key and namespace (such as all of ``nft-table``) are replaced together.  Readings of
    single sysctls are an exception: a ``sysctl`` reading whose origin is below /proc/sys/net replaces only the lines of
    its paths.  ``gone``: the keys and namespaces that have no reading any more, for example because a container was
    stopped.

    A new reading takes the id of the replaced reading.  Therefore references stay valid.
    """
    single = tuple(each for each in newer.readings if _is_single_sysctl(each))
    fresh = _by_place(each for each in newer.readings if not _is_single_sysctl(each))
    known = _by_place(evidence.readings)
    label = next((each.id.removesuffix(own_id(each.id)) for each in evidence.readings), "")
    last = max((_number(each.id) for each in evidence.readings), default=0)
    ids: dict[Place, list[str]] = {place: [each.id for each in readings] for place, readings in known.items()}
    readings = [each for each in evidence.readings if _place(each) not in gone and _place(each) not in fresh]
    for place, group in fresh.items():
        for reading in group:
            free = ids.get(place)
            if not free:
                last += 1
            readings.append(msgspec.structs.replace(reading, id=free.pop(0) if free else f"{label}e{last}"))
    readings.sort(key=lambda each: _number(each.id))
    renewed_readings = tuple(_with_sysctls(each, single) for each in readings)
    return msgspec.structs.replace(newer, readings=renewed_readings, label=evidence.label)


def changed_places(before: Evidence, after: Evidence) -> frozenset[Place]:
    """Return the keys and namespaces whose readings differ, apart from the time at which they were read."""
    old, new = _by_place(before.readings), _by_place(after.readings)
    return frozenset(
        place for place in old.keys() | new.keys() if not _are_same(old.get(place, []), new.get(place, []))
    )


def _by_place(readings: Iterable[Reading]) -> dict[Place, list[Reading]]:
    found: dict[Place, list[Reading]] = {}
    for each in readings:
        found.setdefault(_place(each), []).append(each)
    return found


def _place(reading: Reading) -> Place:
    return reading.key, reading.netns


def _number(reading_id: str) -> int:
    return int(own_id(reading_id).removeprefix("e"))


def _are_same(old: list[Reading], new: list[Reading]) -> bool:
    return len(old) == len(new) and all(
        one is other or msgspec.structs.replace(one, at=other.at) == other for one, other in zip(old, new, strict=True)
    )


def _is_single_sysctl(reading: Reading) -> bool:
    return reading.key == "sysctl" and reading.origin.startswith(_SYSCTLS)


def _with_sysctls(reading: Reading, single: tuple[Reading, ...]) -> Reading:
    """Return the reading.

    If the reading contains the sysctls of a namespace, the lines of newer readings of single sysctls replace its lines.
    """
    if reading.key != "sysctl" or reading.outcome != "text":
        return reading
    lines = [each for one in single if one.netns == reading.netns for each in one.text.splitlines(keepends=True)]
    if not lines:
        return reading
    paths = {_path(line) for line in lines}
    kept = (line for line in reading.text.splitlines(keepends=True) if _path(line) not in paths)
    return msgspec.structs.replace(reading, at=single[-1].at, text="".join((*kept, *lines)))


def _path(line: str) -> str:
    return line.partition(":")[0]
