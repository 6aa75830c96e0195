"""Runs a program of classic BPF on a packet of which only some bits are known.

The packet's bytes begin at its network header, and some of them are unknown to the model.  A value is a pair: its bits,
and a mask of the bits that are known.  If unknown bits decide a jump, both branches of the program are followed, so the
result is the set of all numbers that the program may return.  None in this set stands for a number that is not known.

Source: net/core/filter.c bpf_check_classic(), bpf_convert_filter(); include/uapi/linux/filter.h, bpf_common.h
"""

from collections.abc import Callable

import msgspec

from hairpin.netfilter.packet import ICMP, ICMP6, TCP, Packet

Instruction = tuple[int, int, int, int]
"""``code``, ``jt``, ``jf``, ``k`` of struct sock_filter."""
Program = tuple[Instruction, ...]

_WORD = 0xFFFFFFFF
_MOST_STATES = 2000
_MEMORY = 16
_TAX, _TXA = 0x07, 0x87
_BYTES = {0x00: 4, 0x08: 2, 0x10: 1}
_NETWORK, _LINK, _ANCILLARY = -0x100000, -0x200000, -0x1000


class Register(msgspec.Struct, frozen=True, gc=False):
    """A register of 32 bits.  The bits in the mask ``known`` are certain; all other bits are 0 in ``bits``."""

    bits: int = 0
    known: int = _WORD

    @property
    def number(self) -> int | None:
        """The value, if all of its bits are known."""
        return self.bits if self.known == _WORD else None


_UNKNOWN = Register(0, 0)


class Bytes(msgspec.Struct, frozen=True, gc=False):
    """The bytes that a program may load, from the packet's start on, and a mask of the known bits.

    ``network``: the offset of the network header.  ``protocol``: the packet's EtherType.  ``mark``: the packet's mark.
    """

    bits: bytes
    known: bytes
    network: int
    protocol: int
    mark: int


class _State(msgspec.Struct, frozen=True, gc=False):
    at: int
    a: Register
    x: Register
    memory: tuple[Register, ...]


def results(program: Program, packet: Bytes) -> frozenset[int | None]:
    """Return every number that the program may return for the packet; None in the set stands for an unknown number.  A
    load beyond the packet's end returns 0."""
    zero = Register()
    pending = [_State(0, zero, zero, (zero,) * _MEMORY)]
    found: set[int | None] = set()
    met: set[_State] = set()
    while pending:
        state = pending.pop()
        if state in met:
            continue
        met.add(state)
        if len(met) > _MOST_STATES or not 0 <= state.at < len(program):
            return frozenset({None})
        code, *_, k = program[state.at]
        if code & 0x07 == 0x06:
            found.add(state.a.number if code & 0x18 == 0x10 else k & _WORD)
            continue
        following = _next(program[state.at], state, packet)
        if following is None:
            return frozenset({None})
        found.update({0} if following.may_end else ())
        pending.extend(following.states)
    return frozenset(found)


class _Following(msgspec.Struct, frozen=True, gc=False):
    states: tuple[_State, ...]
    may_end: bool = False
    """Whether the kernel may end the program here with the result 0: after a load beyond the packet, or a division by
    0."""


def _next(instruction: Instruction, state: _State, packet: Bytes) -> _Following | None:
    """Return the states after the instruction; None if the kernel has no such instruction."""
    code, jt, jf, k = instruction
    kind = code & 0x07
    on = msgspec.structs.replace(state, at=state.at + 1)
    if kind in (0x00, 0x01):
        return _load(code, k, state, on, packet)
    if kind in (0x02, 0x03):
        if not 0 <= k < _MEMORY:
            return None
        kept = state.a if kind == 0x02 else state.x
        memory = (*state.memory[:k], kept, *state.memory[k + 1 :])
        return _Following((msgspec.structs.replace(on, memory=memory),))
    operand = state.x if code & 0x08 else Register(k & _WORD)
    if kind == 0x04:
        return _calculate(code & 0xF0, state, on, operand)
    if kind == 0x05:
        if code & 0xF0 == 0x00:
            return _Following((msgspec.structs.replace(state, at=state.at + 1 + (k & _WORD)),))
        compare = _JUMPS.get(code & 0xF0)
        if compare is None:
            return None
        truth = compare(state.a, operand)
        ways = ((jt,) if truth is not False else ()) + ((jf,) if truth is not True else ())
        return _Following(tuple(msgspec.structs.replace(on, at=on.at + way) for way in ways))
    if code not in (_TAX, _TXA):
        return None
    moved = {"x": state.a} if code == _TAX else {"a": state.x}
    return _Following((msgspec.structs.replace(on, **moved),))


