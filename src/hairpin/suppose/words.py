"""What a text says in words, and not in an output: that something does not work, and where a program listens.

A word proves nothing.  That something does not work lets hairpin name likely causes; where a program says that it
listens is supposed of the container's service.
"""

import re
from collections.abc import Iterable, Iterator

from hairpin.evidence.told import Listener, Outcome, Result
from hairpin.suppose.trouble import TROUBLE, WEAK_TROUBLE, seen_in_words, speaks_of_network

_ERROR = re.compile(r"\b(?:error|fail\w*|cannot|in use|denied|bind:)", re.IGNORECASE)
"""The words of a line that says why a program does not listen."""
_LISTENING = re.compile(
    r"\b(?:listen(?:s|ing|ed|er)?|running|started?|serving|serves|server|available|bound|ready|up)\b"
    r"[^\n]{0,60}?(?:\b(?:on|at|to)\b|:|\bport\b)[^\n]{0,20}?(?:https?://)?"
    r"(?P<address>127\.\d+\.\d+\.\d+|0\.0\.0\.0|localhost|\[?::1?\]?|\*)?"
    r":? ?(?:port )?(?P<port>\d{2,5})\b(?![.\d])",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<!\d)[.](?=\s|$)|[;!?](?=\s|$)|(?<=[^\x00-\x7f])[。；！？]")
_CLAUSE = re.compile(r",|:\s|\b(?:but|and|while|whereas|however|yet|though|although)\b", re.IGNORECASE)
_IS_ERROR = re.compile(r"\s*(?:\w+ )?(?:error|warning|warn|info|fatal)\b|\s*\S+:\s", re.IGNORECASE)
_AT_HOST = re.compile(
    r"\b(?:on|from|in|at|inside) (?:the |this |my |that |its )?(?:docker |same |ec2 |virtual |own |local )?"
    r"(?:host|server|instance|machine|vps|vm|droplet|box|node)\b(?! (?:network|mode))|\b(?:the )?host itself\b"
    r"|\blocally\b",
    re.IGNORECASE,
)
_LOCALHOST = re.compile(r"\blocalhost\b|\b127\.0\.0\.1\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\boutside(?: world)?\b|\belsewhere\b|\b(?:another|other|different|any other|remote|client) (?:machines?"
    r"|hosts?|computers?|pcs?"
    r"|devices?|laptops?|locations?)\b|\b(?:external|remote|public)ly\b|\b(?:external|public) (?:ip|address"
    r"|clients?|access|domain)\b|\binternet\b|\bfrom (?:my|a|the) (?:(?:personal|own|local|home|work|office"
    r"|windows|other) )?(?:laptop|pc|mac"
    r"|macbook|phone|desktop|computer|home|windows|browser)\b|\b(?:my|a|the) browser\b|\b(?:the )?lan\b",
    re.IGNORECASE,
)
_WORKS = re.compile(
    r"\b(?:works?|worked|working|fine|ok|okay|answers?|answered|responds?|comes(?! up)|loads?|loaded|reachable"
    r"|accessible|succeeds?"
    r"|gets? (?:a|the|it|an|back)|(?:gives?|returns?|shows?|serves?|prints?) (?:me )?(?:a|the|its|back)|no "
    r"problem|can (?:reach|access|connect|ping|curl|see|open|get)|able to)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:curl|wget|telnet|nc|ping|psql|browser|browse|visit(?:ing)?|open(?:ed|ing)?|go(?:ing)? to|navigat\w+"
    r"|access(?:ing)?|http get"
    r"|connect(?:ing)? to|try|tried|refused|can(?:no|')t)\b",
    re.IGNORECASE,
)
"""Words of a client: the line names where it asked, not where a program listens."""
_LONGEST = 300
_FEWEST_WORDS = 3
_WORDS_OF_SENTENCE = 6
_EVERYWHERE = ("", "0.0.0.0", "*", "::", "[::]")


