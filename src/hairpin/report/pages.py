"""The page of a cause: its symptoms, its proof, its repair, and how to make the repair lasting.

A page is made from the docstring of the cause's module: its parts ``Users see:``, ``Proof:``, ``Now:``, ``Lasting:``.
``hairpin explain ID`` prints the page in the reader's language; ``tools/cause_pages.py`` writes all pages into
docs/causes/.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest

import msgspec

from hairpin.causes.registry import all_causes, canonical_id, docstrings
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.words import Words

SCHEMA = "hairpin.explain/1"
_LABELS = {"Users see": "seen_as", "Proof": "proof", "Now": "now", "Lasting": "lasting"}
_SECTION = re.compile(rf"^({'|'.join(_LABELS)})(?:, ([^:\n]+))?: ", re.MULTILINE)
HEADINGS = {
    "seen_as": message("seen as:"),
    "proof": message("proof:"),
    "now": message("now:"),
    "lasting": message("lasting:"),
}


class Page(msgspec.Struct, frozen=True):
    """The page of a cause.

    ``seen_as``: the symptoms.  ``proof``: the evidence.  ``now``: the immediate repair.  ``lasting``: the measure that
    makes the repair lasting."""

    id: str
    title: str
    seen_as: str
    proof: str
    now: str
    lasting: str


class PageDocument(msgspec.Struct, frozen=True):
    """The output of ``hairpin explain CAUSE-ID --json``."""

    schema: str
    page: Page


@cache
def _told() -> dict[str, tuple[Message, str]]:
    return {each.id: (each.title, docstrings()[each.id]) for each in all_causes()}


def page_ids() -> tuple[str, ...]:
    """Return the ids of the causes that have a page, in the order of the causes."""
    return tuple(_told())


def has_page(cause_id: str) -> bool:
    """Return whether a cause with a page has this id or alias."""
    return canonical_id(cause_id) in _told()


def page(cause_id: str, words: Words) -> Page:
    """Return the page of a cause, in the reader's language.  ``cause_id``: the cause's id or an alias of it."""
    found = canonical_id(cause_id)
    title, told = _told()[found]
    sections = dict(_sections(told))
    return Page(found, words(title), *(words.of_page(sections.get(name, "")) for name in _LABELS.values()))


def page_texts(cause_id: str) -> Iterator[str]:
    """Yield the English texts on the page of the cause with this id.

    The English texts are the message ids in the pages' catalogue."""
    yield from (text for _, text in _sections(_told()[cause_id][1]))


def _sections(told: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each paragraph of a docstring that a page shows."""
    found = [*_SECTION.finditer(told)]
    for each, following in zip_longest(found, found[1:]):
        end = following.start() if following is not None else len(told)
        text = " ".join(told[each.end() : end].split()).replace("``", "`")
        yield _LABELS[each[1]], f"{each[2]}: {text}" if each[2] else text


def write_page(shown: Page, words: Words, paper: Paper) -> None:
    """Write the page on paper."""
    paper.prose(shown.title, first=f"{shown.id}: ", first_style="bad", style="strong")
    for name, heading in HEADINGS.items():
        paper.gap()
        paper.prose(getattr(shown, name), indent=2, first=f"{words(heading)} ", first_style="strong")


def page_markdown(shown: Page) -> str:
    """Return the page as Markdown."""
    titles = {"seen_as": "Seen as", "proof": "Proof", "now": "Now", "lasting": "Lasting"}
    parts = (f"## {title}\n\n{_sentence(getattr(shown, name))}\n" for name, title in titles.items())
    return "\n".join((f"# {shown.id}\n\n{shown.title}.\n", *parts))


def index_markdown(pages: tuple[tuple[str, Page], ...]) -> str:
    """Return the index of the pages, grouped by the folders of the causes.

    The folder says where on its path a packet meets the cause."""
    lines = ["# Causes\n", "What hairpin can name, by where the packet meets it. `hairpin explain ID` prints a page.\n"]
    for folder in dict.fromkeys(folder for folder, _ in pages):
        lines += [f"## {folder.replace('_', ' ').capitalize()}\n", "| id | what it is |", "| --- | --- |"]
        lines += [f"| [{each.id}]({each.id}.md) | {each.title} |" for of, each in pages if of == folder]
        lines.append("")
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
