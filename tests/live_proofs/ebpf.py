"""Attaches a program of eBPF to a link by tcx, which no tool of iproute2 6.1 shows, and holds it until it is killed.

``python -I -S ebpf.py LINK in|out PORT all|half|none`` drops TCP over IPv4 from or to the port, half of it at random,
or nothing.  Without clang or bpftool, the program is its instructions.

Source: bpf(2), linux/bpf.h; Documentation/bpf/standardization/instruction-set.rst
"""

import ctypes
import os
import platform
import signal
import socket
import struct
import sys
from typing import NoReturn

_NUMBERS = {"x86_64": 321, "aarch64": 280}
_PROG_LOAD, _LINK_CREATE = 5, 28
_SCHED_CLS = 3
_TCX = {"in": 46, "out": 47}
_NEXT, _SHOT = -1, 2
_LIBC = ctypes.CDLL(None, use_errno=True)


def _line(code: int, registers: int = 0, offset: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBhi", code, registers, offset, value)


def program(port: int, share: str) -> bytes:
    """Return the instructions."""
    dropping = {
        "all": [],
        "half": [_line(0x85, value=7), _line(0x57, value=1), _line(0x15, offset=2)],  # get_prandom_u32() & 1
        "none": [_line(0xB7), _line(0x15, offset=2)],
    }[share]
    tail = [*dropping, _line(0xB7, value=_SHOT), _line(0x95), _line(0xB7, value=_NEXT), _line(0x95)]
    hit = len(tail) - 2  # from the line behind the tests to the last return
    return b"".join((
        _line(0xBF, 0x16),  # r6 = r1, the packet
        _line(0x28, value=12), _line(0x55, offset=6 + hit, value=0x0800),
        _line(0x30, value=23), _line(0x55, offset=4 + hit, value=6),
        _line(0x28, value=36), _line(0x15, offset=2, value=port),
        _line(0x28, value=34), _line(0x55, offset=hit, value=port),
        *tail,
    ))  # fmt: skip


def _bpf(command: int, attributes: bytes) -> int:
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    found = int(_LIBC.syscall(_NUMBERS[platform.machine()], command, buffer, len(attributes)))
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found


def main() -> NoReturn:
    link, side, port, share = sys.argv[1:5]
    code = program(int(port), share)
    lines, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    head = struct.pack(
        "<IIQQIIQII", _SCHED_CLS, len(code) // 8, ctypes.addressof(lines), ctypes.addressof(licence), 0, 0, 0, 0, 0
    )
    loaded = _bpf(_PROG_LOAD, head + bytes(64))
    _bpf(_LINK_CREATE, struct.pack("<IIII", loaded, socket.if_nametoindex(link), _TCX[side], 0) + bytes(32))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
