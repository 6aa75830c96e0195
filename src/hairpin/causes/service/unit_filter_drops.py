"""The systemd unit of the process filters addresses (``IPAddressDeny=``), and the kernel drops the client's packets.

Users see: the service or container runs and listens, and clients time out.  A connection from the host itself may work,
if the unit allows ``localhost``.

Proof: the process's control group is below the unit, whose filter denies the client's address.  Without the filter the
packet arrives.
Now: ``systemctl set-property --runtime UNIT IPAddressAllow=ADDRESS``, if this client is meant to get in.
Lasting: change ``IPAddressDeny=`` or ``IPAddressAllow=`` in the unit's file (Quadlet: in its ``[Service]`` section).
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfProcess, View, Way, message
from hairpin.change.change import AddSocket, Change, DeleteSocket
from hairpin.netfilter.address import address_text
from hairpin.walk.sockets import filtering_unit


def find(view: View) -> Iterator[Candidate]:
    socket, packet = view.socket, view.stop.seen.packet
    unit = filtering_unit(view.network, view.stop.netns, socket, packet) if socket is not None else None
    if socket is None or unit is None:
        return
    client = address_text(packet.saddr, packet.version)
    said = message("allow the client's address in the unit, if this client is meant to get in")
    unfiltered = AddSocket(view.stop.netns, msgspec.structs.replace(socket, unit=""), said)
    allowing = f"systemctl set-property --runtime {unit.name} IPAddressAllow={client}"
    yield Candidate(
        title=message("The address filter of {unit} drops packets from {client}", unit=unit.name, client=client),
        detail=message(
            "{unit} has IPAddressDeny=, which covers {client}. The kernel drops the packets of this client for all "
            "processes in the unit's control group, after all rules of the packet filter.",
            unit=unit.name,
            client=client,
        ),
        change=Change((DeleteSocket(view.stop.netns, socket), unfiltered)),
        where=OfProcess(process=socket.process, pid=socket.pid, port=socket.port, group=socket.unit),
        in_class="process-stopped",
        evidence=tuple(each for each in (unit.evidence, socket.evidence) if each),
        offered=False,
        ways=(Way(Change(()), (said,), typed=(allowing,)),),
        joins=unit.name,
    )


CAUSE = Cause(
    title=message("The address filter of a systemd unit drops the packets"),
    source="systemd.resource-control(5): IPAddressDeny=; kernel/bpf/cgroup.c",
    reasons=frozenset({"unit-filter"}),
)
