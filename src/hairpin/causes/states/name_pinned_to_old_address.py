"""A container's own /etc/hosts leads a name to an address that the named container, or the host, does not have.

Users see: one container gets "No route to host" or "Connection refused" for a name that works in all other containers.

Proof: an entry in the container's /etc/hosts pins the name to an address, and the container of that name has another
address.  The option ``--add-host`` (Compose's ``extra_hosts``), a legacy link (``--link``), the container's own
``--hostname``, the image, its entrypoint or a person wrote the entry.  If the service were at the pinned address, the
packet would arrive.
Now: recreate the container without the entry.  On a network that both containers share, the engine's name server knows
the name.  If the container is recreated after the linked container, its legacy link gets the present address.
Lasting: remove the entry from ``extra_hosts`` in the Compose file, and use a network of your own instead of ``--link``.
If the name means the host, write ``host-gateway`` instead of an address.
"""

from collections.abc import Iterator
from typing import Literal

from hairpin.causes.cause import Candidate, Cause, Finding, View, Way
from hairpin.causes.service._service import listening
from hairpin.causes.where import OfContainer
from hairpin.change.change import AddEntry, AddSocket, Change, DeleteEntry, Primitive, one
from hairpin.engines.repair.starting import held_again
from hairpin.host.docker import Container, DockerNetwork, PortBinding
from hairpin.host.engine_health import unanswering
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.message import Message, message
from hairpin.network.attachment import engines_read, network_for
from hairpin.network.network import Network, netns_of, outer_link, owns_address
from hairpin.network.pinned_names import (
    Misled,
    Pin,
    beside_the_named,
    entry_text,
    holder_of_pin,
    misleading,
    misled_by,
    pinned_to_stopped,
)
from hairpin.network.prefix import address_text


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the sending container's /etc/hosts gives the packet's destination as the address of a
    name.

    The name belongs to another container or to the host."""
    misled = None if view.in_reply else misleading(view.network, view.flow)
    if misled is None:
        yield from () if view.in_reply else _of_stopped(view)
        return
    host = view.network.host(view.flow.host)
    change = _as_if_there(view, host, misled)
    if change is not None:
        yield _candidate(host, misled, change)


def _of_stopped(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the entry's name is a stopped container's.

    The container may get the entry's address at its start, or another one.  The proof gives a container with the
    service this address."""
    found = pinned_to_stopped(view.network, view.flow)
    joined = network_for(view.host, view.flow.daddr, 4) if view.flow.version == 4 else None
    if found is None or joined is None or view.flow.protocol == "icmp":
        return
    port = view.flow.dport
    change = held_again(view.host, view.flow.daddr, joined, PortBinding(view.flow.protocol, port, port))
    if change is None:
        return
    start = view.host.engine_of(found.named).command("start", found.named.name)
    old = address_text(found.pin.address, found.pin.version)
    chosen = found.pin.address in (end.fixed4 for end in found.named.endpoints)
    otherwise = message(
        "if {named} gets an address other than {old}, recreate {asking} without the entry",
        named=found.named.name,
        old=old,
        asking=found.asking.name,
    )
    yield Candidate(
        title=message(
            "{asking} has its own entry for {name} ({entry}), and {named} does not run",
            asking=found.asking.name,
            name=found.pin.name,
            entry=entry_text(found.pin),
            named=found.named.name,
        ),
        detail=message(
            "The entry is {old}, which no running container has. It comes before every name server, and nothing "
            "updates it.",
            old=old,
        ),
        change=change,
        where=OfContainer(found.asking.name, address=old, asked=found.pin.name),
        in_class="bound-to-other-address",
        evidence=tuple(dict.fromkeys((found.named.evidence, found.asking.evidence))),
        offered=False,
        ways=(Way(Change(()), (message("{command}", command=start), *(() if chosen else (otherwise,)))),),
    )


def _as_if_there(view: View, host: Host, misled: Misled) -> Change | None:
    """Return the change that proves the entry's effect, or None if the right address is not known to the namespace.

    After the change the named container, or the host, has the pinned address, and another container that had it has it
    no more.  If the packet found no socket at the address of the host, the change adds a socket instead."""
    other = holder_of_pin(host, misled.pin)
    if view.stop.reason == "no-listener" and (other is None or misled.named is None):
        return one(listening(view, _remedy(misled)))
    netns = host.netns if misled.named is None else netns_of(host, misled.named)
    if netns is None or netns not in view.network:
        return None
    namespace = view.network.namespace(netns)
    held = _beside(namespace, misled)
    if held is None:
        return None
    port = (view.flow.protocol, view.flow.dport)
    served = misled.named is not None or any((each.protocol, each.port) == port for each in namespace.sockets)
    served = served or view.flow.protocol == "icmp"
    taken = _given_up(view, host, other, misled.pin) if other is not None else ()
    return Change((*taken, _address(netns, held, misled), *(() if served else (_socket(view, netns, misled),))))


