"""Replaces a host's own names and addresses in its evidence by the names and addresses of another host.  Two similar
hosts can then be compared.

Two addresses correspond if they have the same place on both hosts: the n-th address of a link of the same name, the
network of this address, the gateway of the default route, the hardware address of a link, the address of a container of
the same name.  Addresses are replaced in the texts of all readings: in rules, routes, files and documents of engines.
The host's name is replaced only in files, and only if it is the name of an address or the value of a setting.  A host
may be called ``a``, ``web`` or ``accept``, and in other places of a text such a word has another meaning.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.evidence.reading import Evidence, Reading
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.prefix import LINK_LOCAL6, address_text, is_loopback

_replace = msgspec.structs.replace
_LEFT = frozenset({"versions", "packages", "os-release", "docker-version", "podman-version"})
"""The keys of readings with four-part version numbers, which look like addresses and must not be replaced."""
_BEFORE, _AFTER = r"(?<![0-9A-Za-z_:-])(?<![0-9A-Za-z]\.)", r"(?![0-9A-Za-z_:-]|\.[0-9A-Za-z])"
_NAMES_FILES = frozenset({"/etc/hosts"})
"""The files in which each word of a line after the first word is a name: hosts(5)."""
_WHOLE_FILES = frozenset({"/etc/hostname", "/etc/HOSTNAME"})
_SETTING = re.compile(
    r"(?P<key>(?<![A-Za-z0-9])[A-Za-z0-9_.-]*host-?name[\"']?[ \t]*[ \t=:][ \t]*[\"']?)"
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9.-]*)",
    re.IGNORECASE,
)
"""Matches settings of the host's name: ``DHCP_HOSTNAME=web1`` (ifcfg), ``Hostname=web1`` (networkd), ``hostname web1``
(interfaces, dhcpcd), ``dhcp-hostname=web1`` (NetworkManager), ``hostname: web1`` (netplan)."""
_WORD = re.compile(r"[^\s#]+")


def with_facts_of(evidence: Evidence, other_evidence: Evidence, host: Host, other: Host) -> Evidence:
    """Return the evidence of ``host``, with the name and addresses of ``other`` in its readings.  The label of the
    evidence stays."""
    facts = {old: new for old, new in _facts(host, other) if old and new and old != new}
    longest_first = sorted(facts, key=len, reverse=True)
    found = "|".join(map(re.escape, longest_first)) or r"(?!)"
    pattern = re.compile(f"{_BEFORE}(?:{found}){_AFTER}", re.IGNORECASE)
    name, other_name = evidence.hostname, other_evidence.hostname

    def replaced(reading: Reading) -> Reading:
        if reading.key in _LEFT:
            return reading
        text = pattern.sub(lambda match: facts.get(match[0], facts.get(match[0].lower(), match[0])), reading.text)
        if reading.key == "file" and name and other_name:
            text = with_name_of(reading.origin, text, name, other_name)
        return reading if text == reading.text else _replace(reading, text=text)

    return _replace(evidence, readings=tuple(map(replaced, evidence.readings)))


def _facts(host: Host, other: Host) -> Iterator[tuple[str, str]]:
    """Yield pairs of a text that can only mean a thing of this host, and the other host's text for the same thing."""
    yield host.machine_id or "", other.machine_id or ""
    yield host.boot_id or "", other.boot_id or ""
    if host.netns.name in host and other.netns.name in other:
        yield from _of_namespaces(host.namespace(host.netns.name), other.namespace(other.netns.name))
    containers = {each.name: each for each in other.containers()}
    for each in host.containers():
        if each.name in containers:
            yield from _of_containers(each, containers[each.name])


def _of_namespaces(space: Namespace, other: Namespace) -> Iterator[tuple[str, str]]:
    for link in space.links:
        known = other.link(link.name)
        if known is None:
            continue
        if link.mac is not None and known.mac is not None:
            yield write_mac(link.mac), write_mac(known.mac)
        for version in (4, 6):
            ours, theirs = (_own(each, link.name, version) for each in (space, other))
            if len(ours) == len(theirs):
                for one, two in zip(ours, theirs, strict=True):
                    yield from _of_addresses(one, two)
    for version in (4, 6):
        ours_by, theirs_by = (_gateways(each, version) for each in (space, other))
        yield from ((gateway, theirs_by[link]) for link, gateway in ours_by.items() if link in theirs_by)


def _own(space: Namespace, link: str, version: int) -> list[Address]:
    return [
        each
        for each in space.addresses
        if (each.link, each.version) == (link, version)
        and not is_loopback(each.value, each.version)
        and not LINK_LOCAL6.holds(each.value, each.version)
    ]


def _of_addresses(one: Address, other: Address) -> Iterator[tuple[str, str]]:
    yield address_text(one.value, one.version), address_text(other.value, other.version)
    if one.broadcast is not None and other.broadcast is not None:
        yield address_text(one.broadcast, one.version), address_text(other.broadcast, other.version)
    if one.prefix_length == other.prefix_length:
        ours, theirs = (each.prefix.first for each in (one, other))
        yield address_text(ours, one.version), address_text(theirs, other.version)
        if one.version == 4 and one.prefix_length < 31:
            rest = (1 << (32 - one.prefix_length)) - 1
            yield address_text(ours | rest, 4), address_text(theirs | rest, 4)


def _gateways(space: Namespace, version: int) -> dict[str, str]:
    """Return the gateways of default routes, keyed by link."""
    return {
        hop.link: address_text(hop.gateway, hop.gateway_version or route.version)
        for route in space.routes
        if route.version == version and not route.prefix_length
        for hop in route.next_hops
        if hop.link is not None and hop.gateway is not None
    }


def _of_containers(container: Container, other: Container) -> Iterator[tuple[str, str]]:
    theirs = {each.network: each for each in other.endpoints}
    for end in container.endpoints:
        known = theirs.get(end.network)
        if known is None:
            continue
        for one, two, version in ((end.ipv4, known.ipv4, 4), (end.ipv6, known.ipv6, 6)):
            if one is not None and two is not None:
                yield address_text(one, 4 if version == 4 else 6), address_text(two, 4 if version == 4 else 6)


def with_name_of(path: str, text: str, name: str, other: str) -> str:
    """Return the file's text with the host's own name replaced by the other host's name."""
    if path in _WHOLE_FILES:
        return _WORD.sub(lambda found: _renamed(found[0], name, other), text, count=1)
    if path in _NAMES_FILES:
        return "\n".join(_names_line(line, name, other) for line in text.split("\n"))
    return _SETTING.sub(lambda found: f"{found['key']}{_renamed(found['name'], name, other)}", text)


def _names_line(line: str, name: str, other: str) -> str:
    body, mark, comment = line.partition("#")
    address = _WORD.search(body)
    if address is None:
        return line
    names = _WORD.sub(lambda found: _renamed(found[0], name, other), body[address.end() :])
    return f"{body[: address.end()]}{names}{mark}{comment}"


def _renamed(word: str, name: str, other: str) -> str:
    """Return the word with the other host's name, if the word or its first label is the host's name."""
    if word.lower() == name.lower():
        return other
    label, dot, domain = word.partition(".")
    if label.lower() != name.partition(".")[0].lower():
        return word
    return f"{other.partition('.')[0]}{dot}{domain}"
