"""Adds an address by the second netlink socket of this process, and lives until its input ends."""

import socket
import struct
import sys

first, second = (socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) for _ in range(2))
for each in (first, second):
    each.bind((0, 0))
body = struct.pack("=BBBBI", 2, 24, 0, 0, socket.if_nametoindex("lo"))
for kind in (1, 2):
    body += struct.pack("=HH4s", 8, kind, socket.inet_aton("192.0.2.7"))
second.send(struct.pack("=IHHII", 16 + len(body), 20, 0x405, 1, 0) + body)
second.recv(1 << 16)
sys.stdin.read()