# --- loads -----------------------------------------------------------------------------------------------------------


def _load(code: int, k: int, state: _State, on: _State, packet: Bytes) -> _Following | None:
    mode, size = code & 0xE0, _BYTES.get(code & 0x18)
    if size is None:
        return None
    ends = False
    match mode:
        case 0x00:
            value = Register(k & _WORD)
        case 0x60:
            value = state.memory[k] if 0 <= k < _MEMORY else _UNKNOWN
        case 0x80:
            value = _UNKNOWN  # the packet's length
        case 0x20 | 0x40:
            offset = _as_signed(k)
            if mode == 0x40:
                base = state.x.number
                if base is None:
                    return _Following((msgspec.structs.replace(on, a=_UNKNOWN),), may_end=True)
                offset = _as_signed(base + k)
            if mode == 0x20 and _ANCILLARY <= offset < _ANCILLARY + 64:
                loaded = _ancillary(packet, offset - _ANCILLARY, state)
            else:
                loaded, ends = _bytes_at(packet, offset, size)
            value = loaded
        case 0xA0:
            loaded, ends = _bytes_at(packet, _as_signed(k), 1)
            value = Register((loaded.bits & 0xF) << 2, ~((~loaded.known & 0xF) << 2) & _WORD)
        case _:
            return None
    return _Following((msgspec.structs.replace(on, **{"x" if code & 0x07 == 0x01 else "a": value}),), may_end=ends)


def _bytes_at(packet: Bytes, offset: int, size: int) -> tuple[Register, bool]:
    """Return the loaded value, and whether the load may be outside of the packet."""
    if offset < 0:
        if offset >= _NETWORK:
            offset += packet.network - _NETWORK
        elif packet.network and _LINK <= offset < _NETWORK:
            offset -= _LINK
        else:
            return _UNKNOWN, True
    end = offset + size
    if end > len(packet.bits):
        return _UNKNOWN, True
    known = int.from_bytes(packet.known[offset:end], "big")
    absent = _WORD >> size * 8 << size * 8 & _WORD if size < 4 else 0
    return Register(int.from_bytes(packet.bits[offset:end], "big") & known, known | absent), False


def _ancillary(packet: Bytes, which: int, state: _State) -> Register:
    match which:
        case 0:
            return Register(packet.protocol)
        case 20:
            return Register(packet.mark)
        case 40:
            known = state.a.known & state.x.known
            return Register((state.a.bits ^ state.x.bits) & known, known)
        case _:
            return _UNKNOWN


def _as_signed(value: int) -> int:
    value &= _WORD
    return value - (1 << 32) if value >> 31 else value


# --- arithmetic ------------------------------------------------------------------------------------------------------

_ARITHMETIC: dict[int, Callable[[int, int], int]] = {
    0x00: lambda a, b: a + b, 0x10: lambda a, b: a - b, 0x20: lambda a, b: a * b, 0x30: lambda a, b: a // b,
    0x90: lambda a, b: a % b,
}  # fmt: skip


def _calculate(operation: int, state: _State, on: _State, by: Register) -> _Following | None:
    a = state.a
    ends = False
    if operation == 0x80:
        value = a.number
        return _Following((msgspec.structs.replace(on, a=_UNKNOWN if value is None else Register(-value & _WORD)),))
    if operation in (0x30, 0x90):
        if by.number == 0:
            return _Following((), may_end=True)
        ends = by.number is None
    if operation in _BITWISE:
        result = _BITWISE[operation](a, by)
    elif operation in _ARITHMETIC:
        one, other = a.number, by.number
        known = one is not None and other is not None
        result = Register(_ARITHMETIC[operation](a.bits, by.bits) & _WORD) if known else _UNKNOWN
    else:
        return None
    return _Following((msgspec.structs.replace(on, a=result),), may_end=ends)


def _and(a: Register, b: Register) -> Register:
    known = a.known & b.known | a.known & ~a.bits | b.known & ~b.bits
    return Register(a.bits & b.bits & known, known & _WORD)


def _or(a: Register, b: Register) -> Register:
    known = a.known & b.known | a.bits | b.bits
    return Register((a.bits | b.bits) & known, known)


def _xor(a: Register, b: Register) -> Register:
    known = a.known & b.known
    return Register((a.bits ^ b.bits) & known, known)


def _shift_left(a: Register, b: Register) -> Register:
    if b.number is None or b.number > 31:
        return _UNKNOWN
    return Register(a.bits << b.number & _WORD, (a.known << b.number | (1 << b.number) - 1) & _WORD)


