"""The relay of flanneld's ``udp`` backend.  Runs as a plain script inside a lab host.

``python -I -S flanneld.py NETWORK LEASE ADDRESS LEASE=ADDRESS…``: the cluster's network, the node's own lease and
address, and the leases and addresses of the other nodes.  The script returns when the relay is ready.  The relay
continues in the background.

The relay sends each packet that the kernel routes to ``flannel0`` in a UDP packet to the node whose lease has the
destination.  The relay writes each packet that it receives by UDP to ``flannel0``.  In both directions the relay
decrements the TTL.  If no lease has the destination, the relay answers with an ICMP error (net unreachable).

Source: flannel-io/flannel pkg/backend/udp/udp_network_amd64.go newNetwork(), configureIface(); proxy_amd64.c
tun_to_udp(), udp_to_tun(), send_net_unreachable()
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

PORT = 8285
OVERHEAD_BYTES = 28
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
_ICMP = 1

Routes = tuple[tuple[IPv4Network, str], ...]


def open_tun() -> tuple[int, str]:
    """Return the file descriptor and the name of a new tun device.  The first device is ``flannel0``."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    made = fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"flannel%d", IFF_TUN_NO_PI))
    return tun, made[:16].rstrip(b"\0").decode()


def configure(name: str, network: IPv4Network, lease: IPv4Network, mtu: int) -> None:
    """Give the device the lease's first address with prefix length 32, and the route to the whole network."""
    for words in (
        f"address add {lease.network_address}/32 dev {name}",
        f"link set {name} mtu {mtu} up",
        f"route replace {network} dev {name}",
    ):
        subprocess.run(("ip", *words.split()), check=True)


def counted_down(packet: bytearray) -> bool:
    """Decrement the packet's TTL and correct its checksum; return whether the TTL is still above 0."""
    packet[8] -= 1
    packet[10:12] = b"\0\0"
    packet[10:12] = struct.pack("!H", checksum(packet[: (packet[0] & 15) * 4]))
    return packet[8] > 0


def checksum(data: bytes | bytearray) -> int:
    """Return the Internet checksum of a header whose checksum field is zero (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def net_unreachable(packet: bytes | bytearray, source: IPv4Address) -> bytes | None:
    """Return the ICMP error about a packet whose destination is in no lease; None for ICMP packets and for fragments
    after the first."""
    header = (packet[0] & 15) * 4
    if packet[9] == _ICMP or struct.unpack_from("!H", packet, 6)[0] & 0x1FFF:
        return None
    quoted = bytes(packet[: header + 8])
    icmp = struct.pack("!BBHI", 3, 0, 0, 0) + quoted
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    start = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(icmp), 0, 0, 8, _ICMP)
    ends = source.packed + bytes(packet[12:16])
    return start + struct.pack("!H", checksum(start + b"\0\0" + ends)) + ends + icmp


def relay(tun: int, sock: socket.socket, routes: Routes, source: IPv4Address) -> None:
    """Relay packets in both directions for ever."""
    while True:
        ready, _, _ = select.select((tun, sock.fileno()), (), ())
        if tun in ready:
            packet = bytearray(os.read(tun, 65535))
            if len(packet) >= 20 and packet[0] >> 4 == 4:
                outwards(tun, sock, packet, routes, source)
        if sock.fileno() in ready:
            packet = bytearray(sock.recv(65535))
            if len(packet) >= 20 and counted_down(packet):
                os.write(tun, packet)


def outwards(tun: int, sock: socket.socket, packet: bytearray, routes: Routes, source: IPv4Address) -> None:
    destination = IPv4Address(bytes(packet[16:20]))
    node = next((address for lease, address in routes if destination in lease), None)
    error = net_unreachable(packet, source) if node is None else None
    if error is not None:
        os.write(tun, error)
    elif node is not None and counted_down(packet):
        try:
            sock.sendto(packet, (node, PORT))
        # the node's firewall refused the packet, or there is no route, and flanneld only logs such an error
        except OSError:
            return


def main() -> None:
    """Make the device and the socket, write ``subnet.env``, and relay in a child process."""
    network, lease, address = IPv4Network(sys.argv[1]), IPv4Network(sys.argv[2]), sys.argv[3]
    others = (each.split("=") for each in sys.argv[4:])
    routes = tuple((IPv4Network(other), node) for other, node in others)
    mtu = 1500 - OVERHEAD_BYTES
    tun, name = open_tun()
    configure(name, network, lease, mtu)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, PORT))
    written = Path("/run/flannel/subnet.env")
    written.parent.mkdir(exist_ok=True)
    written.write_text(
        f"FLANNEL_NETWORK={network}\nFLANNEL_SUBNET={lease[1]}/{lease.prefixlen}\n"
        f"FLANNEL_MTU={mtu}\nFLANNEL_IPMASQ=true\n",
        "utf-8",
    )
    if os.fork():
        return
    os.setsid()
    Path("/proc/self/comm").write_text("flanneld", "utf-8")
    silent = os.open("/dev/null", os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    relay(tun, sock, routes, lease.network_address)


if __name__ == "__main__":
    main()
