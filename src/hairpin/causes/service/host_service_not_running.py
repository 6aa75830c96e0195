"""A service of the host itself is enabled and does not run.  On most hosts, this service listens on the asked port.

Users see: "Connection refused" on port 22, 25, 3306 … of a host whose containers work.

Proof: no socket holds the port, no container publishes it, and systemd says that the unit failed or is not active.
With the service running, the packet is accepted.
Now: ``systemctl start UNIT``.  If the unit fails again, ``journalctl -u UNIT`` tells why.
Lasting: the unit is enabled already.  Repair the fault that makes the unit fail.
"""

from hairpin.causes.engine._publishing import is_unserved
from hairpin.causes.kit import Candidate, Cause, Iterator, OfUnit, View, message
from hairpin.causes.service._service import listening
from hairpin.change.calls import SetUnitState
from hairpin.change.change import Change
from hairpin.host.known_ports import known_port
from hairpin.host.managers import Unit


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for the host's unit that usually serves the port, if this unit should run and does not."""
    known = known_port(view.flow.dport, view.flow.protocol)
    if known is None or not is_unserved(view):
        return
    own = [each for each in view.host.units if each.name.rpartition(".")[0] in known.units]
    if any(each.active in ("active", "reloading") for each in own):
        return
    down = [each for each in own if each.active == "failed" or each.is_enabled]
    for unit in sorted(down, key=lambda each: each.active != "failed")[:1]:
        yield _candidate(view, unit)


def _candidate(view: View, unit: Unit) -> Candidate:
    port = view.flow.dport
    started = message("start {unit}", unit=unit.name)
    return Candidate(
        title=message("{unit} of the host is {state}, and nothing listens on port {port}", unit=unit.name,
                      state=unit.active, port=port),
        detail=message(
            "Port {port} is a service of the host itself. No container publishes it, and systemd says that {unit} "
            "({enabled}) is {state}.",
            port=port,
            unit=unit.name,
            enabled=unit.enabled or "-",
            state=unit.active,
        ),
        change=Change((listening(view, started),), (SetUnitState("start", unit.name),)),
        where=OfUnit(unit=unit.name, state=unit.active, port=port),
        in_class="process-stopped",
        evidence=(unit.evidence,),
        advice=(message("if the service ends again: {command}", command=f"journalctl -u {unit.name}"),),
    )  # fmt: skip


CAUSE = Cause(
    title=message("A service of the host is enabled and does not run"),
    source="systemctl(1); systemd.service(5)",
    shown_by=("sudo ss -lntup", message("no line has port {port}")),
    reasons=frozenset({"no-listener"}),
)