def _right(a: Register, b: Register) -> Register:
    if b.number is None or b.number > 31:
        return _UNKNOWN
    return Register(a.bits >> b.number, a.known >> b.number | ~(_WORD >> b.number) & _WORD)


_BITWISE: dict[int, Callable[[Register, Register], Register]] = {
    0x40: _or, 0x50: _and, 0x60: _shift_left, 0x70: _right, 0xA0: _xor,
}  # fmt: skip


# --- comparisons -----------------------------------------------------------------------------------------------------


def _most(value: Register) -> int:
    return value.bits | ~value.known & _WORD


def _equal(a: Register, b: Register) -> bool | None:
    if (a.bits ^ b.bits) & a.known & b.known:
        return False
    return True if a.number is not None and b.number is not None else None


def _greater(a: Register, b: Register) -> bool | None:
    if a.bits > _most(b):
        return True
    return False if _most(a) <= b.bits else None


def _at_least(a: Register, b: Register) -> bool | None:
    if a.bits >= _most(b):
        return True
    return False if _most(a) < b.bits else None


def _shares(a: Register, b: Register) -> bool | None:
    if a.bits & b.bits:
        return True
    return False if not _most(a) & _most(b) else None


_JUMPS: dict[int, Callable[[Register, Register], bool | None]] = {
    0x10: _equal, 0x20: _greater, 0x30: _at_least, 0x40: _shares,
}  # fmt: skip


def read_program(text: str) -> Program:
    """Return the program in a text such as ``4,48 0 0 9,21 0 1 6,…``, as iptables and tc write programs; raise
    ValueError for any other text.

    Source: extensions/libxt_bpf.c bpf_parse_string(); iproute2 lib/bpf_legacy.c bpf_parse_opcodes()"""
    length, *lines = text.strip().rstrip(",").split(",")
    program = tuple(_instruction(line) for line in lines)
    if len(program) != int(length) or not program:
        raise ValueError(text)
    return program


def _instruction(line: str) -> Instruction:
    code, jt, jf, k = map(int, line.split())
    return code, jt, jf, k


def packet_bytes(packet: Packet) -> tuple[bytes, bytes]:
    """Return the mask of the known bits, and the bits: the IP header without options, then the ports or the ICMP type.
    The IP header's length, id and checksum are unknown, and so are most bytes behind the ports."""
    known, bits = bytearray(), bytearray()

    def put(value: int, length: int, mask: int | None = None) -> None:
        known.extend((mask if mask is not None else (1 << length * 8) - 1).to_bytes(length, "big"))
        bits.extend(value.to_bytes(length, "big"))

    if packet.version == 4:
        put(0x45, 1)
        put(packet.dscp << 2, 1)
        put(packet.length_bytes, 2, 0)
        put(0, 2, 0)  # the IP header's id is unknown
        put(0x4000 if packet.dont_fragment else 0, 2)
        put(packet.ttl, 1)
        put(packet.protocol, 1)
        put(0, 2, 0)  # the IP header's checksum is unknown
    else:
        put(6 << 28 | packet.dscp << 22, 4, 0xFFF00000)
        put(0, 2, 0)
        put(packet.protocol, 1)
        put(packet.ttl, 1)
    width = 4 if packet.version == 4 else 16
    put(packet.saddr, width)
    put(packet.daddr, width)
    if packet.protocol in (ICMP, ICMP6) and packet.icmp is not None:
        put(packet.icmp, 2)
        put(0, 2, 0)
    elif packet.sport is not None and packet.dport is not None:
        put(packet.sport, 2)
        put(packet.dport, 2)
    if packet.protocol == TCP:
        put(0, 8, 0)
        put(0x5000 | packet.tcp_flags, 2, 0x0FFF)
    rest = max(packet.length_bytes - len(bits), 0)
    put(0, rest, 0)
    return bytes(known), bytes(bits)


def seen_by_program(packet: Packet) -> Bytes:
    """Return the packet as a classic BPF program sees it, from the network header on.  The bits of the hop limit count
    as unknown, because hairpin may have invented the hop limit."""
    known, bits = packet_bytes(packet)
    hop_limit = 8 if packet.version == 4 else 7
    certain = known[:hop_limit] + b"\0" + known[hop_limit + 1 :]
    protocol = 0x0800 if packet.version == 4 else 0x86DD
    return Bytes(bits, certain, 0, 0x0806 if packet.arp else protocol, packet.mark)
