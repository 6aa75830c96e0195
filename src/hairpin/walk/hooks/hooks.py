"""Runs one netfilter hook: chains, connection tracking and NAT, in the order of their priorities.

Source: include/uapi/linux/netfilter_ipv4.h (priorities); net/netfilter/core.c nf_hook_entries_grow() (a chain
registered later goes before its equals)
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition, Decision, rule_at
from hairpin.netfilter.evaluate.traversal import decide
from hairpin.netfilter.ir import CT_RELATED, CT_UNTRACKED, STATUS_DNAT, Chain, Family, Hook, Nat, Outside, Table
from hairpin.netfilter.packet import AH, ESP, GRE, SCTP, UDPLITE
from hairpin.network.network import Network
from hairpin.walk.decided import Assumed, ConntrackDecided, RuleDecided
from hairpin.walk.hooks.chains import NAT, Item, chains_at, items_at, translates_addresses
from hairpin.walk.hooks.conntrack import forgotten, track, with_connection
from hairpin.walk.hooks.conntrack_room import with_room
from hairpin.walk.hooks.nat import leaves_elsewhere, needs_decision, redirects_translated, set_up, translate
from hairpin.walk.hooks.nat_range import Manip
from hairpin.walk.hooks.surroundings import NamespaceSurroundings, with_groups
from hairpin.walk.state import End, Outcome, Passed, Reason, Stage, State, stopped, without_ends
from hairpin.walk.unread import binding_condition, unread_rules

INT_MAX = (1 << 31) - 1
_NOT_VERIFIED = frozenset({GRE, ESP, AH, SCTP, UDPLITE})


Reroute = Callable[[Network, State], Iterator[Outcome]]


def run_hook(
    network: Network, state: State, hook: Hook, reroute: Reroute | None = None, *, translates: bool = True
) -> Iterator[Outcome]:
    """Yield the outcomes of the hook: states that continue, and ends.

    ``reroute`` is given for OUTPUT only: it looks up the route again after DNAT or a chain of type route has changed
    the packet.  ``translates`` tells whether NAT runs.  ``translates`` is false only if a packet passes POSTROUTING
    with its VRF as the interface.
    """
    namespace = network.namespace(state.netns)
    if hook == "postrouting" and state.iif and not Novelty.LINK_OF_ENTRY_AT_POSTROUTING.known_to(namespace.kernel):
        shown = msgspec.structs.replace(state, iif="")
        for outcome in run_hook(network, shown, hook, reroute, translates=translates):
            yield outcome if isinstance(outcome, End) else msgspec.structs.replace(outcome, iif=state.iif)
        return
    families: tuple[Family, ...] = ("ip", "inet") if state.packet.version == 4 else ("ip6", "inet")
    unread = unread_rules(network, state.netns, state.packet.version)
    if unread is not None and unread not in state.history.conditions:
        # Rules that were not read may drop or accept the packet, so the walk forks once in each such namespace.
        blind = stopped(
            _under(state, unread, holds=False), "rules-unread", stage=_stage(hook), link=state.oif or state.iif
        )
        yield msgspec.structs.replace(blind, kind="unknown")
        state = _under(state, unread, holds=True)
    states = [state]
    for item in items_at(namespace, hook, families):
        if item.kind == "nat" and not translates:
            continue
        states = yield from without_ends(_do_and_route(network, each, hook, item, reroute) for each in states)
    yield from states


def _do_and_route(network: Network, state: State, hook: Hook, item: Item, reroute: Reroute | None) -> Iterator[Outcome]:
    for outcome in _done(network, state, hook, item):
        if reroute is not None and isinstance(outcome, State) and _changes_route(item, state, outcome):
            yield from reroute(network, outcome)
        else:
            yield outcome


def _done(network: Network, state: State, hook: Hook, item: Item) -> Iterator[Outcome]:
    for outcome in _do(network.namespace(state.netns), state, hook, item):
        if item.kind == "conntrack" and isinstance(outcome, State):
            yield from with_room(network, state, outcome, _stage(hook))
        else:
            yield outcome


def _under(state: State, condition: Condition, *, holds: bool) -> State:
    """Return the state on one of two branches.  If ``holds`` is true, it is the usual branch, on which the condition
    holds; otherwise it is the branch on which the condition does not hold."""
    taken = msgspec.structs.replace(condition, holds=holds, usual=holds)
    return state.given(taken)


def _on_branch(state: State, condition: Condition, *, holds: bool) -> Iterator[State]:
    """Yield the state on one of two branches, unless the packet has come to its hook on the other branch: a fact is the
    same for all packets of a flow."""
    known = next((each.holds for each in state.history.conditions if each.said == condition.said), None)
    if known is None:
        yield _under(state, condition, holds=holds)
    elif known is holds:
        yield state


def _changes_route(item: Item, before: State, after: State) -> bool:
    """Return whether the hook's entry changed packet fields on which the route depends.

    Source: nf_nat_proto.c nf_nat_ipv4_local_fn(), iptable_mangle.c ipt_mangle_out(), nft_chain_route.c
    """
    old, new = before.packet, after.packet
    if item.kind == "nat":
        return old.daddr != new.daddr
    if item.chain is None or item.chain.type != "route":
        return False
    return (old.saddr, old.daddr, old.mark, old.dscp) != (new.saddr, new.daddr, new.mark, new.dscp)


def run_bridge_hook(
    network: Network,
    state: State,
    hook: Hook,
    *,
    until: int = INT_MAX,
    behind: int = -INT_MAX - 2,
    crossing: bool = False,
) -> Iterator[Outcome]:
    """Run a hook of the bridge family (ebtables, nft ``table bridge``), as run_hook() does for IP.  The interfaces that
    rules see are bridge ports.

    Only chains with a priority above ``behind`` and up to ``until`` run.  ``crossing`` is true if the frame goes to
    another port.

    Source: net/bridge/br_input.c, br_forward.c (devices given to NF_HOOK)
    """
    namespace = network.namespace(state.netns)
    chains = [pair for pair in chains_at(namespace, hook, ("bridge",)) if behind < pair[1].priority <= until]
    if not chains:
        yield state
        return
    iif = "" if hook in ("output", "postrouting") else state.frame.physin
    oif = "" if hook in ("prerouting", "input") else state.frame.physout
    at_ports = state.with_frame(other_host=crossing).to(state.stage, iif=iif, oif=oif)
    for outcome in _run_chains(namespace, at_ports, hook, chains, ""):
        if isinstance(outcome, End):
            yield outcome
        else:
            yield outcome.with_frame(other_host=False).to(outcome.stage, iif=state.iif, oif=state.oif)


def run_arp_hook(network: Network, state: State, hook: Hook) -> Iterator[Outcome]:
    """Run a hook of the arp family over an ARP message: ``input`` where the namespace receives it, ``output`` where it
    sends it.

    Source: net/ipv4/arp.c arp_rcv(), arp_xmit(); net/netfilter/nft_chain_filter.c nft_chain_filter_arp
    """
    namespace = network.namespace(state.netns)
    yield from _run_chains(namespace, state, hook, chains_at(namespace, hook, ("arp",)), "")


def run_device_hook(network: Network, state: State, hook: Hook, link: str) -> Iterator[Outcome]:
    """Run the ``ingress`` or ``egress`` chains that are bound to the link (families netdev and inet), as run_hook()
    does.

    Chains of ``egress`` see no input interface (include/linux/netfilter_netdev.h nf_hook_egress()).
    """
    namespace = network.namespace(state.netns)
    chains = chains_at(namespace, hook, ("netdev", "inet"))
    if not chains:
        yield state
        return
    shown = msgspec.structs.replace(state, iif="") if hook == "egress" else state
    for outcome in _run_chains(namespace, shown, hook, chains, link):
        yield outcome if isinstance(outcome, End) else msgspec.structs.replace(outcome, iif=state.iif)


def _run_chains(
    namespace: Namespace, state: State, hook: Hook, chains: Sequence[tuple[Table, Chain]], link: str
) -> Iterator[Outcome]:
    states = [state]
    for table, chain in chains:
        if link and chain.devices and link not in chain.devices:
            continue
        unbound: list[State] = []
        if link and not chain.devices:
            condition = binding_condition(table, chain, link)
            unbound = [each for one in states for each in _on_branch(one, condition, holds=False)]
            states = [each for one in states for each in _on_branch(one, condition, holds=True)]
        passed = yield from without_ends(_filter(namespace, each, hook, table, chain) for each in states)
        states = [*unbound, *passed]
    yield from states


def _do(namespace: Namespace, state: State, hook: Hook, item: Item) -> Iterator[Outcome]:
    if item.kind == "conntrack":
        tracked = track(state, namespace)
        if tracked.track.connection is not None and tracked.track.connection.live and state.track.connection is None:
            entry = tracked.track.connection
            decided = ConntrackDecided(message("a live conntrack entry"), entry.evidence, entry)
            tracked = tracked.noted(_stage(hook), "", decided)
        yield tracked
    elif item.kind == "nat":
        families: tuple[Family, ...] = ("ip", "inet") if state.packet.version == 4 else ("ip6", "inet")
        for outcome in _nat(namespace, state, hook, families, item):
            if isinstance(outcome, State) and hook == "prerouting" and outcome.packet.daddr != state.packet.daddr:
                # A packet that came over lo loses its route if NAT changes its destination (nf_nat_ipv4_pre_routing()).
                yield msgspec.structs.replace(outcome, local=False, handed_back="")
            else:
                yield outcome
    else:
        assert item.table is not None
        assert item.chain is not None
        yield from _filter(namespace, state, hook, item.table, item.chain)


def _filter(namespace: Namespace, state: State, hook: Hook, table: Table, chain: Chain) -> Iterator[Outcome]:
    for decision, after in _decided(namespace, state, hook, table, chain):
        yield after if isinstance(after, End) else _noted_if_telling(after, decision, hook)


def _decided(
    namespace: Namespace, state: State, hook: Hook, table: Table, chain: Chain
) -> Iterator[tuple[Decision, Outcome]]:
    """Yield the chain's decisions about the packet, each with the packet after the chain or with the packet's end."""
    around = NamespaceSurroundings(namespace, table.dialect)
    seen = with_groups(namespace, state.seen())
    ipsets, supposed = namespace.ruleset.ipsets, state.history.conditions
    for decision in decide(table, chain, seen, around, ipsets, namespace.door, supposed):
        after = _after(namespace, state, table, decision)
        yield decision, _ended(namespace, after, decision, hook) or after


def _noted_if_telling(state: State, decision: Decision, hook: Hook) -> State:
    """Return the state with a step recorded if a rule decided or was satisfied.  A chain without a satisfied rule is no
    step."""
    if decision.place is None or (decision.place.number == 0 and not decision.trail):
        return state
    return state.noted(_stage(hook), state.oif or state.iif, RuleDecided(decision.place))


def _after(namespace: Namespace, state: State, table: Table, decision: Decision) -> State:
    """Return the state after the chain, with its marks, conditions and tracking.  For an observer, also record the
    decision."""
    changed = _set_apart(state, table, decision)
    if decision.seen.packet is not state.packet:
        changed = msgspec.structs.replace(changed, packet=decision.seen.packet)
    if decision.conditions:
        changed = changed.with_history(conditions=(*state.history.conditions, *decision.conditions))
    if decision.seen.connection is not state.track.connection and decision.seen.connection is not None:
        changed = with_connection(changed, decision.seen.connection)
    if namespace.door.observer is None:
        return changed
    return changed.with_history(passed=(*state.history.passed, Passed(state.netns, decision)))


def _set_apart(state: State, table: Table, decision: Decision) -> State:
    """Return the state in the conntrack zone that the chain has set, or untracked if the chain has run NOTRACK.

    A zone that an nft rule sets applies even to an untracked packet that comes back over lo.  NOTRACK and zones of
    iptables do not change an untracked packet.  Source: nft_ct.c nft_ct_set_zone_eval(), xt_CT.c xt_ct_target()
    """
    if state.track.connection is not None or state.track.zone is not None:
        return state
    # An answer to an untracked packet is related to no connection.  iptables rules do not change the answer's tracking.
    settled = state.track.ct_state in (CT_UNTRACKED, CT_RELATED)
    nft = table.dialect == "nft"
    if decision.zone is not None and (nft or not (settled or state.track.notrack)):
        ct_state = 0 if settled else state.track.ct_state
        return state.with_track(zone=decision.zone, notrack=False, ct_state=ct_state)
    if decision.notrack and nft and settled:
        return state.with_track(notrack=True, ct_state=CT_UNTRACKED)
    return state.with_track(notrack=True) if decision.notrack and not settled else state


def _ended(namespace: Namespace, state: State, decision: Decision, hook: Hook) -> End | None:
    stage = _stage(hook)
    link = state.oif or state.iif
    decided = RuleDecided(decision.place) if decision.place is not None else None
    match decision.verdict:
        case "accept":
            return None
        case "drop":
            by_policy = decision.place is not None and decision.place.number == 0
            reason: Reason = "policy" if by_policy else "taken-away" if _queues(namespace, decision) else "rule"
            return stopped(state, reason, stage=stage, link=link, decided_by=decided)
        case "reject":
            unheard = _seems_broken(namespace, state) or _reset_goes_astray(state, decision)
            answer = None if unheard else decision.reject
            return stopped(state, "reject", stage=stage, link=link, decided_by=decided, reject=answer)
        case "outside":
            end = stopped(
                state, "taken-away", stage=stage, link=link, decided_by=decided or Assumed(message("undecidable rules"))
            )
            return msgspec.structs.replace(end, kind="unknown")


def _queues(namespace: Namespace, decision: Decision) -> bool:
    """Return whether the rule that drops the packet hands it to a queue that no program reads."""
    rule = rule_at(namespace.ruleset, decision.place) if decision.place is not None else None
    return rule is not None and any(isinstance(part, Outside) and part.queue is not None for part in rule.body)


def _seems_broken(namespace: Namespace, state: State) -> bool:
    """Return whether REJECT finds the packet's checksum wrong and sends no answer.

    Source: net/ipv4/netfilter/nf_reject_ipv4.c nf_reject_verify_csum(), nf_reject_ip_tcphdr_get()
    """
    if state.packet.protocol in _NOT_VERIFIED:
        return bool(state.iif) and not Novelty.REJECT_KNOWS_CHECKSUMS.known_to(namespace.kernel)
    return state.packet.bad_checksum


def _reset_goes_astray(state: State, decision: Decision) -> bool:
    """Return whether REJECT's RST is useless to the sender: the RST answers a translated packet that came in by a
    bridge port.

    The kernel sends this RST by the bridge port at once.  The RST bypasses the hooks that would undo the translation,
    so its source is an address that the sender never used.

    Source: net/ipv4/netfilter/nf_reject_ipv4.c nf_send_reset(): nf_bridge_info_exists()
    """
    translated = state.track.connection is not None and bool(state.track.connection.status & STATUS_DNAT)
    return decision.reject == "tcp-reset" and bool(state.frame.physin) and translated


def _nat(namespace: Namespace, state: State, hook: Hook, families: tuple[Family, ...], item: Item) -> Iterator[Outcome]:
    manip = NAT[hook][1]
    translates = item.chain is not None or translates_addresses(namespace, families)
    if redirects_translated(state):
        yield stopped(state, "redirect-translated", stage=_stage(hook), link=state.oif or state.iif)
        return
    if leaves_elsewhere(state, manip) and translates:
        yield stopped(forgotten(state), "masquerade-moved", stage=_stage(hook), link=state.oif)
        return
    if not translates:
        # Without a nat chain the kernel does not even apply the translation in the conntrack entry:
        # nf_nat_unregister_fn().
        yield state
        return
    if not needs_decision(state, manip):
        yield translate(state, manip)
        return
    states = [state]
    for table, chain in chains_at(namespace, hook, families):
        if chain.type != "nat" or (item.chain is not None and item.chain is not chain):
            continue
        following: list[State] = []
        for each in states:
            for outcome in _ask_nat(namespace, each, hook, table, chain):
                if isinstance(outcome, State) and needs_decision(outcome, manip):
                    following.append(outcome)
                elif isinstance(outcome, State):
                    yield translate(outcome, manip)
                else:
                    yield outcome
        states = following
    for each in states:
        plain = set_up(each, namespace, manip, None)
        assert plain is not None
        yield translate(plain, manip)


def _ask_nat(namespace: Namespace, state: State, hook: Hook, table: Table, chain: Chain) -> Iterator[Outcome]:
    """Yield the packet after one nat chain, translated or not (then the next chain decides), or the packet's end."""
    manip = NAT[hook][1]
    for decision, after in _decided(namespace, state, hook, table, chain):
        if isinstance(after, End):
            yield after
        elif decision.nat is None:
            yield _noted_if_telling(after, decision, hook)
        else:
            yield _translated(namespace, after, hook, decision, decision.nat, manip)


def _translated(namespace: Namespace, state: State, hook: Hook, decision: Decision, nat: Nat, manip: Manip) -> Outcome:
    assert decision.place is not None
    decided = RuleDecided(decision.place)
    done = set_up(state, namespace, manip, nat)
    if done is None:
        return stopped(state, "no-source-address", stage=_stage(hook), link=state.oif, decided_by=decided)
    shown = translate(done, manip)
    noted = shown.noted(_stage(hook), state.oif or state.iif, decided, note=nat.nat)
    return msgspec.structs.replace(noted, packet=done.packet)


def _stage(hook: Hook) -> Stage:
    match hook:
        case "ingress":
            return "device-in"
        case "egress":
            return "device-out"
        case "prerouting" | "input" | "forward" | "output" | "postrouting":
            return hook
