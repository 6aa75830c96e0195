"""The last lines of an answer in which every flow passes: what was not asked, and where to look if clients fail all the
same.

hairpin assumes that packets get from the clients to the first link of this host, because no reading shows this part of
the path.
"""

from collections.abc import Iterator

from hairpin.answer.answer import Answer
from hairpin.host.docker import Container
from hairpin.message import message
from hairpin.network.flow import Flow, Outside
from hairpin.network.prefix import Version, address_text
from hairpin.network.uplinks import tunnels_of
from hairpin.question.standpoints import further_uplinks
from hairpin.report.paper import Paper
from hairpin.report.words import Words
from hairpin.walk.state import Step
from hairpin.walk.trace import Trace
from hairpin.wanted import read_host


def write_where_next(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the lines.

    Write nothing if the question is about an event, if a flow fails, or if no asked flow comes from outside or leaves
    the hosts."""
    asked = [each.trace for each in answer.flows if isinstance(each.trace.flow.start, Outside)]
    if answer.event is not None or not all(each.succeeds for each in answer.flows):
        return
    between = _between_hosts(answer)
    if between:
        said = message("Not checked: what containers of one host send to those of another (`{command}`).",
                       command=between)  # fmt: skip
        paper.prose(words(said))
    if not asked:
        _write_way_out(answer, words, paper)
        return
    ports = {(each.flow.protocol, each.flow.dport) for each in asked}
    port = f"{asked[0].flow.dport}" if len(ports) == 1 else "PORT"
    plain = any(each.flow.invented for each in asked)  # the user named no client
    for address, link in _not_asked(answer, [each.flow for each in asked if plain]):
        target = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        paper.prose(words(message("Not checked: {link} (`hairpin check {target}`).", link=link, target=target)))
    _write_way_out(answer, words, paper)
    link = _entered_by(asked[0]) if not answer.kept_out else ""  # this host drops the packets of some clients
    if link:
        said = (
            message(
                "Still timing out? Run `tcpdump -ni {link} port {port}` while a client tries. If it shows no SYN, the "
                "SYN is lost before this host: in a router, or in the provider's firewall.",
                link=link,
                port=port,
            )
            if asked[0].flow.protocol == "tcp"
            else message(
                "Still no answer? Run `tcpdump -ni {link} port {port}` while a client tries. If it shows no packet, "
                "the packet is lost before this host: in a router, or in the provider's firewall.",
                link=link,
                port=port,
            )
        )
        paper.prose(words(said), style="faint")


def _between_hosts(answer: Answer) -> str:
    """Return the command that asks about a flow from a container of one host to a container of another; empty if the
    user named a target, or if containers run on one host at most."""
    if answer.question.targets:
        return ""
    running = ((host.name, each) for host in answer.network.hosts for each in host.containers() if each.running)
    first: dict[str, Container] = {}
    for name, each in running:
        first.setdefault(name, each)
    if len(first) < 2:
        return ""
    (near, start), (far, target), *_ = first.items()
    port = next((f":{each.container_port}" for each in target.bindings), "")
    return f"hairpin check {target.name}{port}@{far} --from container:{start.name}@{near}"


def _write_way_out(answer: Answer, words: Words, paper: Paper) -> None:
    """Write how to see whether packets of the asked flow are lost behind this host.

    Write nothing if no packet leaves the host."""
    left = [each.trace for each in answer.flows if each.verdict == "leaves" and each.trace.flow.purpose != "dns"]
    asked = next((each for each in left if each.flow.purpose != "egress"), None)
    last = _left_by(asked) if asked is not None else None
    if asked is None or last is None:
        return
    from hairpin.walk.granted.capture import filter_of

    flow, packet = asked.flow, last.packet
    far = address_text(packet.daddr, packet.version)
    facts = {"link": last.link, "outer": filter_of(packet), "far": far, "reading": read_host(far)}
    inner, tunnelled = filter_of(flow.packet(0)), _is_tunnelled(asked)
    said = (
        message(
            "Still no answer? `tcpdump -ni {link} '{outer}'` shows the outer packets. If they leave and no answer "
            "comes, they are lost behind this host, on the way to {far} or on {far}. On {far}, `tcpdump -ni any "
            "'{inner}'` shows the unpacked packets, and {reading} lets hairpin read {far}.",
            inner=inner,
            **facts,
        )
        if tunnelled
        else message(
            "Still no answer? Run `tcpdump -ni {link} '{outer}'`. If packets leave and no answer comes, they are lost "
            "behind this host, on the way to {far} or on {far} ({reading} lets hairpin read {far}).",
            **facts,
        )
    )
    if flow.protocol == "tcp" and not tunnelled:
        said = message(
            "{said} If a packet with flag R comes back, {far} itself refuses: nothing listens on port {port} there, or "
            "a firewall there rejects.",
            said=said,
            far=far,
            port=packet.dport or "-",
        )
    paper.prose(words(said), style="faint")


def _left_by(trace: Trace) -> Step | None:
    """Return the last step of the request on a host's link."""
    return next((each for each in reversed(trace.usual.request) if each.netns.is_host and each.link), None)


def _is_tunnelled(trace: Trace) -> bool:
    """Return whether the flow's packets leave inside packets to a tunnel's far end."""
    return any(each.stage == "tunnel" for each in trace.usual.request)


def _entered_by(trace: Trace) -> str:
    """Return the link of the host by which the flow's first packet came in; empty if the packet came in at no host."""
    steps = trace.usual.request
    return next((each.link for each in steps if each.stage == "device-in" and each.netns.is_host), "")


def _not_asked(answer: Answer, flows: list[Flow]) -> Iterator[tuple[str, str]]:
    """Yield each address to which no asked flow leads, with its link.

    Only addresses of tunnels, and of uplinks whose clients are not known, are yielded."""
    known = {(each.version, each.daddr) for each in flows}
    hosts: dict[tuple[str, Version], None] = {}
    for each in (flow for flow in flows if flow.purpose == "published"):
        hosts[each.asked_host or each.host, each.version] = None
    for host, version in hosts:
        netns = answer.network.host_netns(host)
        if netns not in answer.network:
            continue
        alone = (each.main for each in further_uplinks(answer.network, netns, version) if each.way is None)
        for own in (*alone, *tunnels_of(answer.network, netns, version)):
            if (version, own.value) not in known:
                yield address_text(own.value, version), own.link
