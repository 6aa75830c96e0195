"""Evidence in which some readings were made anew: after an event only what the event may have changed is read."""

from collections.abc import Iterable

import msgspec

from hairpin.evidence.reading import Evidence, Reading

Place = tuple[str, str]
"""A reading's key and network namespace."""

_SYSCTLS = "/proc/sys/net/"


def renewed(evidence: Evidence, newer: Evidence, gone: frozenset[Place] = frozenset()) -> Evidence:
    """Return the evidence with the readings of ``newer`` instead of those of the same key and namespace.

    Keys that have several readings (``nft-table``, ``file``) are replaced as a whole.  The exception is one sysctl:
    a ``sysctl`` reading whose origin lies below /proc/sys/net replaces the lines of its paths.  ``gone``: keys and
    namespaces of which no reading is left, as those of a container that has ended.

    A replaced reading hands its id on, so ids that refer to it stay right.
    """
    single = tuple(each for each in newer.readings if _is_single_sysctl(each))
    fresh = _by_place(each for each in newer.readings if not _is_single_sysctl(each))
    known = _by_place(evidence.readings)
    last = max((_number(each.id) for each in evidence.readings), default=0)
    ids: dict[Place, list[str]] = {place: [each.id for each in readings] for place, readings in known.items()}
    readings = [each for each in evidence.readings if _place(each) not in gone and _place(each) not in fresh]
    for place, group in fresh.items():
        for reading in group:
            free = ids.get(place)
            if not free:
                last += 1
            readings.append(msgspec.structs.replace(reading, id=free.pop(0) if free else f"e{last}"))
    readings.sort(key=lambda each: _number(each.id))
    return Evidence(
        schema=newer.schema,
        hairpin=newer.hairpin,
        taken_at=newer.taken_at,
        hostname=newer.hostname,
        kernel=newer.kernel,
        readings=tuple(_with_sysctls(each, single) for each in readings),
    )


def changed_places(before: Evidence, after: Evidence) -> frozenset[Place]:
    """Return the keys and namespaces whose readings differ in anything but their time."""
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
    return int(reading_id.removeprefix("e"))


def _are_same(old: list[Reading], new: list[Reading]) -> bool:
    return len(old) == len(new) and all(
        one is other or msgspec.structs.replace(one, at=other.at) == other for one, other in zip(old, new, strict=True)
    )


def _is_single_sysctl(reading: Reading) -> bool:
    return reading.key == "sysctl" and reading.origin.startswith(_SYSCTLS)


def _with_sysctls(reading: Reading, single: tuple[Reading, ...]) -> Reading:
    """Return the reading; the one of a namespace's sysctls with the lines of single ones in place of its own."""
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
