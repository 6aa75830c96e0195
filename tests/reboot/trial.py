"""Breaks a host, repairs it as hairpin prints, reboots it, and tries the real connection after each step."""

import itertools
import json
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import msgspec

from hairpin.change.commands.file_text import file_commands
from hairpin.lab.engine import run_command
from hairpin.lab.node import python
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario
from hairpin.lab.topology import HOST
from hairpin.lab.trial import listening
from hairpin.report.documents.document import ReportDocument
from tests.guests.qemu import GuestError
from tests.reboot.host import Host
from tests.reboot.parts import Part, of_command, of_file
from tests.reboot.scenarios import Reboot, Row
from tests.score.all_flows import STRAIGHT, UNPUBLISHED, lead_by_host
from tests.score.diagnosis import Printed, agrees, blocking_causes, printed_for
from tests.score.event_score import said_to_undo
from tests.score.repairing import EventTrial

PATIENCE_S = 40.0
"""How long a connection may take to end as expected: emulated, a service starts slowly."""
PROBE_S = 3.0
_QUICK_S = 8.0
_DAEMON = "/etc/docker/daemon.json"
_FLUSHED = (
    "for table in filter nat; do iptables -t $table -F; iptables -t $table -X; done; iptables -P FORWARD ACCEPT;"
    " sysctl -qw net.ipv4.ip_forward=0"
)
"""A dockerd with other options leaves the rules that it has made before.  With forwarding off it sets the policy of
FORWARD as at boot."""

_FIREWALLD, _UFW = "firewall-cmd --state", "ufw status | grep -q 'Status: active'"
_RUNNING = ("docker", "firewalld", "ufw", "nftables", "netfilter-persistent")
EVENTS: Mapping[str, tuple[str, str]] = {
    "sysctl-system": ("true", "sysctl --system"),
    "ufw-reload": (_UFW, "ufw reload"),
    "saved-rules-restore": ("systemctl is-enabled netfilter-persistent", "systemctl restart netfilter-persistent"),
    "nftables-reload": ("systemctl is-enabled nftables", "systemctl reload nftables"),
    "firewalld-reload": (_FIREWALLD, "firewall-cmd --reload; sleep 3"),
    "container-restart": ("docker info", "docker restart -t 1 $(docker ps -q)"),
    "podman-restart": ("podman info && systemctl is-enabled podman-restart", "systemctl restart podman-restart"),
    "docker-restart": ("systemctl is-active docker", "systemctl restart docker; sleep 3"),
    "nftables-restart": ("systemctl is-enabled nftables", "systemctl restart nftables"),
    "firewalld-restart": (_FIREWALLD, "systemctl restart firewalld; sleep 5"),
}
"""Each event with what tells that it comes on a host, and in the words of sh; the harmless ones first."""
_source_ports = itertools.count(21001)


class Tried(msgspec.Struct, frozen=True):
    """The result of one scenario.

    ``causes``: those that the answer named.  ``repaired`` and ``rebooted``: the asked connection after the commands,
    and after the reboot.  ``wrong``: a sentence for each fault that was found.  ``seconds``: without the reboot."""

    part: Part
    scenario: str
    causes: tuple[str, ...]
    repaired: str
    rebooted: str
    seconds: float
    wrong: tuple[str, ...]


class _Repaired(msgspec.Struct, frozen=True):
    """A scenario before the reboot; ``before`` and ``left``: the other connections before the fault and after the
    repair."""

    row: Row
    printed: Printed
    causes: tuple[str, ...]
    repaired: str
    before: dict[str, Outcome]
    left: dict[str, Outcome]
    seconds: float
    wrong: tuple[str, ...]


class _Asked(msgspec.Struct, frozen=True):
    """An answer of ``hairpin check``: its exit status, and its report."""

    status: int
    report: ReportDocument


