"""One host: made, asked, and every flow tried."""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.ask import ask as ask_about
from hairpin.errors import LabError
from hairpin.evidence.file import read
from hairpin.evidence.reading import Evidence
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.words import Words
from tests.guests.qemu import GuestError
from tests.hunt.real.flows import Seen, asked_as, listening, origin, tried
from tests.hunt.real.judge import Miss, verdict
from tests.machine.run import RAISED
from tests.score import diagnosis
from tests.score.all_flows import Way, lead_by_host
from tests.score.diagnosis import ask, blocking_causes, describes, dispute_in
from tests.today.box import IMAGE, Running, running, write_image
from tests.today.flows import OWN, ways
from tests.today.happening import Foretold, carried_out, happenings
from tests.today.hosts import Healthy
from tests.today.losing import lost_and_restored
from tests.today.machine import HAIRPIN_THERE, TodayHost, booted, hairpin_there
from tests.today.roots import PACKAGES, PARTS, UNITS, USER, USERS_DOCKER

Act = Literal["flows", "restore", "events"]
"""What is done with a host: each flow tried; its rules flushed and restored; the events carried out."""
Said = str | tuple[Answer, FlowAnswer]
_FIRST_S, _AGAIN_S, _PAUSE_S = 1.0, 3.0, 1.1
_SERVICE = f"""[Unit]
Description=A service of the host's own
After=network.target
[Service]
ExecStart=/usr/bin/python3 -I -S /run/talk/exchange.py serve host tcp/{OWN}
[Install]
WantedBy=multi-user.target
"""
_USERS_DOCKER_UNIT = """[Unit]
Description=Docker Application Container Engine (Rootless)
[Service]
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
EnvironmentFile=-/etc/rootlesskit
ExecStart=/usr/bin/dockerd-rootless.sh --storage-driver vfs
Restart=always
Type=notify
NotifyAccess=all
Delegate=yes
KillMode=mixed
[Install]
WantedBy=default.target
"""
_STARTED = {"firewalld": "firewalld.service", "ufw": "ufw.service", "docker": "docker.service"}
"""The firewalls first, as at boot: docker.service is ordered after firewalld.service."""


class Result(msgspec.Struct, frozen=True):
    """What became of a host.  ``flows``: how many were predicted and tried; ``passing``: with an answer; ``rootless``:
    from or to rootless containers.  ``wrong``, ``undecided``: a line for each contradiction and each flow that hairpin
    does not decide.  ``alarms``: what the plain question blames on the healthy host.  ``lost``: what `restore` did not
    put back as it was.  ``events``: what became of each event.  ``trouble``: why there is no host, or why its acts
    ended."""

    host: str
    flows: int = 0
    passing: int = 0
    rootless: int = 0
    wrong: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    events: tuple[Foretold, ...] = ()
    status: int = 0
    trouble: str = ""
    seconds: float = 0.0


def prepared(host: TodayHost, row: Healthy) -> None:
    """Make the host what the row says; raises GuestError."""
    write_image(host)
    absent = [path for part, paths in PARTS.items() if part not in row.parts for path in paths]
    units = [unit for part, each in UNITS.items() if part not in row.parts for unit in each]
    stems = dict.fromkeys(unit.rpartition(".")[0].rstrip("@") for unit in units)
    scripts = [path for each in stems for path in (f"etc/init.d/{each}", f"etc/rc?.d/[SK]??{each}")]
    names = r"\|".join(each for part, names in PACKAGES.items() if part not in row.parts for each in names)
    (host.talk / "own.service").write_text(_SERVICE, "ascii")
    (host.talk / "hairpin").write_text(hairpin_there(), "utf-8")
    host.must(
        f"cd /; rm -rf {' '.join(absent)}; rm -f {' '.join(scripts)}\n"
        rf"sed -i '/^Package: \({names}\)$/,/^$/d' /var/lib/dpkg/status"
        "\n"
        f"cd /usr/lib/systemd/system; rm -f {' '.join(units)}\n"
        "systemctl daemon-reload; cp /run/talk/hairpin /usr/local/bin/; chmod 755 /usr/local/bin/hairpin\n"
        "cp /run/talk/own.service /etc/systemd/system/; systemctl enable --now own.service 2>/dev/null"
    )
    # Controllers of a machine whose control groups are version 1 do not come into version 2.
    host.must(
        "mkdir -p /etc/containers/containers.conf.d\n"
        "printf '[containers]\\npids_limit = 0\\n' >/etc/containers/containers.conf.d/no-controllers.conf"
    )
    for each in row.before:
        host.must(each)
    for part, unit in _STARTED.items():
        if part in row.parts and (part != "docker" or "docker" in row.engines):
            host.must(f"systemctl enable --now {unit} 2>/dev/null")
    for engine in row.engines:
        if engine == "guest":
            continue
        if engine in ("rootless", "rootless docker"):
            host.must(f"loginctl enable-linger {USER}; until [ -S /run/user/1000/bus ]; do sleep 0.1; done")
        if engine == "rootless docker":
            _start_users_docker(host)
        load = host.user if engine in ("rootless", "rootless docker") else host.must
        program = {"docker": "docker", "rootless docker": USERS_DOCKER}.get(engine, "podman")
        load(f"{program} import /run/talk/image.tar {IMAGE}")
    for each in row.commands:
        host.must(each)
    for each in row.user:
        host.user(each)
    named = ((re.search(r" run -d --name (\S+)", each), each) for each in (*row.commands, *row.user))
    host.made = {found[1]: command for found, command in named if found}


