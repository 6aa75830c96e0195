"""Hosts whose every name is hostile: pages of their answers have the elements of the harmless host's page."""

import json
from pathlib import Path
from random import Random

import msgspec

from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load
from hairpin.evidence.reading import Reading
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.page.answer_page import answer_page
from hairpin.report.words import Words

_HOST = Path(__file__).parents[2] / "fixtures" / "hosts" / "docker-user-ctorig.hairpin"
_NAMES = ('"/web"', '"/stranger"', '"/sibling"', '"Name":"other"', '"Name": "other"')
_PIECES = (
    "<script>", "</script>", "<img src=x onerror=alert(1)>", "<svg/onload=x>", "</pre>", "</title>", "<!--", "-->",
    "]]>", "<style>*{}</style>", "<a href=javascript:x>", "&lt;", "&#60;", "\"'`", "=x ", "\u202e",
    "\u2028", "\x00", "\x1b[31m",
    "\x7f", "\ufffe", "{{x}}", "${x}", "%s", "`id`", "$(id)", "\u0000", "é", "网", "\\", "/", "<", ">", "&", '"', "'",
)  # fmt: skip


def hostile_text(random: Random) -> str:
    """Return a text out of pieces that try to be more than text."""
    return "".join(random.choice(_PIECES) for _ in range(random.randint(1, 6)))


def page_with(text: str) -> str:
    """Return the page about a host whose containers, network, host name, comment and file paths have the text in their
    names; ``text`` empty: as it was recorded."""
    whole = load(_HOST)
    in_json = json.dumps(text)[1:-1]
    readings: list[Reading] = []
    for each in whole.readings:
        told = each.text
        for name in _NAMES:
            told = told.replace(name, f'{name[:-1]}{in_json}"')
        if text and each.key.startswith("iptables"):
            comment = "".join(character for character in text if character not in '"\\\n\r\u2028\x00')
            told = told.replace("-j REJECT", f'-m comment --comment "{comment}" -j REJECT')
        readings.append(msgspec.structs.replace(each, text=told, origin=f"{each.origin}{text}"))
    evidence = msgspec.structs.replace(whole, readings=tuple(readings), hostname=f"{whole.hostname}{text}")
    answer = ask(parse_question("check", (), None, (), World(), None, None), (evidence,))
    return answer_page(answer, Words())


STRUCTURE = (
    "html",
    "head",
    "meta",
    "title",
    "style",
    "script",
    "body",
    "svg",
    "img",
    "a",
    "input",
    "button",
    "section",
)
"""Elements whose number no name changes: texts may be broken into more lines, and backticks make code of a part."""
