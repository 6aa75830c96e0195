"""Packages that were installed together, as one line.  The installation of a machine has hundreds of such packages."""

from collections.abc import Iterator

import msgspec

from hairpin.message import Message, message
from hairpin.story.entry import Story, StoryEntry

_GAP_S = 3600.0
"""A time in seconds.  Packages whose installations are less than this time apart share a line."""
_FEW = 3
"""If there are at most this many packages, they are listed one by one."""
_NAMED = 4


class Packages(msgspec.Struct, frozen=True):
    """Packages with the same kind of change, for example packages that were installed together; the oldest first."""

    entries: tuple[StoryEntry, ...]

    @property
    def at(self) -> float:
        """The time of the first package's change, in seconds since the epoch."""
        return self.entries[0].at

    @property
    def host(self) -> str:
        """The label of the host that has the packages."""
        return self.entries[0].host

    @property
    def what(self) -> Message:
        """The sentence about the packages' change, with the command if one command made all of it."""
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
    """Return the story's entries, oldest first.  Entries of packages with the same change are merged into one.  The
    entry of a package that has an effect on the network is not merged."""
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