def _start_users_docker(host: TodayHost) -> None:
    """Start the dockerd of the host's person, now and at each boot, as dockerd-rootless-setuptool.sh does."""
    (host.talk / "docker.service").write_text(_USERS_DOCKER_UNIT, "ascii")
    host.must("cp /usr/share/docker.io/contrib/dockerd-rootless.sh /usr/bin/; chmod 755 /usr/bin/dockerd-rootless.sh")
    host.user(
        "mkdir -p ~/.config/systemd/user; cp /run/talk/docker.service ~/.config/systemd/user/\n"
        "systemctl --user daemon-reload; systemctl --user enable --now docker 2>/dev/null"
    )


def examined(lower: Mapping[str, Path], acts: frozenset[Act], row: Healthy) -> Result:
    """Make the host, and carry the acts out.  ``lower``: the suites' folders."""
    began, result = time.monotonic(), Result(row.title)
    try:
        with booted(lower[row.suite]) as host:
            prepared(host, row)
            result = compared(host, row) if "flows" in acts else result
            if "restore" in acts:
                known = {name: each.box for name, each in running(host, row.engines).items()}
                with listening(host.lab, known, neighbour=True):  # a repair is tried with real connections
                    result = msgspec.structs.replace(result, lost=tuple(lost_and_restored(host, row.parts)))
            if "events" in acts:
                for one in happenings(host, row.parts, row.engines):
                    done = carried_out(host, one, row.engines)
                    result = msgspec.structs.replace(result, events=(*result.events, done))
    except (GuestError, LabError) as error:
        result = msgspec.structs.replace(result, trouble=str(error)[:600])  # what was measured before is kept
    return msgspec.structs.replace(result, seconds=round(time.monotonic() - began, 1))


def compared(host: TodayHost, row: Healthy) -> Result:
    """Predict every flow of the running host, and try it."""
    found = running(host, row.engines)
    known = {name: each.box for name, each in found.items()}
    lead_by_host(host.lab.neighbour)
    wanted = ways(found)
    plain = _plain(host) if row.sound else diagnosis.Answer(0, 0.0, None)
    with listening(host.lab, known, neighbour=True):
        evidence = _read(host)
        real = tried(host.lab, wanted, known, _FIRST_S)
        said = dict(_of_all(wanted, evidence))
        wrong = {way: _wrong(way, real[way], said[way]) for way in wanted}
        again = [way for way, miss in wrong.items() if miss is not None]
        if again:
            # An ICMP error may have been held back by the kernel's limit, and a program that looks once a second for
            # new listeners (pasta) may have opened a port after the host was read.
            time.sleep(_PAUSE_S)
            said |= dict(_of_all(tuple(again), _read(host)))
            real |= tried(host.lab, again, known, _AGAIN_S)
            wrong |= {way: _wrong(way, real[way], said[way]) for way in again}
    misses = [(way, miss) for way, miss in wrong.items() if miss is not None]
    return Result(
        row.title, len(wanted), sum(each.passes for each in real.values()),
        sum(_is_rootless(way, found) for way in wanted),
        tuple(f"{_named(way)}: {miss.text}" for way, miss in misses if miss.what != "undecided"),
        tuple(f"{_named(way)}: {miss.text}" for way, miss in misses if miss.what == "undecided"),
        _alarms(plain) if row.sound else (), status=plain.status,
    )  # fmt: skip


