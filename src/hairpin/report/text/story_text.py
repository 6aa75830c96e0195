"""The story of a host for people: one line for each entry, an empty line before each boot, and the missing traces at
the end."""

from datetime import UTC, datetime

from hairpin.host.host import Unread
from hairpin.message import Message, message
from hairpin.report.paper import Paper, Style, cells
from hairpin.report.text.story_folding import Packages, with_packages_folded
from hairpin.report.unread import why_unread
from hairpin.report.words import Words
from hairpin.story.entry import Story, StoryEntry

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
