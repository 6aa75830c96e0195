"""``python -m tests.fidelity.accounts``: makes what ``-m nfacct`` counts for, where the process is.

The tool for it is on few machines.  Source: include/uapi/linux/netfilter/nfnetlink_acct.h
"""

import os
import socket
import struct

NAME = "web"
_NETLINK_NETFILTER, _ACCOUNTING, _NEW, _NAME = 12, 7, 0, 1
_REQUEST, _ACK, _CREATE = 0x1, 0x4, 0x400


def make(name: str = NAME) -> None:
    """Make one; raises OSError where the kernel has none such."""
    value = name.encode("ascii") + b"\0"
    padded = value + bytes(-len(value) % 4)
    body = struct.pack("=BBH", 0, 0, 0) + struct.pack("=HH", 4 + len(value), _NAME) + padded
    head = struct.pack("=IHHII", 16 + len(body), _ACCOUNTING << 8 | _NEW, _REQUEST | _ACK | _CREATE, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as channel:
        channel.send(head + body)
        (failed,) = struct.unpack_from("=i", channel.recv(4096), 16)
    if failed:
        raise OSError(-failed, os.strerror(-failed))


if __name__ == "__main__":
    make()
