"""The systemd unit of the process filters addresses (``IPAddressDeny=``), and the kernel drops the client's packets.

Users see: the service or container runs and listens, and clients time out.  A connection from the host itself may work,
if the unit allows ``localhost``.

Proof: the process's control group is below the unit, whose filter denies the client's address.  Without the filter the
packet arrives.
Now: ``systemctl set-property --runtime UNIT IPAddressAllow=ADDRESS``, if this client is meant to get in.
Lasting: change ``IPAddressDeny=`` or ``IPAddressAllow=`` in the unit's file (Quadlet: in its ``[Service]`` section).
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfContainer, OfProcess, View, Way, message
from hairpin.causes.where import Where
from hairpin.change.change import AddSocket, Change, DeleteSocket, SetContainer, one
from hairpin.host.managers import Unit
from hairpin.netfilter.address import address_text
from hairpin.walk.sockets import filtering_unit, unit_of_container


def find(view: View) -> Iterator[Candidate]:
    packet, socket = view.stop.seen.packet, view.socket
    if view.stop.stage == "output":
        container = view.network.container_of(view.stop.netns)
        unit = unit_of_container(view.network, view.stop.netns)
        if container is not None and unit is not None:
            freed = SetContainer(view.host.name, msgspec.structs.replace(container, unit=""))
            address = address_text(packet.daddr, packet.version)
            yield _candidate(unit, address, one(freed), OfContainer(container.name, address=address))
        return
    found = filtering_unit(view.network, view.stop.netns, socket, packet) if socket is not None else None
    if socket is None or found is None:
        return
    unfiltered = AddSocket(view.stop.netns, msgspec.structs.replace(socket, unit=""), _ALLOW)
    where = OfProcess(process=socket.process, pid=socket.pid, port=socket.port, group=socket.unit)
    change = Change((DeleteSocket(view.stop.netns, socket), unfiltered))
    yield _candidate(found, address_text(packet.saddr, packet.version), change, where)


def _candidate(unit: Unit, address: str, change: Change, where: Where) -> Candidate:
    allowing = f"systemctl set-property --runtime {unit.name} IPAddressAllow={address}"
    return Candidate(
        title=message("The address filter of {unit} drops packets from and to {address}", unit=unit.name,
                      address=address),
        detail=message(
            "{unit} has IPAddressDeny=, which covers {address}. The kernel drops these packets for all processes in "
            "the unit's control group, and no rule of the packet filter shows it.",
            unit=unit.name,
            address=address,
        ),
        change=change,
        where=where,
        in_class="process-stopped",
        evidence=(unit.evidence,) if unit.evidence else (),
        offered=False,
        ways=(Way(Change(()), (_ALLOW,), typed=(allowing,)),),
        joins=unit.name,
    )  # fmt: skip


_ALLOW = message("allow the address in the unit, if the unit's processes are meant to exchange packets with it")
CAUSE = Cause(
    title=message("The address filter of a systemd unit drops the packets"),
    source="systemd.resource-control(5): IPAddressDeny=; kernel/bpf/cgroup.c",
    reasons=frozenset({"unit-filter"}),
)
