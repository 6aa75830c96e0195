"""Programs on links, which hairpin sees and cannot read: filters of tc and XDP.  Each takes away the packets of certain
lengths, so that a case goes the same way whenever it is judged.

Source: include/uapi/linux/bpf.h, if_link.h; Documentation/bpf/standardization/instruction-set.rst
"""

import ctypes
import os
import socket
import struct

from tests.fidelity.case import Program
from tests.fidelity.testbed.netns import Netns, SetupError

_BPF_SYSCALL = {"x86_64": 321}.get(os.uname().machine, 280)
"""The number of bpf(2); 280 is that of all newer architectures."""
_PROG_LOAD, _PROG_TYPE_XDP = 5, 6
_XDP_DROP, _XDP_PASS = 1, 2
_TC_OK, _TC_SHOT = 0, 2
_RTM_SETLINK, _IFLA_XDP, _IFLA_XDP_FD, _IFLA_XDP_FLAGS, _SKB_MODE = 19, 43, 1, 3, 2


def attach(netns: Netns, programs: tuple[Program, ...]) -> None:
    """Attach the programs to their links; raises SetupError if tool or kernel refuses one."""
    lines = [f"qdisc add dev {link} clsact" for link in dict.fromkeys(p.link for p in programs if p.hook != "xdp")]
    lines += (
        f"filter add dev {each.link} {each.hook} bpf da bytecode '{_classic(each)}'"
        for each in programs
        if each.hook != "xdp"
    )
    if lines:
        netns.run(("tc", "-batch", "-"), "\n".join(lines) + "\n")
    for each in programs:
        if each.hook == "xdp":
            with netns.entered():
                _attach_xdp(each)


def _classic(program: Program) -> str:
    """Return the program in tc's form: load the length, mask it, compare it, two ways to end."""
    bits = f"128 0 0 0,84 0 0 {program.mask},21 0 1 {program.value}"
    return f"5,{bits},6 0 0 {_TC_SHOT},6 0 0 {_TC_OK}"


def _instructions(program: Program) -> bytes:
    """Return the program in the kernel's form for XDP."""
    return b"".join(
        struct.pack("=BBhi", code, registers, offset, value)
        for code, registers, offset, value in (
            (0x61, 0x12, 4, 0),  # r2 = data_end
            (0x61, 0x13, 0, 0),  # r3 = data
            (0x1F, 0x32, 0, 0),  # r2 -= r3
            (0x57, 0x02, 0, program.mask),  # r2 &= mask
            (0xB7, 0x00, 0, _XDP_DROP),
            (0x15, 0x02, 1, program.value),  # if r2 == value go over the next
            (0xB7, 0x00, 0, _XDP_PASS),
            (0x95, 0x00, 0, 0),
        )
    )


def _attach_xdp(program: Program) -> None:
    fd = _loaded(_instructions(program))
    try:
        nested = struct.pack("=HHi", 8, _IFLA_XDP_FD, fd) + struct.pack("=HHI", 8, _IFLA_XDP_FLAGS, _SKB_MODE)
        attribute = struct.pack("=HH", 4 + len(nested), _IFLA_XDP | 0x8000) + nested
        body = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex(program.link), 0, 0) + attribute
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asked:
            asked.send(struct.pack("=IHHII", 16 + len(body), _RTM_SETLINK, 5, 1, 0) + body)
            (failed,) = struct.unpack_from("=i", asked.recv(65536), 16)
    finally:
        os.close(fd)
    if failed:
        raise SetupError(f"XDP on {program.link}: {os.strerror(-failed)}")


def _loaded(instructions: bytes) -> int:
    code = ctypes.create_string_buffer(instructions, len(instructions))
    license_name = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("=IIQQ", _PROG_TYPE_XDP, len(instructions) // 8, ctypes.addressof(code),
                             ctypes.addressof(license_name)).ljust(72, b"\0")  # fmt: skip
    asked = ctypes.create_string_buffer(attributes, len(attributes))
    libc = ctypes.CDLL(None, use_errno=True)
    fd = int(libc.syscall(_BPF_SYSCALL, _PROG_LOAD, asked, len(attributes)))
    if fd < 0:
        raise SetupError(f"loading an XDP program: {os.strerror(ctypes.get_errno())}")
    return fd
