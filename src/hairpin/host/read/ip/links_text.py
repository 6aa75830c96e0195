"""Links and addresses from the words of ``ip -d addr`` (iproute2 without JSON) and of busybox's ``ip addr``.

    link    := INDEX ":" NAME ["@" PEER] ":" "<" FLAGS ">" "mtu" MTU word*
               "link/" TYPE [MAC] word*
               [kind word*] ["bridge_slave" word*] address*
    address := ("inet" | "inet6") ADDRESS "/" LENGTH word* [LABEL]

Busybox prints no kind.  Busybox also looks up the index of a peer in this namespace, even if the peer is in another
namespace.  For example, busybox prints ``v2@br0`` if br0 is link 2 of this namespace and the peer is link 2 of the
other namespace.  Therefore the kinds of busybox's links are guessed.  A link that is the master of another link is
taken for a bridge.  A link whose peer cannot be its lower link is taken for a veth.
"""

import re
from typing import Literal

import msgspec

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.evidence.reading import Reading
from hairpin.host.link import BRIDGE_FLAGS, PORT_FLAGS, USER_HZ, Address, BridgeInfo, BridgePort, Link, Tunnel
from hairpin.host.read.ip.address_text import interface_address, link_name, mac, number
from hairpin.host.read.ip.links_json import PEERED, TUNNELS, Interfaces, endpoint, gre_key, outer_ttl
from hairpin.message import message
from hairpin.netfilter.address import parse_address

ELSEWHERE = -1
"""The value of ``Link.peer_netnsid`` for a peer in another namespace that the tool did not name."""
_HEAD = re.compile(r"(\d+): ([^\s@:]+)(?:@([^\s:]+))?: <([^>]*)> (.*)")
_PEER_INDEX = re.compile(r"if(\d+)")
_OWN_LINES = ("link/", "inet", "alias", "altname", "prog/", "valid_lft", "RX", "TX", "cache")
_SCOPES = ("global", "link", "host", "site", "nowhere")


def interfaces(reading: Reading) -> Interfaces:
    """Return the links and their addresses; raise ParseError with the line."""
    links: list[Link] = []
    peers: list[str] = []
    addresses: list[Address] = []
    for line_number, line in enumerate(reading.text.split("\n"), 1):
        words = line.split()
        if not words:
            continue
        try:
            if line[0].isdigit():
                link, peer = _head(line, reading.id)
                links.append(link)
                peers.append(peer)
            elif words[0] in ("inet", "inet6"):
                addresses.append(_address(links[-1].name, words, reading.id))
            else:
                links[-1] = _detail(links[-1], words)
        except (ValueError, IndexError) as error:
            raise ParseError(reason_of(error), source=reading.origin, line=line_number, text=line) from None
    described = "state" in reading.text.partition("\n")[0].split()
    joined = _joined(tuple(links), tuple(peers))
    return Interfaces(joined if described else _guessed(joined), tuple(addresses))


def value_after(words: list[str], key: str) -> str | None:
    """Return the word after the word ``key``; None if there is no such word."""
    return words[words.index(key) + 1] if key in words[:-1] else None


def port_of(words: list[str]) -> BridgePort:
    """Return the settings of a bridge port from the words of ``bridge_slave …`` or of ``bridge -d link``."""
    said = {flag: value_after(words, flag) for flag in PORT_FLAGS}
    flags = {flag: PORT_FLAGS[flag] if value is None else value == "on" for flag, value in said.items()}
    return msgspec.structs.replace(BridgePort((value_after(words, "state") or "forwarding").lower()), **flags)


def _head(line: str, evidence: str) -> tuple[Link, str]:
    match = _HEAD.fullmatch(line.rstrip())
    if match is None:
        raise MalformedError(message("not the first line about a link"))
    index, name, peer, flag_text, rest = match.groups(default="")
    words, flags = rest.split(), tuple(flag_text.split(","))
    link = Link(
        index=int(index),
        name=link_name(name),
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        operstate=value_after(words, "state") or "UNKNOWN",
        mtu_bytes=int(value_after(words, "mtu") or 1500),
        master=value_after(words, "master"),
        group=value_after(words, "group") or "default",
        flags=flags,
        xdp=any(word.startswith("xdp") for word in words),
        evidence=evidence,
    )
    return link, peer


