"""The host's /etc/resolv.conf names a name server on the host itself, and nothing listens there.

systemd-resolved, dnsmasq or unbound on the host ended or was removed, and the file stayed.  The network processes of
rootless containers (pasta, slirp4netns) send the containers' queries to the first server of this file, too.

Users see: ``Temporary failure in name resolution`` on the host, and in containers on the host's network or behind pasta
or slirp4netns, while connections by address work.

Proof: /etc/resolv.conf names an address of the host, and no socket takes queries there.  With a name server at this
address the query arrives.
Now: start the name server, or name a server that answers in /etc/resolv.conf.
Lasting: enable the name server's unit.  If another program should write the file, remove the file's old line.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, View, message
from hairpin.causes.names._resolving import asks_server_of_host
from hairpin.causes.service._service import listening
from hairpin.causes.where import OfFile
from hairpin.change.change import one
from hairpin.host.known_ports import known_port
from hairpin.network.flow import FromContainer
from hairpin.network.prefix import address_text

_FILE = "/etc/resolv.conf"


def find(view: View) -> Iterator[Candidate]:
    known = known_port(53, "udp")
    if known is None or not asks_server_of_host(view):
        return
    units = [each for each in view.host.units if each.name.rpartition(".")[0] in known.units]
    if any(each.active == "failed" or each.is_enabled for each in units):
        return  # host-service-not-running names the unit
    if any(each.startswith(("sockets", "proc-net")) for each in view.namespace.unread):
        return
    packet = view.stop.seen.packet
    facts = {"server": address_text(packet.daddr, packet.version), "file": _FILE, "units": ", ".join(known.units)}
    said = message(
        "start the name server that should listen at {server} ({units}), or name a server that answers in {file}",
        **facts,
    )
    yield Candidate(
        title=message("No name server listens at {server}, which {file} of the host names", **facts),
        detail=_detail(view, facts),
        change=one(listening(view, said)),
        where=OfFile(_FILE),
        in_class="process-stopped",
        evidence=tuple(each.evidence for each in view.host.files if each.path == _FILE and each.evidence),
        advice=_rereading(view),
    )


def _detail(view: View, facts: dict[str, str]) -> Message:
    start = view.flow.start
    if isinstance(start, FromContainer) and view.stop.seen.packet.daddr != view.flow.daddr:
        return message(
            "The network process of {name} sends the queries of {name} to this server of the host, and no socket takes "
            "them there.",
            name=start.name,
        )
    return message("The queries go to {server} on the host itself, and no socket takes them there.", **facts)


def _rereading(view: View) -> tuple[Message, ...]:
    """Return the note that pasta has to read the file again.  Source: passt(1), --dns"""
    start = view.flow.start
    asking = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if asking is None or view.host.network_owner(asking).mode != "pasta":
        return ()
    return (
        message(
            "pasta reads the file when the container starts: if you change the file, restart {name}", name=asking.name
        ),
    )


CAUSE = Cause(
    title=message("The host's resolv.conf names a name server on the host that does not run"),
    source="resolv.conf(5); passt(1), --dns-forward; slirp4netns(1)",
    shown_by=("cat /etc/resolv.conf; sudo ss -lntup", message("no line of ss has the server's address and port 53")),
    reasons=frozenset({"no-listener"}),
)
