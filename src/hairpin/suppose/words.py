"""What a text says in words, and not in an output: that something does not work, and where a program listens.

A word proves nothing.  That something does not work lets hairpin name likely causes; where a program says that it
listens is supposed of the container's service.
"""

import re
from collections.abc import Iterable, Iterator

from hairpin.evidence.told import Listener, Outcome

_NOT = (
    r"(?:can(?:no|')?t|could(?: not|n't)|(?:do|does|did|will|would)(?: not|n't)|unable to|fail(?:s|ed|ing)? to|never)"
)
_DONE = (
    r"(?:answer|respond|connect|reach|load|work|open|resolve|access|ping|get (?:out|through)|be (?:reach|access|open))"
)
_SAID = (
    rf"\b{_NOT} (?:\w+ )?{_DONE}",
    r"\b(?:times?|timed|timing)[ -]?out\b",
    r"\bno (?:answer|response|reply|connection|connectivity)\b",
    r"\bnothing (?:comes|answers)\b",
    r"\b(?:unreachable|inaccessible|not (?:reachable|accessible|working)|refused|hangs?)\b",
    "无法访问|访问不了|不通|连不上|连接不上|超时|拒绝连接|无法连接",
    r"nicht erreichbar|keine (?:Antwort|Verbindung)|ne (?:répond|fonctionne)|no (?:responde|funciona|se puede acceder)",
)
_TROUBLE = re.compile("|".join(_SAID), re.IGNORECASE)
_ERROR = re.compile(r"\b(?:error|fail\w*|cannot|in use|denied|bind:)", re.IGNORECASE)
"""The words of a line that says why a program does not listen."""
_LISTENING = re.compile(
    r"\b(?:listen(?:s|ing|ed|er)?|running|started?|serving|serves|server|available|bound|ready|up)\b"
    r"[^\n]{0,60}?(?:\b(?:on|at|to)\b|:|\bport\b)[^\n]{0,20}?(?:https?://)?"
    r"(?P<address>127\.\d+\.\d+\.\d+|0\.0\.0\.0|localhost|\[?::1?\]?|\*)?"
    r":? ?(?:port )?(?P<port>\d{2,5})\b(?![.\d])",
    re.IGNORECASE,
)
_LONGEST = 300
_FEWEST_WORDS = 3
_EVERYWHERE = ("", "0.0.0.0", "*", "::", "[::]")


def troubles_in(lines: Iterable[tuple[int, str]]) -> Iterator[Outcome]:
    """Yield an outcome for the first line that says that something does not work."""
    for number, line in lines:
        if len(line.split()) >= _FEWEST_WORDS or not line.isascii():
            found = _TROUBLE.search(line[:_LONGEST])
            if found is not None:
                yield Outcome("", line[:_LONGEST], "failed", line=number)
                return


def listeners_in(lines: Iterable[tuple[int, str]]) -> Iterator[Listener]:
    """Yield where programs say that they listen, each port once."""
    known: set[int] = set()
    for number, line in lines:
        found = _LISTENING.search(line[:_LONGEST])
        if found is None or _ERROR.search(line[:_LONGEST]) or _TROUBLE.search(line[:_LONGEST]):
            continue
        port, address = int(found["port"]), (found["address"] or "").lower()
        if port not in known and 0 < port < 1 << 16:
            known.add(port)
            yield Listener(port, "" if address in _EVERYWHERE else "127.0.0.1", number)