def troubles_in(lines: Iterable[tuple[int, str]], *, about_network: bool = False) -> Iterator[Outcome]:
    """Yield an outcome for the first line that says that something does not work.  ``about_network``: whether the text
    is about a network by what else it tells; if not, its words have to be.

    What the client saw is what this line says, or else the first later line that quotes an error of the system."""
    lines = tuple(lines)
    said = tuple(
        (number, line[:_LONGEST])
        for number, line in lines
        if (len(line.split()) >= _FEWEST_WORDS or not line.isascii()) and TROUBLE.search(line[:_LONGEST]) is not None
    )
    if not about_network and not speaks_of_network("\n".join(line for _, line in lines)):
        return
    if not said:
        weak = (each for each in lines if _is_sentence(each[1]) and WEAK_TROUBLE.search(each[1][:_LONGEST]) is not None)
        yield from (Outcome("", line[:_LONGEST], "failed", line=number) for number, line in [*weak][:1])
        return
    yield Outcome("", said[0][1], _seen_in_all(line for _, line in said), line=said[0][0])


def _seen_in_all(lines: Iterable[str]) -> Result:
    """Return what a client saw by the first line that tells it."""
    for each in lines:
        seen = seen_in_words(each)
        if seen != "failed":
            return seen
    return "failed"


def _is_sentence(line: str) -> bool:
    """Return whether a line is a person's, and not a program's."""
    plain = sum(each.isalpha() for each in line.replace(",", "").replace(".", "").split())
    return plain >= _WORDS_OF_SENTENCE or (not line.isascii() and len(line) >= _WORDS_OF_SENTENCE)


def seen_at_both(lines: Iterable[tuple[int, str]]) -> tuple[Outcome, ...]:
    """Return that the host itself got an answer and clients elsewhere got none, if the text says both in words."""
    good: tuple[int, str] | None = None
    bad: tuple[int, str] | None = None
    for number, sentence in _sentences(lines):
        for at_host, fails in _said_of_places(sentence):
            if at_host and not fails:
                good = good or (number, sentence[:_LONGEST])
            elif fails and not at_host:
                bad = bad or (number, sentence[:_LONGEST])
        if good is not None and bad is not None:
            return (
                Outcome("", good[1], "answered", origin="host", line=good[0]),
                Outcome("", bad[1], "failed", line=bad[0]),
            )
    return ()


def _sentences(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the sentences, each with the number of its first line.  A sentence goes on in the next line of the text."""
    held, begun, last = "", 0, -1
    for number, line in lines:
        if _IS_ERROR.match(line) is not None or len(line) > 3 * _LONGEST:
            continue
        if number != last + 1 and held:
            yield begun, held
            held = ""
        *whole, rest = _SENTENCE.split(line)
        for each in whole:
            yield (begun if held else number), f"{held} {each}".strip()
            held = ""
        begun, held, last = (begun if held else number), f"{held} {rest}".strip(), number
        if len(held) > 3 * _LONGEST:
            held = ""
    if held:
        yield begun, held


def _said_of_places(sentence: str) -> Iterator[tuple[bool, bool]]:
    """Yield for each place that a sentence speaks of whether it is the host, and whether the connection fails there.
    A clause without a place speaks of the place before it."""
    at_host: bool | None = None
    for clause in _CLAUSE.split(sentence):
        elsewhere = _ELSEWHERE.search(clause) is not None
        own = _AT_HOST.search(clause) is not None or (not elsewhere and _LOCALHOST.search(clause) is not None)
        if own != elsewhere:
            at_host = own
        elif own:
            at_host = None
        fails = TROUBLE.search(clause) is not None
        if at_host is not None and (fails or _WORKS.search(clause) is not None):
            yield at_host, fails


def listeners_in(lines: Iterable[tuple[int, str]]) -> Iterator[Listener]:
    """Yield where programs say that they listen, each port once."""
    known: set[int] = set()
    for number, line in lines:
        found = _LISTENING.search(line[:_LONGEST])
        if found is None or any(each.search(line[:_LONGEST]) is not None for each in (_ERROR, TROUBLE, _ASKS)):
            continue
        port, address = int(found["port"]), (found["address"] or "").lower()
        if port not in known and 0 < port < 1 << 16:
            known.add(port)
            yield Listener(port, "" if address in _EVERYWHERE else "127.0.0.1", number)
