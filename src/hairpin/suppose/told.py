"""Finds out which parts of its host a text tells, from the readings of the text."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.evidence.reading import HOST, Evidence
from hairpin.evidence.told import Listener, Outcome, ToldParts, ToldTable
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.known_ports import ports_of_image
from hairpin.host.link import is_bridge_by_name
from hairpin.netfilter import ir
from hairpin.pasted.counted import CountedOutput, counted_of
from hairpin.pasted.forms.outcomes.outcome import is_loopback as is_own
from hairpin.pasted.joining import telling_in
from hairpin.pasted.listed import CLEANED, recognised_in
from hairpin.sought import Sought
from hairpin.suppose.words import listeners_in, seen_at_both, troubles_in

_FIELDS: dict[str, tuple[str, ...]] = {
    "ip-addr": ("links", "addresses"),
    "ip-route4": ("routes4",),
    "ip-route6": ("routes6",),
    "ip-rule4": ("rules4",),
    "ip-rule6": ("rules6",),
    "ip-neigh": ("neighbours",),
    "bridge-fdb": ("fdb",),
    "sockets": ("sockets",),
    "sysctl": ("sysctls",),
    "proc-net-tcp": ("sockets",),
    "conntrack": ("connections",),
    "xfrm-policy": ("xfrm_policies",),
}
"""The fields of a namespace that a reading contains, by the reading's key without ``-text``."""


_FILES = ("file", "ufw-default", "ufw-conf")
_COUNTED: dict[str, tuple[str, ...]] = {
    "ip -d addr": ("links", "addresses"),
    "ip route show table all": ("routes4", "routes6"),
    "ip rule": ("rules4",),
    "ip -6 rule": ("rules6",),
    "ss -lntup": ("sockets",),
}
"""The fields that a counted output contains, by the command of `hairpin ask`."""
_COUNTED_RULES = {"iptables-save": "ip", "ip6tables-save": "ip6"}
_ALL_TABLES = ("filter", "nat", "mangle", "raw", "security")


def told_by(evidence: Evidence, host: Host) -> ToldParts:
    """Return the parts of the host that the readings show.  The host was made from these readings."""
    own = host.own
    parts = set(listed_fields(evidence))
    rules = [
        each for each in evidence.readings if each.key.startswith(("iptables-", "nft-")) and each.outcome == "text"
    ]
    parts |= {(each.netns, "ruleset") for each in rules}
    for namespace in host.namespaces:
        if _lists_a_part(namespace, evidence):
            parts -= {(namespace.name, "links"), (namespace.name, "addresses")}
    if own is not None and (HOST, "addresses") not in parts and _is_cut_to_bridges(own):
        parts -= {(HOST, "routes4")}
    tables = own.ruleset.tables if own is not None else ()
    counted = counted_of(evidence)
    listed = frozenset(ToldTable(each.family, each.name) for each in tables if each.dialect.startswith("iptables"))
    empty = {(each.netns, each.command) for each in counted if each.whole and not each.number}
    parts |= {(netns, field) for netns, command in empty for field in _COUNTED.get(command, ())}
    parts |= {(netns, "ruleset") for netns, command in empty if command in _COUNTED_RULES and netns != HOST}
    has_firewall = any(each.key.startswith(("ufw-", "firewalld-")) for each in evidence.readings)
    typed = frozenset(_typed_names(evidence))
    asking = [(each.name.removeprefix("/"), each.asks) for each in _named_containers(evidence) if each.asks]
    outcomes = tuple(_with_origin(each, host, telling_in(evidence), asking) for each in _outcomes(evidence))
    if not any(_IN_A_MACHINE.search(line) is not None for _, line in telling_in(evidence)):
        outcomes = tuple(_beside_publication(each, host, typed) for each in outcomes)
    return ToldParts(
        parts=frozenset(parts),
        sysctls=frozenset(own.sysctls.values) if own is not None else frozenset(),
        tables=listed | frozenset(_absent(counted, listed)),
        natives=any(_is_whole_ruleset(each, tables) for each in counted)
        or any(each.key.startswith(("nft-table", "nft-ruleset")) for each in rules),
        doubtful=frozenset(
            {(each.netns, part) for each in counted if not each.whole for part in _doubtful(each)}
            | {(f"container:{name}", "sockets") for name in _partly_paused(host)}
            | {(netns, "sockets") for netns in _with_waiting_datagrams(evidence)}
            | ({(HOST, "links")} if counted and evidence.find("bridge-link-text", HOST) is None else set())
        ),
        containers=frozenset(each.name for each in host.containers()) - typed,
        typed=typed,
        plain=frozenset(each.name.removeprefix("/") for each in _named_containers(evidence) if each.plain),
        placed=typed | {each.name for each in host.containers() if each.endpoints or each.network_mode != "default"},
        listeners=(*_typed_listeners(evidence), *listeners_in(telling_in(evidence))),
        outcomes=(
            *outcomes,
            *_in_words(outcomes, telling_in(evidence), about_network=bool(parts | typed) or has_firewall),
        ),
        captured=frozenset(_capture_links(telling_in(evidence))),
        mapped=any(each.as_ == CLEANED for each in recognised_in(evidence)),
        files=frozenset((*(each.origin for each in evidence.readings if each.key in _FILES), *_empty_files(counted))),
    )


