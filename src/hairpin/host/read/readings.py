"""The readings of one host by key and namespace, and the list of those that could not be read or understood."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from hairpin.errors import ParseError
from hairpin.evidence.reading import Evidence, Reading, spelt
from hairpin.host.host import Unread
from hairpin.message import Message

T = TypeVar("T")

# What it would tell is known from elsewhere too: that it failed decides nothing.
_SPARE = ("netns-ids",)
# Absent for a reason that leaves the question open: the kernel has what no tool there can show.
_OPEN = ("not installed, but", "nft is not installed", "nsenter is not installed", "neither iproute2 nor")


class Readings:
    r"""Hands out readings, and keeps what was refused, failed or of a form that no parser knows.

    A damaged reading never stops the others: it becomes an :class:`Unread`.  Bytes that are no text (a rule's comment,
    a name) are handed out spelt ``\xff``, so that whatever is parsed can be printed.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._by_place: dict[tuple[str, str], list[Reading]] = {}
        self._unread: list[Unread] = []
        for reading in map(_printable, evidence.readings):
            if reading.outcome == "text":
                self._by_place.setdefault((reading.key, reading.netns), []).append(reading)
            elif reading.key not in _SPARE and (reading.outcome != "absent" or reading.text.startswith(_OPEN)):
                self.miss(reading, reading.text.strip().partition("\n")[0] or reading.outcome)

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What could not be read, in reading order; what could not be understood follows."""
        return tuple(self._unread)

    def unread_in(self, netns: str) -> tuple[str, ...]:
        """Return the keys that could not be read in a namespace, each once."""
        return tuple(dict.fromkeys(item.key for item in self._unread if item.netns == netns))

    def miss(self, reading: Reading, reason: Message | str) -> None:
        """Note that this reading does not tell what it should."""
        self._unread.append(Unread(reading.key, reading.netns, reading.origin, reason, reading.id))

    def of(self, key: str, netns: str = "") -> tuple[Reading, ...]:
        """Return the readings of a key that have a text."""
        return tuple(self._by_place.get((key, netns), ()))

    def first(self, key: str, netns: str = "") -> Reading | None:
        """Return the first reading of a key that has a text, or None."""
        return next(iter(self._by_place.get((key, netns), ())), None)

    def understood(self, reading: Reading | None, parse: Callable[[Reading], T], default: T) -> T:
        """Return what ``parse`` makes of the reading; the default when there is none, or when it cannot be read."""
        if reading is None:
            return default
        try:
            return parse(reading)
        except ParseError as error:
            self.miss(reading, error.said)
            return default

    def all_understood(self, readings: Iterable[Reading], parse: Callable[[Reading], tuple[T, ...]]) -> tuple[T, ...]:
        """Return what ``parse`` makes of all of them, one after the other."""
        nothing: tuple[T, ...] = ()
        return tuple(item for reading in readings for item in self.understood(reading, parse, nothing))


def _printable(reading: Reading) -> Reading:
    text = spelt(reading.text)
    return reading if text == reading.text else msgspec.structs.replace(reading, text=text)
