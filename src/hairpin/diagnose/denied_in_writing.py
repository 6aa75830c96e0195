"""Ports that a file of the host's owner closes to a client, and that the client reaches all the same.

Published ports are forwarded, or taken by docker-proxy, so the rules that a firewall has for the host itself do not
meet them.  A default policy is no such rule: the file has to name the port.
"""

from collections.abc import Iterator

import msgspec

from hairpin.diagnose.examination import Examination
from hairpin.host.boot.rule_keeper import saved_rules
from hairpin.host.boot.saved_rules import rules_of
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.ir import FieldMatch, Reject, Rule, Verdict
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.flow import Flow, Lan, Outside

_FILES = {
    "/etc/ufw/user.rules": ("ip", "ufw-user-input"),
    "/etc/ufw/user6.rules": ("ip6", "ufw6-user-input"),
    "/etc/iptables/rules.v4": ("ip", "INPUT"),
    "/etc/iptables/rules.v6": ("ip6", "INPUT"),
    "/etc/sysconfig/iptables": ("ip", "INPUT"),
    "/etc/sysconfig/ip6tables": ("ip6", "INPUT"),
}
_PROTOCOLS = {"tcp": TCP, "udp": UDP}
_NARROW = 1000
"""The most ports that a rule about single ports names."""


class DeniedInWriting(msgspec.Struct, frozen=True):
    """A line of a file that denies a port of the host to the clients of these flows, by index."""

    host: str
    file: str
    line: int
    text: str
    port: int
    flows: tuple[int, ...]
    evidence: str = ""


def denied_in_writing(examination: Examination) -> tuple[DeniedInWriting, ...]:
    """Return each line that denies what passes, once."""
    found: dict[tuple[str, str, int], DeniedInWriting] = {}
    for number, each in enumerate(examination.diagnoses):
        flow = each.trace.flow
        if not (each.trace.verdict == "delivered" and isinstance(flow.start, Outside | Lan) and flow.dport):
            continue
        host = examination.network.host(flow.host or examination.network.this.name)
        if not any(host.publishes_on(flow.version, to, flow.dport, flow.protocol) for to in (None, flow.daddr)):
            continue  # a port of the host's own meets the rules that are loaded, whatever a file says
        for denied in _lines(host, flow, number):
            key = (denied.host, denied.file, denied.line)
            known = found.get(key)
            found[key] = denied if known is None else msgspec.structs.replace(known, flows=(*known.flows, number))
    return tuple(found.values())


def _lines(host: Host, flow: Flow, number: int) -> Iterator[DeniedInWriting]:
    for file in host.files:
        family, chain = _FILES.get(file.path, ("", ""))
        if family == ("ip" if flow.version == 4 else "ip6") and _is_loaded(host, file):
            rule = next(_about(rules_of(file, family, "filter", chain), flow), None)
            if rule is not None and _denies(rule):
                yield DeniedInWriting(host.name, file.path, rule.line, rule.text, flow.dport, (number,), file.evidence)


def _is_loaded(host: Host, file: ConfigFile) -> bool:
    """Return whether the file is in force: ufw's only while ufw is enabled, saved rules if a unit loads them."""
    if file.path.startswith("/etc/ufw/"):
        return host.ufw is not None and host.ufw.enabled
    loaders = [loader for loader, loaded, _ in saved_rules(host) if loaded.path == file.path]
    return not host.units or any(each.active == "active" or each.enabled.startswith("enabled") for each in loaders)


def _about(rules: tuple[Rule, ...], flow: Flow) -> Iterator[Rule]:
    """Yield the rules that name the flow's port and take its client, in their order: the first one decides."""
    assert isinstance(flow.start, Outside | Lan)
    values = {
        "dport": flow.dport,
        "protocol": _PROTOCOLS.get(flow.protocol, -1),
        f"saddr{flow.version}": flow.start.address,
    }
    for rule in rules:
        parts = [each for each in rule.body if isinstance(each, FieldMatch)]
        others = [each for each in rule.body if not isinstance(each, FieldMatch | Verdict | Reject)]
        if not others and any(map(_names_port, parts)) and all(_takes(each, values) for each in parts):
            yield rule


def _names_port(part: FieldMatch) -> bool:
    return part.field == "dport" and not part.negated and all(last - first < _NARROW for first, last in part.ranges)


def _takes(part: FieldMatch, values: dict[str, int]) -> bool:
    value = values.get(part.field)
    if value is None:
        return False
    return any(first <= value & part.mask <= last for first, last in part.ranges) is not part.negated


def _denies(rule: Rule) -> bool:
    return any(isinstance(each, Reject) or each == Verdict("drop") for each in rule.body)
