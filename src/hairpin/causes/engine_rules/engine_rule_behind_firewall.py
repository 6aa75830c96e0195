"""Rules that dockerd puts in front of all others in FORWARD stand behind the rules of a firewall manager.

Users see: a container, or one direction of its traffic, is closed after the firewall manager or dockerd was started or
upgraded, while the published ports still work.  All of dockerd's rules are there.

Proof: some of dockerd's rules in FORWARD stand before the jump to the manager's chain, and others behind it.  The
packet stops in the manager's chain.  With all of dockerd's rules before the jump, the flow arrives.
Now: delete the rules behind the jump, and insert them where dockerd inserts them.
Lasting: nothing has to be saved, because dockerd inserts its rules at each start.  Find the program that moved the
rules.
"""

from collections import Counter

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, Place, View, message
from hairpin.causes.rules._rule_owner import led_from
from hairpin.engines.expected import ExpectedRule
from hairpin.engines.missing import Missing, missing_on
from hairpin.engines.repair.restoring import restoring
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import Chain, Jump, Rule, Table
from hairpin.netfilter.meaning import meaning
from hairpin.programs import UFW

_APPENDED = UFW.chains
"""Chains of a manager that appends its jumps to the built-in chain.  A person inserts a rule in front of an engine's
rules on purpose, and other causes are about such a rule."""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the manager's jump stands between the rules of one engine in the same built-in chain."""
    place = view.place
    if place is None or not view.on_host or view.stop.stage != "forward" or not place.chain.startswith(_APPENDED):
        return
    for engine, lost in missing_on(view.host):
        table = view.namespace.ruleset.table(place.family, place.table, place.dialect)
        chain = table.chain("FORWARD") if table is not None else None
        if engine.kind != "docker" or lost.dialect != place.dialect or table is None or chain is None:
            continue
        jump = next((each for each in chain.rules if _leads_to(view, each, place)), None)
        behind = _behind(lost, table, chain, jump) if jump is not None else ()
        if jump is None or not behind:
            continue
        moved, rule = behind[0]
        yield Candidate(
            title=message(
                "Docker's rule `{rule}` stands in FORWARD behind `{jump}`, where the packet stops",
                rule=moved.rule.text,
                jump=jump.text,
            ),
            detail=message(
                "dockerd inserts its rules at the head of FORWARD, and its other rules still stand there. The packet "
                "meets {chain} before this rule: {stopping}",
                chain=place.chain,
                stopping=place.text,
            ),
            change=restoring(view.host_netns, view.namespace, lost, (), (), [each for each, _ in behind]),
            where=OfRule(place_of(table, "FORWARD", rule)),
            in_class="lost-engine-rule",
            evidence=(place.evidence,),
            side_effects=(
                message("dockerd puts its rules in front again only at its next start: find out what moved them"),
            ),
        )


def _leads_to(view: View, rule: Rule, place: Place) -> bool:
    chains = (part.chain for part in rule.body if isinstance(part, Jump))
    return any(each.startswith(_APPENDED) and led_from(view, place, each) for each in chains)


def _behind(lost: Missing, table: Table, chain: Chain, jump: Rule) -> tuple[tuple[ExpectedRule, Rule], ...]:
    """Return the engine's rules behind the jump that the engine would insert in front of it; none if no rule of the
    engine stands in front of the jump.

    If all rules of the engine stand behind the jump, a person has put the manager's chain there."""
    wanted = {
        meaning(each.rule): each
        for each in lost.wanted.rules
        if (each.family, each.table, each.chain, each.position) == (table.family, table.name, chain.name, "first")
    }
    counts = Counter(map(meaning, chain.rules))
    there = [(wanted[what], each) for each in chain.rules if (what := meaning(each)) in wanted and counts[what] == 1]
    if all(each.number > jump.number for _, each in there):
        return ()
    return tuple(each for each in there if each[1].number > jump.number)


CAUSE = Cause(
    title=message("A rule of the engine stands behind a firewall manager's chain"),
    source="moby issue 49528; ufw: src/ufw-init-functions appends its jumps to FORWARD",
    reasons=RULE_STOPS,
)
