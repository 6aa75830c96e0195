"""Reads firewalld's permanent configuration from the host's files.  A file below /etc overrides the package's file of
the same name.

Source: firewalld.zone(5), firewalld.policy(5), firewalld.service(5), firewalld.ipset(5), firewalld.helper(5);
firewall/core/io/policy.py
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, TypeVar

from hairpin.errors import ParseError
from hairpin.firewalls.permanent import (
    FirewalldSettings,
    ForwardPort,
    Permanent,
    PermanentHelper,
    PermanentIpset,
    PermanentPolicy,
    PermanentService,
    PermanentZone,
    Port,
    RichPart,
    RichRule,
    TrafficRules,
)
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.host.read.managers.assignments import value_of
from hairpin.host.read.managers.firewalld_xml import FirewalldElement, elements_of
from hairpin.message import message

_CONF = "/etc/firewalld/firewalld.conf"
_PATH = re.compile(r"/(?:etc|usr/lib)/firewalld/([a-z]+)/([^/]+)\.xml")
_YES = ("yes", "true")
_ACTIONS = ("accept", "reject", "drop", "mark")
_LOGS = ("log", "nflog", "audit")
_RPFILTERS: Mapping[str, Literal["", "strict", "loose", "strict-forward", "loose-forward"]] = {
    "yes": "strict", "true": "strict", "strict": "strict", "loose": "loose", "strict-forward": "strict-forward",
    "loose-forward": "loose-forward",
}  # fmt: skip

Found = TypeVar("Found")


def permanent(host: Host) -> Permanent:
    """Return the permanent configuration that firewalld would read now; raise ParseError for a file that firewalld does
    not understand."""
    documents = _documents(host.files)
    version = host.firewalld.version if host.firewalld is not None else ""
    return Permanent(
        settings=_settings(host),
        zones=tuple(_zone(name, documents["zones"][name]) for name in sorted(documents["zones"])),
        policies=tuple(_policy(name, documents["policies"][name]) for name in sorted(documents["policies"])),
        services={name: _service(name, found) for name, found in documents["services"].items()},
        ipsets={name: _ipset(name, documents["ipsets"][name]) for name in sorted(documents["ipsets"])},
        helpers={name: _helper(name, found) for name, found in documents["helpers"].items()},
        version=tuple(int(part) for part in re.findall(r"[0-9]+", version)[:3]) or (1, 3),
    )


_KINDS = {"zones": "zone", "policies": "policy", "services": "service", "ipsets": "ipset", "helpers": "helper"}


def _documents(files: tuple[ConfigFile, ...]) -> Mapping[str, Mapping[str, list[FirewalldElement]]]:
    """Return the parsed files of each kind, by their names."""
    chosen: dict[tuple[str, str], ConfigFile] = {}
    for each in files:
        match = _PATH.fullmatch(each.path)
        if match is not None and (each.path.startswith("/etc/") or (match[1], match[2]) not in chosen):
            chosen[match[1], match[2]] = each
    found: dict[str, dict[str, list[FirewalldElement]]] = {kind: {} for kind in _KINDS}
    for (kind, name), file in chosen.items():
        if kind in _KINDS:
            elements = elements_of(file.text, source=file.path)
            if not elements or elements[0].tag != _KINDS[kind]:
                raise ParseError(message("not a firewalld {kind}", kind=_KINDS[kind]), source=file.path)
            found[kind][name] = elements
    return found


def _settings(host: Host) -> FirewalldSettings:
    conf = next((each.text for each in host.files if each.path == _CONF), "")

    def says(key: str, *, otherwise: bool) -> bool:
        said = value_of(conf, key)
        return otherwise if said is None else said.lower() in _YES

    flowtable = (value_of(conf, "NftablesFlowtable") or "off").split()
    return FirewalldSettings(
        default_zone=value_of(conf, "DefaultZone") or "public",
        backend=value_of(conf, "FirewallBackend") or "nftables",
        rpfilter=_RPFILTERS.get((value_of(conf, "IPv6_rpfilter") or "yes").lower(), ""),
        log_denied=(value_of(conf, "LogDenied") or "off").lower(),
        rfc3964=says("RFC3964_IPv4", otherwise=True),
        flushes_all=says("FlushAllOnReload", otherwise=True),
        cleans_up=says("CleanupOnExit", otherwise=True),
        drifts=says("AllowZoneDrifting", otherwise=False),
        counters=says("NftablesCounters", otherwise=False),
        owns_table=says("NftablesTableOwner", otherwise=True),
        strict_forward_ports=says("StrictForwardPorts", otherwise=False),
        flowtable=() if flowtable == ["off"] else tuple(flowtable),
    )


def _zone(name: str, elements: list[FirewalldElement]) -> PermanentZone:
    said = elements[0].attributes
    return PermanentZone(
        name=name,
        target=said.get("target", "default"),
        interfaces=_named(elements, "interface", "name"),
        sources=tuple(_sources(elements)),
        forward=_has(elements, "forward"),
        ingress_priority=_number(said.get("ingress-priority") or said.get("priority", "")),
        egress_priority=_number(said.get("egress-priority") or said.get("priority", "")),
        rules=_rules(elements),
    )


def _policy(name: str, elements: list[FirewalldElement]) -> PermanentPolicy:
    said = elements[0].attributes
    return PermanentPolicy(
        name=name,
        target=said.get("target", "CONTINUE"),
        priority=_number(said.get("priority", "-1")),
        ingress=_named(elements, "ingress-zone", "name"),
        egress=_named(elements, "egress-zone", "name"),
        disabled=_has(elements, "disable"),
        rules=_rules(elements),
    )


def _service(name: str, elements: list[FirewalldElement]) -> PermanentService:
    ports = _ports(elements, "port")
    modules = (
        each.removeprefix("nf_conntrack_").replace("_", "-") if each.startswith("nf_conntrack_") else each
        for each in _named(elements, "module", "name")
    )
    destinations = (each.attributes for each in elements if each.tag == "destination")
    return PermanentService(
        name=name,
        ports=tuple(each for each in ports if each[0]),
        protocols=(*(each[1] for each in ports if not each[0]), *_named(elements, "protocol", "value")),
        source_ports=_ports(elements, "source-port"),
        destinations={family: value for each in destinations for family, value in each.items()},
        modules=tuple(modules),
        helpers=_named(elements, "helper", "name"),
        includes=_named(elements, "include", "service"),
    )


def _ipset(name: str, elements: list[FirewalldElement]) -> PermanentIpset:
    options = {
        each.attributes.get("name", ""): each.attributes.get("value", "") for each in elements if each.tag == "option"
    }
    return PermanentIpset(
        name=name,
        type=elements[0].attributes.get("type", ""),
        inet6=options.get("family") == "inet6",
        timeout=options.get("timeout", ""),
        entries=tuple("".join(each.texts).strip() for each in elements if each.tag == "entry"),
    )


def _helper(name: str, elements: list[FirewalldElement]) -> PermanentHelper:
    said = elements[0].attributes
    return PermanentHelper(name, said.get("module", ""), said.get("family", ""), _ports(elements, "port"))


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else 0


def _has(elements: list[FirewalldElement], tag: str) -> bool:
    return any(each.depth == 1 and each.tag == tag for each in elements)


def _named(elements: list[FirewalldElement], tag: str, attribute: str) -> tuple[str, ...]:
    """Return the values of the attribute in all elements with the tag, without duplicates."""
    own = (each.attributes.get(attribute, "") for each in elements if each.depth == 1 and each.tag == tag)
    return tuple(dict.fromkeys(each for each in own if each))


def _sources(elements: list[FirewalldElement]) -> Iterator[str]:
    for each in elements:
        if each.depth == 1 and each.tag == "source":
            said = each.attributes
            if "ipset" in said:
                yield f"ipset:{said['ipset']}"
            elif value := said.get("address") or said.get("mac"):
                yield value


def _ports(elements: list[FirewalldElement], tag: str) -> tuple[Port, ...]:
    own = (each.attributes for each in elements if each.depth == 1 and each.tag == tag)
    return tuple(dict.fromkeys((each.get("port", ""), each.get("protocol", "")) for each in own))


def _rules(elements: list[FirewalldElement]) -> TrafficRules:
    forwarded = (each.attributes for each in elements if each.depth == 1 and each.tag == "forward-port")
    return TrafficRules(
        services=_named(elements, "service", "name"),
        ports=_united(_ports(elements, "port")),
        protocols=_named(elements, "protocol", "value"),
        source_ports=_united(_ports(elements, "source-port")),
        masquerade=_has(elements, "masquerade"),
        forward_ports=tuple(
            ForwardPort(
                each.get("port", ""), each.get("protocol", ""), each.get("to-port", ""), each.get("to-addr", "")
            )
            for each in forwarded
        ),
        icmp_blocks=_named(elements, "icmp-block", "name"),
        inverted=_has(elements, "icmp-block-inversion"),
        rich=tuple(dict.fromkeys(_rich_rules(elements))),
    )


def _united(ports: tuple[Port, ...]) -> tuple[Port, ...]:
    """Return the ports as firewalld keeps them: it merges overlapping ranges of a protocol into one range, and puts
    this range at the end.

    Source: firewall/functions.py coalescePortRange()"""
    kept: list[Port] = []
    for port, protocol in ports:
        first, last = _range(port)
        same = [each for each in kept if each[1] == protocol]
        if any(_range(each[0])[0] <= first and last <= _range(each[0])[1] for each in same):
            continue
        met = [each for each in same if _range(each[0])[0] <= last and first <= _range(each[0])[1]]
        first, last = (
            min((first, *(_range(each[0])[0] for each in met))),
            max((last, *(_range(each[0])[1] for each in met))),
        )
        kept = [each for each in kept if each not in met]
        kept.append((f"{first}-{last}" if met or first != last else port, protocol))
    return tuple(kept)


def _range(port: str) -> tuple[int, int]:
    first, _, last = port.partition("-")
    return int(first), int(last or first)


def _rich_rules(elements: list[FirewalldElement]) -> Iterator[RichRule]:
    """Yield the rich rules of a zone or policy."""
    parts: list[FirewalldElement] = []
    head: FirewalldElement | None = None
    for each in (*elements, None):
        if each is None or each.depth == 1:
            if head is not None:
                yield _rich_rule(head, parts)
            head, parts = (each, []) if each is not None and each.tag == "rule" else (None, [])
        elif head is not None:
            parts.append(each)


def _rich_rule(head: FirewalldElement, elements: list[FirewalldElement]) -> RichRule:
    parts: list[RichPart] = []
    for each in elements:
        if each.tag == "limit" and parts:
            said, last = each.attributes, parts[-1]
            parts[-1] = RichPart(last.tag, last.said, said.get("value", ""), said.get("burst", ""))
        else:
            parts.append(RichPart(each.tag, tuple(sorted(each.attributes.items()))))

    def first(*tags: str) -> RichPart | None:
        return next((each for each in parts if each.tag in tags), None)

    others = (each for each in parts if each.tag not in ("source", "destination", *_ACTIONS, *_LOGS))
    return RichRule(
        family=head.attributes.get("family", ""),
        priority=_number(head.attributes.get("priority", "")),
        source=first("source"),
        destination=first("destination"),
        element=next(others, None),
        logs=tuple(each for tag in _LOGS for each in parts if each.tag == tag),
        action=first(*_ACTIONS),
    )
