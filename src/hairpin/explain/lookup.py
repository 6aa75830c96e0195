"""Finds the entry of the catalogue for a line, by the line's words and numbers.

The numbers in a client's error are curl's exit codes, values of errno, and the waiting time.  The numbers decide about
the outcome, because the words around them may fit another outcome, too.

Source: curl lib/connect.c, libcurl-errors(3); tcp(7), tcp_syn_retries
"""

import re
from functools import cache

import msgspec

from hairpin.explain.line import decode
from hairpin.words.catalogue import entries
from hairpin.words.errors import errnos
from hairpin.words.index import EntryHit, TextIndex, Trial, best, index_of
from hairpin.words.meaning import Outcome, TextMeaning

TextHit = EntryHit[TextMeaning]
_SCRIPT = re.compile(r"[^\x00-\x7f]")
_OUTCOMES: dict[str, Outcome] = {
    "timeout": "timeout", "refused": "refused", "no_route": "no-route", "unreachable": "no-network", "reset": "reset",
}  # fmt: skip
"""The outcomes by the names of the errors."""
_ERRNO: dict[str, Outcome] = {
    number: _OUTCOMES[each.error] for each in errnos() if each.error in _OUTCOMES for number in each.numbers
}
_NUMBERS = re.compile(
    r"\[Errno (\d+)\]|\[WinError (\d+)\]|\(os error (\d+)\)|\bOs \{ code: (\d+)|\bSocketException \((\d+)\)|"
    r"\berrno[ :=]+(\d+)|\bError (\d+) connecting|\((1\d\d)(?=[:)] ?|,| \")",
    re.IGNORECASE,
)
_CURL = re.compile(r"\bcurl(?:: \(| error )(\d{1,2})\b", re.IGNORECASE)
_LASTED = re.compile(r"Failed to connect to .{1,300}? after (\d{1,9}) ms: (?:Couldn't|Could not) connect to server")
_NAMES: dict[str, Outcome] = {each.name: _OUTCOMES[each.error] for each in errnos() if each.error in _OUTCOMES}
_NAMED = re.compile("|".join(_NAMES))
_TIMED_OUT = "28"
_GIVEN_UP_MS = 10_000
"""The waiting time after which a client's failed connection counts as unanswered.  A refusal comes at once."""
_UNRESOLVED_MS = range(2_900, 3_500)
"""The time after which the kernel reports EHOSTUNREACH: three ARP requests, one each second.  Source:
net/core/neighbour.c, mcast_probes"""


@cache
def _index() -> TextIndex[TextMeaning]:
    return index_of(entries(), wider=True)


def find_meaning(line: bytes) -> TextHit | None:
    """Return the most specific entry for the line, or None.  ``line``: the result of ``line.readable``."""
    index = _index()
    trials = index.trials(line)
    if line.isascii():
        return _best(decode(line), trials) if trials else None
    for text in _readings(line):
        found = _best(text, [*trials, *(each for each in index.scripts if each.variant.script in text.lower())])
        if found is not None:
            return found
    return None


def _readings(line: bytes) -> tuple[str, ...]:
    """Return the line as text.  If the line is not UTF-8, also return it decoded from a Chinese encoding."""
    text = decode(line)
    try:
        return (text,) if _SCRIPT.search(text) is None or text.encode() == line else (text, line.decode("gb18030"))
    except UnicodeDecodeError:
        return (text,)


def _best(text: str, trials: list[Trial[TextMeaning]]) -> TextHit | None:
    found = best(text, trials)
    return msgspec.structs.replace(found, entry=_by_code(found.entry, text)) if found is not None else None


def _by_code(entry: TextMeaning, text: str) -> TextMeaning:
    """Return the entry whose outcome fits the codes and durations in the text: the given entry, or another entry for
    texts of the same programs."""
    told = outcome_of(text) if entry.outcome else None
    return entry if told in (None, entry.outcome) else _by_outcome().get((_family(entry), told), entry)


@cache
def _by_outcome() -> dict[tuple[str, str], TextMeaning]:
    return {(_family(each), each.outcome): each for each in entries() if each.outcome}


def _family(entry: TextMeaning) -> str:
    """Return the kind of programs that print the texts of the entry: ``client`` or ``library``."""
    return entry.id.partition("-")[0]


def outcome_of(text: str) -> Outcome | None:
    """Return the outcome that the numbers and errno names in the text mean; None if the text means no outcome, or
    several outcomes."""
    code = _CURL.search(text)
    if code is not None and code[1] == _TIMED_OUT:
        return "timeout"
    told: set[Outcome] = {_ERRNO[number] for number in _numbers(text) if number in _ERRNO}
    told |= {_NAMES[name] for name in _NAMED.findall(text)}
    if told:
        return told.pop() if len(told) == 1 else None
    lasted = _LASTED.search(text)
    return None if lasted is None else _by_duration(int(lasted[1]))


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(next(filter(None, found.groups())) for found in _NUMBERS.finditer(text))


def _by_duration(ms: int) -> Outcome:
    """Return the outcome of a connection that curl only reports as failed, by its duration."""
    if ms >= _GIVEN_UP_MS:
        return "timeout"
    return "no-route" if ms in _UNRESOLVED_MS else "refused"
