"""All readings of network namespaces, made in a thread that enters them one after the other.

A thread can enter another network namespace than the rest of its process: setns(2).  Reading changes nothing.  hairpin
asks for nothing that would make the kernel load a module: ``collect.sh`` says which modules are loaded.  sock_diag
lists the listening TCP and the unconnected UDP sockets as ``ss -H -n -l -e -m -t -u`` does.

Source: sock_diag(7), linux/inet_diag.h; iproute2 misc/ss.c inet_show_sock(), inet_addr_print(), print_skmeminfo()
"""

import os
import struct
from _socket import AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, inet_ntop
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import NamedTuple

from hairpin.collect.netlink import routing
from hairpin.collect.netlink.channel import (
    NATIVE,
    NETFILTER,
    ROUTE,
    SOCKETS,
    Channel,
    NotOrdinaryError,
    attributes,
    u32,
)
from hairpin.collect.netlink.files import NET, SysctlReader, has_entries, text_of
from hairpin.collect.netlink.interfaces import listed_interfaces
from hairpin.evidence.reading import Reading, utc_text

WHOLE, RULES, CONNECTIONS = "whole", "rules", "connections"
"""The parts of a namespace that ``collect.sh`` reads: all of it, or only its rules or connections."""
_CLONE_NEWNET = 0x40000000
_GET_TABLE = 10 << 8 | 1
"""NFNL_SUBSYS_NFTABLES and NFT_MSG_GETTABLE."""
_NOT_LOADED = "nf_tables is not loaded: there is no table"
_COUNT = "/proc/sys/net/netfilter/nf_conntrack_count"
_MOST_CONNECTIONS = 20_000
_LIMIT_FOLDERS = ("xt_recent", "ipt_hashlimit", "ip6t_hashlimit")
_NOT_UNDERSTOOD = (NotOrdinaryError, OSError, LookupError, ValueError, struct.error, ImportError, AttributeError)
"""The errors of a namespace that cannot be read.  A netlink message may have an unknown form, Python may lack ctypes,
and the libc may lack setns(2)."""


class Place(NamedTuple):
    """A network namespace: its name in readings, and the path of its file."""

    netns: str
    path: str


class Inside(NamedTuple):
    """The readings of a namespace.  ``left``: the parts that ``collect.sh`` still has to read.  ``inode``: the inode of
    the namespace; 0 if it could not be opened."""

    inode: int
    readings: tuple[Reading, ...] = ()
    left: tuple[str, ...] = (WHOLE,)


class Facts:
    """What ``collect.sh`` has found out for all namespaces: the reading ``apart-facts``, one line a fact."""

    def __init__(self, text: str) -> None:
        lines = (line.split() for line in text.splitlines())
        self.words = {words[0]: tuple(words[1:]) for words in lines if words}
        for each in ("loaded", "keys4", "keys6", "unused6", "further", "paths"):
            self.words.setdefault(each, ())

    def is_loaded(self, what: str) -> bool:
        """Return whether a part of the kernel is there."""
        return what in self.words["loaded"]

    def program(self, word: str) -> str:
        """Return the name of a program of the host; empty if the host does not have it."""
        return " ".join(self.words.get(word, ()))


def read_insides(places: Iterable[Place], facts: Facts) -> dict[Place, Inside]:
    """Return what was read of each namespace."""
    found: dict[Place, Inside] = {}
    thread = Thread(target=_read_all, args=(tuple(places), facts, found), daemon=True)
    thread.start()
    thread.join()
    return found