def shows_whole(told: ToldParts, name: str, tables: Iterable[ir.Table]) -> bool:
    """Return whether the text lists the IPv4 table of iptables, leaves no rule of it out, and each rule is known.
    ``tables``: the tables of that name which were read."""
    if ToldTable("ip", name) not in told.tables or (HOST, "ip") in told.doubtful:
        return False
    if any((each.family, each.table) == ("ip", name) for each in told.left_out):
        return False
    rules = (rule for each in tables for chain in each.chains for rule in chain.rules)
    return not any(isinstance(each, ir.OpaqueMatch) for rule in rules for each in rule.body)


def listed_fields(evidence: Evidence) -> frozenset[tuple[str, str]]:
    """Return the pairs of a namespace and a field of which the text has an output, whole or in part."""
    return frozenset(
        (reading.netns, field)
        for reading in evidence.readings
        for field in _FIELDS.get(reading.key.removesuffix("-text"), ())
        if reading.outcome == "text"
    )


def _capture_links(lines: tuple[tuple[int, str], ...]) -> Iterator[str]:
    """Yield the links on which tcpdump captured packets, as its command or its first line says."""
    for _, line in lines:
        yield from (each[1] or each[2] for each in _CAPTURE.finditer(line))


_CAPTURE = Sought(r"tcpdump (?:-(?!i)\S+ )*-\w*i ?([\w.-]+)|listening on ([\w.-]+), link-type")


def _lists_a_part(own: Namespace, evidence: Evidence) -> bool:
    """Return whether the listing of links and addresses is incomplete: it lacks the loopback link, or a link that
    another listing or a route names."""
    named = {each.name for each in own.links}
    reading = evidence.find("ip-addr-text", own.name)
    listed = set(_LINK.findall(reading.text)) if reading is not None else named
    led = {hop.link for each in own.routes for hop in each.next_hops if hop.link is not None}
    return "lo" not in named or not named | led <= listed


_LINK = Sought(r"^\d+: ([^:@\s]+)", re.MULTILINE)


def _is_cut_to_bridges(own: Namespace) -> bool:
    """Return whether all listed routes lead to bridges: whoever shows a container's route leaves out the others.  A
    text about a host that has lost the routes of its uplink lists its addresses, too."""
    links = {hop.link for each in own.routes if each.version == 4 for hop in each.next_hops if hop.link is not None}
    return bool(links) and all(map(is_bridge_by_name, links))


