"""Neighbours that did not answer the kernel, and entries that somebody has made: whether the machine is there."""

import msgspec

from hairpin.change.change import ReplaceEntry, one
from hairpin.host.link import Address
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, Neighbour, WithoutGateway
from hairpin.message import Message, message
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Flow
from hairpin.network.prefix import address_text, prefix_text
from hairpin.network.routing import route_text
from hairpin.walk.decided import Assumed, RouteDecided
from hairpin.walk.state import Step
from hairpin.walk.trace import Branch, OpenQuestion
from hairpin.wanted import ask_hardware_address, ask_neighbour


def assuming_of_neighbours(branch: Branch, flow: Flow) -> Branch:
    """Return the branch with the assumptions of its steps about neighbours that were not read.

    If an address of the link puts a machine on the link, hairpin asks about the machine only if the user or a container
    names it."""
    steps = (step for step in (*branch.request, *branch.reply) if step.stage == "neighbour")
    found = [(step, step.decided_by) for step in steps if isinstance(step.decided_by, Assumed)]
    if not found:
        return branch
    open_ = [(step, each) for step, each in found if each.entry is not None and not (each.own and flow.names_no_client)]
    told = [each for step, each in found if (step, each) not in open_ or not each.own]
    said = dict.fromkeys(each.said for each in told if each.entry is None or not each.entry.static)
    asked = dict.fromkeys(
        _of_entry(step, each.entry, each, _rule_before(branch, step)) for step, each in open_ if each.entry is not None
    )
    questions = (*asked, *branch.questions) if branch.stop is None else branch.questions
    return msgspec.structs.replace(branch, assumed=(*branch.assumed, *said), questions=questions)


def _rule_before(branch: Branch, step: Step) -> str:
    """Return the policy rule that led to the table of the packet's route; empty if the route is in a usual table."""
    steps = (*branch.request, *branch.reply)
    before = (each.decided_by for each in reversed(steps[: steps.index(step)]) if each.netns == step.netns)
    by = next((each.by for each in before if isinstance(each, RouteDecided)), None)
    return by.text if by is not None and by.table not in (TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT) else ""


def _place(step: Step, link: str) -> str | Message:
    return link if step.netns.is_host else message("{link} of {netns}", link=link, netns=step.netns.name)


def _of_entry(step: Step, entry: Neighbour, assumed: Assumed, rule: str) -> OpenQuestion:
    if assumed.own and not entry.static:
        return _is_on_link(step, entry, assumed.own)
    if assumed.by is not None and not entry.static:
        return _without_gateway(step, entry, assumed.by)
    return _is_right(step, entry) if entry.static else _is_silent(step, entry, rule)


def _is_on_link(step: Step, entry: Neighbour, own: tuple[Address, ...]) -> OpenQuestion:
    """Return the question whether the machine answers on the link.  The network of an address of the link contains the
    machine, but the machine may be behind a router."""
    found = own[0]
    facts = {
        "address": address_text(entry.value, entry.version),
        "link": entry.link,
        "state": entry.state,
        "network": str(found.prefix),
        "own": prefix_text(found.value, found.prefix_length, found.version),
        "netns": step.netns.name,
    }
    text = (
        message(
            "Does {address} answer on {link}? Because of the address {own}, this host expects all of {network} on this "
            "link. The kernel asked there for {address}, and nobody answered (neighbour entry: {state})",
            **facts,
        )
        if step.netns.is_host
        else message(
            "Does {address} answer on {link} of {netns}? Because of the address {own}, this namespace expects all of "
            "{network} on this link. The kernel asked there for {address}, and nobody answered (neighbour entry: "
            "{state})",
            **facts,
        )
    )
    return OpenQuestion(
        text=text,
        if_yes=message("{address} accepts the packets, and the verdict above stands", **facts),
        if_no=_not_there(facts, left_over=len(own) > 1),
        wanted=(ask_neighbour(facts["address"], entry.link),),
        breaks_if="no",
        undecided=True,
    )


