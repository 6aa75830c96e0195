"""Reads who is behind the bridges of libvirt, LXC, Incus, NetworkManager, networkd and nspawn, by name.

The addresses are those of leases: dnsmasq writes a line a lease (expiry, MAC, address, name, client id), libvirt's
helper and networkd write JSON.  libvirt's ``.macs`` has the domain of each MAC, which is the name that people know.
machined has a file for each machine, with its leader process.  The control group of a process has the name of its
container.

Source: dnsmasq src/lease.c lease_update_file(), libvirt src/network/leaseshelper.c and src/util/virmacmap.c, systemd
src/machine/machine.c machine_save() and src/network/networkd-dhcp-server.c, LXC src/lxc/cgroups/cgfsng.c
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from hairpin.evidence.reading import Reading
from hairpin.host.managers import NamedGuest
from hairpin.netfilter.address import parse_address

_GROUP = re.compile(r"(?:/lxc\.payload[./]|/lxc/|/systemd-nspawn@|/machine-)([^/]+?)(?:\.scope|\.service)?(?:/|$)")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
_PROGRAMS = (
    ("/libvirt/", "libvirt"), ("/incus/", "incus"), ("/lxd/", "lxd"), ("/NetworkManager/", "NetworkManager"),
    ("/dhcp-server-lease/", "systemd-networkd"), ("/misc/", "lxc"),
)  # fmt: skip


class _Lease(msgspec.Struct, frozen=True):
    """A lease.  ``expiry``: in seconds; later leases are newer."""

    address: tuple[Literal[4, 6], int]
    mac: str
    name: str
    expiry: float


class _Entry(msgspec.Struct, frozen=True):
    """A lease of libvirt's helper, the MACs of a domain of libvirt, or a lease of networkd, which writes octets."""

    address: str = msgspec.field(default="", name="ip-address")
    mac: str = msgspec.field(default="", name="mac-address")
    name: str | None = msgspec.field(default=None, name="hostname")
    expiry: float = msgspec.field(default=0.0, name="expiry-time")
    domain: str = ""
    macs: tuple[str, ...] = ()
    octets: tuple[int, ...] = msgspec.field(default=(), name="Address")
    own_name: str | None = msgspec.field(default=None, name="Hostname")
    until_us: float = msgspec.field(default=0.0, name="ExpirationUSec")


class _OfNetworkd(msgspec.Struct, frozen=True):
    """The leases of networkd's DHCP server on a link."""

    leases: tuple[_Entry, ...] = msgspec.field(default=(), name="Leases")


def named_guests(readings: Sequence[Reading]) -> tuple[NamedGuest, ...]:
    """Return the guests, each name of a program once; parts of a file that cannot be read are left out."""
    domains = {
        mac: each.domain
        for reading in readings
        if reading.origin.endswith(".macs")
        for each in _objects(reading.text)
        for mac in each.macs
    }
    found: dict[tuple[str, str], NamedGuest] = {}
    for reading in readings:
        for each in _of_reading(reading, domains):
            before = found.get((each.program, each.name))
            found[each.program, each.name] = each if before is None else _together(before, each)
    return tuple(found.values())


def _together(one: NamedGuest, other: NamedGuest) -> NamedGuest:
    addresses = tuple(dict.fromkeys((*one.addresses, *other.addresses)))
    return msgspec.structs.replace(one, addresses=addresses, netns=one.netns or other.netns)


def _of_reading(reading: Reading, domains: dict[str, str]) -> Iterator[NamedGuest]:
    origin = reading.origin
    if origin == "/proc/*/cgroup":
        yield from _of_groups(reading)
    elif "/systemd/machines/" in origin:
        yield from _of_machine(reading)
    elif not origin.endswith(".macs"):
        program = next((name for part, name in _PROGRAMS if part in origin), "")
        for each in sorted(_leases(reading.text), key=lambda lease: -lease.expiry):
            name = domains.get(each.mac) or each.name
            if name and name != "*":
                yield NamedGuest(name, program, addresses=(each.address,), evidence=reading.id)


def _of_groups(reading: Reading) -> Iterator[NamedGuest]:
    """Yield the containers whose processes hold a namespace: the process, a tab, and a line of its control groups."""
    for line in reading.text.splitlines():
        pid, _, group = line.partition("\t")
        named = _GROUP.search(group)
        if named is not None:
            program = "lxc" if "/lxc" in group else "machined"
            yield NamedGuest(_plain(named[1]), program, f"netns:pid-{pid}", evidence=reading.id)


def _of_machine(reading: Reading) -> Iterator[NamedGuest]:
    facts = dict(line.split("=", 1) for line in reading.text.splitlines() if "=" in line)
    name, leader = facts.get("NAME", ""), facts.get("LEADER", "")
    if name:
        yield NamedGuest(_plain(name), "machined", f"netns:pid-{leader}" if leader else "", evidence=reading.id)


def _plain(name: str) -> str:
    """Return the name without systemd's escapes.  Source: systemd src/basic/unit-name.c unit_name_unescape()"""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)


def _leases(text: str) -> Iterator[_Lease]:
    for each in _objects(text):
        if each.address:
            yield from _lease(each.address, each.mac, each.name, each.expiry)
        if len(each.octets) == 4:
            yield from _lease(".".join(map(str, each.octets)), "", each.own_name, each.until_us)
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0].isdecimal():
            yield from _lease(words[2], words[1], words[3], float(words[0]))


def _lease(address: str, mac: str, name: str | None, expiry: float) -> Iterator[_Lease]:
    try:
        version, value = parse_address(address)
    except ValueError:
        return
    yield _Lease((version, value), mac, name or "", expiry)


def _objects(text: str) -> tuple[_Entry, ...]:
    """Return the entries of a JSON array, or of the array of leases in networkd's object."""
    try:
        told = msgspec.json.decode(text, type=tuple[_Entry, ...] | _OfNetworkd)
    except msgspec.DecodeError:
        return ()
    return told.leases if isinstance(told, _OfNetworkd) else told