def _given_up(view: View, host: Host, other: Container, pin: Pin) -> tuple[Primitive, ...]:
    """Return the parts that take the pinned address from the container that has it."""
    netns = netns_of(host, other)
    held = view.network.namespace(netns).addresses if netns is not None and netns in view.network else ()
    return tuple(
        DeleteEntry(netns, each)
        for each in held
        if netns is not None and (each.version, each.value) == (pin.version, pin.address)
    )


def _socket(view: View, netns: Netns, misled: Misled) -> Primitive:
    """Return the part that adds a socket of the host at the asked port.

    A missing socket at the right address is a separate fault.  The proof adds the socket to exclude this fault."""
    protocol: Literal["tcp", "udp"] = "udp" if view.flow.protocol == "udp" else "tcp"
    return AddSocket(netns, Socket(protocol, misled.pin.version, None, view.flow.dport), _remedy(misled))


def _beside(namespace: Namespace, misled: Misled) -> Address | None:
    """Return the right address of the named container or host, as an address of the namespace; None if the namespace
    lacks it."""
    return next(
        (
            each
            for each in namespace.addresses
            if (each.version, each.value) == (misled.pin.version, misled.right) and each.scope == "global"
        ),
        None,
    )


def _address(netns: Netns, beside: Address, misled: Misled) -> Primitive:
    return AddEntry(netns, Address(beside.link, misled.pin.version, misled.pin.address, beside.prefix_length))


def of_host(host: Host) -> Iterator[Finding]:
    """Yield a blocking finding for each entry whose address is in a network of the host's engines and belongs to no
    namespace.  Every program that uses the entry's name fails.  Yield advice for each entry whose address belongs to
    another container."""
    running = [each for each in host.containers() if each.running]
    if host.netns.name not in host or unanswering(host) or not engines_read(host):
        return
    if any(each.netns is None for each in running):
        return
    whole = Network((host,))
    for container in running:
        for each in misled_by(whole, host, container):
            around = network_for(host, each.pin.address, each.pin.version)
            found = _candidate(host, each, Change(()))
            if around is not None and _is_nobodys(whole, host, around, each.pin):
                yield Finding(found, "blocking", container=container.name)
            elif (line := beside_the_named(host, each)) is not None:
                yield Finding(found, "advice", container=container.name, line=line)


def _is_nobodys(whole: Network, host: Host, around: DockerNetwork, pin: Pin) -> bool:
    """Return whether no namespace has the address, and the bridge of the address's network does not lead to a machine
    that was not read."""
    here = whole.namespace(host.netns)
    bridge = here.link(around.bridge) if around.bridge else None
    if bridge is None or outer_link(whole, host.netns, bridge) is not None:
        return False
    seen = any((each.version, each.value) == (pin.version, pin.address) and each.mac for each in here.neighbours)
    return not seen and not any(owns_address(each, pin.version, pin.address) for each in host.namespaces)


def _candidate(host: Host, misled: Misled, change: Change) -> Candidate:
    pin, asking = misled.pin, misled.asking
    old, right = address_text(pin.address, pin.version), address_text(misled.right, pin.version)
    return Candidate(
        title=message(
            "{asking} has its own entry for {name}: {old}, an address that {meant} does not have",
            asking=asking.name,
            name=pin.name,
            old=old,
            meant=misled.named.name if misled.named is not None else message("this host"),
        ),
        detail=message(
            "{written} This entry comes before every name server, and nothing updates it. {found}",
            written=_written_text(misled, old),
            found=_holders_text(host, misled, old, right),
        ),
        change=change,
        where=OfContainer(asking.name, address=old, asked=pin.name),
        in_class="bound-to-other-address",
        evidence=tuple(
            dict.fromkeys((asking.evidence, *((misled.named.evidence,) if misled.named is not None else ())))
        ),
        offered=False,
        ways=(Way(Change(()), (_remedy(misled),), by_person=True),),
    )