def _is_whole_ruleset(counted: CountedOutput, tables: tuple[ir.Table, ...]) -> bool:
    """Return whether this is nft's complete listing of the host's own rules, and each of its tables was read."""
    if (counted.netns, counted.command) != (HOST, "nft list ruleset") or not counted.whole:
        return False
    return set(counted.tables) <= {f"{each.family} {each.name}" for each in tables}


def _empty_files(counted: tuple[CountedOutput, ...]) -> Iterator[str]:
    """Yield each path of the network's configuration in which `hairpin ask` found no line."""
    if any(each.command == "grep" and each.whole and not each.number for each in counted):
        yield "/etc/network/interfaces"


def _absent(counted: tuple[CountedOutput, ...], listed: frozenset[ToldTable]) -> Iterator[ToldTable]:
    """Yield the tables that a complete listing of a family does not show, and that the host therefore does not have."""
    for each in counted:
        family = _COUNTED_RULES.get(each.command, "")
        is_read = all(ToldTable(family, name) in listed for name in each.tables)
        if family and each.netns == HOST and each.whole and is_read:
            yield from (ToldTable(family, name) for name in _ALL_TABLES)


def _with_waiting_datagrams(evidence: Evidence) -> Iterator[str]:
    """Yield the namespaces with a UDP socket for which datagrams wait, if no listing shows the size of its buffer.  The
    buffer may be full."""
    for reading in evidence.all("sockets"):
        rows = (line.split() for line in reading.text.splitlines() if "skmem" not in reading.text)
        if any(row[0] == "udp" and row[2].isdigit() and int(row[2]) for row in rows if len(row) > _RECEIVED):
            yield reading.netns


_RECEIVED = 2
"""The index of the column of ``ss`` with the number of bytes that wait for the program."""


def _partly_paused(host: Host) -> Iterator[str]:
    """Yield the containers that share a namespace with other containers, some of which are paused.  A listing of
    sockets does not show which container's processes have a socket."""
    every = tuple(host.containers())
    for each in every:
        group = [one for one in every if one is each or one.joins(each)]
        if len(group) > 1 and any(one.status == "paused" for one in group):
            yield from (one.name for one in group)


def _doubtful(counted: CountedOutput) -> Iterator[str]:
    yield from _COUNTED.get(counted.command, ())
    if counted.netns == HOST and counted.command in _COUNTED_RULES:
        yield _COUNTED_RULES[counted.command]
    if counted.netns == HOST and counted.command == "nft list ruleset":
        yield "natives"


def _in_words(
    outcomes: tuple[Outcome, ...], lines: tuple[tuple[int, str], ...], *, about_network: bool
) -> Iterator[Outcome]:
    """Yield the facts that the text states in words and that no output of a client shows."""
    both = seen_at_both(lines)
    if not any(each.origin == HOST for each in outcomes):
        yield from (each for each in both if not each.failed)
    if not any(each.failed for each in outcomes):
        yield from [each for each in both if each.failed] or troubles_in(lines, about_network=about_network)


def _with_origin(
    outcome: Outcome, host: Host, lines: tuple[tuple[int, str], ...], asking: list[tuple[str, tuple[int, ...]]]
) -> Outcome:
    """Return the outcome that a program printed with the container whose log it is, as the nearest line above it says:
    ``caddy logs:``.  Without such a line, it is the only container that shall ask the port of its own loopback address.

    ``asking``: the containers for whose programs somebody typed such ports, and these ports."""
    if outcome.origin or outcome.tool in PERSONS or not is_own(outcome.host):
        return outcome
    told = [name for name, ports in asking if outcome.port in ports]
    near = (line for number, line in reversed(lines) if outcome.line - _LOG_LINES <= number <= outcome.line)
    for line in (each for each in near if _OF_LOG.search(each) is not None):
        words = set(re.findall(r"[\w.-]+", line.lower().replace(":", " ")))
        called = [each for each in host.containers() if not words.isdisjoint(_names_of(each))]
        named = {each.name for each in called if outcome.port not in _ports_of(each)}
        if called:
            return msgspec.structs.replace(outcome, origin=f"container:{named.pop()}") if len(named) == 1 else outcome
    container = host.container(told[0]) if len(told) == 1 else None
    if container is None or outcome.port in {*_ports_of(container), *(each.host_port for each in container.bindings)}:
        return outcome
    return msgspec.structs.replace(outcome, origin=f"container:{container.name}")