def _plain(host: TodayHost) -> diagnosis.Answer:
    """Return the answer to the plain question; one that takes too long is told as what it says."""
    try:
        return ask(host.node, (), (*HAIRPIN_THERE, "check"))
    except LabError as error:
        return diagnosis.Answer(-1, 0.0, None, str(error))


def _read(host: TodayHost) -> Evidence:
    """Return what hairpin in the host reads of it."""
    host.must("rm -f /run/talk/host.hairpin; hairpin snapshot -o /run/talk/host.hairpin >/dev/null || [ $? = 3 ]")
    return read(host.talk / "host.hairpin")


def _of_all(wanted: tuple[Way, ...], evidence: Evidence) -> Iterator[tuple[Way, Said]]:
    for start in dict.fromkeys(map(origin, wanted)):
        yield from _of(start, wanted, evidence)


def _of(start: str, wanted: tuple[Way, ...], evidence: Evidence) -> Iterator[tuple[Way, Said]]:
    """Yield what hairpin says of each flow of one sender; a text if it refuses the question."""
    asked = {way: asked_as(way, {}) for way in wanted if origin(way) == start}
    try:
        question = parse_question("check", tuple(dict.fromkeys(asked.values())), start, (), World())
        answer = ask_about(question, (evidence,), depth="flows")
    except RAISED as error:
        yield from ((way, f"{type(error).__name__}: {error}"[:200]) for way in asked)
        return
    by_target = {each.trace.flow.target_text(): each for each in answer.flows}
    for way, to in asked.items():
        flow = by_target.get(to)
        yield way, (answer, flow) if flow is not None else "the answer has no such flow"


def _wrong(way: Way, real: Seen, said: Said) -> Miss | None:
    if isinstance(said, str):
        return Miss("refused", str(way), f"real {_shown(real)}, said {said}")
    answer, flow = said
    if flow.verdict == "depends":
        asked = (each.text for each in flow.trace.questions if each.undecided)
        why = "; ".join(map(Words("en"), (*(each.said for each in flow.trace.conditions), *asked)))
        return Miss("undecided", str(way), f"real {_shown(real)}, said depends: {why}")
    miss = verdict(way, real, answer, flow, ())
    if miss is not None and miss.what != "disputed" and _is_another_way(real, flow):
        miss = msgspec.structs.replace(miss, what="undecided")
    return msgspec.structs.replace(miss, text=miss.text.replace("real ", f"real {_shown(real)} ", 1)) if miss else None


def _is_another_way(real: Seen, flow: FlowAnswer) -> bool:
    """Return whether the walk has forked, and another way than the one that decides the verdict ends as the real
    exchange did: as where two default routes are equal, of which the kernel takes one."""
    ways = flow.trace.branches
    return len(ways) > 1 and any(
        describes(each.verdict, each.stop.reason if each.stop is not None else None, real.outcome) for each in ways
    )


def _shown(real: Seen) -> str:
    return f"{real.outcome.value}{f' by {real.by}' if real.by else ''}"


def _named(way: Way) -> str:
    by = f" (from {way.source})" if way.source else ""
    return f"{way.start}{by} → {way.to}:{way.port}"


def _is_rootless(way: Way, found: Mapping[str, Running]) -> bool:
    own = found.get(way.start)
    if own is not None:
        return "rootless" in own.engine
    there = {port.port for each in found.values() if "rootless" in each.engine for port in each.ports}
    inside = {address for each in found.values() if "rootless" in each.engine for address in each.box.addresses}
    return int(way.port.partition("/")[0]) in there or way.to.strip("[]") in inside


def _alarms(plain: diagnosis.Answer) -> tuple[str, ...]:
    """Return what the plain question says against the healthy host."""
    if plain.report is None:
        return (f"exit {plain.status}: {plain.complaint[-200:]}",)
    causes = [f"{each.id}: {each.title}" for each in blocking_causes(plain.report)]
    disputed = dispute_in(plain.report)
    failing = [
        f"{each.origin} → {each.to}: {each.verdict}"
        for each in plain.report.flows
        if each.causes == () and each.verdict not in ("delivered", "leaves")
    ]
    return (*causes, *((f"disputed: {disputed}",) if disputed else ()), *failing)
