"""containers.conf says ``firewall_driver = "none"``, or the network has ``mode=unmanaged``, so netavark makes no rules
for the containers.

Users see: published ports of Podman time out, and containers cannot connect to the outside.  Or ports stop working when
their containers are restarted.

Proof: a file of containers.conf sets ``firewall_driver`` to ``none``, or Podman lists the network's option.  With the
rules that netavark would make, the flow arrives.
Now: if Podman should make its rules, remove the line and run ``podman network reload --all``; make an unmanaged network
again without ``--opt mode=unmanaged``.  Or add your own rules.
Lasting: the files of containers.conf are read whenever Podman runs.  hairpin does not remove the line.
"""

import msgspec

from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfNetwork, View, Way, message
from hairpin.causes.nat_rules._translation import dnat_place, is_podmans
from hairpin.change.change import Change, DeleteRule
from hairpin.engines.podman import as_managed, is_unmanaged, makes_no_rules
from hairpin.engines.repair.republishing import added_rules
from hairpin.host.boot.configured import Configured
from hairpin.host.boot.containers_conf import line_of
from hairpin.host.docker import Container, Engine
from hairpin.network.flow import FromContainer


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each Podman whose option stops it from making rules, if the flow needs these rules, and
    one for each container of such a flow on an unmanaged network."""
    for engine in view.host.engines:
        if engine.kind == "podman" and not engine.rootless and not makes_no_rules(engine):
            yield from _on_unmanaged_network(view, engine)
        if not makes_no_rules(engine) or engine.rootless:
            continue
        container = _container_at_an_end(view, engine)
        ruled = msgspec.structs.replace(engine, firewall_backend=None)
        rules = tuple(added_rules(view.host, ruled, container)) if container is not None else ()
        if container is None or not rules:
            continue
        old = _deletion_of_old_rule(view)
        line = line_of(engine.conf, "network.firewall_driver")
        file, number = ("containers.conf", 0) if line is None else (line.path, line.number)
        facts = {"file": file, "name": container.name}
        yield Candidate(
            title=message('Podman makes no rules for {name}: its firewall_driver is "none"', **facts),
            detail=message(
                "The rules of an earlier start are still there. netavark neither removes them nor makes others, and "
                "{name} has another address now.",
                **facts,
            )
            if old
            else message(
                "No rule leads a published port to {name}, and none masquerades what {name} sends: netavark makes no "
                "rules.",
                **facts,
            ),
            change=Change((*old, *rules)),
            where=OfNetwork(option="firewall_driver=none", network=None),
            in_class="engine-option",
            evidence=tuple(each for each in (line.evidence if line is not None else "", engine.evidence) if each)[:1],
            configured=Configured(
                "engine-option", file, number, "firewall_driver=none", evidence=line.evidence if line else ""
            ),
            offered=False,
            ways=(
                Way(
                    Change(()),
                    (
                        message(
                            "if Podman should make its rules: remove the line with firewall_driver from {file}, then "
                            "run `podman network reload --all`",
                            **facts,
                        ),
                    ),
                ),
            ),
        )


def _on_unmanaged_network(view: View, engine: Engine) -> Iterator[Candidate]:
    """Yield the candidate for the flow's container, if a person keeps the bridge of its only network."""
    container = _container_at_an_end(view, engine)
    networks = [engine.network(each.network) for each in container.endpoints] if container is not None else []
    network = networks[0] if len(networks) == 1 else None
    if container is None or network is None or not is_unmanaged(network):
        return
    rules = tuple(added_rules(view.host, as_managed(engine), container))
    if not rules:
        return
    facts = {"name": container.name, "network": network.name, "bridge": network.bridge or "-"}
    yield Candidate(
        title=message("Podman makes no rules for {name}: its network {network} is unmanaged", **facts),
        detail=message(
            "With `--opt mode=unmanaged`, netavark puts {name} on {bridge}, which a person keeps, and makes no rule: "
            "none leads a published port to {name}, and none masquerades what {name} sends. `podman network reload` "
            "changes nothing.",
            **facts,
        ),
        change=Change(rules),
        where=OfNetwork(option="mode=unmanaged", network=network.name),
        in_class="engine-option",
        evidence=tuple(filter(None, (network.evidence, engine.evidence)))[:1],
        offered=False,
        ways=(
            Way(Change(()), (message(
                "if Podman should make the rules: make the network again without `--opt mode=unmanaged`, and its "
                "containers with it", **facts),)),
            Way(Change(()), (message(
                "if the bridge is to stay yours: add a rule of your own that leads the port to {name}, and keep it at "
                "boot", **facts),)),
        ),
    )  # fmt: skip


def _deletion_of_old_rule(view: View) -> tuple[DeleteRule, ...]:
    """Return the deletion of the rule by which an earlier start of a container still translates the packet."""
    place = dnat_place(view, view.host_netns)
    address = view.stop.seen.packet.daddr
    held = {end for each in view.host.containers() for one in each.endpoints for end in (one.ipv4, one.ipv6)}
    if place is None or view.in_reply or not is_podmans(place) or address in held:
        return ()
    return (DeleteRule(view.host_netns, place),)


def _container_at_an_end(view: View, engine: Engine) -> Container | None:
    """Return the engine's running container at one of the flow's ends; None if none is there."""
    start = view.flow.start
    sender = start.name if isinstance(start, FromContainer) else None
    published = [container.name for container, _ in bindings_for(view)]
    names = (*published, view.flow.container, view.meant, sender)
    running = {each.name: each for each in engine.containers if each.running}
    return next((running[each] for each in names if each in running), None)


CAUSE = Cause(
    title=message("Podman is told to make no rules"),
    source="containers.conf(5); netavark: src/firewall/mod.rs, src/firewall/fwnone.rs",
    shown_by=(
        "grep -rn firewall_driver /usr/share/containers/containers.conf /etc/containers; sudo nft list ruleset",
        message('firewall_driver = "none", and no rule of netavark'),
    ),
    reasons=frozenset({"no-listener", "never-accepts", "wrong-answer", "source-not-translated", "martian-destination",
                       "route-localnet", "peer-drops", "no-neighbour", "left-instead", "answered-by-other",
                       *RULE_STOPS}),
)  # fmt: skip