def tried(host: Host, reboot: Reboot) -> tuple[Tried, ...]:
    """Carry the scenarios of one reboot out on a running host; raises GuestError if one cannot be carried through."""
    with ExitStack() as stack:
        for port in sorted({port for row in reboot.rows for port in row.of().listeners}):
            stack.enter_context(listening(host.client, port))
        lead_by_host(host.neighbour)
        prepare(host, reboot)
        repaired = [_repaired(host, row) for row in reboot.rows]
        unstarted = tuple(f"{unit} did not start at boot" for unit in host.reboot())
        answers: dict[tuple[str, ...], _Asked] = {}
        return tuple(_rebooted(host, each, answers, unstarted) for each in repaired)


def tried_under_events(host: Host, reboot: Reboot) -> Iterator[tuple[Row, EventTrial]]:
    """Carry the scenarios of one reboot out on a running host, and instead of the reboot each event of its units that
    comes by itself; yield what becomes of each scenario's connection.  The containers start again with their engine."""
    with ExitStack() as stack:
        for port in sorted({port for row in reboot.rows for port in row.of().listeners}):
            stack.enter_context(listening(host.client, port))
        lead_by_host(host.neighbour)
        prepare(host, msgspec.structs.replace(reboot, restart="always"))
        repaired = [_repaired(host, row) for row in reboot.rows]
        for event, (check, command) in EVENTS.items():
            if host.run(check).status == 0:
                yield from _under_event(host, repaired, event, command)


def _under_event(host: Host, repaired: list[_Repaired], event: str, command: str) -> Iterator[tuple[Row, EventTrial]]:
    running = [each for each in _RUNNING if host.run(f"systemctl is-active {each}").status == 0]
    failed = host.run(command)
    ended = tuple(each for each in running if host.run(f"systemctl is-active {each}").status)
    for each in repaired:
        outcome = _outcome(host, each.row.flow())
        passes, said = outcome == each.row.flow().before.value, event in said_to_undo(each.printed)
        named = () if passes or said else tuple(one.id for one in blocking_causes(_ask(host, each.row.flow()).report))
        told = f"{outcome} {failed.complaint if failed.status else ''}".strip()
        yield each.row, EventTrial(event, said, passes, told, ended, named)
        if not passes:  # the next event finds it repaired
            _carry_out(host, each.printed)


def _outcome(host: Host, flow: Flow) -> str:
    """Return how the flow's real connection ends; why it cannot begin, if the container does not run."""
    try:
        return settled(host, flow, flow.before).value
    except GuestError as error:
        return str(error)


def _repaired(host: Host, row: Row) -> _Repaired:
    """Break the host, ask hairpin, and carry out what it prints."""
    started = time.monotonic()
    scenario, flow = row.of(), row.flow()
    for command in row.prepare:
        host.must(command)
    require_outcome(settled(host, flow, flow.before), flow.before, f"{row.part}: {scenario.name}, before its fault")
    before = _others(host, scenario)
    for command in (*row.faults, *row.fleeting):
        host.must(command)
    require_outcome(settled(host, flow, flow.after), flow.after, f"{row.part}: {scenario.name}, after its fault")
    faulty = _others(host, scenario)
    printed = _printed(_ask(host, flow), flow)
    failed, parts = _carry_out(host, printed)
    found = failed or settled(host, flow, flow.before).value
    wrong = [*_unexpected(scenario, printed)]
    if row.part not in parts:
        wrong.append(f"the lasting part is {', '.join(map(str, parts)) or 'none'}")
    left = _others(host, scenario, before)
    wrong += _changed(before, faulty, left, "the repair")
    if found != flow.before.value:
        raise GuestError(f"{row.part}: {scenario.name}, after its repair: the connection is {found}")
    return _Repaired(row, printed, printed.causes, found, before, left, time.monotonic() - started, tuple(wrong))


