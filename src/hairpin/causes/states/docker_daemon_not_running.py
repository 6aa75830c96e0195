"""dockerd does not run, so the container that publishes the port does not run either.

Users see: "Cannot connect to the … daemon", and connections to published ports are refused after a reboot or a failed
restart.

Proof: no dockerd answers.  When dockerd ended, the container, the docker-proxy or the rules that the port needs ended,
too.  A start of dockerd also restores its rules, its bridges and their addresses.
Now: ``systemctl start docker``.  If the unit docker has failed, first run ``systemctl reset-failed docker``.  If
dockerd ends at once, its journal tells why.  If firewalld has a bridge of dockerd in another zone, first run
``firewall-cmd --zone=docker --change-interface=BRIDGE``.  Then run ``docker start`` for each container that the start
of dockerd ended and did not restart.
Lasting: ``systemctl enable docker``.  If the asked container has no restart policy that starts it at boot, set such a
policy.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.causes.cause import NOT_RUNNING, RULE_STOPS, Candidate, Cause, Finding, View, Way
from hairpin.causes.engine._publishing import asking_container, covers, exposed_on_host, held_once_running
from hairpin.causes.service._service import listening
from hairpin.causes.states._start_words import after, last_words, makers_of_end, wrong_zone
from hairpin.causes.where import OfUnit
from hairpin.change.calls import SetContainerState
from hairpin.change.change import AddEntry, AddSocket, Change, InsertRule, Primitive
from hairpin.engines.docker.daemon import bound_elsewhere, calls_to_start_again, refusal, start_calls, start_effects
from hairpin.engines.docker.first_start import first_start
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.bridging import lost_addresses
from hairpin.engines.repair.republishing import relays
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.repair.starting import connecting_first, starting_change
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.docker import Container, Engine, PortBinding
from hairpin.host.engine_health import Health, health, is_down
from hairpin.host.host import Host
from hairpin.host.managers import Unit
from hairpin.host.socket import Socket
from hairpin.message import Message, message
from hairpin.netfilter.packet import UDP
from hairpin.network.names import EMBEDDED, is_embedded
from hairpin.network.prefix import address_text

_BY_ITS_FILE = "daemon-does-not-start-config"


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each container that cannot be reached, or cannot work, because dockerd is down.

    Either the container publishes the port and does not run, or its docker-proxy, its rules or its resolver are gone.
    Or the container is on an overlay network, and the other nodes no longer learn about the container.  The change
    restores everything that a start of dockerd would restore."""
    yield from _resolving(view)
    yield from _gossiping(view)
    for container, binding in (*held_once_running(view), *exposed_on_host(view), *asking_container(view)):
        engine = next((each for each in view.host.engines if container in each.containers), None)
        if engine is None or not is_down(view.host, engine):
            continue
        if not container.running and not binding.container_port:
            said = message("Container {name} does not run, because only dockerd starts it.", name=container.name)
            yield _candidate(view, engine, container, _started_parts(view, engine, container, binding), said)
        elif not container.running and not binding.host_port:
            said = message(
                "Container {name} has port {port} of the host. The container does not run, because only dockerd starts "
                "it.",
                name=container.name,
                port=binding.container_port,
            )
            yield _candidate(view, engine, container, (listening(view, message("start dockerd")),), said)
        elif not container.running:
            said = message(
                "Container {name} publishes port {port}. The container does not run, because only dockerd starts it.",
                name=container.name,
                port=binding.host_port,
            )
            yield _candidate(view, engine, container, _held(view, engine, container, binding), said)
        elif view.stop.reason == "no-listener" and covers(binding, view.stop.seen.packet.daddr):
            held = (*_addressed(view, engine), *relays(view.host, container, binding))
            said = message("docker-proxy, which holds the published ports, ended together with dockerd.")
            yield _candidate(view, engine, container, held, said)
        elif view.stop.reason in RULE_STOPS and (rules := _made_again(view, engine)):
            said = message("Rules that dockerd made are gone. dockerd makes them again when it starts.")
            yield _candidate(view, engine, container, (*_addressed(view, engine), *rules), said)


