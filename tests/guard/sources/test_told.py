"""Netlink messages that are told, and the filter by which the kernel throws others away."""

import socket
import struct

from hairpin.guard.sources.told import Only, messages

GENERATION = 10 << 8 | 15


def message(kind: int, payload: bytes) -> bytes:
    length = 16 + len(payload)
    return length.to_bytes(4, "little") + kind.to_bytes(2, "little") + bytes(10) + payload + bytes(-length % 4)


def test_a_cut_datagram_ends() -> None:
    told = message(GENERATION, bytes(24))
    assert list(messages(told[:-4])) == []
    assert list(messages(b"")) == []


def heard(only: Only, *datagrams: bytes) -> list[bytes]:
    """Return what a socket with the filter gets: the kernel runs it on datagrams of any family."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        only.attach(here)
        here.setblocking(False)
        for each in datagrams:
            there.send(each)
        found: list[bytes] = []
        try:
            while True:
                found.append(here.recv(1 << 16))
        except BlockingIOError:
            return found


def test_only_messages_of_a_type_are_let_in() -> None:
    rule, generation = message(10 << 8 | 6, bytes(4)), message(GENERATION, bytes(4))
    assert heard(Only(4, 2, (GENERATION,)), rule, generation, b"\0\0") == [generation]


def test_only_words_with_one_of_the_numbers_are_let_in() -> None:
    events = [bytes(36) + struct.pack("=II", number, 0) for number in (1, 2, 4, 0x80000000)]
    assert heard(Only(36, 4, (1, 2)), *events) == events[:2]
