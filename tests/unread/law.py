"""Holds what a command says without a reading against what it says with all of them."""

import re
from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence
from tests.unread.dropping import Drop, without
from tests.unread.table import Teller, decides
from tests.unread.telling import Told, told

ALL_CLEAR = (
    "all flows pass", "all others pass", "nothing on this host stops", "the others pass", "nothing to do",
    "have all their chains and rules", "nothing changes", "no flow that passes now fails",
    "No flow and no open connection changes", "No decided flow and no open connection changes", "nothing differs",
    "no flow has a different outcome",
)  # fmt: skip
"""The templates by which commands say that all is well."""
_OF_EVENT = "which this host lacks"
NAMED = ("Not read, so undecided", "not compared, because hairpin could not read it", "is not known",
         "hairpin does not know", _OF_EVENT)  # fmt: skip
"""The templates by which commands say what was not read."""
_LIMITED = "as far as hairpin could read"


class Broken(msgspec.Struct, frozen=True):
    """A case in which the law does not hold, and why."""

    host: str
    teller: Teller
    drop: Drop
    why: str

    def line(self) -> str:
        """Return it in a line."""
        return f"{self.host}, {self.teller}, {self.drop.text()}: {self.why}"


def unlimited(text: str) -> str | None:
    """Return the first line that says all is well of more than was read."""
    for line in text.splitlines():
        plain = re.sub(r"\s+", " ", line)
        if any(each in plain for each in ALL_CLEAR) and _LIMITED not in plain:
            return plain
    return None


def faults(host: str, whole: Evidence, drop: Drop, teller: Teller, healthy: Told) -> Iterator[Broken]:
    """Yield where what the command says without the reading breaks the law.  ``healthy``: what it says with it."""
    found = told(teller, without(whole, drop), whole)
    decisive = decides(drop.key, drop.netns, teller)
    if found.status == 0 and healthy.status != 0:
        yield Broken(host, teller, drop, f"fine, where the whole host ends with {healthy.status}")
    if decisive is True and found.status == 0:
        yield Broken(host, teller, drop, "fine, without what decides")
    if healthy.status == 0 and found.status == 1 and teller != "events":
        yield Broken(host, teller, drop, "names a fault that is none")
    if decisive is False and healthy.status == 0 and found.status != 0:
        yield Broken(host, teller, drop, f"ends with {found.status}, without what decides nothing")
    if decisive is True and not any(each in found.text for each in NAMED):
        yield Broken(host, teller, drop, "does not say what was not read")
    if teller == "diff" and found.status == 1:
        yield Broken(host, teller, drop, "tells a difference of what was not read")
    said = unlimited(found.text)
    if teller == "events" and _OF_EVENT in found.text:
        said = None  # the reading stands with the events that it decides; the others stay as they are without it
    if decisive is True and said is not None:
        yield Broken(host, teller, drop, f"says: {said}")
