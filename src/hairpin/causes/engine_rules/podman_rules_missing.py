"""Rules of Podman's network back end are missing.  netavark and CNI make the rules only once, when a container starts.

Users see: published ports of Podman containers time out after `firewall-cmd --reload`, `nft flush ruleset` or a restart
of the firewall, and Podman itself does not notice.

Proof: rules that netavark or CNI made for a running container are missing.  With these rules the flow arrives.
Now: ``podman network reload --all``.
Lasting: with firewalld, ``systemctl enable netavark-firewalld-reload``, if the host has this unit: netavark 1.4 has
none, and netavark 1.14 has it.  Otherwise, run the reload after each start or reload of the firewall.
"""

from typing import assert_never

import msgspec

from hairpin.causes.engine._publishing import bindings_for
from hairpin.causes.engine_rules._makers import makers_of
from hairpin.causes.firewalld._zones import trusted_sources
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfLostRules, View, message
from hairpin.change.change import Change
from hairpin.engines.missing import Missing, missing_of, missing_on
from hairpin.engines.netavark import LostRule, lost_rules
from hairpin.engines.podman import in_known_form, is_known, is_on_renamed_bridge, reloading
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.docker import Engine
from hairpin.netfilter.rule_address import IpFamily
from hairpin.network.flow import FromContainer

_ADVICE = message(
    "find out what deletes Podman's rules (a reload of firewalld, `flush ruleset`, a restored ruleset) and let it run "
    "`podman network reload --all` afterwards"
)
_UNIT = "netavark-firewalld-reload.service"


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate that restores all rules of Podman, if a rule of the flow's address family is missing."""
    family: IpFamily = "ip" if view.flow.version == 4 else "ip6"
    yield from _of_later_netavark(view, family)
    for engine, lost in missing_on(view.host):
        chains = tuple(each for each in lost.chains if each.family == family)
        rules = tuple(each for each in lost.rules if each.family == family)
        if engine.kind != "podman" or not (chains or rules):
            continue
        known = is_known(engine)
        owners = {each.name: view.host.network_owner(each) for each in engine.containers}
        astray = {name for name, owner in owners.items() if is_on_renamed_bridge(view.host, engine, owner)}
        change = restoring_all(_reloaded(lost, engine, astray), view.host_netns, view.host_namespace)
        read = (each.evidence for each in view.host_namespace.ruleset.tables if each.name in ("filter", "nat"))
        yield Candidate(
            title=message("{count} rules of Podman's network back end are missing", count=len(rules))
            if known
            else message("No rule of Podman's network back end is left"),
            detail=message(
                "{backend} made the rules when the containers started, and does not make them again by itself: "
                "something has deleted them since.",
                backend=engine.network_backend or "-",
            ),
            change=Change(
                (*change.parts, *trusted_sources(view, engine)),
                (reloading(view.host, engine, view.flow.container or view.meant),),
            ),
            refused="start-refused" if astray & _concerned(view, engine) else None,
            where=OfLostRules(chains, rules, engine.network_backend)
            if known
            else OfLostRules(backend=f"{engine.network_backend} {engine.network_version}".strip()),
            in_class="lost-engine-rule",
            evidence=tuple(dict.fromkeys(each for each in (*read, engine.evidence) if each)),
            made_by=makers_of(lost, view.host),
            advice=_advice(view, engine),
        )


