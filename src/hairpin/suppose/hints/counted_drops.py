"""Dropping rules that have counted packets, in a chain that a text quotes without its table.

    chain ts-forward {
        oifname "tailscale0" ct state ! related,established counter packets 550 bytes 46102 drop
    }

Such a chain does not become a reading, because neither its hook nor the rules that jump to it are told.
"""

from collections.abc import Iterable, Iterator

from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted

_CHAIN = Sought(r"\s*chain (?P<nft>[\w.-]+) \{|Chain (?P<listed>[\w.-]+) \(|-A (?P<saved>[\w.-]+) ")
_NATIVE = Sought(r"\bcounter packets (?P<packets>[1-9]\d*) bytes \d+ (?:drop|reject)\b")
_LISTED = Sought(r"\s*(?P<packets>[1-9]\d*[KMG]?)\s+[1-9]\d*[KMG]?\s+(?:DROP|REJECT)\s")
_SAVED = Sought(r"\[(?P<packets>[1-9]\d*):\d+\] -A \S+ .*-j (?:DROP|REJECT)\b")
_COMMAND = "sudo iptables-save; sudo nft list ruleset"
_LONGEST = 200
_OF_CHAIN = (
    ("DOCKER-USER", "docker-user-drops"),
    ("DOCKER", "isolation-drops-between-bridges"),
    ("INPUT", "input-drops-host-service"),
    ("OUTPUT", "output-policy-drop"),
    ("PREROUTING", "raw-drop-direct-routing"),
    ("FORWARD", "third-party-forward-chain-drops"),
)


def counted_drops(lines: Iterable[tuple[int, str]]) -> Iterator[Hinted]:
    """Yield the causes whose quoted rules have dropped packets, as their counters show.  Each cause is yielded once."""
    chain = ""
    known: set[str] = set()
    for number, line in lines:
        begun = _CHAIN.match(line)
        if begun is not None:
            chain = begun["nft"] or begun["listed"] or begun["saved"]
        found = _NATIVE.search(line) or _LISTED.match(line) or _SAVED.search(line)
        cause = _cause(chain)
        if found is None or cause in known:
            continue
        known.add(cause)
        means = message("A DROP rule of chain {chain} has counted {packets} packets",
                        chain=chain or "?", packets=found["packets"])  # fmt: skip
        shows = message("the counter of this rule grows with each attempt")
        yield Hinted(cause, 18, means, number, line.strip()[:_LONGEST], command=_COMMAND, shows=shows)


def _cause(chain: str) -> str:
    name = chain.upper()
    return next((cause for word, cause in _OF_CHAIN if word in name), "rule-decides-flow")