def _read_all(places: tuple[Place, ...], facts: Facts, found: dict[Place, Inside]) -> None:
    sysctls = SysctlReader(facts.words)
    setns: Callable[[int], None] | None = None
    for place in places:
        inode = 0
        try:
            file = os.open(place.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                inode = os.fstat(file).st_ino
                setns = setns or _setns()
                setns(file)
            finally:
                os.close(file)
            found[place] = _Enquiry(place.netns, facts, sysctls).inside(inode)
        except _NOT_UNDERSTOOD:
            found[place] = Inside(inode)


def _setns() -> Callable[[int], None]:
    """Return setns(2) for network namespaces."""
    own: Callable[[int, int], None] | None = getattr(os, "setns", None)
    if own is not None:
        return lambda file: own(file, _CLONE_NEWNET)
    import ctypes  # noqa: PLC0415 - Python 3.11 alone needs it

    libc = ctypes.CDLL(None, use_errno=True)

    def enter(file: int) -> None:
        if libc.setns(file, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return enter


class _Enquiry:
    """Makes the readings of the namespace that the thread is in."""

    def __init__(self, netns: str, facts: Facts, sysctls: SysctlReader) -> None:
        self._netns, self._facts, self._sysctls = netns, facts, sysctls
        self._at = utc_text(datetime.now(UTC), "milliseconds")
        self._left: list[str] = []

    def inside(self, inode: int) -> Inside:
        """Return the readings in the order of ``namespace`` in ``collect.sh``; raise NotOrdinaryError or OSError."""
        for folder in _LIMIT_FOLDERS:
            if has_entries(f"{NET}{folder}"):
                raise NotOrdinaryError("rate limits")
        if self._facts.is_loaded("xfrm"):
            counts = (text_of(f"{NET}xfrm_stat") or "").split()[1::2]
            if any(each != "0" for each in counts):
                raise NotOrdinaryError("IPsec has counted a packet")
        readings: list[Reading] = []
        with Channel(ROUTE) as route:
            interfaces = listed_interfaces(route)
            readings += self._routing(route, interfaces.text, interfaces.names)
        readings += self._rules()
        readings.append(self._text("sysctl", "/proc/sys/net", self._sysctls.text(has_ipv6=interfaces.has_ipv6)))
        readings += self._connections()
        readings += self._files()
        readings += self._sockets(interfaces.names)
        return Inside(inode, tuple(readings), tuple(self._left))

    def _text(self, key: str, origin: str, text: str) -> Reading:
        return Reading("", key, self._netns, origin, self._at, 0, "text", text)

    def _absent(self, key: str, origin: str, why: str) -> Reading:
        return Reading("", key, self._netns, origin, self._at, 127, "absent", why)

    def _routing(self, route: Channel, addresses: str, names: dict[int, str]) -> Iterator[Reading]:
        if text_of(f"{NET}if_inet6") is None:
            raise NotOrdinaryError("a kernel without IPv6")
        for key, command, text in (
            ("ip-addr", "ip -j -d addr", addresses),
            ("ip-neigh", "ip -j -d neigh show nud all", routing.neighbours(route, names)),
            ("ip-nexthop", "ip -j -d nexthop", routing.next_hops(route)),
            ("ip-route4", "ip -j -d route show table all root 0.0.0.0/0", routing.routes(route, AF_INET, names)),
            ("ip-rule4", "ip -j -d rule", routing.rules(route, AF_INET)),
            ("ip-route6", "ip -6 -j -d route show table all", routing.routes(route, AF_INET6, names)),
            ("ip-rule6", "ip -6 -j -d rule", routing.rules(route, AF_INET6)),
            ("tc-qdisc", "tc -j qdisc show", routing.queueing(route, names)),
        ):
            yield self._text(key, by_netlink(command), text)

    def _rules(self) -> Iterator[Reading]:
        """Yield the readings of rules if there is no table; otherwise leave them all to the tools that read them."""
        loaded = self._facts.is_loaded("nf_tables")
        if (loaded and _has_tables()) or any(
            (text_of(f"{NET}{each}_tables_names") or "").strip() for each in ("ip", "ip6", "arp")
        ):
            self._left.append(RULES)
            return
        listing = "nft list chains"
        if loaded:
            yield self._text("nft-tables", by_netlink(listing), "")
        else:
            yield self._absent("nft-tables", listing, "nf_tables is not loaded: there is no nftables table")
        for version in ("4", "6"):
            command = f"{self._facts.program(f'nft{version}') or 'iptables-nft-save'} -c"
            if loaded:
                yield self._text(f"iptables-nft-save{version}", by_netlink(command), "")
            else:
                yield self._absent(f"iptables-nft-save{version}", command, _NOT_LOADED)
        for version, file in (("4", "ip"), ("6", "ip6")):
            command = f"{self._facts.program(f'legacy{version}') or 'iptables-legacy-save'} -c"
            names = f"/proc/net/{file}_tables_names"
            state = "not there" if text_of(f"{NET}{file}_tables_names") is None else "empty"
            yield self._absent(
                f"iptables-legacy-save{version}", command, f"{names} is {state}: no legacy table is in use"
            )

    def _connections(self) -> Iterator[Reading]:
        count = text_of(_COUNT)
        if count is None:
            command = "conntrack -L -o extended"
            yield self._absent("conntrack", command, "nf_conntrack is not loaded: no connection is tracked")
        elif count.strip() == "0":
            yield self._text("conntrack", _COUNT, "")
        else:
            listed = text_of(f"{NET}nf_conntrack")
            if listed is None or listed.count("\n") > _MOST_CONNECTIONS:
                self._left.append(CONNECTIONS)
            else:
                yield self._text("conntrack", "/proc/net/nf_conntrack", listed)

    def _files(self) -> Iterator[Reading]:
        """Yield the queues of NFQUEUE and the services of IPVS."""
        file = "netfilter/nfnetlink_queue"
        queues, services = text_of(f"{NET}{file}"), text_of(f"{NET}ip_vs")
        if queues is None:
            yield self._absent("packet-queues", f"/proc/net/{file}", "nfnetlink_queue is not loaded")
        else:
            yield self._text("packet-queues", f"/proc/net/{file}", queues)
        if services is not None:
            yield self._text("ipvs", "/proc/net/ip_vs", services)

    def _sockets(self, names: dict[int, str]) -> Iterator[Reading]:
        if _has_no_socket():
            yield self._text("sockets", "/proc/net/sockstat, /proc/net/sockstat6", "")
        elif self._facts.is_loaded("diag"):
            with Channel(SOCKETS) as diagnosis:
                text = listed_sockets(diagnosis, names)
            yield self._text("sockets", by_netlink("ss -H -n -l -e -m -t -u"), text)
        else:
            raise NotOrdinaryError("sock_diag is not loaded")


def by_netlink(command: str) -> str:
    """Return the origin of a reading that has the form of a command's output, and that netlink gave."""
    return f"{command} (by netlink)"


def _has_tables() -> bool:
    with Channel(NETFILTER) as tables:
        return any(True for _ in tables.dump(_GET_TABLE, bytes(4)))


def _has_no_socket() -> bool:
    """Return whether the kernel counts no socket of TCP and UDP."""
    counted = 0
    for file, protocols in (("sockstat", ("TCP:", "UDP:")), ("sockstat6", ("TCP6:", "UDP6:"))):
        for line in (text_of(f"{NET}{file}") or "").splitlines():
            words = line.split()
            if words and words[0] in protocols:
                if words[2] != "0":
                    return False
                counted += 1
    return counted == 4


_BY_FAMILY = 20
_LISTEN, _UNCONNECTED = 10, 7
_STATES = {_LISTEN: "LISTEN", _UNCONNECTED: "UNCONN"}
_REQUEST = struct.Struct("=BBBxI48s")
_SOCKET = struct.Struct("=BBxx2s2s16s16sI8sIIIII")
_V6ONLY, _MEMORY, _MARK, _GROUP = 11, 7, 15, 21
_ASKED = 1 << _MEMORY - 1
_FIELDS = ("r", "rb", "t", "tb", "f", "w", "o", "bl", "d")
"""SK_MEMINFO_* of linux/sock_diag.h, as ss prints them."""


def listed_sockets(diagnosis: Channel, names: dict[int, str]) -> str:
    """Return the sockets of the namespace of a channel, in the order of ss; raise NotOrdinaryError or OSError.

    TCP is asked for listening sockets alone: for any other state the kernel walks the connections of all namespaces
    (net/ipv4/inet_diag.c inet_diag_dump_icsk())."""
    return "".join(
        _line(each, word, names)
        for protocol, state, word in ((IPPROTO_UDP, _UNCONNECTED, "udp"), (IPPROTO_TCP, _LISTEN, "tcp"))
        for family in (AF_INET, AF_INET6)
        for each in diagnosis.dump(_BY_FAMILY, _REQUEST.pack(family, protocol, _ASKED, 1 << state, bytes(48)))
    )


def _line(message: bytes, protocol: str, names: dict[int, str]) -> str:
    """Return the two lines of a socket: its ends and owner, and its memory."""
    (
        family, state, port, far_port, address, far_address, index, cookie, _, received, sent, uid, inode,
    ) = _SOCKET.unpack_from(message)  # fmt: skip
    tags = attributes(message, _SOCKET.size)
    if family not in (AF_INET, AF_INET6) or state not in _STATES or _MEMORY not in tags:
        raise NotOrdinaryError("a socket of an unknown family or state")
    if index and index not in names:
        raise NotOrdinaryError("a socket on a link that is not listed")
    v6only = any(tags.get(_V6ONLY, b""))
    near = _end(family, address, port, names.get(index, ""), v6only=v6only)
    words = [
        protocol,
        _STATES[state],
        str(received),
        str(sent),
        near,
        _end(family, far_address, far_port, "", v6only=v6only),
    ]
    words += _details(uid, inode, cookie, tags)
    memory = struct.unpack(f"={len(tags[_MEMORY]) // 4}I", tags[_MEMORY])
    shown = ",".join(f"{field}{value}" for field, value in zip(_FIELDS, memory, strict=False))
    return f"{' '.join(words)}\n\t skmem:({shown})\n"


def _end(family: int, address: bytes, port: bytes, device: str, *, v6only: bool) -> str:
    number = int.from_bytes(port) or "*"
    at = f"%{device}" if device else ""
    if family == AF_INET:
        return f"{inet_ntop(family, address[:4])}{at}:{number}"
    if not v6only and not any(address):
        return f"*{at}:{number}"
    return f"[{inet_ntop(family, address)}]{at}:{number}"


def _details(uid: int, inode: int, cookie: bytes, tags: dict[int, bytes]) -> Iterator[str]:
    if uid:
        yield f"uid:{uid}"
    low, high = u32(cookie), u32(cookie[4:])
    yield f"ino:{inode}"
    yield f"sk:{high << 32 | low:x}"
    if _GROUP in tags:
        yield f"cgroup:unreachable:{int.from_bytes(tags[_GROUP][:8], NATIVE):x}"
    if _V6ONLY in tags:
        yield f"v6only:{tags[_V6ONLY][0]}"
    yield "<->"
    if any(tags.get(_MARK, b"")):
        yield f"fwmark:0x{u32(tags[_MARK]):x}"
