"""The systemd unit of the process filters addresses (``IPAddressDeny=``), and the kernel drops the client's packets.

Users see: the service or container runs and listens, and clients time out.  A connection from the host itself may work,
if the unit allows ``localhost``.

Proof: the process's control group is below the unit, whose filter denies the client's address.  Without the filter the
packet arrives.
Now: a filter is somebody's decision.  If it may go, ``systemctl set-property --runtime UNIT IPAddressDeny=`` takes it
away; ``systemctl set-property --runtime UNIT IPAddressAllow=ADDRESS`` lets a single client in.
Lasting: change ``IPAddressDeny=`` or ``IPAddressAllow=`` in the unit's file (Quadlet: in its ``[Service]`` section).
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfUnit, View, Way, message
from hairpin.change.change import AddSocket, Change, DeleteSocket, SetUnit, one
from hairpin.host.boot.configured import Configured
from hairpin.host.managers import FilterLine, Unit
from hairpin.message import Message, few_of
from hairpin.netfilter.address import address_text
from hairpin.network.flow import Outside
from hairpin.walk.sockets import filtering_unit, unit_of_container


def find(view: View) -> Iterator[Candidate]:
    packet, socket = view.stop.seen.packet, view.socket
    if view.stop.stage == "output":
        container = view.network.container_of(view.stop.netns)
        unit = unit_of_container(view.network, view.stop.netns)
        if container is not None and unit is not None:
            freed = SetUnit(view.host.name, msgspec.structs.replace(unit, denies=()))
            named = None if view.flow.invented else packet.daddr
            yield _candidate(view, unit, packet.daddr, one(freed), named)
        return
    found = filtering_unit(view.network, view.stop.netns, socket, packet) if socket is not None else None
    if socket is None or found is None:
        return
    unfiltered = AddSocket(view.stop.netns, msgspec.structs.replace(socket, unit=""), _allow(found))
    named = packet.saddr if isinstance(view.flow.start, Outside) and not view.flow.names_no_client else None
    change = Change((DeleteSocket(view.stop.netns, socket), unfiltered))
    yield _candidate(view, found, packet.saddr, change, named)


def _candidate(view: View, unit: Unit, address: int, change: Change, named: int | None) -> Candidate:
    """Return the candidate for the unit.  ``named``: the address of a client or a server that the user named."""
    version = view.stop.seen.packet.version
    written = _deciding(unit)
    container = view.network.container_of(view.stop.netns)
    setting = f"systemctl set-property --runtime {unit.name}"
    ways = (Way(Change(()), (_taking_away(unit, written),), typed=(f"{setting} IPAddressDeny=",)),)
    allowing = f"{setting} IPAddressAllow={address_text(named, version)}" if named is not None else ""
    read = tuple(dict.fromkeys(each.evidence for each in unit.filters)) or (unit.evidence,)
    return Candidate(
        title=message("The address filter of {unit} drops packets from and to {address}", unit=unit.name,
                      address=address_text(address, version)),
        detail=_detail(unit, written, address_text(address, version), version),
        change=change,
        where=OfUnit(unit.name, unit.active, container.name if container is not None else None, filters=unit.filters),
        in_class="process-stopped",
        evidence=tuple(filter(None, read)),
        configured=Configured("unit-file", written.path, written.number) if written is not None else None,
        offered=False,
        ways=(*((Way(Change(()), (_allow(unit),), typed=(allowing,)),) if allowing else ()), *ways),
        joins=unit.name,
    )  # fmt: skip


def _deciding(unit: Unit) -> FilterLine | None:
    """Return the line of a file that denies addresses.  An empty value takes back the lines before it."""
    denying = [each for each in unit.filters if each.text.startswith("IPAddressDeny")]
    return next((each for each in denying if each.text.partition("=")[2].strip()), None)


def _detail(unit: Unit, written: FilterLine | None, address: str, version: int) -> Message:
    facts = {"unit": unit.name, "address": address, "line": written.text if written is not None else "IPAddressDeny="}
    if all(each.prefix_length or each.version != version for each in unit.denies):
        return message(
            "{unit} has {line}, which covers {address}. The kernel drops these packets for all processes in the unit's "
            "control group, and no rule of the packet filter shows it.",
            **facts,
        )
    allowed = [str(each) for each in unit.allows if each.version == version]
    if not allowed:
        return message(
            "{unit} has {line}: the kernel drops the packets from and to all addresses, for all processes in the "
            "unit's control group, and no rule of the packet filter shows it.",
            **facts,
        )
    return message(
        "{unit} has {line}: the kernel drops the packets from and to all addresses but {allowed}, for all processes in "
        "the unit's control group, and no rule of the packet filter shows it.",
        **facts,
        allowed=few_of(allowed),
    )


def _taking_away(unit: Unit, written: FilterLine | None) -> Message:
    if written is None:
        return message("take the filter of {unit} away, if all may exchange packets with its processes", unit=unit.name)
    return message(
        "take the filter of {unit} away, if all may exchange packets with its processes: until the next boot with this "
        "command, for good by deleting `{line}` from {file}",
        unit=unit.name,
        line=written.text,
        file=written.path,
    )


def _allow(unit: Unit) -> Message:
    return message(
        "allow the address in {unit}, if its processes are meant to exchange packets with it", unit=unit.name
    )


CAUSE = Cause(
    title=message("The address filter of a systemd unit drops the packets"),
    source="systemd.resource-control(5): IPAddressDeny=; kernel/bpf/cgroup.c",
    reasons=frozenset({"unit-filter"}),
)
