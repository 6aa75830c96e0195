"""A link's settings in NetworkManager's connection profiles.

Source: nm-settings-keyfile(5), nm-settings-nmcli(5), NetworkManager.conf(5)
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec

from hairpin.evidence.reading import text_reading
from hairpin.host.boot.link_settings import LinkSettings, TableNumber, read_or_none
from hairpin.host.boot.systemd_network import Section, is_true, sections
from hairpin.host.host import Host
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.read.ip.address_text import interface_address, network
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.rules_text import rules
from hairpin.host.route import TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.netfilter.address import Version, parse_address

_FOLDERS = ("/etc/NetworkManager/system-connections/", "/run/NetworkManager/system-connections/",
            "/usr/lib/NetworkManager/system-connections/")  # fmt: skip
ETHERNET_METRIC = 100
_METRICS = {"ethernet": 100, "802-3-ethernet": 100, "bond": 300, "vlan": 400, "bridge": 425, "wifi": 600}
"""The metrics of a device's routes, by the type of the profile.  Source: NetworkManager nm-device.c
nm_device_get_route_metric_default()"""
_VERSIONS: tuple[Version, ...] = (4, 6)


class Profile(msgspec.Struct, frozen=True):
    """A connection profile."""

    file: str
    sections: tuple[Section, ...]

    def value(self, section: str, *keys: str) -> str | None:
        """Return the last value that the section has for one of the keys; None if the section has none of the keys."""
        pairs = tuple(pair for each in self.sections if each.name == section for pair in each.pairs)
        return Section(section, pairs).value(*keys)

    def numbered(self, section: str, key: str) -> Iterator[str]:
        """Yield the values of ``key``, ``key1``, ``key2`` …, without their options.  A list is yielded item by item."""
        for name, value in (pair for each in self.sections if each.name == section for pair in each.pairs):
            if name.rstrip("0123456789") in (key, f"{key}s", f"{key}es"):
                yield from (word.strip() for word in value.split(";") if word.strip())

    def options_of(self, section: str, key: str) -> Mapping[str, str]:
        """Return the options that the section has for the key, as in ``route1_options=table=100,mtu=1400``."""
        words = (self.value(section, f"{key}_options") or "").split(",")
        return {name: value for name, _, value in (word.partition("=") for word in words) if name}


def profiles(host: Host) -> tuple[Profile, ...]:
    """Return the profiles of all folders, except profiles that NetworkManager made for links that another program had
    created."""
    own = (each for each in host.files if each.path.startswith(_FOLDERS) and not _is_of_found_link(each.path))
    return tuple(Profile(each.path, sections(each.text)) for each in own)


def _is_of_found_link(path: str) -> bool:
    """Return whether NetworkManager made the profile for a link that another program created.  The folder of such
    profiles has no other profiles, except profiles that netplan wrote."""
    folder, _, name = path.rpartition("/")
    return folder == _FOLDERS[1].rstrip("/") and not name.startswith("netplan-")


def profile_of(host: Host, link: Link, known: tuple[Profile, ...]) -> Profile | None:
    """Return the link's profile: the profile that NetworkManager's state names, or else the first autoconnect profile
    for the link's name."""
    uuid = state_of(host, link, "connection-uuid")
    if uuid is not None:
        return next((each for each in known if each.value("connection", "uuid") == uuid), None)
    named = (each for each in known if each.value("connection", "interface-name") == link.name)
    return next((each for each in named if each.value("connection", "autoconnect") != "false"), None)


def state_of(host: Host, link: Link, key: str) -> str | None:
    """Return the value of a key in NetworkManager's state file for the link; None if the file does not have the key."""
    path = f"/run/NetworkManager/devices/{link.index}"
    found = next((each for each in host.files if each.path == path), None)
    pairs = tuple(pair for each in sections(found.text) for pair in each.pairs) if found is not None else ()
    return Section("device", pairs).value(key)


def is_unmanaged(host: Host, link: Link) -> bool:
    """Return whether the configuration excludes the link from NetworkManager (``unmanaged-devices``)."""
    words = (word for file in _configuration(host) for word in _unmanaged(file))
    return any(fnmatchcase(link.name, word) for word in words)


def _configuration(host: Host) -> Iterator[ConfigFile]:
    yield from (each for each in host.files if "/NetworkManager/" in each.path and each.path.endswith(".conf"))


def _unmanaged(file: ConfigFile) -> Iterator[str]:
    for section in sections(file.text):
        for text in section.values("unmanaged-devices") if section.name == "keyfile" else ():
            for word in text.replace(",", ";").split(";"):
                kind, colon, name = word.strip().partition(":")
                yield from [name] if colon and kind == "interface-name" else []


