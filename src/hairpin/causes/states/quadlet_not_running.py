"""A Quadlet's file publishes the port, and no container runs as the file says.

Podman removes the container of a Quadlet when its unit stops.  So ``podman ps -a`` does not list the container: its
file and the unit that systemd's generator makes of it tell that it should run.

Users see: connections are refused, often since a reboot or since the file was edited, and ``podman ps -a`` shows no
container, or one with other ports.

Proof: a file ``NAME.container``, ``NAME.pod`` or ``NAME.kube`` publishes the port, and no socket of the host holds it.
systemd says that the unit of the file failed or does not run, or the unit's container runs with other ports.
Now: ``systemctl start UNIT`` (of a user: ``systemctl --user start UNIT``).  If the file is newer than the unit,
``systemctl daemon-reload`` comes first.  If the unit has failed, its log says why: ``journalctl -u UNIT``.
Lasting: a section ``[Install]`` with ``WantedBy=multi-user.target`` (of a user: ``default.target``) in the file starts
the container at boot.
"""

from hairpin.causes.container._idle_publisher import idle_publishers
from hairpin.causes.container._quadlet import lost_ports, made_by, quadlet_publishers
from hairpin.causes.kit import (
    RULE_STOPS,
    Candidate,
    Cause,
    Finding,
    Host,
    Iterator,
    Message,
    OfContainer,
    View,
    Way,
    message,
)
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.service._service import listening
from hairpin.change.calls import SetUnitState
from hairpin.change.change import Change
from hairpin.engines.repair.starting import at_boot
from hairpin.host.docker import Container
from hairpin.host.quadlet import Quadlet


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the first Quadlet that publishes the asked port.  A container on the host's network has
    another cause."""
    if idle_publishers(view):
        return
    for each in quadlet_publishers(view)[:1]:
        made = made_by(view.host, each)
        if made is None or not made.on_host_network:
            yield _candidate(view, each, made)


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each Quadlet with a published port whose unit has failed, or whose container runs without
    this port, because the file was edited since."""
    for each in host.quadlets:
        if each.runs:
            continue
        made = None if each.has_failed else made_by(host, each)
        lost = lost_ports(host, each) if each.has_failed or made is not None else ()
        if lost and made is None:
            yield Finding(_proposal(each, None, lost[0].host_port, Change(())), "blocking", container=each.name)
        elif lost and made is not None and not made.on_host_network:
            ports = ", ".join(dict.fromkeys(f"{one.host_port}/{one.protocol}" for one in lost))
            line = message(
                "{name} runs without {ports}, which its Quadlet publishes: `{command}`",
                name=each.name, ports=ports, command=each.ran("restart"),
            )  # fmt: skip
            found = _proposal(each, made, lost[0].host_port, Change(()))
            yield Finding(found, "advice", container=each.name, line=line)


def _candidate(view: View, quadlet: Quadlet, made: Container | None) -> Candidate:
    port, place = view.flow.dport, view.place
    opened = deletion(view, place).parts if place is not None else ()
    proof = Change((listening(view, message("{command}", command=quadlet.ran("start"))), *opened))
    if made is None and not opened and quadlet.needs_only_start and not quadlet.user:
        return _proposal(quadlet, made, port, Change(proof.parts, (SetUnitState("start", quadlet.unit),)), offered=True)
    return _proposal(quadlet, made, port, proof)


def _proposal(
    quadlet: Quadlet, made: Container | None, port: int, change: Change, *, offered: bool = False
) -> Candidate:
    """Return the candidate.  ``offered``: whether the change repairs the fault; otherwise a person does what the way
    says."""
    notes = (*_side_effects(quadlet, made), *_boot_advice(quadlet), *_log_advice(quadlet, made))
    return Candidate(
        title=_title(quadlet, made),
        detail=message("{said} {state}", said=_claim(quadlet, made, port), state=_state(quadlet, made)),
        change=change,
        where=OfContainer(container=quadlet.name, state=quadlet.state, port=port),
        in_class="switched-off",
        evidence=(quadlet.evidence,),
        offered=offered,
        ways=() if offered else (Way(Change(()), (_instruction(quadlet, made), *notes), by_person=made is not None),),
        advice=notes if offered else (),
    )


def _title(quadlet: Quadlet, made: Container | None) -> Message:
    facts = {"name": quadlet.name, "unit": quadlet.unit, "file": quadlet.file_name, "state": quadlet.condition}
    if made is not None:
        return message("Container {name} does not run as its Quadlet {file} says", **facts)
    if quadlet.has_failed:
        return message("Container {name} does not run: {unit} of its Quadlet has failed", **facts)
    if quadlet.state == "not-found":
        return message("Container {name} does not run: systemd has no unit for its Quadlet {file}", **facts)
    return message("Container {name} does not run: {unit} of its Quadlet is {state}", **facts)


