"""Refuses a question about a port that no container publishes and no process listens on: it was mistyped."""

from hairpin.diagnose.examination import Examination
from hairpin.errors import UsageError
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.question.asked import Target
from hairpin.question.flows import bindings_of
from hairpin.question.hosts import host_of


def refuse_unpublished(targets: tuple[Target, ...], examination: Examination) -> None:
    """Raise UsageError if the only target is a port that no container publishes and no process listens on.  Only a host
    whose sockets and engines were read can say so."""
    if examination.causes or not examination.diagnoses or len(targets) != 1 or targets[0].port is None:
        return
    target, network = targets[0], examination.network
    machine = host_of(network, target)
    netns = machine.netns
    host = network.namespace(netns)
    if target.container is not None or any(each.startswith(("sockets", "proc-net")) for each in host.unread):
        return
    if any(each.key.startswith("docker") for each in machine.unread):
        return
    stops = [each.trace.usual.stop for each in examination.diagnoses]
    if any(stop is None or (stop.reason, stop.netns) != ("no-listener", netns) for stop in stops):
        return
    if bindings_of(machine, targets[0].port, target.protocol):
        return
    raise UsageError(
        message(
            "port {port}: nobody publishes it and nothing listens on it here; {published}",
            port=target.port,
            published=published_text(machine),
        )
    )


def published_text(host: Host) -> Message:
    """Return which ports the host publishes, for people who mistyped one."""
    found = [
        f"{binding.host_port}/{binding.protocol} ({container.name})"
        for container in host.containers()
        for binding in container.bindings
        if binding.version == 4 or binding.host_ip is not None
    ]
    if not host.engines:
        return message("no container engine was found on this host")
    if not found:
        return message("no container publishes a port")
    return message("published: {ports}", ports=", ".join(dict.fromkeys(found)))