def _resolving(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a container that asks dockerd's resolver.  The resolver's socket in the container's
    namespace was closed when dockerd ended.  Source: moby libnetwork/resolver.go SetupFunc()"""
    packet, container = view.stop.seen.packet, view.container
    if container is None or view.stop.reason != "no-listener" or packet.dport is None:
        return
    engine = view.host.engine_of(container)
    if is_down(view.host, engine) and is_embedded(view.host, container, (packet.version, packet.daddr)):
        protocol: Literal["tcp", "udp"] = "udp" if packet.protocol == UDP else "tcp"
        held = Socket(protocol, packet.version, packet.daddr, packet.dport, process="dockerd")
        parts = (AddSocket(view.stop.netns, held, message("start dockerd")),)
        said = message(
            "The name server of Docker's containers, {address}, ended together with dockerd.",
            address=address_text(EMBEDDED, 4),
        )
        yield _candidate(view, engine, container, parts, said)


def _gossiping(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a container on an overlay network, if dockerd is down on that container's node or on the
    node where the packet stopped.  Without dockerd's gossip the other nodes remove the container's entries.

    Source: moby libnetwork/networkdb/cluster.go, libnetwork/drivers/overlay/joinleave.go"""
    from hairpin.causes.between_hosts._overlay import GOSSIP_PORT, unknown_peer  # noqa: PLC0415 - few

    unknown = unknown_peer(view)
    if unknown is None:
        return
    container = view.network.container_of(unknown.holder)
    for host in (view.network.host(unknown.holder.host), view.host):
        engine = next((each.engine for each in health(host) if each.is_down), None)
        if engine is None or container is None:
            continue
        told = AddSocket(host.netns, Socket("udp", 6, None, GOSSIP_PORT, process="dockerd"), message("start dockerd"))
        said = message(
            "The nodes of the overlay network no longer announce containers of {name} to each other.",
            name=container.name,
        )
        yield _started(host, engine, container, (told, *unknown.parts), said)


def _made_again(view: View, engine: Engine) -> tuple[Primitive, ...]:
    """Return the parts that add the missing rules that a starting dockerd makes."""
    running = msgspec.structs.replace(engine, running=True)
    return restoring_all(missing_of(view.host, running), view.host_netns, view.host_namespace).parts


def _addressed(view: View, engine: Engine) -> Iterator[Primitive]:
    """Yield the parts that add the missing bridge addresses that a starting dockerd adds."""
    for joined in engine.networks:
        yield from (AddEntry(view.host_netns, each) for each in lost_addresses(view.host, joined))


def _held(view: View, engine: Engine, container: Container, binding: PortBinding) -> tuple[Primitive, ...]:
    """Return the parts of the change that starts dockerd and then the container.

    If the container's network is not known, only docker-proxy's socket is simulated."""
    parts = _started_parts(view, engine, container, binding)
    if any(isinstance(part, (InsertRule, AddSocket)) for part in parts):
        return parts
    held = Socket(_transport(binding), binding.version, binding.host_ip, binding.host_port, process="docker-proxy")
    return (AddSocket(view.host_netns, held, message("start dockerd")),)


def _started_parts(view: View, engine: Engine, container: Container, binding: PortBinding) -> tuple[Primitive, ...]:
    """Return the parts of dockerd's start and of the container's start.  Return no part if the container's networks are
    not known."""
    started = first_start(view.host, engine)
    change = starting_change(started.host, container, binding)
    return (*started.parts, *change.parts) if change is not None else ()


def _candidate(
    view: View, engine: Engine, container: Container, parts: tuple[Primitive, ...], said: Message
) -> Candidate:
    return _started(view.host, engine, container, parts, said)


def _started(
    host: Host, engine: Engine, container: Container, parts: tuple[Primitive, ...], said: Message
) -> Candidate:
    started_too = container.starts_with_daemon
    asked = () if started_too else (SetContainerState("docker", "start", container.name),)
    further = dict.fromkeys((*calls_to_start_again(engine), *connecting_first(engine, container), *asked))
    boot = engine.boot
    read = boot.traces[-1:] if boot is not None and boot.log else ()
    return Candidate(
        title=message("dockerd is not running"),
        detail=_detail(host, engine, said),
        change=Change(parts, (*start_calls(host, engine), *further)),
        where=OfUnit(unit="docker.service", state="stopped", container=None if started_too else container.name),
        in_class="switched-off",
        evidence=tuple(dict.fromkeys(each for each in (container.evidence, *read) if each)),
        side_effects=start_effects(engine),
        made_by=(_BY_ITS_FILE, *makers_of_end(engine.boot)),
        offered=not _has_two_records(engine.boot) and _starting(host) is None,
        ways=_by_hand(host, engine),
        joins="docker-proxy" if container.running else "",
    )


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each dockerd that should run and does not run."""
    for each in health(host):
        if each.is_down and each.expected:
            yield Finding(_latent(host, each), "latent", event=after(each))


def _latent(host: Host, down: Health) -> Candidate:
    then = (
        message("While dockerd does not run, no ended container is started again and no lost rule is put back.")
        if down.enabled
        else message("Nothing starts dockerd at boot: after a reboot none of Docker's containers runs.")
    )
    return Candidate(
        title=message("dockerd is not running"),
        detail=_detail(host, down.engine, then),
        change=Change((), (*start_calls(host, down.engine), *calls_to_start_again(down.engine))),
        where=OfUnit(unit="docker.service", state="stopped"),
        in_class="switched-off",
        evidence=_traces(down),
        side_effects=start_effects(down.engine),
        made_by=(_BY_ITS_FILE, *makers_of_end(down.engine.boot)),
        offered=not _has_two_records(down.engine.boot) and _starting(host) is None,
        ways=_by_hand(host, down.engine),
    )


def _starting(host: Host) -> Unit | None:
    """Return dockerd's unit if systemd is starting it, or waits to start it again; then one more start changes nothing.

    Source: systemd.service(5), RestartSec=: the unit is ``activating`` until the next start"""
    found = unit(host, "docker")
    return found if found is not None and found.active == "activating" else None


def _wait(starting: Unit) -> Message:
    if not starting.restarts:
        return message("wait until the start has ended, and ask again: `systemctl status docker.service` shows it")
    return message(
        "remove the reason that `journalctl -u docker.service` shows. The next start then succeeds; a start by hand "
        "changes nothing before"
    )


def _has_two_records(boot: Boot | None) -> bool:
    """Return whether dockerd's log reports a record from a failed start in dockerd's database.

    dockerd ends at each start as long as its database has a record from a failed start."""
    return boot is not None and any("networks have same bridge name" in line for line in boot.log)


def _by_hand(host: Host, engine: Engine) -> tuple[Way, ...]:
    """Return the advice on how a person repairs dockerd's database, which also contains the networks of users.

    Source: moby libnetwork/drivers/bridge/bridge.go createNetwork(); measured with 26.1.5"""
    if not _has_two_records(engine.boot):
        starting = _starting(host)
        return () if starting is None else (Way(Change(()), (_wait(starting),)),)
    zones = (
        message(
            "`firewall-cmd --permanent --zone=docker --change-interface={bridge}`; `firewall-cmd --reload`", bridge=each
        )
        for each in bound_elsewhere(host, engine)
    )
    moved = message(
        "stop dockerd, move network/files/local-kv.db out of its data folder, and start dockerd. A failed start has "
        "left a second record of docker0 in that file. The networks that you made are in that file, too, so dockerd "
        "then no longer has them: create them again"
    )
    return (Way(Change(()), (*zones, moved), by_person=True),)


def _traces(down: Health) -> tuple[str, ...]:
    boot = down.engine.boot
    if boot is None:
        return ()
    return boot.traces[-1:] if boot.log else (boot.evidence,) if boot.enabled else ()


def _detail(host: Host, engine: Engine, said: Message) -> Message:
    """Return the message ``said``, followed by the reason why dockerd does not run, if dockerd's log and files show the
    reason."""
    starting = _starting(host)
    if starting is not None and starting.restarts:
        said = message(
            "{said} systemd starts docker.service again and again ({count} times so far), and each start ends.",
            said=said, count=starting.restarts,
        )  # fmt: skip
    elif starting is not None:
        said = message("{said} systemd is starting docker.service.", said=said)
    why = refusal(engine) or wrong_zone(host, engine) or last_words(engine.boot)
    if why is None:
        return said
    return message("{said} Why dockerd does not start: {reason}.", said=said, reason=why)


def _transport(binding: PortBinding) -> Literal["tcp", "udp"]:
    return "udp" if binding.protocol == "udp" else "tcp"


CAUSE = Cause(
    title=message("dockerd is not running"),
    source="moby: daemon/daemon.go restore()",
    shown_by=(
        "systemctl status docker; journalctl -u docker -n 50",
        message("the unit is not active, and its log says why"),
    ),
    reasons=NOT_RUNNING,
)
