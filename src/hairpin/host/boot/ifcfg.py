"""A link's settings in RHEL's files below /etc/sysconfig/network-scripts: ``ifcfg-LINK``, ``route-LINK``,
``rule-LINK``.

Source: initscripts sysconfig.txt, ifup-eth, ifup-routes; nm-settings-ifcfg-rh(5)
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.boot.link_settings import read_or_none
from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from hairpin.host.read.managers.assignments import value_of
from hairpin.netfilter.address import parse_address

FOLDER = "/etc/sysconfig/network-scripts"
_NUMBERS = ("", *map(str, range(16)))
_NO = ("no", "false", "n", "f")
_BACKUPS = ("~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".old")


class IfcfgLink(msgspec.Struct, frozen=True):
    """A link of an ``ifcfg`` file.  ``lines``: the ip(8) arguments in the link's ``route`` and ``rule`` files, each
    with the path of its file.  ``zeroconf``: whether RHEL's scripts add a route to 169.254.0.0/16.  ``managed``:
    whether NetworkManager may manage the link."""

    link: str
    file: str
    at_boot: bool = True
    dhcp: bool = False
    addresses: tuple[Address, ...] = ()
    gateway: int | None = None
    metric: int = 0
    bridge: str | None = None
    mtu_bytes: int | None = None
    zeroconf: bool = True
    managed: bool = True
    lines: tuple[tuple[str, str], ...] = ()


def ifcfg_links(host: Host) -> tuple[IfcfgLink, ...]:
    """Return the links of the host's ``ifcfg`` files, in the order of their names."""
    prefix = f"{FOLDER}/ifcfg-"
    files = sorted((each for each in host.files if each.path.startswith(prefix)), key=lambda each: each.path)
    return tuple(
        _link(host, each, each.path.removeprefix(prefix))
        for each in files
        if not each.path.endswith(_BACKUPS) and each.path != f"{prefix}lo"
    )


def _link(host: Host, file: ConfigFile, name: str) -> IfcfgLink:
    own, shared = file.text, _text(host, "/etc/sysconfig/network")
    link = value_of(own, "DEVICE") or name
    gateway = value_of(own, "GATEWAY") or value_of(shared, "GATEWAY")
    device = value_of(own, "GATEWAYDEV") or value_of(shared, "GATEWAYDEV")
    default = value_of(own, "DEFROUTE") != "no" and device in (None, "", link)
    addresses = tuple(_addresses(own, link))
    parsed = read_or_none(parse_address, gateway) if gateway else None
    reached = parsed is not None and any(_is_near(each, parsed[1]) for each in addresses if each.version == 4)
    mtu, metric = value_of(own, "MTU"), value_of(own, "METRIC")
    return IfcfgLink(
        link=link,
        file=file.path,
        at_boot=(value_of(own, "ONBOOT") or "yes").lower() not in _NO,
        dhcp=(value_of(own, "BOOTPROTO") or "").lower() in ("dhcp", "bootp"),
        addresses=addresses,
        gateway=parsed[1] if parsed is not None and default and reached else None,
        metric=int(metric) if metric and metric.isdigit() else 0,
        bridge=value_of(own, "BRIDGE") or None,
        mtu_bytes=int(mtu) if mtu and mtu.isdigit() else None,
        zeroconf=not (value_of(own, "NOZEROCONF") or value_of(shared, "NOZEROCONF")),
        managed=(value_of(own, "NM_CONTROLLED") or "yes").lower() not in _NO,
        lines=tuple(_lines(host, name, link)),
    )


def _text(host: Host, path: str) -> str:
    return next((each.text for each in host.files if each.path == path), "")


def _addresses(text: str, link: str) -> Iterator[Address]:
    for number in _NUMBERS:
        value = value_of(text, f"IPADDR{number}")
        if value:
            found = read_or_none(
                _address, value, value_of(text, f"PREFIX{number}"), value_of(text, f"NETMASK{number}"), link
            )
            yield from [found] if found is not None else []
    words = [value_of(text, "IPV6ADDR"), *(value_of(text, "IPV6ADDR_SECONDARIES") or "").split()]
    for word in words:
        found = read_or_none(_address6, word, link) if word else None
        yield from [found] if found is not None else []


def _address(text: str, prefix: str | None, mask: str | None, link: str) -> Address | None:
    version, value = parse_address(text)
    if version != 4:
        return None
    first = value >> 24
    by_class = 8 if first < 128 else 16 if first < 192 else 24
    length = int(prefix) if prefix else parse_address(mask)[1].bit_count() if mask else by_class
    return Address(link, 4, value, length, broadcast=value | 0xFFFFFFFF >> length if length < 31 else None)


def _address6(text: str, link: str) -> Address:
    host, slash, length = text.partition("/")
    return Address(link, 6, parse_address(host)[1], int(length) if slash else 64)


def _is_near(address: Address, gateway: int) -> bool:
    shift = 32 - address.prefix_length
    return address.value >> shift == gateway >> shift


def _lines(host: Host, *names: str) -> Iterator[tuple[str, str]]:
    for kind, family in (("route", "-4"), ("route6", "-6"), ("rule", "-4"), ("rule6", "-6")):
        for name in dict.fromkeys(names):
            path = f"{FOLDER}/{kind}-{name}"
            text = _text(host, path)
            if value_of(text, "ADDRESS0") is not None:
                yield from ((words, path) for words in _of_new_format(text, names[-1]))
                continue
            for line in text.splitlines():
                if line.strip() and not line.lstrip().startswith("#"):
                    yield f"{family} {kind.removesuffix('6')} add {line.strip()}", path


def _of_new_format(text: str, link: str) -> Iterator[str]:
    """Yield the routes of ``ADDRESS0=``, ``NETMASK0=``, ``GATEWAY0=`` …, up to the first missing number."""
    for number in range(256):
        network, mask, gateway = (value_of(text, f"{key}{number}") for key in ("ADDRESS", "NETMASK", "GATEWAY"))
        if not network:
            return
        length = parse_address(mask)[1].bit_count() if mask else 32
        yield f"-4 route add {network}/{length}{f' via {gateway}' if gateway else ''} dev {link}"
