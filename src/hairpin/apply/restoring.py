"""``hairpin restore`` restores the chains, jumps and rules that the engines have lost, and the policy of FORWARD that
dockerd had set and a flush has opened.  A restart of dockerd would change more.  The plan names the other changes that
a restart would make, and does not make them.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.decisive import unread_rules
from hairpin.apply.options import refuse_unknown
from hairpin.apply.plan import PlannedRemedy, RepairPlan, without_harm
from hairpin.change.calls import ReloadNetworks
from hairpin.change.change import Change, SetPolicy
from hairpin.change.simulation.simulate import IP_FORWARD, simulate
from hairpin.change.steps import steps
from hairpin.engines.expected import ExpectedRule
from hairpin.engines.missing import Missing, loss_text, out_of_order, with_own_netns
from hairpin.engines.podman import is_known
from hairpin.engines.repair.closing import OpenedPolicy, opened_policies, said_of_policy
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.surplus import surplus
from hairpin.host.docker import Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.message import Message, few_of, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.meaning import meaning
from hairpin.netfilter.rule_address import IpFamily
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.remedy.effect import FlowEffect
from hairpin.remedy.effects import MAX_OF_PLAN, effects_between, flow_told, others_of
from hairpin.remedy.in_turn import after
from hairpin.remedy.remedy import Remedy


class Loss(msgspec.Struct, frozen=True):
    """The missing rules and chains of one engine, in the namespace ``netns``.

    ``moved``: rules of the engine that now stand after rules that the engine places behind them.  ``opened``: the
    policies that are ACCEPT since the engine's rules in their chains were flushed."""

    engine: Engine
    missing: Missing
    netns: Netns
    moved: tuple[ExpectedRule, ...] = ()
    opened: tuple[OpenedPolicy, ...] = ()

    @property
    def in_other_words(self) -> bool:
        """Whether the engine writes these rules otherwise: of a later netavark hairpin knows their effect alone."""
        return self.engine.kind == "podman" and not is_known(self.engine)

    @property
    def id(self) -> str:
        """The id of the repair that restores the engine's rules."""
        return f"restore-{self.engine.kind}"


class RestorePlan(msgspec.Struct, frozen=True):
    """The plan of ``hairpin restore``, and the losses of each engine.  ``notes``: the other effects that a restart of
    dockerd would have.  ``undecided``: why some rules of an engine could not be checked.  ``supposed``: whether the
    rules of this host were not read, so that hairpin only supposes them.  ``left_open``: the flows that pass after the
    plan only because it leaves an opened policy at ACCEPT."""

    plan: RepairPlan
    lost: tuple[Loss, ...]
    notes: tuple[Message, ...] = ()
    undecided: tuple[str, ...] = ()
    supposed: bool = False
    left_open: tuple[FlowEffect, ...] = ()

    @property
    def policies(self) -> tuple[SetPolicy, ...]:
        """The policies that the plan sets."""
        parts = (part for each in self.plan.repairs for part in each.remedy.change.parts)
        return tuple(part for part in parts if isinstance(part, SetPolicy))

    @property
    def besides(self) -> tuple[PlannedRemedy, ...]:
        """The additional repairs.  With these repairs, no working flow stops when the rules are restored."""
        own = {each.id for each in self.lost}
        return tuple(each for each in self.plan.repairs if each.id not in own)


def restore_plan(answer: Answer, chosen: tuple[str, ...] = ()) -> RestorePlan:
    """Return the plan that restores the rules of this host's engines.

    ``chosen``: the ids of repairs that are made even if they close or open other flows.  Raises UsageError for a chosen
    repair that the plan does not have."""
    host = answer.network.this
    found = with_own_netns(host)
    losses = (
        Loss(engine, each, netns, _moved(engine, each, host.namespace(netns.name)),
             opened_policies(each, engine, answer.network) if netns.is_host else ())
        for engine, each, netns in found
    )  # fmt: skip
    lost = tuple(each for each in losses if each.missing or each.moved)
    refuse_unknown(chosen, [each.id for each in lost])
    plan, lost = _plan_for(lost, answer, chosen)
    supposed = host.is_partly_read and bool(unread_rules(answer))
    opened = tuple(dict.fromkeys(each for loss in lost for each in loss.opened))
    notes = (
        *(map(said_of_policy, opened) if plan.repairs else ()),
        *(
            note
            for engine, each, netns in found
            if netns.is_host
            for note in _notes(engine, each, host, flushed=bool(opened), supposed=supposed)
        ),
    )
    used = (each for engine, each, _ in found if any(one.running for one in engine.containers))
    undecided = tuple(why for each in used for why in each.undecided)
    kept = tuple(each.place for each in opened if each.kept is not None)
    left_open = tuple(_flows_left_open(plan, kept)) if kept and plan.repairs else ()
    return RestorePlan(plan, lost, notes, undecided, supposed, left_open)


def _plan_for(lost: tuple[Loss, ...], answer: Answer, chosen: tuple[str, ...]) -> tuple[RepairPlan, tuple[Loss, ...]]:
    """Return the plan for the losses, and the losses.  If a policy would make the plan refuse an engine's rules, the
    policy is left open, with the flows that it would stop as the reason."""
    plan = without_harm(answer, _repairs(lost, answer, chosen), ())
    if not plan.choices or all(policy.kept is not None for each in lost for policy in each.opened):
        return plan, lost
    stopped = tuple(flow_told(one.flow) for each in plan.choices for one in each.effects if one.kind == "closes")
    why = message("DROP would stop flows that pass now: {flows}", flows=few_of(stopped))
    kept = tuple(
        msgspec.structs.replace(
            each, opened=tuple(msgspec.structs.replace(one, kept=one.kept or why) for one in each.opened)
        )
        for each in lost
    )
    without = without_harm(answer, _repairs(kept, answer, chosen), ())
    return (without, kept) if len(without.choices) < len(plan.choices) else (plan, lost)