def _claim(quadlet: Quadlet, made: Container | None, port: int) -> Message:
    facts = {"file": quadlet.file, "port": port, "name": quadlet.name}
    if made is not None:
        return message("{file} publishes port {port}.", **facts)
    return message(
        "{file} publishes port {port}. Podman removes the container of a Quadlet when its unit stops, so `podman ps "
        "-a` does not list {name}.",
        **facts,
    )


def _state(quadlet: Quadlet, made: Container | None) -> Message:
    """Return the sentences about the unit, or about the container that it has made."""
    facts = {"unit": quadlet.unit, "state": quadlet.condition, "said": quadlet.said, "name": quadlet.name}
    if made is not None:
        ports = ", ".join(dict.fromkeys(f"{each.host_port}/{each.protocol}" for each in made.bindings))
        if not ports:
            return message("The container that {unit} runs was made before: it publishes no port.", **facts)
        return message("The container that {unit} runs was made before: it publishes {ports}.", ports=ports, **facts)
    if quadlet.has_failed and quadlet.said:
        return message("The last start of {unit} failed. podman said: {said}", **facts)
    if quadlet.has_failed and quadlet.exit_code:
        return message("Its container's program ended with exit code {code}.", code=quadlet.exit_code)
    if quadlet.has_failed:
        return message("{unit} has failed.", **facts)
    if quadlet.state == "failed":
        return message(
            "A signal ended the container's program (exit code {code}), as `systemctl stop` does with a program that "
            "ignores SIGTERM.",
            code=quadlet.exit_code,
        )
    if quadlet.state == "not-found":
        return message("systemd does not know {unit}: it has not read the file yet, or it cannot read it.", **facts)
    if quadlet.state == "activating":
        return message("systemd is starting {unit}: Podman may be pulling the image.", **facts)
    if quadlet.is_wanted or quadlet.needs_reload:
        return message("{unit} is {state}.", **facts)
    if quadlet.install:
        return message(
            "{unit} is {state}, and nothing starts it at boot: systemd has not loaded {targets}, which [Install] "
            "names.",
            targets=", ".join(quadlet.install),
            **facts,
        )
    return message(
        "{unit} is {state}, and nothing starts it at boot, because the file has no [Install] section.", **facts
    )


def _instruction(quadlet: Quadlet, made: Container | None) -> Message:
    facts = {"command": quadlet.ran("restart" if made is not None else "start"), "log": quadlet.log}
    if made is not None:
        return message("let systemd make the container again as the file is now: `{command}`", **facts)
    if quadlet.has_failed:
        return message(
            "remove the reason of the failure, which `{log}` shows, then start the unit: `{command}`", **facts
        )
    if quadlet.state == "not-found":
        return message(
            "let systemd read the file, and start its unit: `{command}`. If there is still no unit, `{dry}` names the "
            "line of the file that is wrong",
            dry=quadlet.dry_run,
            **facts,
        )
    if quadlet.state == "activating":
        return message("wait for the start, and read how far it is: `{log}`", **facts)
    return message("start the unit of the Quadlet: `{command}`", **facts)


def _side_effects(quadlet: Quadlet, made: Container | None) -> Iterator[Message]:
    """Yield the advice about ports that a restart closes, because the file does not have them any more."""
    own = {(each.protocol, each.host_port) for each in quadlet.ports}
    bindings = () if made is None else made.bindings
    closed = (each for each in bindings if (each.protocol, each.host_port) not in own)
    ports = dict.fromkeys(f"{each.host_port}/{each.protocol}" for each in closed)
    if ports:
        yield message("with this restart {name} no longer publishes {ports}", name=quadlet.name, ports=", ".join(ports))


def _boot_advice(quadlet: Quadlet) -> Iterator[Message]:
    """Yield the advice on how the unit starts at boot, if nothing starts it."""
    if quadlet.is_wanted or quadlet.needs_reload or quadlet.state == "not-found":
        return
    yield at_boot(quadlet)


def _log_advice(quadlet: Quadlet, made: Container | None) -> Iterator[Message]:
    if made is None and quadlet.state == "inactive" and not quadlet.needs_reload:
        yield message("if the container ends again: {command}", command=quadlet.log)


CAUSE = Cause(
    title=message("A Quadlet publishes the port, and its container does not run as its file says"),
    source="podman-systemd.unit(5); systemd.unit(5)",
    shown_by=("systemctl list-units --all --type=service", message("the unit of the Quadlet is not active")),
    reasons=frozenset({"no-listener", *RULE_STOPS}),
)
