"""Asks nftables to trace the probes, and returns the rules and policies that dropped them.

The rules that start the trace are in a table of its own.  The table has the flag ``owner``: only the socket that made
it may change it, and the kernel removes it when the socket is closed, also when this process is killed.  Kernels before
5.12 do not know the flag, and there is no trace there.

Source: linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink.h; net/netfilter/nf_tables_api.c nft_rcv_nl_event(),
net/netfilter/nf_tables_trace.c nft_trace_notify()
"""

import os
import re
import socket
import struct
import subprocess
from collections import Counter
from collections.abc import Iterator

import msgspec

from hairpin.carry.run import SEARCH_PATH
from hairpin.collect.netlink.channel import attribute, attributes
from hairpin.host.netns import Netns
from hairpin.judges.observation import TracedVerdict

_NETFILTER = 12
_SUBSYSTEM = 10
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW_TABLE, _NEW_CHAIN, _NEW_RULE, _TRACE = 0, 3, 6, 17
_REQUEST, _ACK, _CREATE, _APPEND = 0x1, 0x4, 0x400, 0x800
_ERROR = 2
_NESTED = 0x8000
_INET = 1
_OWNER = 2
_SOL_NETLINK, _ADD_MEMBERSHIP, _TRACE_GROUP = 270, 1, 9
_PREROUTING, _OUTPUT = 0, 3
_PRIORITY = -450
"""Before the chains of the priority raw (-300), which the trace has to show."""
_META_TRACE, _META_PROTOCOL, _META_FAMILY = 12, 16, 15
_NETWORK, _TRANSPORT = 1, 2
_EQUAL, _LESS_OR_EQUAL, _GREATER_OR_EQUAL = 0, 3, 5
_DROP = 0
_POLICY, _RULE = 1, 3
_PATIENCE_S = 2.0
_BUFFER = 1 << 22
_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}


class Traced(msgspec.Struct, frozen=True):
    """The packets that are traced: of a protocol, with a source or destination port (or echo id) in a range; or, if
    ``sender`` is not empty, from or to that packed address."""

    protocol: int
    first: int
    last: int
    sender: bytes = b""


class NftTrace:
    """The trace in one namespace.  The table exists while the object is open."""

    def __init__(self, netns: Netns, traced: Traced) -> None:
        """Make the table in the namespace that this process is in.  Raises OSError if the kernel refuses."""
        self.netns = netns
        self._drops: Counter[tuple[int, str, str, int]] = Counter()
        self._told = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETFILTER)
        self._told.bind((0, 0))
        self._told.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._told.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _TRACE_GROUP)
        self._owner = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER)
        try:
            self._owner.bind((0, 0))
            self._owner.settimeout(_PATIENCE_S)
            _send(self._owner, tuple(_table(f"hairpin-live-{os.getpid()}", traced)))
        except OSError:
            self.close()
            raise

    def drain(self) -> None:
        """Take what the kernel has told since the last time.  Messages that were lost are not missed: a rule that drops
        one probe drops others, too."""
        while True:
            try:
                data = self._told.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: the kernel told more than the buffer holds
                continue
            for found in _drops(data):
                self._drops[found] += 1

    def close(self) -> None:
        """Close both sockets; the kernel then removes the table."""
        self._told.close()
        self._owner.close()

    def verdicts(self) -> tuple[TracedVerdict, ...]:
        """Return the rules and policies that dropped packets.  Call it in the namespace of the trace."""
        return tuple(
            TracedVerdict(
                self.netns, _FAMILIES.get(family, str(family)), table, chain,
                _rule_text(_FAMILIES.get(family, ""), table, chain, handle) if handle else "policy drop", packets,
            )
            for (family, table, chain, handle), packets in self._drops.items()
        )  # fmt: skip


def _drops(data: bytes) -> Iterator[tuple[int, str, str, int]]:
    """Yield family, table, chain and rule handle (0 for a policy) of each packet that a datagram says was dropped."""
    start = 0
    while start + 20 <= len(data):
        length, kind, _, _, _ = struct.unpack_from("=IHHII", data, start)
        if length < 20:
            return
        if kind == _SUBSYSTEM << 8 | _TRACE:
            found = attributes(data[start + 20 : start + length])
            told = int.from_bytes(found.get(4, b""), "big")
            policy, verdict = found.get(16), attributes(found.get(5, b""))
            code = int.from_bytes(verdict[1], "big") if 1 in verdict else None
            names = (found.get(1, b"").rstrip(b"\0").decode(), found.get(2, b"").rstrip(b"\0").decode())
            if told == _RULE and code == _DROP:
                yield data[start + 16], *names, int.from_bytes(found.get(3, b""), "big")
            elif told == _POLICY and policy is not None and int.from_bytes(policy, "big") == _DROP:
                yield data[start + 16], *names, 0
        start += length + 3 & ~3