def _detail(link: Link, words: list[str]) -> Link:
    first = words[0]
    if first.startswith("link/"):
        netnsid = value_after(words, "link-netnsid")
        return msgspec.structs.replace(
            link,
            kind="loopback" if first == "link/loopback" else "",
            mac=mac(words[1]) if len(words) > 1 else None,
            peer_netnsid=_netnsid(netnsid),
        )
    if first == "bridge_slave":
        return msgspec.structs.replace(link, port=port_of(words))
    if first.startswith("prog/xdp"):
        return msgspec.structs.replace(link, xdp=True)
    if first.endswith("_slave") or first.startswith(_OWN_LINES) or link.kind:
        return link
    return _of_kind(link, first, words)


def _netnsid(text: str | None) -> int | None:
    """Return the namespace's id; iproute2 prints the kernel's -1 (no id assigned yet) as ``unknown``."""
    if text is None:
        return None
    return int(text) if text.isdigit() else ELSEWHERE


def _of_kind(link: Link, kind: str, words: list[str]) -> Link:
    identity = value_after(words, "id")
    table = value_after(words, "table")
    return msgspec.structs.replace(
        link,
        kind=kind,
        lower=value_after(words, "dev") if kind == "vxlan" else None,
        tunnel=_tunnel(kind, words) if kind in TUNNELS else None,
        vlan_id=int(identity) if kind == "vlan" and identity else None,
        macvlan_mode=value_after(words, "mode") if kind in ("macvlan", "macvtap", "ipvlan", "ipvtap") else None,
        ipvlan_flag=next((word for word in words if word in _IPVLAN_FLAGS), "bridge") if kind == "ipvlan" else None,
        vrf_table=number(table) if kind == "vrf" and table else None,
        bridge=_bridge(words) if kind == "bridge" else None,
    )


def _tunnel(kind: str, words: list[str]) -> Tunnel:
    """Source: iproute2 ip/iplink_vxlan.c, iplink_geneve.c, link_gre.c, link_iptnl.c"""
    identity, port = value_after(words, "id"), value_after(words, "dstport")
    key = value_after(words, "key") or value_after(words, "okey")
    remote = endpoint(value_after(words, "remote") or value_after(words, "group"))
    local = endpoint(value_after(words, "local"))
    df = value_after(words, "df")
    return Tunnel(
        kind,
        (remote or local or (4, 0))[0],
        key=int(identity) if identity else gre_key(key),
        port=int(port) if port else None,
        local=local[1] if local is not None else None,
        remote=remote[1] if remote is not None else None,
        underlay=value_after(words, "dev"),
        ttl=outer_ttl(kind, value_after(words, "ttl")),
        dont_fragment="set" if df == "set" or _sets_df(kind, words) else "inherit" if df == "inherit" else "unset",
        learning="nolearning" not in words,
        proxy="proxy" in words,
        external="external" in words,
    )


def _sets_df(kind: str, words: list[str]) -> bool:
    """Return whether a GRE or IP tunnel sets DF on outer packets, which is the default."""
    return kind in ("gre", "gretap", "ipip", "sit") and "nopmtudisc" not in words


_IPVLAN_FLAGS = ("private", "vepa")


def _bridge(words: list[str]) -> BridgeInfo:
    said = {name: value_after(words, "stp_state" if name == "stp" else name) for name in BRIDGE_FLAGS}
    delay = value_after(words, "forward_delay") or ""
    return msgspec.structs.replace(
        BridgeInfo(forward_delay_s=int(delay) / USER_HZ if delay.isdigit() else None),
        **{name: BRIDGE_FLAGS[name] if value is None else value != "0" for name, value in said.items()},
    )


