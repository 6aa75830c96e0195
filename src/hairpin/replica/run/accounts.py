"""Makes the counter objects that rules with ``-m nfacct`` name.

The kernel refuses a rule whose object does not exist.  hairpin makes the objects itself, because few machines have the
tool ``nfacct``.

Source: include/uapi/linux/netfilter/nfnetlink_acct.h; net/netfilter/xt_nfacct.c
nfacct_mt_checkentry()
"""

import os
import re
import socket
import struct
from collections.abc import Iterable

_NETLINK_NETFILTER, _ACCOUNTING, _NEW, _NAME = 12, 7, 0, 1
_REQUEST, _ACK, _CREATE = 0x1, 0x4, 0x400
_NAMED = re.compile(r"--nfacct-name +(\S+)")


def names_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the nfacct objects in texts of ``iptables-save``."""
    return tuple(dict.fromkeys(name for text in texts for name in _NAMED.findall(text)))


def make(name: str) -> None:
    """Make an nfacct object with a count of zero in the process's present namespace; raises OSError if the kernel
    refuses."""
    value = os.fsencode(name) + b"\0"
    padded = value + bytes(-len(value) % 4)
    body = struct.pack("=BBH", 0, 0, 0) + struct.pack("=HH", 4 + len(value), _NAME) + padded
    head = struct.pack("=IHHII", 16 + len(body), _ACCOUNTING << 8 | _NEW, _REQUEST | _ACK | _CREATE, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as channel:
        channel.send(head + body)
        (failed,) = struct.unpack_from("=i", channel.recv(4096), 16)
    if failed:
        raise OSError(-failed, os.strerror(-failed))