def _without_gateway(step: Step, entry: Neighbour, by: WithoutGateway) -> OpenQuestion:
    """Return the question whether the machines of a route without a gateway are on its link.

    Some providers answer there for every address (proxy ARP, RFC 1027)."""
    route, version = by.route, entry.version
    hops = tuple(msgspec.structs.replace(each, gateway=by.router) for each in route.next_hops[:1])
    right = msgspec.structs.replace(route, next_hops=hops, scope="global")
    facts = {
        "address": address_text(entry.value, version),
        "link": entry.link,
        "state": entry.state,
        "route": route_text(route),
        "prefix": str(route.prefix) if route.prefix_length else "default",
        "ip": "ip -6" if version == 6 else "ip",
    }
    return OpenQuestion(
        text=message(
            "Does {address} answer on {place}? The route `{route}` has no gateway, so the kernel asks there for each "
            "address. Nobody answered for {address} (neighbour entry: {state})",
            place=_place(step, entry.link),
            **facts,
        ),
        if_yes=message("{address} accepts the packets, and the verdict above stands", **facts),
        if_no=message(
            "The flow fails, because the route lacks its gateway. Give the route its router: `{ip} route replace "
            "{prefix} via GATEWAY dev {link}`",
            **facts,
        )
        if by.router is None
        else message("The flow fails, because the route lacks its gateway. Give the route its router: `{repair}`"),
        wanted=(ask_neighbour(facts["address"], entry.link),),
        breaks_if="no",
        undecided=True,
        no_repair=one(ReplaceEntry(step.netns, route, right)) if by.router is not None else None,
    )


def _not_there(facts: dict[str, str], *, left_over: bool) -> Message:
    if left_over:
        return message(
            "The flow fails. If {address} is behind a router, {own} does not belong on {link}: delete it. Otherwise "
            "{address} is off, or no machine has it",
            **facts,
        )
    return message(
        "The flow fails: {address} is off, or no machine has it. If {address} is behind a router, the prefix length of "
        "{own} is wrong: add the address with the right length first, then delete {own}",
        **facts,
    )


def _is_silent(step: Step, entry: Neighbour, rule: str) -> OpenQuestion:
    """Return the question whether a next hop that did not answer the kernel's last ARP request still does not answer.

    ``rule``: the policy rule that led to the route; empty if the route is in a usual table."""
    gateway = address_text(entry.value, entry.version)
    facts = {"gateway": gateway, "place": _place(step, entry.link), "state": entry.state}
    return OpenQuestion(
        text=message(
            "A route leads directly to {gateway} on {place}, and {gateway} was silent there (neighbour entry: "
            "{state}). Is it still silent?",
            **facts,
        )
        if step.packet.daddr == entry.value  # a route puts the destination on the link
        else message(
            "The next hop {gateway} was silent on {place} (neighbour entry: {state}). Is it still silent?", **facts
        ),
        if_yes=message("The flow fails: give the route a gateway that answers", **facts)
        if not rule
        else message(
            "The flow fails: give the route a gateway that answers, or delete the policy rule that led to the route: "
            "`{rule}`",
            rule=rule,
        ),
        if_no=message("{gateway} accepts the packets, and the verdict above stands", **facts),
        wanted=(ask_neighbour(gateway, entry.link),),
        breaks_if="yes",
        undecided=True,
    )


def _is_right(step: Step, entry: Neighbour) -> OpenQuestion:
    """Return the question whether a permanent entry has the hardware address of the machine."""
    facts = {
        "address": address_text(entry.value, entry.version),
        "mac": write_mac(entry.mac) if entry.mac is not None else "",
    }
    return OpenQuestion(
        text=message(
            "Does {address} have the hardware address {mac}? Somebody entered this address for {place}",
            place=_place(step, entry.link),
            **facts,
        ),
        if_yes=message("{address} accepts the packets, and the verdict above stands", **facts),
        if_no=message(
            "The packets are lost. Enter the right hardware address, or delete the entry: the kernel then asks for the "
            "address itself",
            **facts,
        ),
        wanted=(ask_hardware_address(facts["address"], entry.link),),
        breaks_if="no",
    )
