"""What the numbers in a client's error tell: curl's exit codes, errno, and how long it waited.  The words around them
may be those of another outcome.

Source: errno(3), asm-generic/errno.h; curl lib/connect.c, libcurl-errors(3); tcp(7), tcp_syn_retries
"""

import re

from hairpin.texts.meaning import Outcome

_ERRNO: dict[str, Outcome] = {
    "110": "timeout", "111": "refused", "113": "no-route", "101": "no-network", "104": "reset",
    "60": "timeout", "61": "refused", "65": "no-route", "51": "no-network", "54": "reset",
    "10060": "timeout", "10061": "refused", "10065": "no-route", "10051": "no-network", "10054": "reset",
}  # fmt: skip
"""By the numbers of Linux, of the BSDs with macOS, and of Windows."""
_NUMBERS = re.compile(
    r"\[Errno (\d+)\]|\[WinError (\d+)\]|\(os error (\d+)\)|\berrno[ :=]+(\d+)|\bError (\d+) connecting|"
    r"\((1\d\d)(?=[:)] ?|,| \")",
    re.IGNORECASE,
)
_CURL = re.compile(r"\bcurl(?:: \(| error )(\d{1,2})\b", re.IGNORECASE)
_LASTED = re.compile(r"Failed to connect to .{1,300}? after (\d{1,9}) ms: (?:Couldn't|Could not) connect to server")
_NAMES: dict[str, Outcome] = {
    "ETIMEDOUT": "timeout", "ECONNREFUSED": "refused", "EHOSTUNREACH": "no-route", "ENETUNREACH": "no-network",
    "ECONNRESET": "reset",
}  # fmt: skip
_NAMED = re.compile("|".join(_NAMES))
_TIMED_OUT = "28"
_GIVEN_UP_MS = 10_000
"""A refusal is told at once; a client that waited so long got no answer."""
_UNRESOLVED_MS = range(2_900, 3_500)
"""Three ARP requests, a second each: the kernel then says EHOSTUNREACH.  Source: net/core/neighbour.c, mcast_probes"""


def outcome_of(text: str) -> Outcome | None:
    """Return the outcome that the numbers in the text tell; None: they tell none, or several."""
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
    """Return how a connection ended of which curl says only that it could not be made."""
    if ms >= _GIVEN_UP_MS:
        return "timeout"
    return "no-route" if ms in _UNRESOLVED_MS else "refused"