def _rebooted(
    host: Host, repaired: _Repaired, answers: dict[tuple[str, ...], _Asked], unstarted: tuple[str, ...]
) -> Tried:
    """Try the scenario's connections after the reboot, and ask hairpin again, once for each question."""
    started = time.monotonic()
    scenario, flow = repaired.row.of(), repaired.row.flow()
    found = settled(host, flow, flow.before).value
    wrong = [*repaired.wrong, *unstarted]
    others = _others(host, scenario, repaired.left)
    wrong += _changed(repaired.before, repaired.left, others, "after the reboot the repair")
    if found != flow.before.value:
        wrong.append(f"after the reboot the connection is {found}")
    else:
        if flow.arguments() not in answers:
            answers[flow.arguments()] = _ask(host, flow)
        wrong += _not_healthy(answers[flow.arguments()], flow)
    seconds = repaired.seconds + time.monotonic() - started
    return Tried(repaired.row.part, scenario.name, repaired.causes, repaired.repaired, found, seconds, tuple(wrong))


def prepare(host: Host, reboot: Reboot) -> None:
    """Give the fresh host its containers, and what the administrator has made of it."""
    plan = reboot.plan
    host.must("mkdir -p /etc/lab /etc/docker")
    if (_content(host, _DAEMON) or "{}") != plan.daemon:
        host.must(f"systemctl stop docker.socket docker; {_FLUSHED}; printf %s {shlex.quote(plan.daemon)} >{_DAEMON}")
        host.must("systemctl start docker")
    for unit in ("netfilter-persistent", "nftables"):
        enabled = host.run(f"systemctl is-enabled {unit}").status == 0
        if enabled != (unit == reboot.loader):
            host.must(f"systemctl {'disable' if enabled else 'enable'} {unit}")
    for container in plan.containers:
        options = f"--restart={reboot.restart} {container.options}"
        host.must(run_command(msgspec.structs.replace(container, options=options)))
    if reboot.at_boot:
        lines = "\n".join(reboot.at_boot)
        host.must(f"printf '%s\\n' {shlex.quote(lines)} >/etc/lab/at-boot; sh -eu /etc/lab/at-boot")


def _content(host: Host, path: str) -> str | None:
    done = host.run(f"cat {shlex.quote(path)}")
    return None if done.status else done.output


def probe(host: Host, flow: Flow) -> Outcome:
    """Make a flow's real connection."""
    address, _, port = flow.to.rpartition(":")
    words = ("tcp", address, port, f"{PROBE_S}", str(next(_source_ports)))
    for node in (host.client, host.neighbour):
        if node.name == flow.start:
            return Outcome(node.run((*python("probe.py"), *words)).strip())
    argv = (*host.python("probe.py"), *words)
    entered = ""
    if flow.start != "host":
        name = shlex.quote(flow.start.removeprefix("container:"))
        entered = f"nsenter --net=/proc/$(docker inspect -f '{{{{.State.Pid}}}}' {name})/ns/net -- "
    return Outcome(host.must(f"{entered}{shlex.join(argv)}").strip())


