"""A systemd unit that a person or ``podman generate systemd`` wrote should start the container that publishes the port,
and the unit does not run.

The unit runs ``podman run``, ``docker start`` or a similar command.  After a failed ``run``, the engine often lists no
container, so only the unit tells that somebody should have the port.

Users see: connections are refused, often since a reboot or an upgrade, and ``podman ps -a`` shows no container.

Proof: the command in the unit's file publishes the port, no socket of the host holds it, and systemd says that the unit
has failed, that it cannot load the unit's file, or that the unit is inactive and no engine lists the container.  The
engine's or systemd's words tell why.
Now: remove the reason that the log of the unit names, or correct the file, then ``systemctl start UNIT``.
Lasting: ``systemctl enable UNIT``, if nothing starts the unit at boot.
"""

from hairpin.causes.container._idle_publisher import idle_publishers
from hairpin.causes.container._quadlet import lost_ports, quadlet_publishers
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
from hairpin.host.quadlet import Quadlet


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the first unit that does not run and whose command publishes the asked port.  A unit that
    is merely inactive is none if an engine lists its container, because the container's state then tells more."""
    if idle_publishers(view):
        return
    found = (
        each
        for each in quadlet_publishers(view, written=True)
        if _is_stuck(each) or view.host.container(each.name) is None
    )
    for each in (*found,)[:1]:
        opened = deletion(view, view.place).parts if view.place is not None else ()
        start = message("{command}", command=each.ran("start"))
        proof = Change((listening(view, start), *opened))
        offered = each.needs_only_start and not opened and not each.user
        calls = (SetUnitState("start", each.unit),) if offered else ()
        yield _proposal(each, view.flow.dport, Change(proof.parts, calls), offered=offered)


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each unit that has failed, or that systemd does not load, and whose command publishes a
    port that nobody has."""
    for each in host.quadlets:
        lost = lost_ports(host, each) if each.runs and _is_stuck(each) else ()
        if lost:
            yield Finding(_proposal(each, lost[0].host_port, Change(())), "blocking", container=each.name)


def _is_stuck(unit: Quadlet) -> bool:
    return unit.has_failed or unit.is_unloadable


def _proposal(unit: Quadlet, port: int, change: Change, *, offered: bool = False) -> Candidate:
    """Return the candidate.  ``offered``: whether the change repairs the fault; otherwise a person does what the way
    says."""
    facts: dict[str, object] = {
        "name": unit.name, "unit": unit.unit, "file": unit.file, "port": port, "runs": unit.runs, "said": unit.said,
        "command": unit.ran("start"), "log": unit.log, "code": unit.exit_code, "state": unit.condition,
    }  # fmt: skip
    title, detail, repair = _words(unit, facts)
    notes = tuple(_boot_advice(unit)) if not _is_stuck(unit) else ()
    return Candidate(
        title=title,
        detail=detail,
        change=change,
        where=OfContainer(container=unit.name, state=unit.state, port=port),
        in_class="switched-off",
        evidence=(unit.evidence,),
        offered=offered,
        ways=() if offered else (Way(Change(()), (repair, *notes)),),
        advice=notes if offered else (),
    )


def _words(unit: Quadlet, facts: dict[str, object]) -> tuple[Message, Message, Message]:
    """Return the title, the detail and the instruction."""
    if unit.is_unloadable:
        said = message("systemd says: {said}", **facts) if unit.said else message("Nothing starts the unit.")
        return (
            message("Container {name} does not run: systemd cannot load {unit}, which should start it", **facts),
            message(
                "The command `{runs}` in {file} publishes port {port}, and systemd refuses the file. {said}",
                **{**facts, "said": said},
            ),
            message(
                "correct the file as `{verify}` says, then start the unit: `{command}`",
                verify=f"systemd-analyze {'--user ' if unit.user else ''}verify {unit.file}",
                **facts,
            ),
        )
    if not unit.has_failed:
        title = message("Container {name} does not run: {unit}, which starts it, is {state}", **facts)
        told = message("The command `{runs}` in {file} publishes port {port}.", **facts)
        state = (
            message("{unit} is {state}.", **facts)
            if unit.is_wanted
            else message("{unit} is {state}, and nothing starts it at boot, because it is not enabled.", **facts)
        )
        return (
            title,
            message("{said} {state}", said=told, state=state),
            message("start the unit: `{command}`", **facts),
        )
    return (
        message("Container {name} does not run: {unit}, which should start it, has failed", **facts),
        message("The command `{runs}` in {file} publishes port {port}. Its last start failed: {said}", **facts)
        if unit.said
        else message("The command `{runs}` in {file} publishes port {port}. It ended with exit code {code}.", **facts),
        message("remove the reason of the failure, which `{log}` shows, then start the unit: `{command}`", **facts),
    )


def _boot_advice(unit: Quadlet) -> Iterator[Message]:
    """Yield how the unit starts at boot, if nothing starts it."""
    if unit.is_wanted:
        return
    if unit.install:
        yield message("to start it at boot, too: `{command}`", command=unit.command("enable", unit.unit))
    else:
        yield at_boot(unit)


CAUSE = Cause(
    title=message("A unit should start the port's container, and does not run"),
    source="systemd.service(5); systemd.unit(5); podman-run(1); podman-generate-systemd(1)",
    shown_by=("systemctl list-units --all --type=service", message("the unit that runs the container is not active")),
    reasons=frozenset({"no-listener", *RULE_STOPS}),
)