def _written_text(misled: Misled, old: str) -> Message:
    """Return the sentence that tells what wrote the entry."""
    pin, asking = misled.pin, misled.asking.name
    match pin.hand:
        case "option":
            return message(
                "Container {asking} was made with --add-host {name}:{old} (Compose: extra_hosts). This option writes "
                "an entry into its /etc/hosts.",
                asking=asking,
                name=pin.name,
                old=old,
            )
        case "link":
            return message(
                "{asking} was made with a legacy link (--link) to {name}: the engine wrote {old} into its /etc/hosts, "
                "and does not update it when the linked container is recreated.",
                asking=asking,
                name=pin.name,
                old=old,
            )
        case "hostname":
            return message(
                "{asking} was made with --hostname {name}: the engine wrote {asking}'s own address, {old}, for this "
                "name into its /etc/hosts, so {asking} asks itself.",
                asking=asking,
                name=pin.name,
                old=old,
            )
        case "file":
            return message(
                "The /etc/hosts of {asking} has the line {old} {name}. No present option of the container writes this "
                "line. A former --link, the image, its entrypoint or a person wrote it.",
                asking=asking,
                name=pin.name,
                old=old,
            )


def _holders_text(host: Host, misled: Misled, old: str, right: str) -> Message:
    """Return the sentence that names the holder of the right address, and the container that has the pinned address."""
    other = holder_of_pin(host, misled.pin)
    meant = misled.named.name if misled.named is not None else message("the host")
    if other is None:
        return message("On its own network, {meant} has {right}.", meant=meant, right=right)
    return message(
        "On its own network, {meant} has {right}, and {old} belongs to {other}.",
        meant=meant,
        right=right,
        old=old,
        other=other.name,
    )


def _remedy(misled: Misled) -> Message:
    pin, asking = misled.pin, misled.asking
    if misled.named is None:
        return message(
            "recreate {asking} with --add-host {name}:host-gateway instead of the address, so that each start writes "
            "the host's present address",
            asking=asking.name,
            name=pin.name,
        )
    if pin.hand != "option":
        return _remedy_of_line(misled, misled.named.name)
    if misled.shared:
        return message(
            "recreate {asking} without the entry (--add-host, extra_hosts): on network {network} the engine's name "
            "server knows {name}",
            asking=asking.name,
            network=misled.shared,
            name=pin.name,
        )
    return message(
        "recreate {asking} without the entry (--add-host, extra_hosts), and put {asking} and {named} on a network of "
        "their own, where the engine's name server knows {name}",
        asking=asking.name,
        named=misled.named.name,
        name=pin.name,
    )


def _remedy_of_line(misled: Misled, named: str) -> Message:
    """Return the repair of an entry that no ``--add-host`` wrote.  ``named``: the container that has the name."""
    pin, asking = misled.pin, misled.asking
    if pin.hand == "hostname":
        return message(
            "recreate {asking} with another --hostname: {name} is the name of container {named}",
            asking=asking.name,
            name=pin.name,
            named=named,
        )
    if misled.shared:
        return message(
            "recreate {asking} without the entry (--link, its image, its entrypoint): on network {network} the "
            "engine's name server knows {name}",
            asking=asking.name,
            network=misled.shared,
            name=pin.name,
        )
    if pin.hand == "link":
        return message(
            "recreate {asking} with the same --link, so that the engine writes the present address of {named}. On a "
            "user-defined network no --link is needed: the engine's name server knows the address of {named}",
            asking=asking.name,
            named=named,
        )
    return message(
        "recreate {asking}: the engine then writes /etc/hosts again, and a --link gets the present address of {named}. "
        "Or put both on one user-defined network, where the engine's name server knows {name}. If the image or its "
        "entrypoint writes the line, remove it there",
        asking=asking.name,
        named=named,
        name=pin.name,
    )


CAUSE = Cause(
    title=message("A container's own hosts entry gives a name an address that the named host does not have"),
    source="docker-run(1) --add-host; nsswitch.conf(5); moby daemon/container_operations_unix.go buildSandboxOptions()",
    shown_by=(
        (
            "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q); "
            "docker logs --tail 50 PROXY"
        ),
        message("the address after `upstream:` in the proxy's log is not the container's address"),
    ),
    reasons=frozenset({"answered-by-other", "no-neighbour", "no-listener", "no-route", "rule", "policy", "reject"}),
    fixed_with="container",
)