def _beside_publication(outcome: Outcome, host: Host, typed: frozenset[str]) -> Outcome:
    """Return the outcome with the container whose program was refused, if the text leaves only one.  The program asked
    a loopback address for a port that an output of the engine lists as another container's.  On the host, docker-proxy
    or Podman takes each connection to such a port, so the program was not there."""
    is_persons = outcome.origin or outcome.tool in PERSONS or not is_own(outcome.host)
    if is_persons or outcome.result != "refused" or outcome.protocol != "tcp":
        return outcome
    running = [each for each in host.containers() if each.running]
    asked = ("tcp", outcome.port)
    having = [each for each in running
              if any(one.actual and (one.protocol, one.host_port) == asked for one in each.bindings)]  # fmt: skip
    others = [each for each in running if each not in having and outcome.port not in _ports_of(each)]
    if len(having) != 1 or having[0].name in typed or len(others) != 1 or len(running) != len(having) + len(others):
        return outcome
    return msgspec.structs.replace(outcome, origin=f"container:{others[0].name}")


_IN_A_MACHINE = Sought(
    r"\bWSL|\bWindows\b|\bmac ?OS\b|\bMac(?:Book)?\b|\bOS ?X\b|Docker Desktop|docker-machine|boot2docker|Toolbox"
    r"|\bcolima\b|\bvagrant\b|虚拟机",
    re.IGNORECASE,
)
"""Matches words about an engine in a virtual machine.  The loopback address of the outer system is another one."""


def _ports_of(container: Container) -> set[int]:
    exposed = (port for _, port in container.exposed)
    return {*(each.container_port for each in container.bindings), *exposed, *ports_of_image(container.image)}


def _names_of(container: Container) -> set[str]:
    image = container.image.rpartition("/")[2].partition(":")[0]
    return {each.lower() for each in (container.name, *container.service_names, image) if each}


_LOG_LINES = 12
"""The greatest number of lines between the words about a log and an error in it."""
_OF_LOG = Sought(
    r"\b(?:logs?|logged|says?|prints?)\b|日志|\b(?:from|in|inside|within) (?:the |my |a )?[\w.-]+ container\b",
    re.IGNORECASE,
)
PERSONS = ("curl", "wget", "telnet", "nc", "nmap", "browser")
"""Clients that a person runs.  Other programs may be a container's."""


class _Named(msgspec.Struct, rename="pascal"):
    name: str = ""
    typed: bool = False
    listens: tuple[str, ...] = ()
    plain: bool = False
    asks: tuple[int, ...] = ()


def _typed_names(evidence: Evidence) -> Iterator[str]:
    """Yield the names of the containers which only a typed command names."""
    yield from (each.name.removeprefix("/") for each in _named_containers(evidence) if each.typed)


def _typed_listeners(evidence: Evidence) -> Iterator[Listener]:
    """Yield the ports on which the program of a container listens by the arguments that somebody typed for it."""
    for each in _named_containers(evidence):
        for address, _, port in (one.rpartition(":") for one in each.listens):
            local = "127.0.0.1" if address.startswith("127.") else ""
            yield Listener(int(port), local, container=each.name.removeprefix("/"), printed=True)


def _named_containers(evidence: Evidence) -> Iterator[_Named]:
    for key in ("docker-containers", "podman-containers"):
        for reading in evidence.all(key):
            yield from (msgspec.json.decode(line, type=_Named) for line in reading.text.splitlines())


def _outcomes(evidence: Evidence) -> Iterator[Outcome]:
    for reading in evidence.all("outcome"):
        for line in reading.text.splitlines():
            yield msgspec.json.decode(line, type=Outcome)
