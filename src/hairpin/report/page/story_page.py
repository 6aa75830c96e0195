"""The story of a host as a page: one line of time, with what broke something on it."""

from datetime import UTC, datetime
from itertools import groupby
from xml.etree.ElementTree import Element

from hairpin.message import message
from hairpin.report.page.frame import whole_file
from hairpin.report.page.markup import element
from hairpin.report.page.sheet import Sheet, prose
from hairpin.report.story_text import entry_text, heading_of, time_of, write_not_seen
from hairpin.report.words import Words
from hairpin.story.entry import Story, StoryEntry


def story_page(story: Story, words: Words, *, several: bool = False) -> str:
    """Return the page.  ``several``: of more than one host."""
    hosts = ", ".join(dict.fromkeys(each.host for each in story.entries if each.host)) or "-"
    which = words(message("the story of {hosts}", hosts=hosts))
    days = groupby(story.entries, key=lambda each: f"{datetime.fromtimestamp(each.at, UTC):%Y-%m-%d}")
    body = [_day(day, [*entries], words, several=several) for day, entries in days]
    if not body:
        said = words(message("No trace tells of anything that matters for the network."))
        body = [element("section", element("p", said))]
    sheet = Sheet(words, headings=True)
    write_not_seen(story.missing, words, sheet, several=several)
    missing = sheet.elements()
    body += [element("section", *missing)] if missing else []
    return whole_file(words(heading_of(story)), which, body, words)


def _day(day: str, entries: list[StoryEntry], words: Words, *, several: bool) -> Element:
    items = (_item(each, words, several=several) for each in entries)
    return element("section", element("h2", day), element("ol", *items, class_="time"))


def _item(entry: StoryEntry, words: Words, *, several: bool) -> Element:
    """Return an entry: what changes the network stands out, and the trace's own words are folded."""
    said = entry_text(entry, words)
    host = element("strong", f"{entry.host} ") if several else None
    at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="seconds")
    quote = entry.quote if entry.quote and entry.quote not in said else ""
    return element(
        "li",
        element("time", time_of(entry.at), datetime=at),
        host,
        *prose(said),
        element("details", element("summary", words(message("the trace"))), element("pre", quote)) if quote else None,
        class_=f"{entry.kind} effect" if entry.effect is not None else entry.kind,
    )
