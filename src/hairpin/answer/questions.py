"""Collects the questions that the asked flows leave open and that only the user can answer, each question once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from hairpin.answer.moved_links import moved_links
from hairpin.errors import ChangeError
from hairpin.host.host import Host, Namespace
from hairpin.host.read.managers.cloud import MAPPING
from hairpin.message import Message, few_of, message
from hairpin.netfilter import ir
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.network.lost_address import floating_elsewhere
from hairpin.network.names import servers_by_ipv6
from hairpin.network.network import Network, addresses_of, entering, is_held, is_uplink
from hairpin.network.prefix import address_text, is_loopback
from hairpin.network.world import PublicAddress
from hairpin.question.port_flows import bindings_of
from hairpin.walk.trace import ForeignSource, LongPackets, NeedlessRule, OpenQuestion, Trace, UnheardMtu
from hairpin.walk.verdicts import VERDICTS
from hairpin.walk.walk import walk_flow
from hairpin.wanted import ask_address, ask_link, ask_route6, state_public

if TYPE_CHECKING:
    from hairpin.change.change import Change


class QuestionAnswer(msgspec.Struct, frozen=True):
    """A question to the user.

    ``flows``: refs of the flows whose verdict depends on the answer.  ``repair``: the commands after which these flows
    pass whatever the answer is; empty if no such commands are known."""

    ref: str
    question: OpenQuestion
    flows: tuple[str, ...]
    repair: tuple[str, ...] = ()


def questions_of(network: Network, traces: Sequence[tuple[str, Trace]]) -> tuple[QuestionAnswer, ...]:
    """Return the questions that the traces leave open.  Questions with equal words are merged, and so are those that
    differ only in the container that uses the asked server.  ``traces``: each trace with the reference of its flow."""
    asked: dict[tuple[object, ...], OpenQuestion] = {}
    flows: dict[tuple[object, ...], list[str]] = {}
    walks: dict[tuple[object, ...], list[Trace]] = {}
    users: dict[tuple[object, ...], list[object]] = {}
    for ref, trace in traces:
        for each in _open(network, trace):
            words = str(_of_users(each.text, ()))
            key = (words, each.wanted) if each.about is None else (words, each.about)
            asked.setdefault(key, each)
            users.setdefault(key, []).extend(value for name, value in each.text.values if name == _USERS)
            flows.setdefault(key, []).append(ref)
            walks.setdefault(key, []).append(trace)
    return tuple(
        QuestionAnswer(
            f"q{number}",
            _with_users(each, tuple(map(str, dict.fromkeys(users[key])))),
            tuple(dict.fromkeys(flows[key])),
            _repair(network, each, walks[key], tuple(trace for _, trace in traces)),
        )
        for number, (key, each) in enumerate(asked.items(), 1)
    )


_USERS = "users"
"""The place in a question's sentences for the containers that use the asked server."""


def _with_users(asked: OpenQuestion, users: tuple[str, ...]) -> OpenQuestion:
    """Return the question about the server that all these containers use."""
    if len(users) < 2:
        return asked
    text, if_no = _of_users(asked.text, users), _of_users(asked.if_no, users)
    return msgspec.structs.replace(asked, text=text, if_no=if_no)


def _of_users(said: Message, users: tuple[str, ...]) -> Message:
    return said.filled(**{**dict(said.values), _USERS: few_of(users)})


_FEW = 8
"""The greatest number of flows of a question that are walked with the question's repair."""
_MANY = 24
"""The greatest number of other flows that are walked, and that have to pass as before."""


def _repair(
    network: Network, asked: OpenQuestion, traces: Sequence[Trace], all_traces: Sequence[Trace]
) -> tuple[str, ...]:
    """Return the commands of the narrowest change after which the flows of the question pass with either answer, and
    the other asked flows pass as before."""
    if asked.about is None:
        return ()
    from hairpin.change.commands.text import all_shown  # noqa: PLC0415 - few hosts leave such a question open
    from hairpin.change.simulation.simulate import simulate  # noqa: PLC0415
    from hairpin.change.steps import steps  # noqa: PLC0415

    flows = [each.flow for each in traces if each.succeeds][:_FEW]
    others = [each.flow for each in all_traces if each.succeeds and each not in traces][:_MANY]
    for change in _changes(network, asked.about) if flows else ():
        with suppress(ChangeError):
            after = simulate(change, network)
            walks = [walk_flow(after, flow) for flow in flows]
            granted = any(one.about == asked.about for each in walks for one in each.questions)
            passing = all(each.succeeds for each in walks) and all(walk_flow(after, each).succeeds for each in others)
            if passing and not granted:
                return all_shown(steps(change, network), guarded=False)
    return ()


