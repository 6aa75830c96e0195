"""The frequent causes that the told parts of a host rule out, because the output that would show them says otherwise.

Words of a text may still point to such a cause: the writer has suspected it, too.
"""

from collections.abc import Iterator

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.boot.sysctl_files import FORWARDING
from hairpin.host.host import Host
from hairpin.netfilter import ir
from hairpin.network.flow import Flow
from hairpin.suppose.alternatives import link_switches
from hairpin.suppose.told import shows_whole


def refuted_causes(host: Host, flows: tuple[Flow, ...]) -> frozenset[str]:
    """Return the ids of the causes that the host does not have, as its text shows.  ``flows``: the flows of the
    question."""
    told = host.told
    if told is None:
        return frozenset()
    asked = tuple(each for each in flows if (each.asked_host or each.host or host.name) == host.name)
    return frozenset((*_by_switches(host, told), *_by_rules(host, told), *_by_containers(host, told, asked),
                      *_by_sockets(host, told, asked), *_by_routes(host, told)))  # fmt: skip


def _by_switches(host: Host, told: ToldParts) -> Iterator[str]:
    values = host.namespace(HOST).sysctls.values
    shown = [path for path in FORWARDING if path in told.sysctls]
    if shown and all(values.get(path) == "1" for path in shown):
        yield "ip-forward-off"
    own = link_switches(host)
    if own and all(path in told.sysctls and values.get(path) == "1" for path in own):
        yield "interface-forwarding-off"


def _by_rules(host: Host, told: ToldParts) -> Iterator[str]:
    nat, filter_ = (_whole(host, told, name) for name in ("nat", "filter"))
    if nat is not None and nat.chain("DOCKER") is not None:
        yield "docker-nat-chain-missing"
    if nat is not None and any(_masquerades(each) for each in _rules(nat.chain("POSTROUTING"))):
        yield "masquerade-missing"
    if filter_ is None:
        return
    forward, entry = _rules(filter_.chain("FORWARD")), _rules(filter_.chain("INPUT"))
    has_chains = filter_.chain("DOCKER") is not None and any(
        "DOCKER" in chain for each in forward for chain in _jumps(each)
    )
    if has_chains:
        yield from ("docker-filter-chain-missing", "filter-forward-jump-missing")
    if has_chains and nat is not None and nat.chain("DOCKER") is not None:
        yield from ("firewall-manager-flushed-rules", "firewalld-restart-wipes-docker")
    if not any(_is_stop(each) or _leads_elsewhere(each) for each in _rules(filter_.chain("DOCKER-USER"))):
        yield "docker-user-drops"
    if not any(_is_stop(each) or _leads_elsewhere(each) for each in forward):
        yield "reject-rule-before-docker"
    if not any(_is_stop(each) or _leads_elsewhere(each) for each in entry) and not _has_policy_drop(
        filter_.chain("INPUT")
    ):
        yield from ("input-drops-host-service", "input-chain-drops-proxied-traffic")


def _whole(host: Host, told: ToldParts, name: str) -> ir.Table | None:
    """Return the told IPv4 table of iptables, if each of its rules is known."""
    tables = host.namespace(HOST).ruleset.tables
    named = [
        each for each in tables if (each.family, each.name) == ("ip", name) and each.dialect.startswith("iptables")
    ]
    return named[0] if len(named) == 1 and shows_whole(told, name, named) else None


def _rules(chain: ir.Chain | None) -> tuple[ir.Rule, ...]:
    return () if chain is None else chain.rules


def _is_stop(rule: ir.Rule) -> bool:
    return any(isinstance(each, ir.Reject) or each == ir.Verdict("drop") for each in rule.body)


def _jumps(rule: ir.Rule) -> Iterator[str]:
    return (each.chain for each in rule.body if isinstance(each, ir.Jump))


def _masquerades(rule: ir.Rule) -> bool:
    return any(isinstance(each, ir.Nat) and each.nat == "masquerade" for each in rule.body)


def _leads_elsewhere(rule: ir.Rule) -> bool:
    """Return whether the rule leads to a chain that is not of dockerd, or out of what hairpin models."""
    return any(isinstance(each, ir.Outside) for each in rule.body) or not all(
        each.startswith("DOCKER") for each in _jumps(rule)
    )


def _has_policy_drop(chain: ir.Chain | None) -> bool:
    return chain is not None and (chain.policy or "accept").lower() == "drop"


def _by_containers(host: Host, told: ToldParts, flows: tuple[Flow, ...]) -> Iterator[str]:
    asked = [each for flow in flows if flow.container for each in host.containers_named(flow.container)]
    if asked and all(each.running and each.name in told.containers for each in asked):
        yield "container-not-running"


def _by_sockets(host: Host, told: ToldParts, flows: tuple[Flow, ...]) -> Iterator[str]:
    """Yield the causes of a service that does not listen, if its namespace lists a socket of the service's port that
    takes all clients."""
    for flow in flows:
        container = host.container(flow.container) if flow.container else None
        netns = HOST if not flow.container else container.netns if container is not None else None
        if netns is None or netns not in host or not told.proves(netns, "sockets"):
            continue
        bindings = container.bindings if container is not None else ()
        published = {(str(each.protocol), each.host_port): each.container_port for each in bindings}
        port = published.get((flow.protocol, flow.dport), flow.dport)
        held = (each for each in host.namespace(netns).sockets if (each.protocol, each.port) == (flow.protocol, port))
        if any(each.address is None for each in held):
            yield from _OF_SERVICE if flow.container else _OF_HOST_SERVICE


_OF_SERVICE = ("service-listens-on-container-loopback", "service-listens-on-other-port", "service-not-listening")
_OF_HOST_SERVICE = ("host-service-listens-on-loopback", "host-service-not-running")


def _by_routes(host: Host, told: ToldParts) -> Iterator[str]:
    if told.proves(HOST, "routes4") and any(
        each.version == 4 and not each.prefix_length for each in host.namespace(HOST).routes
    ):
        yield "host-default-route-missing"