def _rule_text(family: str, table: str, chain: str, handle: int) -> str:
    """Return the rule with that handle as nft lists it, or else its handle."""
    argv = ("nft", "-a", "list", "chain", family, table, chain)
    environment = {"PATH": SEARCH_PATH, "LC_ALL": "C"}
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=10, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return f"handle {handle}"
    found = re.search(rf"^\s*(.*) # handle {handle}$", done.stdout, re.MULTILINE)
    return found[1] if found is not None else f"handle {handle}"


def _send(kernel: socket.socket, messages: tuple[bytes, ...]) -> None:
    """Send one transaction; raise OSError if the kernel refuses a part of it."""
    begin = _message(_BATCH_BEGIN, _REQUEST, 0, struct.pack("=BBH", 0, 0, socket.htons(_SUBSYSTEM)))
    end = _message(_BATCH_END, _REQUEST, 0, struct.pack("=BBH", 0, 0, socket.htons(_SUBSYSTEM)))
    numbered = (
        _message(_SUBSYSTEM << 8 | each[0], _REQUEST | _ACK | _CREATE | _APPEND, number, each[1:])
        for number, each in enumerate(messages, 1)
    )
    kernel.send(b"".join((begin, *numbered, end)))
    left = len(messages)
    while left:
        data, start = kernel.recv(1 << 16), 0
        while start + 20 <= len(data):
            length, kind = struct.unpack_from("=IH", data, start)
            if kind == _ERROR:
                (status,) = struct.unpack_from("=i", data, start + 16)
                if status:
                    raise OSError(-status, os.strerror(-status))
                left -= 1
            start += length + 3 & ~3


def _message(kind: int, flags: int, number: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, number, 0) + body + bytes(-len(body) % 4)


def _table(name: str, traced: Traced) -> Iterator[bytes]:
    """Yield the messages that make the table, each as its type and its body."""
    head, called = struct.pack("=BBH", _INET, 0, 0), name.encode() + b"\0"
    yield bytes((_NEW_TABLE,)) + head + attribute(1, called) + attribute(2, _u32(_OWNER))
    for chain, hook in ((b"prerouting\0", _PREROUTING), (b"output\0", _OUTPUT)):
        place = _nest(4, attribute(1, _u32(hook)), attribute(2, struct.pack(">i", _PRIORITY)))
        kind = attribute(7, b"filter\0")
        yield bytes((_NEW_CHAIN,)) + head + attribute(1, called) + attribute(3, chain) + place + kind
        for expressions in _matches(traced):
            body = attribute(1, called) + attribute(2, chain) + _nest(4, *expressions, *_START)
            yield bytes((_NEW_RULE,)) + head + body


def _matches(traced: Traced) -> Iterator[tuple[bytes, ...]]:
    """Yield the matches of each rule: one for packets to the asked end, one for their answers."""
    protocol = (_meta(_META_PROTOCOL), _compare(_EQUAL, bytes((traced.protocol,))))
    if traced.sender:
        is_v4 = len(traced.sender) == 4
        family = (_meta(_META_FAMILY), _compare(_EQUAL, bytes((2 if is_v4 else 10,))))
        for offset in (12, 16) if is_v4 else (8, 24):
            address = _payload(_NETWORK, offset, len(traced.sender))
            yield *family, *protocol, address, _compare(_EQUAL, traced.sender)
        return
    for offset in (4,) if traced.protocol in (1, 58) else (0, 2):
        port = _payload(_TRANSPORT, offset, 2)
        low = _compare(_GREATER_OR_EQUAL, traced.first.to_bytes(2))
        yield *protocol, port, low, _compare(_LESS_OR_EQUAL, traced.last.to_bytes(2))


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _nest(kind: int, *values: bytes) -> bytes:
    return attribute(kind | _NESTED, b"".join(values))


def _expression(name: bytes, *values: bytes) -> bytes:
    return _nest(1, attribute(1, name + b"\0"), _nest(2, *values))


def _meta(key: int) -> bytes:
    return _expression(b"meta", attribute(1, _u32(1)), attribute(2, _u32(key)))


def _compare(how: int, value: bytes) -> bytes:
    return _expression(b"cmp", attribute(1, _u32(1)), attribute(2, _u32(how)), _nest(3, attribute(1, value)))


def _payload(base: int, offset: int, length: int) -> bytes:
    values = ((1, 1), (2, base), (3, offset), (4, length))
    return _expression(b"payload", *(attribute(kind, _u32(value)) for kind, value in values))


_START = (
    _expression(b"immediate", attribute(1, _u32(1)), _nest(2, attribute(1, b"\1"))),
    _expression(b"meta", attribute(2, _u32(_META_TRACE)), attribute(3, _u32(1))),
)
"""The expressions that start the trace of a packet."""