def _joined(links: tuple[Link, ...], peers: tuple[str, ...]) -> tuple[Link, ...]:
    """Return the links with the peers to which ``@if8`` (an index in another namespace) and ``@v0`` (a name in this
    namespace) refer."""
    indices = {link.name: link.index for link in links}
    return tuple(_join(link, peer, indices) for link, peer in zip(links, peers, strict=True))


def _join(link: Link, peer: str, indices: dict[str, int]) -> Link:
    by_index = _PEER_INDEX.fullmatch(peer)
    if peer in indices:
        lower = link.lower if link.kind in PEERED else peer
        return msgspec.structs.replace(link, peer_index=indices[peer], lower=lower)
    if by_index is not None:
        elsewhere = ELSEWHERE if link.peer_netnsid is None else link.peer_netnsid
        return msgspec.structs.replace(link, peer_index=int(by_index[1]), peer_netnsid=elsewhere)
    if link.lower in indices:
        return msgspec.structs.replace(link, peer_index=indices[link.lower])
    return link


def _guessed(links: tuple[Link, ...]) -> tuple[Link, ...]:
    masters = {link.master for link in links}
    pairs = {(link.index, link.peer_index) for link in links}
    return tuple(_guess(link, masters, pairs) for link in links)


def _guess(link: Link, masters: set[str | None], pairs: set[tuple[int, int | None]]) -> Link:
    if link.kind or link.mac is None:
        return link
    if link.name in masters or link.name == "docker0" or link.name.startswith("br-"):
        return msgspec.structs.replace(link, kind="bridge", bridge=BridgeInfo())
    if link.peer_index is None:
        return link
    if (link.peer_index, link.index) in pairs:
        return msgspec.structs.replace(link, kind="veth", lower=None)
    # A bridge port's lower link is never its bridge.  Container engines give their veths names that begin with "veth".
    if link.lower is None or link.lower == link.master or link.name.startswith("veth"):
        return msgspec.structs.replace(link, kind="veth", lower=None, peer_netnsid=ELSEWHERE)
    return link


def _address(link: str, words: list[str], evidence: str) -> Address:
    version: Literal[4, 6] = 4 if words[0] == "inet" else 6
    found, value, prefix_length = interface_address(words[1])
    peer_text = value_after(words, "peer")
    if peer_text is not None:
        _, _, prefix_length = interface_address(peer_text)
    scope = value_after(words, "scope") or "global"
    broadcast = value_after(words, "brd")
    if found != version:
        raise MalformedError(message("{address!r} is not of family {family}", address=words[1], family=words[0]))
    return Address(
        link=link,
        version=version,
        value=value,
        prefix_length=prefix_length,
        scope=scope if scope in _SCOPES else "global",
        peer=interface_address(peer_text)[1] if peer_text is not None else None,
        broadcast=parse_address(broadcast)[1] if broadcast is not None else None,
        secondary="secondary" in words or "temporary" in words,
        tentative="tentative" in words or "dadfailed" in words,
        duplicate="dadfailed" in words,
        deprecated="deprecated" in words,
        dynamic="dynamic" in words,
        nodad="nodad" in words,
        noprefixroute="noprefixroute" in words,
        evidence=evidence,
    )


def with_holders(links: tuple[Link, ...], text: str, halted: frozenset[int] = frozenset()) -> tuple[Link, ...]:
    """Return the links; each tun device has the program that has the device open.  ``text``: lines
    ``DEVICE<TAB>PID<TAB>COMMAND``.  ``halted``: the processes that a signal has stopped."""
    lines = [words for line in text.splitlines() if len(words := line.split("\t")) == 3 and words[1].isdigit()]
    holders = {device: (int(pid), command) for device, pid, command in lines}
    running = {device for device, pid, _ in lines if int(pid) not in halted}
    return tuple(
        msgspec.structs.replace(
            each, holder=holders[each.name][1], holder_pid=holders[each.name][0], holder_halted=each.name not in running
        )
        if each.kind == "tun" and each.name in holders
        else each
        for each in links
    )
