"""dockerd makes no IPv6 rules, and no other rule masquerades the containers' private IPv6 addresses.

Users see: containers with an address in fd00::/8 reach machines outside over IPv4, but not over IPv6.

Proof: dockerd's option ``ip6tables`` is off, which is the default before Docker 27, and no rule masquerades the subnet.
With a rule that masquerades the subnet, the reply comes back.
Now: add a MASQUERADE rule for the subnet.
Lasting: set ``"ip6tables": true`` in daemon.json; before Docker 27 also set ``"experimental": true``.  Or save the
MASQUERADE rule, or add a route to the subnet on the next hop.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfNetwork, View, message
from hairpin.causes.rules._lifting import masquerading
from hairpin.engines.docker.options import IP6TABLES_BY_DEFAULT, dockerd_version, keeps_no_ipv6_rules
from hairpin.host.boot.configured import of_engine_option
from hairpin.host.docker import Engine

_ROUTE = message(
    "or give the next hop a route to the network's IPv6 subnet through this host. Machines behind the next hop then "
    "answer, but the Internet has no route back to a private address"
)


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the network of an IPv6 packet's source, if the network's dockerd makes no IPv6 rules."""
    found = masquerading(view) if view.stop.seen.packet.version == 6 else None
    if found is None:
        return
    engine, network, change = found
    if not keeps_no_ipv6_rules(engine) or not engine.masquerades(network) or network.gateway_mode(6) == "routed":
        return
    yield Candidate(
        title=message("dockerd keeps no IPv6 rules, and nothing masquerades network {name}", name=network.name),
        detail=message(
            "ip6tables is off in dockerd. Packets leave with the containers' own IPv6 addresses, to which no host "
            "outside has a route back."
        ),
        change=change,
        where=OfNetwork(option="ip6tables=false", network=network.name),
        in_class="engine-option",
        evidence=(engine.evidence, network.evidence),
        configured=of_engine_option("ip6tables", "false", view.host) if engine.ip6tables is False else None,
        advice=(_option(engine), _ROUTE),
    )


def _option(engine: Engine) -> Message:
    version = dockerd_version(engine.version)
    if version is not None and version < IP6TABLES_BY_DEFAULT:
        return message(
            "or let dockerd masquerade the network: {option} and {experimental} in daemon.json (before Docker 27 "
            "dockerd does not start with {option} alone), then restart dockerd, which may set the policy of IPv6's "
            "FORWARD to DROP",
            option='"ip6tables": true',
            experimental='"experimental": true',
        )
    return message(
        "or let dockerd masquerade the network: {option} in daemon.json, then restart dockerd, which may set the "
        "policy of IPv6's FORWARD to DROP",
        option='"ip6tables": true',
    )


CAUSE = Cause(
    title=message("dockerd keeps no IPv6 rules"),
    source="docs.docker.com: dockerd, bridge network options",
    shown_by=(
        "sudo ip6tables-save; cat /etc/docker/daemon.json; ip -6 route",
        message("table nat of ip6tables has no rules of Docker"),
    ),
    reasons=frozenset({"source-not-translated", "peer-drops"}),
)
