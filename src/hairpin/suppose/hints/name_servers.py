"""The order of name servers: a resolver asks the first server, and an answer "no such name" of this server counts.  The
text shows the list of servers (resolv.conf, --dns, dns in daemon.json or in a Compose file) and a private name that is
not found.  A public name server that takes the place of one on loopback.  And localhost: /etc/hosts gives it the
address ::1, and the text shows that lo has no such address.

Source: resolv.conf(5), nameserver; hosts(5); moby daemon/libnetwork/resolver.go, forwardExtDNS
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from hairpin.evidence.reading import Evidence
from hairpin.evidence.told import ToldParts
from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.words.pattern import sought

_SERVER = Sought(r"^[ \t]*(?:\d+:[ \t]*)?nameserver[ \t]+(?P<server>\d+\.\d+\.\d+\.\d+)\b", re.MULTILINE)
_LIST = Sought(
    r"(?:[\"']?\bdns[\"']?[ \t]*:[ \t]*\[|--dns[= ])(?P<inline>[^\]\n]*)"
    r"|^[ \t]*dns[ \t]*:[ \t]*\n(?P<below>(?:[ \t]*-[ \t]*[\"']?[\d.]+[\"']?[ \t]*\n?)+)",
    re.MULTILINE,
)
"""Matches the servers of ``--dns A --dns B``, of daemon.json, and of a Compose file."""
_ADDRESS = Sought(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_NOT_FOUND = Sought(
    r"(?:server can't find|could(?: not|n't) resolve(?: host(?:name)?)?:?|ENOTFOUND|unknown host|lookup|bad address"
    r"|host) [\"']?(?P<name>[a-zA-Z][\w-]*(?:\.[\w-]+)*)[\"']?(?:: NXDOMAIN| not found|: no such host|\b)",
    re.IGNORECASE,
)
_PUBLIC_END = Sought(
    r"\.(?:com|org|net|io|de|cn|fr|uk|ru|eu|gov|edu|co|me|app|info|nl|it|es|pl|br|jp|in|us|ca|au|ch|at|se|no|be|cz"
    r"|xyz|cloud|ai|tech|online|site)\.?$",
    re.IGNORECASE,
)
_POOLS = tuple(map(IPv4Network, ("172.16.0.0/12", "10.88.0.0/15")))
_NEAR_LINES = 4
"""The greatest distance of two lines of one resolv.conf: comments and ``search`` may stand between its servers."""

_LOCALHOST_6 = Sought(r"^\W{0,4}::1\s+(?:\S+\s+)*localhost\b", re.MULTILINE)
_LOOPBACK_4 = Sought(r"\binet 127\.0\.0\.1/8\b")
_LOOPBACK_6 = Sought(r"\binet6 ::1\b")
_LISTENS = sought(
    r"\bbind\w*\b|\blisten\w*\b|cannot assign requested address|\berrno 99\b|EADDRNOTAVAIL|address not available"
)


_SILENT = Sought(r"plugin/errors: [^\n]{0,200}->(?P<server>\d+\.\d+\.\d+\.\d+):53: i/o timeout")


class _Servers(NamedTuple):
    """Name servers in the order in which they are asked; ``place``: of the first in the text, or -1."""

    addresses: tuple[IPv4Address, ...]
    place: int


def another_is_asked_first(prose: Prose, evidence: Iterable[Evidence], told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a name server which does not know a private name is asked before the server that does."""
    name = _private_name(prose, told)
    if name is None:
        return
    for servers in (*_in_files(evidence), *_in_prose(prose)):
        first, later = servers.addresses[0], servers.addresses[1:]
        other = next((each for each in later if _knows_more(each, first)), None)
        if other is None:
            continue
        means = message(
            "{first} is the first name server, and its answer that there is no {name} counts. {other} is asked only if "
            "{first} does not answer: put {other} before it in resolv.conf, or let {first} forward such names to it",
            first=str(first), name=name, other=str(other),
        )  # fmt: skip
        shows = message("nameserver {first} stands before nameserver {other}, and only {other} knows the name",
                        first=str(first), other=str(other))  # fmt: skip
        command = f"cat /etc/resolv.conf; dig {name} @{first}; dig {name} @{other}"
        number, quote = prose.line_at(servers.place) if servers.place >= 0 else (0, "")
        yield Hinted("", SURE, means, number, quote, command=command, shows=shows)
        return


