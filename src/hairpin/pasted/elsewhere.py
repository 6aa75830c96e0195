"""Finds outputs from an unknown place: the text has lost their commands, so it is not known where they were printed.

If a text has two listings of links, and a link of the same name has another hardware address in the second, the second
listing is from another place: the inside of a container, or another machine.  The outputs after such a listing are left
out, up to the next listing of the host's links.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST
from hairpin.host.link import is_engine_bridge
from hairpin.pasted.form import Fragment
from hairpin.sought import Sought

_LINK = Sought(r"\d+: (?P<name>[^:@\s]+)")
_MAC = Sought(r"\s+link/ether (?P<mac>\S+)")
_OF_PLACE = (
    "ip-", "sockets", "iptables-", "nft-", "sysctl", "bridge-", "conntrack", "proc-net", "ipset", "ebtables",
)  # fmt: skip
"""The beginnings of the keys of readings that belong to one network namespace."""


class Seen(NamedTuple):
    """An output: its parts, and whether the text has its command above it."""

    parts: tuple[Fragment, ...]
    named: bool


def at_home(outputs: Iterable[Seen]) -> Iterator[tuple[Fragment, ...]]:
    """Yield the parts of each output, in their order, without the parts from an unknown place."""
    every = tuple(outputs)
    listed = [(each, links) for each in every if (links := _links_in(each)) is not None]
    named = (links for each, links in listed if each.named)
    bridged = (links for _, links in listed if any(is_engine_bridge(name) for name in links))
    home = next(named, None) or next(bridged, None) or next((links for _, links in listed), None)
    is_foreign = False
    for each in every:
        links = _links_in(each)
        if links is not None and not each.named and home is not None:
            is_foreign = not _is_same(links, home)
        if is_foreign and not each.named:
            yield tuple(part for part in each.parts if part.netns != HOST or not part.key.startswith(_OF_PLACE))
        else:
            yield each.parts


def _links_in(output: Seen) -> dict[str, str] | None:
    """Return the links with their hardware addresses, if the output is a complete listing of the host's links."""
    text = next(
        (each.text for each in output.parts if each.netns == HOST and each.key in ("ip-addr-text", "ip-link-text")), ""
    )
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        link, mac = _LINK.match(line), _MAC.match(line)
        if link is not None:
            name = link["name"]
            found.setdefault(name, "")
        elif mac is not None and name:
            found[name] = mac["mac"]
    return found if "lo" in found else None


def _is_same(links: dict[str, str], home: dict[str, str]) -> bool:
    shared = [name for name in links.keys() & home.keys() if name != "lo" and links[name] and home[name]]
    if not shared:
        return links.keys() <= home.keys()
    return all(links[name] == home[name] for name in shared)