def of_profile(profile: Profile, link: str, tables: RouteTables) -> LinkSettings:
    """Return the settings that the profile has for the link."""
    mtu = profile.value("ethernet", "mtu")
    versions: tuple[Version, ...] = tuple(
        version for version in _VERSIONS if _method(profile, version) in ("auto", "manual", "dhcp")
    )
    return LinkSettings(
        link=link,
        file=profile.file,
        addresses=tuple(each for version in versions for each in _addresses(profile, link, version)),
        routes=tuple(each for version in versions for each in _routes(profile, link, version, tables.number)),
        rules=tuple(each for version in versions for each in _rules(profile, version, tables)),
        dhcp=tuple(version for version in _VERSIONS if _method(profile, version) in ("auto", "dhcp")),
        mtu_bytes=int(mtu) if mtu is not None and mtu.isdigit() and int(mtu) else None,
        bridge=profile.value("connection", "controller", "master"),
    )


def _method(profile: Profile, version: Version) -> str:
    return profile.value(f"ipv{version}", "method") or "disabled"


def _addresses(profile: Profile, link: str, version: Version) -> Iterator[Address]:
    for text in profile.numbered(f"ipv{version}", "address"):
        found = read_or_none(_address, text.partition(",")[0].strip(), link, version)
        yield from [found] if found is not None else []


def _address(text: str, link: str, version: Version) -> Address | None:
    of, value, length = interface_address(text)
    if of != version:
        return None
    computed = value | 0xFFFFFFFF >> length if version == 4 and length < 31 else None
    return Address(link, version, value, length, broadcast=computed, noprefixroute=True)


def _routes(profile: Profile, link: str, version: Version, table: TableNumber) -> Iterator[Route]:
    """Yield the profile's routes: the routes to the networks of its addresses, which NetworkManager makes with its own
    metric; the default route; and the routes that the profile lists."""
    section = f"ipv{version}"
    told = profile.value(section, "route-metric")
    metric = (
        int(told)
        if told and told.isdigit()
        else _METRICS.get(profile.value("connection", "type") or "", ETHERNET_METRIC)
    )
    main = table(profile.value(section, "route-table") or str(TABLE_MAIN)) or TABLE_MAIN
    for address in _addresses(profile, link, version):
        yield from connected_route(address, metric, main)
    gateway = profile.value(section, "gateway") or next(
        (text.partition(",")[2] for text in profile.numbered(section, "address") if "," in text), None
    )
    if gateway and not is_true(profile.value(section, "never-default")):
        hop = read_or_none(parse_address, gateway.strip())
        if hop is not None and hop[1]:
            yield Route(
                version, 0, 0, main, next_hops=(NextHop(link, hop[1], version),), metric=metric, protocol="static"
            )
    for each in profile.sections:
        for key, text in each.pairs if each.name == section else ():
            if key.rstrip("0123456789") == "route" and text:
                options = profile.options_of(section, key)
                found = read_or_none(_route, text, options, link, version, metric, main, table)
                yield from [found] if found is not None else []


def connected_route(address: Address, metric: int, table: int) -> Iterator[Route]:
    """Yield the route to the address's network that NetworkManager makes in place of the kernel's connected route."""
    shift = (32 if address.version == 4 else 128) - address.prefix_length
    if shift:
        source = address.value if address.version == 4 else None
        yield Route(
            address.version, address.value >> shift << shift, address.prefix_length, table,
            next_hops=(NextHop(address.link),), metric=metric, prefsrc=source, protocol="kernel",
            scope="link" if address.version == 4 else "global",
        )  # fmt: skip


def _route(
    text: str, options: Mapping[str, str], link: str, version: Version, metric: int, main: int, table: TableNumber
) -> Route:
    words = [each.strip() for each in text.split(",")]
    destination, length = network(words[0], version)
    gateway = parse_address(words[1])[1] if len(words) > 1 and words[1] else 0
    own = int(words[2]) if len(words) > 2 and words[2] else metric
    hop = NextHop(link, gateway or None, version if gateway else None, onlink=is_true(options.get("onlink")))
    source, mtu = options.get("src"), options.get("mtu")
    return Route(
        version, destination, length, table(options["table"]) if "table" in options else main, next_hops=(hop,),
        metric=own, prefsrc=parse_address(source)[1] if source else None, protocol="static",
        scope="global" if gateway or version == 6 else "link", mtu_bytes=int(mtu) if mtu else None,
    )  # fmt: skip


def _rules(profile: Profile, version: Version, tables: RouteTables) -> Iterator[PolicyRule]:
    """Yield the policy rules of lines such as ``routing-rule1=priority 5 from 192.0.2.1 table 7``, which use the syntax
    of ip-rule(8)."""
    for text in profile.numbered(f"ipv{version}", "routing-rule"):
        found = read_or_none(_rule, text.split(), version, tables)
        yield from found or ()


def _rule(words: list[str], version: Version, tables: RouteTables) -> tuple[PolicyRule, ...]:
    at = words.index("priority")
    rest = [*words[:at], *words[at + 2 :]]
    line = " ".join(rest if "from" in rest else ["from", "all", *rest])
    return rules(text_reading(f"{words[at + 1]}: {line}", "routing-rule"), version=version, tables=tables)
