"""``python writers.py nft COUNT | threads COUNT | address NUMBER``: writes by netlink, and prints when it was done."""

import socket
import struct
import sys
import threading
import time

_REQUEST, _CREATE, _ACK = 0x1, 0x400, 0x4
_BEGIN, _END, _NEW_TABLE, _DELETE_TABLE, _NEW_ADDRESS = 0x10, 0x11, 0xA00, 0xA02, 20


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 0, 0) + body


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _table(kind: int, name: str, family: int = 1) -> bytes:
    edge = struct.pack("=BBH", 0, 0, socket.htons(10))
    body = struct.pack("=BBH", family, 0, 0) + _attribute(1, name.encode() + b"\0")
    act = _message(kind, _REQUEST | _CREATE | _ACK, body)
    return _message(_BEGIN, _REQUEST, edge) + act + _message(_END, _REQUEST, edge)


def write_tables(count: int) -> None:
    """Commit so many transactions: a table is added, then deleted, and so on."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as told:
        told.bind((0, 0))
        for number in range(count):
            told.send(_table(_DELETE_TABLE if number % 2 else _NEW_TABLE, f"guarded{threading.get_ident() % 10**6}"))
            told.recv(1 << 16)


def write_address(number: int) -> None:
    """Add an address to the loopback link."""
    address = struct.pack("=I", socket.htonl(0xC6120000 + number))
    body = struct.pack("=BBBBI", 2, 32, 0, 0, socket.if_nametoindex("lo"))
    body += _attribute(1, address) + _attribute(2, address)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as told:
        told.bind((0, 0))
        told.send(_message(_NEW_ADDRESS, _REQUEST | _CREATE | _ACK, body))
        told.recv(1 << 16)


if __name__ == "__main__":
    match sys.argv[1]:
        case "nft":
            write_tables(int(sys.argv[2]))
        case "threads":
            thread = threading.Thread(target=write_tables, args=(int(sys.argv[2]),))
            thread.start()
            thread.join()
        case _:
            write_address(int(sys.argv[2]))
    sys.stdout.write(f"{time.time()}\n")