def _repairs(lost: tuple[Loss, ...], answer: Answer, chosen: tuple[str, ...]) -> tuple[PlannedRemedy, ...]:
    repairs: list[PlannedRemedy] = []
    network = answer.network
    for each in lost:
        repair, network = _repaired(each, answer, network)
        repairs.append(msgspec.structs.replace(repair, chosen=repair.id in chosen))
    return tuple(repairs)


def _flows_left_open(plan: RepairPlan, policies: tuple[Place, ...]) -> Iterator[FlowEffect]:
    """Yield the flows from outside that pass after the plan, and that these policies would stop if they were DROP."""
    network = plan.answer.network
    for each in plan.repairs:
        network = after(each.remedy, plan.answer.network, network)
    change = Change(tuple(SetPolicy(network.this.netns, each, "drop") for each in policies))
    now = others_of(network, (), MAX_OF_PLAN)
    closed = effects_between(now, now.after(change, simulate(change, network)), "putting-back").closes
    yield from (one for one in closed if one.group == "unpublished" and isinstance(one.flow.start, Outside | Lan))


def _moved(engine: Engine, lost: Missing, namespace: Namespace) -> tuple[ExpectedRule, ...]:
    """Return the rules that have to be moved to their places.

    Podman moves no rules when it reloads its networks.  Therefore no rule of Podman has to be moved."""
    return out_of_order(lost, namespace) if engine.traits.has_daemon else ()


def _repaired(loss: Loss, answer: Answer, now: Network) -> tuple[PlannedRemedy, Network]:
    """Return the repair of the loss, and the network after it.  ``now``: the network after the earlier repairs."""
    network, engine, lost = answer.network, loss.engine, loss.missing
    netns = loss.netns
    change = restoring_all(lost, netns, network.namespace(netns), loss.moved)
    closing = (SetPolicy(netns, each.place, "drop") for each in loss.opened if each.kept is None)
    change = msgspec.structs.replace(change, parts=(*change.parts, *closing))
    if not engine.traits.has_daemon:
        change = msgspec.structs.replace(change, calls=(ReloadNetworks(),))
    made = steps(change, network)
    then = simulate(change, now)
    remedy = Remedy("restore-engine-rules", made, change=change)
    return PlannedRemedy(loss.id, _title(loss), network.this.name, remedy), then


def _title(loss: Loss) -> Message:
    engine, lost, count = loss.engine.kind, loss.missing, len(loss.moved)
    disorder = (
        message("1 rule is out of order") if count == 1 else message("{count} rules are out of order", count=count)
    )
    if not lost:
        return message("{engine}: {disorder}", engine=engine, disorder=disorder)
    if loss.in_other_words:
        return message("{engine} has lost its rules", engine=engine)
    found = loss_text(len(lost.rules), len(lost.chains))
    if not count:
        return message("{engine} has lost {lost}", engine=engine, lost=found)
    return message("{engine} has lost {lost}; {disorder}", engine=engine, lost=found, disorder=disorder)


def _notes(engine: Engine, lost: Missing, host: Host, *, flushed: bool, supposed: bool) -> Iterator[Message]:
    """Yield sentences about the other changes that a restart of dockerd would make on this host.

    ``flushed``: whether a flush has opened FORWARD's policy.  ``supposed``: whether the rules were not read."""
    if not engine.traits.has_daemon or lost.wanted.unknown:
        return
    namespace = host.namespace(host.netns.name)
    value = namespace.sysctls.text(*IP_FORWARD)
    if value == "0":
        yield message(
            "net.ipv4.ip_forward is 0: a restart of dockerd would set it to 1, but `hairpin restore` does not"
        )
    if not supposed:
        yield from _notes_on_rules(engine, lost, host, flushed=flushed)


def _notes_on_rules(engine: Engine, lost: Missing, host: Host, *, flushed: bool) -> Iterator[Message]:
    """Yield sentences about the rules of this host that a restart of dockerd would change."""
    namespace = host.namespace(host.netns.name)
    table = namespace.ruleset.table("ip", "filter", lost.dialect) if lost.dialect != "nft" else None
    forward = table.chain("FORWARD") if table is not None else None
    if forward is not None and forward.policy == "accept" and not flushed:
        yield message("the policy of FORWARD is ACCEPT: `hairpin restore` does not change it")
    stale = surplus(engine, namespace, host.version("iptables"))
    if stale:
        rules = ", ".join(f"{each.table} {each.rule.text}" for each in stale[:3])
        yield message("{count} rules look like dockerd's, and no running container needs them: {rules}; `hairpin "
                      "restore` does not delete them",
                      count=len(stale), rules=rules)  # fmt: skip
    twice = tuple(_twice(lost, host))
    if twice:
        yield message(
            "these rules are there twice, and `hairpin restore` does not delete the copies: {rules}",
            rules=", ".join(twice[:3]),
        )


def _twice(lost: Missing, host: Host) -> Iterator[str]:
    """Yield each rule of the engine that a chain contains more than once."""
    namespace = host.namespace(host.netns.name)
    chains: dict[tuple[IpFamily, str, str], None] = dict.fromkeys(
        (each.family, each.table, each.chain) for each in lost.wanted.rules
    )
    for family, table, chain in chains:
        known = namespace.ruleset.table(family, table, lost.dialect)
        found = known.chain(chain) if known is not None else None
        counts = Counter(meaning(rule) for rule in found.rules) if found is not None else Counter[object]()
        for each in lost.wanted.rules:
            if (each.family, each.table, each.chain) == (family, table, chain) and counts[meaning(each.rule)] > 1:
                yield f"{table} {each.rule.text}"