def settled(host: Host, flow: Flow, expected: Outcome) -> Outcome:
    """Return the outcome of a flow's real connection, repeated until it is the expected one or the time is up."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := probe(host, flow)) is not expected and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def require_outcome(found: Outcome, expected: Outcome, when: str) -> None:
    if found is not expected:
        raise GuestError(f"{when}: the connection should be {expected.value} and is {found.value}")


def _others(host: Host, scenario: Scenario, like: Mapping[str, Outcome] | None = None) -> dict[str, Outcome]:
    """Return how other connections end: to a port of the host that nobody publishes, and to the own address of each
    engine's first container.

    ``like``: outcomes that are waited for.
    """
    boxed = {
        each.engine: each.name for each in scenario.lab.containers[::-1] if each.networks[0] not in ("host", "none")
    }
    shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    asked = [(f"client → host:{UNPUBLISHED}", HOST, UNPUBLISHED, "")]
    for engine, name in boxed.items():
        host.run(f"{engine} exec {name} httpd -p {UNPUBLISHED} -h /www")
        address = host.run(f"{engine} inspect -f '{shown}' {name}").output.split()
        asked += [
            (f"neighbour by the host → {name}:{port}", address[0], port, STRAIGHT)
            for port in (80, UNPUBLISHED)
            if address
        ]
    deadline = time.monotonic() + _QUICK_S
    found = {name: _reached(host, *where) for name, *where in asked}
    while like is not None and any(found.get(name) is not like[name] for name in like) and time.monotonic() < deadline:
        found = {name: _reached(host, *where) for name, *where in asked}
    return found


def _reached(host: Host, address: object, port: object, source: object) -> Outcome:
    node = host.neighbour if source else host.client
    request = [("tcp", address, port, PROBE_S, next(_source_ports), source)]
    return Outcome(node.run((*python("probe.py"), "all"), stdin=json.dumps(request)).strip())


def _changed(
    before: Mapping[str, Outcome], earlier: Mapping[str, Outcome], now: Mapping[str, Outcome], what: str
) -> list[str]:
    """Return a sentence for each flow that is open and was closed before the fault, and for each that is closed and was
    open then and a moment ago: what the fault closed stays closed where the repair is narrower."""

    def is_open(found: Mapping[str, Outcome], name: str) -> bool:
        return found.get(name) is Outcome.DELIVERED

    opened = [name for name in now if is_open(now, name) and not is_open(before, name)]
    closed = [name for name in before if is_open(before, name) and is_open(earlier, name) and not is_open(now, name)]
    return [*(f"{what} opens {name}" for name in opened), *(f"{what} closes {name}" for name in closed)]


def _ask(host: Host, flow: Flow) -> _Asked:
    """Ask hairpin in the host, as its administrator would."""
    argv = (sys.executable, "-m", "hairpin", "check", *flow.arguments(), "--json")
    done = host.run(shlex.join(argv))
    try:
        return _Asked(done.status, msgspec.json.decode(done.output, type=ReportDocument))
    except msgspec.DecodeError as error:
        raise GuestError(f"hairpin printed no report (status {done.status}): {done.complaint or error}") from error


def _printed(asked: _Asked, flow: Flow) -> Printed:
    if not asked.report.flows or not agrees(flow.after, asked.report.flows[0].verdict):
        said = asked.report.flows[0].verdict if asked.report.flows else "nothing"
        raise GuestError(f"hairpin says {said} of a connection that is {flow.after.value}")
    return printed_for(asked.report, asked.report.flows[0])


def _unexpected(scenario: Scenario, printed: Printed) -> list[str]:
    accepted = {cause for alternatives in scenario.causes for cause in alternatives}
    named = ", ".join(printed.causes) or "no cause"
    return [] if set(printed.causes) & accepted else [f"hairpin names {named}"]


def _carry_out(host: Host, printed: Printed) -> tuple[str, tuple[Part, ...]]:
    """Carry out the commands for now and those that last, as they are printed; return how one failed (empty: none did),
    and what kinds of lasting parts there are."""
    now = [command for remedy in printed.remedies for command in remedy.commands]
    files = [each for remedy in printed.remedies for each in remedy.persist]
    held = {each.file: _content(host, each.file) for each in files}
    written = [line for each in files for line in file_commands(each.file, held[each.file], each.content)]
    kept = [command for remedy in printed.remedies for command in remedy.persist_commands]
    parts: tuple[Part | None, ...] = (
        *(of_file(each.file, held[each.file], each.content) for each in files),
        *(of_command(command, keeps=True) for command in kept),
        *(of_command(command) for command in now),
    )
    found: tuple[Part, ...] = tuple(dict.fromkeys(each for each in parts if each is not None))
    for command in (*now, *written, *kept):
        done = host.run(command)
        if done.status:
            return f"`{command}` fails: {done.complaint or done.output.strip()}", found
    for each in files:
        if _content(host, each.file) != each.content:
            return f"the printed commands write another {each.file}", found
    return "", found


def _not_healthy(asked: _Asked, flow: Flow) -> list[str]:
    flows = asked.report.flows
    if asked.status == 0 and flows and agrees(flow.before, flows[0].verdict):
        return []
    named = ", ".join(cause.id for cause in blocking_causes(asked.report))
    verdict = flows[0].verdict if flows else "nothing"
    return [f"after the reboot hairpin says {verdict} (status {asked.status}) {named}".rstrip()]
