"""A systemd unit that a person wrote should start the container that publishes the port, and the unit has failed.

The unit runs ``podman run``, ``docker start`` or a similar command.  After a failed ``run``, the engine often lists no
container, so only the unit tells that somebody should have the port.

Users see: connections are refused, often since a reboot or an upgrade, and ``podman ps -a`` shows no container.

Proof: the command in the unit's file publishes the port, no socket of the host holds it, and systemd says that the unit
has failed.  The engine's words in the journal tell why.
Now: remove the reason that the log of the unit names, then ``systemctl start UNIT``.
Lasting: nothing else, if the unit is enabled.  The unit starts the container at boot.
"""

from hairpin.causes.container._idle_publisher import idle_publishers
from hairpin.causes.container._quadlet import lost_ports, quadlet_publishers
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Finding, Host, Iterator, OfContainer, View, Way, message
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.service._service import listening
from hairpin.change.change import Change
from hairpin.host.quadlet import Quadlet


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the first failed unit whose command publishes the asked port."""
    if idle_publishers(view):
        return
    for each in quadlet_publishers(view, written=True)[:1]:
        opened = deletion(view, view.place).parts if view.place is not None else ()
        start = message("{command}", command=each.ran("start"))
        yield _proposal(each, view.flow.dport, Change((listening(view, start), *opened)))


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each failed unit whose command publishes a port that nobody has."""
    for each in host.quadlets:
        lost = lost_ports(host, each) if each.runs and each.has_failed else ()
        if lost:
            yield Finding(_proposal(each, lost[0].host_port, Change(())), "blocking", container=each.name)


def _proposal(unit: Quadlet, port: int, change: Change) -> Candidate:
    facts = {
        "name": unit.name, "unit": unit.unit, "file": unit.file, "port": port, "runs": unit.runs, "said": unit.said,
        "command": unit.ran("start"), "log": unit.log, "code": unit.exit_code,
    }  # fmt: skip
    return Candidate(
        title=message("Container {name} does not run: {unit}, which should start it, has failed", **facts),
        detail=message("The command `{runs}` in {file} publishes port {port}. Its last start failed: {said}", **facts)
        if unit.said
        else message("The command `{runs}` in {file} publishes port {port}. It ended with exit code {code}.", **facts),
        change=change,
        where=OfContainer(container=unit.name, state=unit.state, port=port),
        in_class="switched-off",
        evidence=(unit.evidence,),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "remove the reason of the failure, which `{log}` shows, then start the unit: `{command}`",
                        **facts,
                    ),
                ),
            ),
        ),
    )


CAUSE = Cause(
    title=message("A unit should start the port's container, and has failed"),
    source="systemd.service(5); podman-run(1)",
    shown_by=("systemctl list-units --failed", message("the unit that runs the container has failed")),
    reasons=frozenset({"no-listener", *RULE_STOPS}),
)
