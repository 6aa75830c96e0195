"""Packages that were installed together, as one line: the making of a machine is hundreds of entries."""

from collections.abc import Iterator

import msgspec

from hairpin.message import Message, message
from hairpin.story.entry import Story, StoryEntry

_GAP_S = 3600.0
"""Installations that lie no further apart are told together."""
_FEW = 3
"""Up to so many are told one by one."""
_NAMED = 4


class Packages(msgspec.Struct, frozen=True):
    """Packages to which the same was done, oldest first."""

    entries: tuple[StoryEntry, ...]

    @property
    def at(self) -> float:
        """When the first one was told, seconds since the epoch."""
        return self.entries[0].at

    @property
    def host(self) -> str:
        """The host's label."""
        return self.entries[0].host

    @property
    def what(self) -> Message:
        """What happened to them, by what command if it was one only."""
        names = list(dict.fromkeys(each.subject for each in self.entries))
        some = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
        facts = {"count": len(self.entries), "packages": some}
        match self.entries[0].verb:
            case "upgrade":
                said = message("{count} packages were upgraded: {packages}", **facts)
            case "remove":
                said = message("{count} packages were removed: {packages}", **facts)
            case _:
                said = message("{count} packages were installed: {packages}", **facts)
        commands = {each.quote for each in self.entries}
        (command, *others) = commands
        return message("{done} by `{command}`", done=said, command=command) if command and not others else said


def with_packages_folded(story: Story) -> list[StoryEntry | Packages]:
    """Return the entries with packages told together, oldest first.  A package that did something to the network is
    told by itself."""
    open_: dict[tuple[str, str | None], list[StoryEntry]] = {}
    found: list[StoryEntry | Packages] = []
    for entry in story.entries:
        if entry.kind != "package" or entry.effect is not None:
            found.append(entry)
            continue
        key = (entry.host, entry.verb)
        if key in open_ and entry.at - open_[key][-1].at > _GAP_S:
            found += _closed(open_.pop(key))
        open_.setdefault(key, []).append(entry)
    found += (each for group in open_.values() for each in _closed(group))
    return sorted(found, key=lambda each: each.at)


def _closed(group: list[StoryEntry]) -> Iterator[StoryEntry | Packages]:
    if len(group) > _FEW:
        yield Packages(tuple(group))
    else:
        yield from group
