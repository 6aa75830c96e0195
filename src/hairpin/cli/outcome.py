"""What a command's exit status says, and which questions have no answer at all."""

from hairpin.diagnose.check import Answer
from hairpin.errors import UsageError
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.question.flows import Target, bindings_of
from hairpin.walk.walk import Verdict


def exit_status(answer: Answer) -> int:
    """Return 1 for a blocking cause, 0 when everything asked is delivered, 3 when something stays undecided."""
    if any(each.severity == "blocking" for each in answer.causes):
        return 1
    if all(each.trace.verdict == "delivered" for each in answer.diagnoses) and not _blind(answer):
        return 0
    return 3


_DECISIVE = ("iptables", "nft", "ip-addr", "ip-route", "ip-rule", "sysctl", "docker", "namespaces")
"""Evidence without which "delivered" is only a hope."""


def _blind(answer: Answer) -> bool:
    """Return whether something that could have said otherwise was not read."""
    return any(each.key.startswith(_DECISIVE) for each in answer.missing)


def walk_status(verdict: Verdict) -> int:
    """Return 0 delivered, 3 undecided, 1 anything else."""
    return {"delivered": 0, "depends": 3}.get(verdict, 1)


def prove_status(answers: tuple[tuple[Verdict, bool | None], ...]) -> int:
    """Return 4 when the kernel disagrees on a flow, 3 when one stays undecided, 1 when one is not delivered, else 0."""
    if any(agrees is False for _, agrees in answers):
        return 4
    if any(agrees is None or verdict == "depends" for verdict, agrees in answers):
        return 3
    return 0 if all(verdict == "delivered" for verdict, _ in answers) else 1


def unknown_port(answer: Answer, targets: tuple[Target, ...]) -> None:
    """Raise UsageError when a port was asked for that nobody publishes and nobody listens on, as far as was read."""
    if answer.causes or not answer.diagnoses or len(targets) != 1 or targets[0].port is None:
        return
    target = targets[0]
    netns = answer.network.host_netns()
    host = answer.network.namespace(netns)
    if target.container is not None or any(each.startswith(("sockets", "proc-net")) for each in host.unread):
        return
    if any(each.key.startswith("docker") for each in answer.missing):
        return
    stops = [each.trace.usual.stop for each in answer.diagnoses]
    if any(stop is None or (stop.reason, stop.netns) != ("no-listener", netns) for stop in stops):
        return
    if bindings_of(answer.network.this, targets[0].port, target.protocol):
        return
    raise UsageError(
        message(
            "port {port}: nobody publishes it and nothing listens on it here; {published}",
            port=target.port,
            published=published_text(answer.network.this),
        )
    )


def published_text(host: Host) -> Message:
    """Return what is published, or that nothing is, for people who mistyped a port."""
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