def _changes(network: Network, about: ForeignSource | LongPackets | NeedlessRule | UnheardMtu) -> "Iterator[Change]":
    if isinstance(about, LongPackets):
        from hairpin.change.intent import ClampSegments, rendered  # noqa: PLC0415 - as above

        yield rendered(ClampSegments(about.netns, about.version), network)
        return
    if isinstance(about, UnheardMtu):
        from hairpin.change.intent import LetIn, mtu_told, rendered  # noqa: PLC0415 - as above

        verdict = ir.Verdict("return" if about.place.chain == "DOCKER-USER" else "accept")
        body = (*mtu_told(about.version), verdict)
        yield rendered(LetIn(about.netns, about.place, about.place.chain, (body,)), network)
        return
    if isinstance(about, NeedlessRule):
        from hairpin.change.change import AddEntry, one  # noqa: PLC0415 - as above

        yield one(AddEntry(about.netns, about.rule))
        return
    from hairpin.causes.uplink_of_answers import ways_home  # noqa: PLC0415 - as above

    yield from ways_home(network, about)


def _open(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    public = network.world.supposed_public(trace.flow.version, trace.flow.daddr)
    lost = _is_lost(network, trace)
    if lost is not None:
        yield lost
    may_be_own = public is not None and _may_be_meant(network, public, trace.flow)
    if lost is None and public is not None and may_be_own:
        yield from _was_moved(network, public)
        yield _is_public(network, public, trace.flow)
    # Whether the packets touch this host at all is the same question, if the asked address may be this host's.
    yield from (each for each in trace.questions if not (each.undecided and may_be_own))
    if trace.flow.version == 6 and not trace.succeeds:
        yield from _without_ipv6(network, trace)
    if trace.flow.version == 6 and trace.succeeds:
        from hairpin.walk.granted.needless_rules import of_needless_rules  # noqa: PLC0415 - few flows are IPv6

        yield from of_needless_rules(network, trace)
    if any(step.translates_destination for step in trace.like.usual.request):
        from hairpin.answer.led_elsewhere import led_elsewhere  # noqa: PLC0415 - few flows are translated to elsewhere

        yield from led_elsewhere(network, trace)
    if any(branch.conditions for branch in trace.like.branches):
        from hairpin.answer.undecided import content_questions, undecided_questions  # noqa: PLC0415 - few have such

        yield from undecided_questions(network, trace)
        yield from content_questions(network, trace)


def _is_lost(network: Network, trace: Trace) -> OpenQuestion | None:
    """Return the question whether the host has lost the destination address of its own flow; None without hints.  There
    are three hints, which must all be present.  The address is in the network of a link of the host.  No neighbour on
    this link has the address.  The host or a container has a service on the port."""
    flow = trace.flow
    from_here = isinstance(flow.start, FromHost)
    if not isinstance(flow.start, (FromHost, Outside, Lan)) or flow.purpose != "asked":
        return None
    if is_held(network, flow.version, flow.daddr):
        return None
    host = network.host(flow.asked_host or flow.host)
    if not host.was_read or not (_has_service(network, host, flow) or _has_container(host, flow)):
        return None
    moved = floating_elsewhere(network, flow.version, flow.daddr)
    if moved is not None and moved.value is not None:
        return None  # a program moves the address: whether another machine has it now is asked instead
    namespace = network.namespace(host.netns)
    around = (
        each
        for each in addresses_of(namespace, None, flow.version)
        if each.scope == "global" and each.holds(flow.daddr, flow.version)
    )
    own = next(
        (each for each in around if (link := namespace.link(each.link)) and is_uplink(network, host.netns, link)), None
    )
    if own is None or _is_answered(namespace, own.link, flow):
        return None
    text = address_text(own.value, flow.version)
    facts = {"asked": address_text(flow.daddr, flow.version), "own": text, "link": own.link, "port": flow.dport}
    return OpenQuestion(
        text=message(
            "Should this host or a container on it have the address {asked}? A service here listens on port {port}, "
            "and the address of {link} is {own}",
            **facts,
        ),
        if_yes=message(
            "This host and its containers lack the address now: let clients and names use {own}, or add the address "
            "again where it was configured",
            **facts,
        ),
        if_no=message("Another machine has the address, and the verdict above is the answer.", **facts)
        if from_here
        else message("Another machine has the address: run hairpin there.", **facts),
        wanted=(ask_address(text, flow.dport),),
        breaks_if="yes",
    )


def _without_ipv6(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield the question whether a namespace should have IPv6: the packet finds no route there, and no link of the
    namespace has an IPv6 address that other machines reach."""
    stop = trace.like.usual.stop
    if stop is None or stop.reason not in ("no-route", "no-source-address") or stop.netns not in network:
        return
    namespace = network.namespace(stop.netns)
    if any(each.scope == "global" for each in addresses_of(namespace, None, 6)):
        return
    container = network.container_of(stop.netns)
    address = address_text(stop.seen.packet.daddr, 6)
    facts = {"address": address, "name": container.name if container is not None else ""}
    if stop.netns.is_host:
        text = message(
            "Should this host have an IPv6 address? No link has one that other machines reach, and no route leads to "
            "{address}", **facts)  # fmt: skip
        if_yes = message(
            "Add its addresses and routes again where the network of this "
            "host is configured. The kernel takes them away from a link that goes down, whose MTU falls below 1280, or "
            "whose disable_ipv6 becomes 1", **facts)  # fmt: skip
    elif container is None:
        return
    elif trace.flow.purpose == "dns" and (servers := servers_by_ipv6(network.host(stop.netns.host), container)):
        yield _without_name_server(container.name, servers, entering(network, stop.netns))
        return
    else:
        text = message(
            "Should {name} have IPv6? It has no IPv6 address that other machines reach, and no route leads to "
            "{address}", **facts)  # fmt: skip
        if_yes = message(
            "Recreate {name} on a network with IPv6 (`docker network create --ipv6`, Compose: enable_ipv6, Podman: "
            "--network slirp4netns:enable_ipv6=true). The sysctl disable_ipv6=1 also takes IPv6 away",
            **facts)  # fmt: skip
    yield OpenQuestion(
        text=text,
        if_yes=if_yes,
        if_no=message("Nothing is broken here: the client has to use IPv4 for this name", **facts),
        wanted=(ask_route6(address, entering(network, stop.netns)),),
    )


def _without_name_server(name: str, servers: tuple[int, ...], way_in: str) -> OpenQuestion:
    """Return the question whether the container should have IPv6, by which alone its name servers are reached."""
    addresses = tuple(address_text(each, 6) for each in servers)
    facts = {"name": name, "servers": few_of(addresses)}
    return OpenQuestion(
        text=message(
            "Should {name} have IPv6? Its name servers have IPv6 addresses only ({servers}), and no route of {name} "
            "leads there, so {name} finds no name outside",
            **facts,
        ),
        if_yes=message(
            "Recreate {name} on a network with IPv6 (`docker network create --ipv6`, Compose: enable_ipv6). The sysctl "
            "disable_ipv6=1 also takes IPv6 away",
            **facts,
        ),
        if_no=message("Recreate {name} with a name server that has an IPv4 address (`--dns`, Compose: dns)", **facts),
        wanted=(ask_route6(addresses[0], way_in),),
    )


def _is_answered(namespace: Namespace, link: str, flow: Flow) -> bool:
    """Return whether another machine has the flow's address: the address's neighbour entry has a hardware address.
    If an entry has a hardware address, the machine has answered, or a person or a program has added the entry."""
    return any(
        each.mac is not None and not each.proxy and not each.unanswered
        for each in namespace.neighbours
        if (each.link, each.version, each.value) == (link, flow.version, flow.daddr)
    )


def _was_moved(network: Network, mapping: PublicAddress) -> Iterator[OpenQuestion]:
    """Yield the question whether the address belonged to a link that is in a container now."""
    for each in moved_links(network, network.host(network.host_netns(mapping.host).host)):
        facts = {
            "address": address_text(mapping.public, mapping.version),
            "link": each.link.name,
            "container": each.container.name,
            "pid": f"{each.container.pid or 'PID'}",
        }
        yield OpenQuestion(
            text=message(
                "Was {address} the address of {link}? {link} is in the namespace of container {container} and has no "
                "address. No engine put {link} there, and the kernel deletes a link's addresses when the link is moved",
                **facts,
            ),
            if_yes=message(
                "This host has lost {address}: nsenter -t {pid} -n ip link set {link} netns 1 brings {link} back. Then "
                "set {link} up, and add its addresses and routes again",
                **facts,
            ),
            if_no=message("{link} has nothing to do with {address}", **facts),
            wanted=(ask_link(facts["pid"], each.link.name),),
            breaks_if="yes",
        )


def _may_be_meant(network: Network, mapping: PublicAddress, flow: Flow) -> bool:
    """Return whether the address may belong to the host.

    The address may be the host's if an outside client asks for it, if the host has a service on the port, or if the
    host's cloud maps public addresses without naming them."""
    host = network.host(network.host_netns(mapping.host).host)
    if isinstance(flow.start, (Outside, Lan)) or (host.cloud in MAPPING and not host.cloud_addresses):
        return True
    return _has_service(network, host, flow)


def _has_container(host: Host, flow: Flow) -> bool:
    """Return whether a container listens on the flow's port.

    Such a container may have had the address on a link of its own."""
    return any(
        (each.protocol, each.port) == (flow.protocol, flow.dport)
        for container in host.containers()
        if container.netns is not None and container.netns in host
        for each in host.namespace(container.netns).sockets
    )


def _has_service(network: Network, host: Host, flow: Flow) -> bool:
    """Return whether the host publishes the flow's port, or listens on the port at an address that is not a loopback
    address."""
    listening = any(
        (each.protocol, each.port) == (flow.protocol, flow.dport)
        and (each.address is None or not is_loopback(each.address, each.version))
        for each in network.namespace(host.netns).sockets
    )
    return listening or bool(bindings_of(host, flow.dport, flow.protocol))


def _is_public(network: Network, mapping: PublicAddress, flow: Flow) -> OpenQuestion:
    """Return the question whether a public address that the user did not state belongs to the host.

    The question also tells the verdict if the address belongs to the host."""
    public, private = (address_text(each, mapping.version) for each in (mapping.public, mapping.private))
    host = network.host_netns(mapping.host).host
    believed = walk_flow(msgspec.structs.replace(network, world=network.world.believing(mapping)), flow)
    facts = {
        "public": public,
        "private": private,
        "start": flow.start_text(with_host=len(network.hosts) > 1),
        "verdict": VERDICTS[believed.verdict],
    }
    return OpenQuestion(
        text=message("Is {public} this host's public address?", public=public)
        if len(network.hosts) == 1
        else message("Is {public} the public address of {host}?", public=public, host=host),
        if_yes=_if_own(network, mapping, flow, facts, passes=believed.succeeds),
        if_no=message("Another machine has the address, and the verdict above is the answer.", public=public)
        if not isinstance(flow.start, (Outside, Lan))
        else message(
            "Another machine has the address: run hairpin there. If `tcpdump -ni any host {public}` shows packets for "
            "it on this host, a load balancer does not translate them, and this host has to accept the address: `ip "
            "route add local {public} dev lo`.",
            public=public,
        ),
        wanted=(state_public(public, private, host if mapping.host else ""),),
        breaks_if="" if believed.succeeds else "yes",
    )


def _if_own(
    network: Network, mapping: PublicAddress, flow: Flow, facts: Mapping[str, object], *, passes: bool
) -> Message:
    """Return what is true if the public address belongs to the host.

    A gateway maps the address, or the provider sends packets for a floating address to the host unchanged."""
    netns = network.host_netns(mapping.host)
    own = next((each for each in network.namespace(netns).addresses if each.value == mapping.private), None)
    if passes and own is not None and isinstance(flow.start, (Outside, Lan)):
        return message(
            "A gateway maps it to {private}: verdict from {start}: {verdict}. Or the provider sends its packets here "
            "unchanged, and no interface of this host has it: `ip address add {public} dev {link}`.",
            link=own.link,
            **facts,
        )
    if passes:
        return message("A gateway maps it to {private}. Verdict from {start}: {verdict}.", **facts)
    return message(
        "A gateway maps it to {private}, and no interface of this host has it. Verdict from {start}: {verdict}. "
        "hairpin then looks for the cause.",
        **facts,
    )
