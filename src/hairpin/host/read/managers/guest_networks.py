"""Reads the networks that libvirt, lxc-net and Incus are told to make: lines ``PATH:TEXT`` of their files.

Source: libvirt formatnetwork.html; lxc config/init/common/lxc-net.in; Incus
internal/server/network/driver_bridge.go setup()
"""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_interface
from typing import Literal

from hairpin.evidence.reading import Reading
from hairpin.host.managers import GuestNetwork
from hairpin.netfilter.address import inside, ipv4_of

_Held = tuple[Literal[4, 6], int, int]
_ATTRIBUTE = re.compile(r"""([a-z]+)=["']([^"']*)["']""")
_LXC = {
    "USE_LXC_BRIDGE": "true", "LXC_BRIDGE": "lxcbr0", "LXC_ADDR": "10.0.3.1", "LXC_NETMASK": "255.255.255.0",
    "LXC_IPV6_ADDR": "", "LXC_IPV6_MASK": "64",
}  # fmt: skip
"""What lxc-net uses for a variable that no file sets."""


def guest_networks(readings: Sequence[Reading]) -> tuple[GuestNetwork, ...]:
    """Return the networks with an address of the host; what cannot be read is left out."""
    return tuple(each for reading in readings for each in _of_reading(reading) if each.addresses)


def _of_reading(reading: Reading) -> Iterator[GuestNetwork]:
    if "lxc-net" in reading.origin:
        yield from _of_lxc(reading)
        return
    files: dict[str, list[str]] = {}
    for line in reading.text.splitlines():
        path, _, text = line.partition(":")
        files.setdefault(path, []).append(text)
    for path, lines in files.items():
        yield _of_libvirt(path, lines, reading) if "/libvirt/" in path else _of_incus(path, lines, reading)


def _of_libvirt(path: str, lines: list[str], reading: Reading) -> GuestNetwork:
    """Return the network of one file.  ``<forward/>`` without a mode is ``nat``."""
    name = bridge = mode = ""
    held: list[_Held] = []
    for line in lines:
        values = dict(_ATTRIBUTE.findall(line))
        if line.startswith("<name>"):
            name = line.removeprefix("<name>")
        elif line.startswith("<bridge"):
            bridge = values.get("name", "")
        elif line.startswith("<forward"):
            mode = values.get("mode", "nat")
        elif line.startswith("<ip"):
            length = values.get("prefix") or values.get("netmask", "")
            held += _address_with_length(values.get("address", ""), length)
    starts = "autostart" in lines
    return GuestNetwork(name, "libvirt", bridge, tuple(held), starts, mode, path, reading.id)


def _of_lxc(reading: Reading) -> Iterator[GuestNetwork]:
    """Yield the one network of lxc-net.  The script reads ``/etc/default/lxc``, and this reads ``lxc-net`` beside it,
    so the last value counts."""
    values, file = dict(_LXC), ""
    for line in reading.text.splitlines():
        path, _, text = line.partition(":")
        name, _, value = text.strip().partition("=")
        values[name.strip()] = value.split("#")[0].strip().strip("\"'")
        file = path if path.startswith("/etc/") else file
    held = (
        *_address_with_length(values["LXC_ADDR"], values["LXC_NETMASK"]),
        *_address_with_length(values["LXC_IPV6_ADDR"], values["LXC_IPV6_MASK"]),
    )
    starts = values["USE_LXC_BRIDGE"] == "true"
    bridge = values["LXC_BRIDGE"]
    yield GuestNetwork(bridge, "LXC", bridge, held, starts, file=file or "/etc/default/lxc-net", evidence=reading.id)


def _of_incus(path: str, lines: list[str], reading: Reading) -> GuestNetwork:
    """Return the network whose name server Incus started with these options.  They have no prefix length: it is the
    longest with which the address and the range of leases are in one network."""
    name = path.split("/")[-2]
    held: list[_Held] = []
    said = (end for line in lines if "," in line for end in line.split(",")[:2])
    ends = [end for each in said if (end := ipv4_of(each)) is not None]
    for line in lines:
        if line.startswith("--listen-address="):
            held += _address_with_length(line.partition("=")[2], "")
    lengths = {6: 64, 4: min((_length_with(held, end) for end in ends), default=24)}
    found: tuple[_Held, ...] = tuple((version, value, lengths[version]) for version, value, _ in held)
    return GuestNetwork(name, "Incus", name, found, True, file=path, evidence=reading.id)


def _length_with(held: list[_Held], other: int) -> int:
    own = next((value for version, value, _ in held if version == 4), None)
    if own is None:
        return 24
    return next(length for length in range(32, -1, -1) if inside(other, own, length, 4))


def _address_with_length(address: str, length: str) -> Iterator[_Held]:
    """Yield the address with its prefix length, which may be written as a netmask."""
    try:
        found = ip_interface(f"{address}/{length}" if length else address)
    except ValueError:
        return
    yield (4 if found.version == 4 else 6), int(found.ip), found.network.prefixlen