def _of_later_netavark(view: View, family: IpFamily) -> Iterator[Candidate]:
    """Yield one candidate for each engine whose netavark has lost some of its rules, and makes them in a form of its
    own.  The proof has rules of the same effect instead."""
    for engine in view.host.engines:
        own = lost_rules(engine, view.host_namespace) if engine.kind == "podman" else ()
        lost = tuple(each for each in own if each.family == family)
        containers = tuple(each for each in engine.containers if each.name in {one.container for one in lost})
        alike = in_known_form(engine, containers[0]) if containers else None
        if alike is None:
            continue
        lacking = missing_of(view.host, msgspec.structs.replace(alike, containers=containers))
        change = restoring_all(lacking, view.host_netns, view.host_namespace)
        facts = {"backend": f"netavark {engine.network_version}".strip(), "rule": _purpose(lost[0])}
        yield Candidate(
            title=message("1 rule of Podman's network back end is missing")
            if len(lost) == 1
            else message("{count} rules of Podman's network back end are missing", count=len(lost)),
            detail=message("At the start of the container, {backend} makes a rule that {rule}. Something has deleted "
                           "it since, and {backend} does not make it again by itself.", **facts)
            if len(lost) == 1
            else message(
                "At the start of the container, {backend} makes a rule that {rule}. Something has deleted this rule "
                "and {more} more since, and {backend} does not make them again by itself.", more=len(lost) - 1, **facts,
            ),
            change=_with_zone(view, engine, change),
            where=OfLostRules(backend=str(facts["backend"])),
            in_class="lost-engine-rule",
            evidence=(engine.evidence,) if engine.evidence else (),
            advice=_advice(view, engine),
        )  # fmt: skip


def _with_zone(view: View, engine: Engine, change: Change) -> Change:
    """Return what ``podman network reload`` makes: the rules of ``change``, and lost sources of firewalld's zone."""
    call = reloading(view.host, engine, view.flow.container or view.meant)
    return Change((*change.parts, *trusted_sources(view, engine)), (call,))


def _advice(view: View, engine: Engine) -> tuple[Message, ...]:
    """Return the advice on what the reload makes besides the rules, and against the next loss.  Only a unit that the
    host has is named."""
    zone = message("`podman network reload` also makes Podman's networks sources of firewalld's zone trusted again")
    advice = (*((zone,) if any(trusted_sources(view, engine)) else ()), _ADVICE)
    unit = next((each for each in view.host.units if each.name == _UNIT), None)
    if unit is None or unit.is_enabled or view.host.firewalld is None:
        return advice
    said = message("netavark has a unit that does this after each reload of firewalld: systemctl enable --now {unit}")
    return (*advice, said.filled(unit=_UNIT))


def _purpose(lost: LostRule) -> Message:
    """Return what the rule does, as the end of a sentence."""
    facts = {"name": lost.container, "port": lost.port, "chain": lost.chain}
    match lost.part:
        case "jump":
            return message("leads packets from {chain} to its own chains", **facts)
        case "dnat":
            return message("translates port {port} to {name}", **facts)
        case "masquerade":
            return message("masquerades what {name}'s network sends out", **facts)
        case "outgoing":
            return message("accepts what {name}'s network sends", **facts)
        case "ct-state":
            return message("accepts the answers to {name}'s network", **facts)
        case _:
            assert_never(lost.part)


def _reloaded(lost: Missing, engine: Engine, astray: set[str]) -> Missing:
    """Return the lost rules that ``podman network reload`` restores.  The reload restores no rule of a network that has
    a container named in ``astray``."""
    left = {end.network for each in engine.containers if each.name in astray for end in each.endpoints}
    return msgspec.structs.replace(lost, rules=tuple(each for each in lost.rules if each.network not in left))


def _concerned(view: View, engine: Engine) -> set[str]:
    """Return the names of the running containers at the flow's ends.

    If no running container is at an end, return the names of all running containers."""
    start = view.flow.start
    published = {container.name for container, _ in bindings_for(view, every_version=True)}
    named = {view.flow.container, view.meant, start.name if isinstance(start, FromContainer) else None, *published}
    running = {each.name for each in engine.containers if each.running}
    return running & {each for each in named if each is not None} or running


CAUSE = Cause(
    title=message("Podman's rules are missing"),
    source="podman-network-reload(1); netavark: src/commands/firewalld_reload.rs",
    shown_by=("sudo iptables-save; sudo nft list ruleset", message("no rule names the container")),
    reasons=frozenset({"no-listener", "never-accepts", "wrong-answer", "source-not-translated", "martian-destination",
                       "route-localnet", "peer-drops", *RULE_STOPS}),
)  # fmt: skip
