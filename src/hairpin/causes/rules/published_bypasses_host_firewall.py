"""An administrator's rule denies a port and clients reach the port all the same, because packets to Docker's published
ports do not pass this rule.

Users see: ``ufw deny 8151``, or a line of the saved rules, has no effect, and the port is open to the world.

Proof: a file that this host loads names the port and denies it to the client.  hairpin simulates the client's packet,
and the packet is delivered to the container all the same.  A default policy does not count as a rule that denies the
port.
Now: ``iptables -I DOCKER-USER -m conntrack --ctorigdstport PORT --ctdir ORIGINAL -j DROP``.
Lasting: add the same rule to the file from which this host's firewall loads its rules, or publish the port only on one
address (``-p 127.0.0.1:PORT:80``).
"""

import msgspec

from hairpin.causes.kit import AskedFlows, Candidate, Cause, Finding, Host, Iterator, Message, Place, message
from hairpin.causes.opening import about_rule
from hairpin.causes.signs import RULE_FILES
from hairpin.host.boot.rule_keeper import saved_rules
from hairpin.host.boot.saved_rules import rules_of
from hairpin.host.managers import ConfigFile, FirewalldZone
from hairpin.netfilter.ir import FieldMatch, Reject, Rule, Verdict
from hairpin.netfilter.packet import TCP, UDP
from hairpin.network.flow import Flow, Lan, Outside

CAUSE = Cause(
    title=message("A published port bypasses the rule that denies it"),
    source="docs.docker.com, Packet filtering and firewalls; moby/moby#4737",
    shown_by=("sudo iptables-save", message("nat DOCKER has a DNAT rule for the port, and DOCKER-USER has no rule")),
)
ID = "published-bypasses-host-firewall"
_PROTOCOLS = {"tcp": TCP, "udp": UDP}
_NARROW = 1000
"""A rule whose port range is smaller than this number of ports counts as a rule about single ports."""


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield one finding for each line of a file that denies a flow although the flow is delivered."""
    found: dict[tuple[str, str, int], Finding] = {}
    for number, trace in enumerate(asked.traces):
        flow = trace.flow
        if not (trace.verdict == "delivered" and isinstance(flow.start, Outside | Lan) and flow.dport):
            continue
        host = asked.network.host(flow.host or asked.network.this.name)
        if not any(host.publishes_on(flow.version, to, flow.dport, flow.protocol) for to in (None, flow.daddr)):
            continue  # for a packet to the host's own port, the loaded rules decide, and not a file
        for file, rule in _denying(host, flow):
            key = (host.name, file.path, rule.line)
            known = found.get(key) or Finding(_candidate(file, rule, flow.dport), "exposure", host=host.name)
            found[key] = msgspec.structs.replace(known, flows=(*known.flows, number))
    yield from found.values()


def of_closed(asked: AskedFlows) -> Iterator[Finding]:
    """Yield one finding for each port that clients reach although a person says that they must not, and although the
    host's firewall denies them its own ports by default.  Without the person's word a default policy is no intent."""
    found: dict[tuple[str, int], Finding] = {}
    for number, trace in enumerate(asked.traces):
        flow = trace.flow
        if not (trace.verdict == "delivered" and isinstance(flow.start, Outside | Lan) and flow.dport):
            continue
        host = asked.network.host(flow.host or asked.network.this.name)
        if not any(host.publishes_on(flow.version, to, flow.dport, flow.protocol) for to in (None, flow.daddr)):
            continue
        closed = _closed_by(host, flow)
        if closed is not None:
            key = (host.name, flow.dport)
            known = found.get(key) or Finding(_by_default(*closed, flow.dport), "exposure", ID, host.name)
            found[key] = msgspec.structs.replace(known, flows=(*known.flows, number))
    yield from found.values()


def _closed_by(host: Host, flow: Flow) -> tuple[str, Place] | None:
    """Return the firewall that denies the host's own port to clients by default; None if none does."""
    place = Place("iptables-nft", "ip" if flow.version == 4 else "ip6", "filter", "INPUT", 0, "")
    ufw, firewalld = host.ufw, host.firewalld
    if ufw is not None and ufw.enabled and (ufw.default_input_policy or "").upper() in ("DROP", "REJECT"):
        return "ufw", msgspec.structs.replace(place, evidence=ufw.evidence)
    port = f"{flow.dport}/{flow.protocol}"
    if firewalld is not None and firewalld.running:
        zones = firewalld.runtime or firewalld.permanent
        # Only engines' own zones and trusted ones accept all: clients outside come in by another one.
        if zones and not any(port in each.ports or _accepts_all(each, firewalld.default_zone) for each in zones):
            return "firewalld", msgspec.structs.replace(place, evidence=firewalld.evidence)
    return None


def _accepts_all(zone: FirewalldZone, default: str | None) -> bool:
    return zone.target == "ACCEPT" and zone.name == default


def _by_default(firewall: str, place: Place, port: int) -> Candidate:
    title = message("{firewall} keeps nobody from the published port {port}", firewall=firewall, port=port)
    detail = message(
        "{firewall} denies by default what comes in for the host's own ports. A published port is forwarded to its "
        "container: its packets do not pass these rules.",
        firewall=firewall,
    )
    return about_rule(place, title, detail, _advice(port))


def _candidate(file: ConfigFile, rule: Rule, port: int) -> Candidate:
    line = Place("iptables-nft", "ip", "filter", "INPUT", 0, rule.text, line=rule.line, evidence=file.evidence)
    title = message(
        "{file} line {line} denies port {port}, but clients reach it", file=file.path, line=rule.line, port=port
    )
    detail = message(
        "A published port is forwarded to its container: its packets do not pass the rules for the host's own ports."
    )
    return about_rule(line, title, detail, _advice(port))


def _advice(port: int) -> Message:
    return message(
        "if the port is meant to be closed: `iptables -I DOCKER-USER -m conntrack --ctorigdstport {port} --ctdir "
        "ORIGINAL -j DROP`, saved where this host's firewall loads its rules",
        port=port,
    )


def _denying(host: Host, flow: Flow) -> Iterator[tuple[ConfigFile, Rule]]:
    """Yield the lines that deny the port to the flow's client, in files that the host loads."""
    for file in host.files:
        family, chain = RULE_FILES.get(file.path, ("", ""))
        if family == ("ip" if flow.version == 4 else "ip6") and _is_loaded(host, file):
            rule = next(_about(rules_of(file, family, "filter", chain), flow), None)
            if rule is not None and any(isinstance(each, Reject) or each == Verdict("drop") for each in rule.body):
                yield file, rule


def _is_loaded(host: Host, file: ConfigFile) -> bool:
    """Return whether the host loads the file.  A file of ufw is loaded only while ufw is enabled, a file of saved rules
    only if a unit loads it."""
    if file.path.startswith("/etc/ufw/"):
        return host.ufw is not None and host.ufw.enabled
    loaders = [loader for loader, loaded, _ in saved_rules(host) if loaded.path == file.path]
    return not host.units or any(each.active == "active" or each.is_enabled for each in loaders)


def _about(rules: tuple[Rule, ...], flow: Flow) -> Iterator[Rule]:
    """Yield the rules that match the flow's port and client, in their order.  The first of these rules decides."""
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