def public_one_is_silent(prose: Prose, evidence: Iterable[Evidence]) -> Iterator[Hinted]:
    """Yield the hint that CoreDNS got no answer from a public name server, which it was given because the resolv.conf
    of its node names only loopback addresses.

    Source: k3s pkg/agent/config (resolv.conf with 8.8.8.8 if no name server is usable); kubelet --resolv-conf"""
    silent = _SILENT.search(prose.text)
    if silent is None:
        return
    texts = [prose.text, *(each.text for one in evidence for each in one.all("file"))]
    servers = {address for text in texts for address in _addresses(each["server"] for each in _SERVER.finditer(text))}
    asked = next(iter(_addresses((silent["server"],))), None)
    if asked is None or not asked.is_global or not servers or not all(each.is_loopback for each in servers):
        return
    means = message(
        "The node's resolv.conf names only {own}, a loopback address, which pods cannot use. They were given {public} "
        "instead, which does not answer from here: name a resolv.conf with servers that pods reach (--resolv-conf)",
        own=str(min(servers)), public=str(asked),
    )  # fmt: skip
    shows = message("resolv.conf names only {own}, and {public} does not answer", own=str(min(servers)),
                    public=str(asked))  # fmt: skip
    command = f"cat /etc/resolv.conf; ps -ef | grep -o 'resolv-conf[= ][^ ]*'; nslookup example.org {asked}"
    yield Hinted("", SURE, means, *prose.line_at(silent.start()), command=command, shows=shows)


def _private_name(prose: Prose, told: ToldParts) -> str | None:
    """Return the name with a dot that is not found, and that no name server of the Internet knows."""
    names = [each.host for each in told.outcomes if each.result == "no-name"]
    names += [each["name"] for each in _NOT_FOUND.finditer(prose.text)]
    dotted = (each.rstrip(".") for each in names)
    return next((each for each in dotted if "." in each and not _PUBLIC_END.search(each) and _is_name(each)), None)


def _is_name(text: str) -> bool:
    return not text.rpartition(".")[2].isdigit() and ":" not in text


def _knows_more(server: IPv4Address, first: IPv4Address) -> bool:
    """Return whether the server may know private names that the first server does not know: it is in a range of the
    engine, or in a private network while the first is on the Internet."""
    in_pool = any(server in each for each in _POOLS)
    if in_pool:
        return not any(first in each for each in _POOLS)
    return server.is_private and not server.is_loopback and first.is_global


def _in_files(evidence: Iterable[Evidence]) -> Iterator[_Servers]:
    for one in evidence:
        for reading in one.all("file"):
            found = _addresses(each["server"] for each in _SERVER.finditer(reading.text))
            if len(found) > 1:
                yield _Servers(found, -1)


def _in_prose(prose: Prose) -> Iterator[_Servers]:
    block: list[re.Match[str]] = []
    for each in _SERVER.finditer(prose.text):
        if block and prose.text.count("\n", block[-1].end(), each.start()) > _NEAR_LINES:
            yield from _of_block(block)
            block = []
        block.append(each)
    yield from _of_block(block)
    for found in _LIST.finditer(prose.text):
        addresses = _addresses(_ADDRESS.findall(found["inline"] or found["below"] or ""))
        if len(addresses) > 1:
            yield _Servers(addresses, found.start())


def _of_block(block: list[re.Match[str]]) -> Iterator[_Servers]:
    addresses = _addresses(each["server"] for each in block)
    if len(addresses) > 1:
        yield _Servers(addresses, block[0].start())


def _addresses(texts: Iterable[str]) -> tuple[IPv4Address, ...]:
    valid = (each for each in texts if all(part == str(int(part)) and int(part) < 256 for part in each.split(".")))
    return tuple(dict.fromkeys(map(IPv4Address, valid)))


def localhost_without_address(prose: Prose, evidence: Iterable[Evidence]) -> Iterator[Hinted]:
    """Yield the hint that localhost has the address ::1 in /etc/hosts, and that lo has only 127.0.0.1."""
    said = _LISTENS.search(prose.text)
    if said is None:
        return
    texts = [prose.text]
    texts += [each.text for one in evidence for each in one.readings if each.outcome == "text"]
    if not any(map(_LOOPBACK_4.search, texts)) or any(map(_LOOPBACK_6.search, texts)):
        return
    if not any(map(_LOCALHOST_6.search, texts)):
        return
    means = message(
        "/etc/hosts gives localhost the address ::1, but lo has no ::1 because IPv6 is off there: a program that "
        "listens on all addresses of localhost fails at ::1. Listen on 127.0.0.1, or switch IPv6 on for lo"
    )
    yield Hinted("loopback-address-missing", SURE - 2, means, *prose.line_at(said.start()))
