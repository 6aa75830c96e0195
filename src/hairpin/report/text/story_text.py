"""The story of a host for people: one line for each entry, an empty line before each boot, and the missing traces at
the end."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from hairpin.host.host import Unread
from hairpin.message import Message, message
from hairpin.report.paper import Paper, Style, cells
from hairpin.report.unread import why_unread
from hairpin.report.words import Words
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


_STYLES: dict[str, Style] = {"boot": "strong", "clock": "unsure", "login": "faint"}


def story_text(story: Story, words: Words, paper: Paper, *, several: bool = False, verbose: bool = False) -> str:
    """Return the story.  ``several``: whether the story is about more than one host.  ``verbose``: whether to add the
    text of the traces."""
    paper.prose(words(heading_of(story)), style="strong")
    day = ""
    for entry in story.entries if verbose else with_packages_folded(story):
        today = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d")
        if today != day or (isinstance(entry, StoryEntry) and entry.kind == "boot"):
            paper.gap()
        if today != day:
            paper.line((today, "faint"))
            day = today
        if isinstance(entry, Packages):
            mark = f"{time_of(entry.at)}  {f'{entry.host}  ' if several else ''}"
            said = message("{what} (-v lists them)", what=entry.what)
            paper.prose(words(said), indent=2, first=mark, first_style="faint")
        else:
            _write_entry(entry, words, paper, several=several, verbose=verbose)
    if not story.entries:
        paper.gap()
        paper.prose(words(message("No recorded event matters for the network.")))
    write_not_seen(story.missing, words, paper, several=several)
    return paper.text()


def heading_of(story: Story) -> Message:
    """Return the first line of the story."""
    return message("What happened since {at}.  All times are UTC.", at=time_of(story.since, with_day=True))


def entry_text(entry: StoryEntry, words: Words) -> str:
    """Return the text of an entry, with the actor if the text does not name the actor."""
    if entry.by is not None and entry.kind not in ("command", "login", "package"):
        return words(message("{what}, by {actor}", what=entry.what, actor=entry.by.name))
    return words(entry.what)


def _write_entry(entry: StoryEntry, words: Words, paper: Paper, *, several: bool, verbose: bool) -> None:
    said = entry_text(entry, words)
    host = f"{entry.host}  " if several else ""
    mark = f"{time_of(entry.at)}  {host}"
    paper.prose(said, indent=2, first=mark, first_style="faint", style=_STYLES.get(entry.kind, "plain"))
    if verbose and entry.quote and entry.quote not in said:
        paper.cut(" " * (2 + cells(mark)), (entry.quote.partition("\n")[0], "faint"))


def write_not_seen(missing: tuple[Unread, ...], words: Words, paper: Paper, *, several: bool) -> None:
    """Write which traces are missing from the story, and why they are missing."""
    if not missing:
        return
    paper.gap()
    paper.prose(words(message("hairpin could not see:")), style="strong")
    for each in missing:
        host = f"{each.host}: " if several else ""
        paper.prose(f"{host}{each.origin}: {why_unread(each, words)}", indent=2, first="- ", style="unsure")


def time_of(at: float, *, with_day: bool = False) -> str:
    """Return the time of the day in UTC.  ``with_day``: whether to add the date."""
    form = "%Y-%m-%d %H:%M:%S" if with_day else "%H:%M:%S"
    return datetime.fromtimestamp(at, UTC).strftime(form)


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
