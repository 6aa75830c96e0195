"""A user's rootless container publishes the port, and no process runs for that user's engine.

systemd-logind ends the processes of a user who does not linger when the last login of this user ends: the containers,
and rootlessport, pasta or dockerd, which take the connections.  A reboot ends them, too.  A new login starts none of
them again.

Users see: the port answers while the user is logged in.  After the logout, or after a reboot, connections are refused.

Proof: the files of the user's engine say that the container publishes the port.  No process of this engine runs, no
socket of the host holds the port, and no other container publishes it.
Now: switch lingering on (``loginctl enable-linger USER``).  Then start the container as that user: ``podman start
NAME``, ``systemctl --user start UNIT``, or ``systemctl --user start docker``.
Lasting: a unit of the user has to start the container at boot: a quadlet, or ``podman-restart.service`` for containers
with ``--restart always``.  Lingering makes the user's units start at boot.
"""

from hairpin.causes.container._idle_publisher import idle_publishers
from hairpin.causes.engine._publishing import refusal_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, Message, OfContainer, View, message
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.service._service import listening
from hairpin.change.change import Change
from hairpin.host.idle import IdleContainer


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the first idle container that publishes the asked port.  The advice names the others."""
    found = idle_publishers(view)
    if not found:
        return
    first, *others = found
    place = view.place
    accepted = deletion(view, place).parts if place is not None else ()
    change = Change((listening(view, _instruction(first)), *accepted))
    said = (
        (message("the firewall then has to let the packets in, too: {rule} drops them now", rule=place.text),)
        if place is not None
        else ()
    )
    yield Candidate(
        title=_title(first),
        detail=message("{said} {why}", said=_claim(view, first), why=_reason(first)),
        change=change,
        refused=refusal_of(view, change),
        where=OfContainer(container=first.name, port=view.flow.dport),
        in_class="switched-off",
        evidence=(first.evidence,),
        advice=(*said, *_boot_advice(first), *(_other_publisher(view, each) for each in others)),
    )


def _title(found: IdleContainer) -> Message:
    facts = {"name": found.name, "user": found.user, "engine": found.title}
    if found.session == "none":
        return message("Container {name} of user {user} does not run: {user} has no session", **facts)
    return message("Container {name} of user {user} does not run: rootless {engine} runs no process", **facts)


def _claim(view: View, found: IdleContainer) -> Message:
    facts = {"name": found.name, "user": found.user, "engine": found.title, "unit": found.unit, "port": view.flow.dport}
    if found.unit:
        return message("The unit {unit} of {user} starts container {name}, which publishes port {port}.", **facts)
    return message("{user} has container {name} in rootless {engine}. This container publishes port {port}.", **facts)


def _reason(found: IdleContainer) -> Message:
    """Return the message why nothing runs for the user."""
    facts = {"user": found.user, "uid": found.uid, "engine": found.title}
    if found.session == "unknown":
        return message("No process of {user} runs a container.", **facts)
    if found.session == "idle" and found.lingers:
        return message(
            "/run/user/{uid} exists, but {engine} was not used since that directory was made: at boot, no unit of "
            "{user} has started the container.",
            **facts,
        )
    if found.session == "idle":
        return message(
            "In the new session of {user}, {engine} was not used yet. Lingering is off: all processes of {user} end "
            "with the last session, and a new login starts no container.",
            **facts,
        )
    if found.lingers:
        return message(
            "Lingering is on, but /run/user/{uid} does not exist: the user's manager (user@{uid}.service) does not "
            "run.",
            **facts,
        )
    return message(
        "/run/user/{uid} does not exist, so {user} has no session. Lingering is off: the end of the last session ends "
        "all processes of {user}, including the containers and the process that takes their connections.",
        **facts,
    )


def _instruction(found: IdleContainer) -> Message:
    """Return what a person has to do."""
    facts = {"user": found.user, "uid": found.uid, "start": found.start}
    if found.session == "unknown" or (found.lingers and found.session == "idle"):
        return message("log in as {user} and run `{start}`", **facts)
    if found.lingers:
        return message(
            "find out why the user's manager does not run (`systemctl status user@{uid}.service`), start it, then log "
            "in as {user} and run `{start}`",
            **facts,
        )
    return message(
        "switch lingering on, so that the processes of {user} keep running after each logout: `loginctl enable-linger "
        "{user}`; then log in as {user} and run `{start}`",
        **facts,
    )


def _boot_advice(found: IdleContainer) -> Iterator[Message]:
    """Yield the advice on what starts the container at boot."""
    if found.unit:
        return
    if found.engine == "docker":
        yield message(
            "as {user}, run `systemctl --user enable docker`: the user's dockerd then starts together with the user's "
            "systemd manager",
            user=found.user,
        )
        return
    yield message(
        "after a boot, only a unit of {user} starts the container again: a quadlet, or for containers with `--restart "
        "always` the unit podman-restart.service (`systemctl --user enable podman-restart.service`)",
        user=found.user,
    )


def _other_publisher(view: View, other: IdleContainer) -> Message:
    return message(
        "container {name} of user {user} publishes port {port}, too, and does not run",
        name=other.name,
        user=other.user,
        port=view.flow.dport,
    )


CAUSE = Cause(
    title=message("The session of a user with rootless containers has ended"),
    source="loginctl(1), enable-linger; logind.conf(5), KillUserProcesses=; user@.service(5)",
    reasons=frozenset({"no-listener", *RULE_STOPS}),
)
