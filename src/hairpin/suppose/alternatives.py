"""What the supposed parts of an ordinary host may be instead, so that a container cannot be reached.

An alternative is a change of the supposed host: the accidents and decisions that people most often have.  Each is one
that the text does not rule out: a told part has no alternative.
"""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import AddSocket, Change, DeleteEntry, DeleteSocket, ReplaceTable, SetContainer, SetSysctl
from hairpin.evidence.reading import HOST
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.host.told import Told, ToldTable
from hairpin.message import Message, message
from hairpin.netfilter.iptables import save
from hairpin.netfilter.iptables.save import IptablesDialect
from hairpin.netfilter.ir import Table
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network
from hairpin.suppose.parts import SYSCTLS, inside_command

_replace = msgspec.structs.replace
_LOOPBACK = 0x7F00_0001
SAVED_RULES = "sudo iptables-save"
ROUTES = "ip route show table all; ip rule"


class Alternative(msgspec.Struct, frozen=True):
    """What a supposed part may be instead.

    ``cause``: the id of the cause that the host then has.  ``weight``: how often that is so, beside the others.
    ``command``: the read-only command that decides whether it is so.  ``shows``: what its output then shows.
    ``change``: the change that makes the ordinary host such a host."""

    cause: str
    weight: int
    command: str
    shows: Message
    change: Change


def alternatives(network: Network, flows: tuple[Flow, ...]) -> Iterator[Alternative]:
    """Yield the alternatives that may stop one of the flows."""
    for host in network.hosts:
        if host.told is None:
            continue
        asked = tuple(each for each in flows if (each.asked_host or each.host or host.name) == host.name)
        for name in dict.fromkeys(name for flow in asked for name in _containers(flow)):
            container = host.container(name)
            if container is not None:
                yield from _of_container(host, host.told, container, asked)
        yield from _of_switches(host, host.told)
        yield from _of_tables(host, host.told, asked)
        yield from _of_routes(host, host.told)


def _containers(flow: Flow) -> Iterator[str]:
    if flow.container:
        yield flow.container
    if isinstance(flow.start, FromContainer):
        yield flow.start.name


# --- the inside of a container ---------------------------------------------------------------------------------------


def _of_container(host: Host, told: Told, container: Container, flows: tuple[Flow, ...]) -> Iterator[Alternative]:
    asked = any(flow.container == container.name for flow in flows)
    if container.name not in told.containers:
        ended = _replace(container, status="exited", netns=None, exit_code=1)
        relays = (each for each in host.namespace(HOST).sockets if each.relay is not None and _is_of(each, container))
        yield Alternative(
            "container-not-running",
            3,
            "docker ps -a",
            message("the status of {name} is not Up", name=container.name),
            Change((SetContainer(host.name, ended), *(DeleteSocket(host.netns, each) for each in relays))),
        )
    netns = container.netns
    if netns is None or netns not in host or (netns, "sockets") in told.parts or not asked or netns == HOST:
        return
    ports = {
        (flow.protocol, binding.container_port)
        for flow in flows
        for binding in container.bindings
        if binding.host_port == flow.dport
    }
    ports |= {
        (flow.protocol, flow.dport) for flow in flows if flow.container == container.name and not container.bindings
    }
    held = tuple(each for each in host.namespace(netns).sockets if (each.protocol, each.port) in ports)
    if not held:
        return
    inside, port = Netns(host.name, netns), held[0].port
    command = inside_command(container.name)
    gone = tuple(DeleteSocket(inside, each) for each in held)
    said = message("the service of {name}", name=container.name)

    def listening(*sockets: Socket) -> Change:
        return Change((*gone, *(AddSocket(inside, each, said) for each in sockets)))

    local = tuple(_replace(each, version=4, address=_LOOPBACK) for each in held)
    yield Alternative(
        "service-listens-on-container-loopback", 6, command,
        message("the line of port {port} has the address 127.0.0.1", port=port), listening(*local),
    )  # fmt: skip
    other = tuple(_replace(each, port=_other_port(each.port)) for each in held)
    yield Alternative(
        "service-listens-on-other-port", 4, command,
        message("no line has port {port}, and another line has the port of the service", port=port), listening(*other),
    )  # fmt: skip
    yield Alternative(
        "service-not-listening", 5, command, message("no line has port {port}", port=port), listening()
    )  # fmt: skip


def _is_of(socket: Socket, container: Container) -> bool:
    return any((each.protocol, each.host_port) == (socket.protocol, socket.port) for each in container.bindings)


def _other_port(port: int) -> int:
    """Return a port on which a service often listens in place of the given one."""
    return 8080 if port != 8080 else 3000


# --- the kernel's switches -------------------------------------------------------------------------------------------

_FORWARD = ("net", "ipv4", "ip_forward")


def _of_switches(host: Host, told: Told) -> Iterator[Alternative]:
    own = host.netns
    if _FORWARD not in told.sysctls and ("net", "ipv4", "conf", "all", "forwarding") not in told.sysctls:
        yield Alternative(
            "ip-forward-off", 4, SYSCTLS, message("net.ipv4.ip_forward = 0"), Change((SetSysctl(own, _FORWARD, "0"),))
        )
    for link in _uplinks(host):
        path = ("net", "ipv4", "conf", link, "forwarding")
        if path not in told.sysctls:
            said = message("net.ipv4.conf.{link}.forwarding = 0", link=link)
            yield Alternative("interface-forwarding-off", 1, SYSCTLS, said, Change((SetSysctl(own, path, "0"),)))


def _uplinks(host: Host) -> tuple[str, ...]:
    own = host.namespace(HOST)
    routes = (each for each in own.routes if not each.prefix_length)
    return tuple(dict.fromkeys(hop.link for each in routes for hop in each.next_hops if hop.link is not None))


# --- rules -----------------------------------------------------------------------------------------------------------


def _of_tables(host: Host, told: Told, flows: tuple[Flow, ...]) -> Iterator[Alternative]:
    own = host.namespace(HOST)
    tables = {
        each.name: each for each in own.ruleset.tables if each.family == "ip" and each.dialect.startswith("iptables")
    }
    has_engine = any(engine.kind == "docker" for engine in host.engines)
    if has_engine and "nat" in tables and ToldTable("ip", "nat") not in told.tables:
        yield Alternative(
            "docker-nat-chain-missing", 3, SAVED_RULES, message("table nat has no chain DOCKER"),
            _replaced(host, tables["nat"], ""),
        )  # fmt: skip
        yield Alternative(
            "masquerade-missing", 2, SAVED_RULES, message("nat POSTROUTING has no MASQUERADE for the container's network"),
            _replaced(host, tables["nat"], _without(tables["nat"], "MASQUERADE")),
        )  # fmt: skip
    if "filter" not in tables or ToldTable("ip", "filter") in told.tables:
        return
    whole = tables["filter"]
    if has_engine:
        yield Alternative(
            "docker-filter-chain-missing", 3, SAVED_RULES, message("chain FORWARD has the policy DROP and no rules of Docker"),
            _replaced(host, whole, "", forward="DROP"),
        )  # fmt: skip
        yield Alternative(
            "docker-user-drops", 2, SAVED_RULES, message("chain DOCKER-USER has a rule that drops"),
            _replaced(host, whole, _text(whole), first="-A DOCKER-USER -i {uplink} -j DROP"),
        )  # fmt: skip
        yield Alternative(
            "reject-rule-before-docker", 2, SAVED_RULES, message("a REJECT or DROP of FORWARD stands before Docker's rules"),
            _replaced(host, whole, _text(whole), first="-A FORWARD -j REJECT --reject-with icmp-host-prohibited"),
        )  # fmt: skip
    if any(isinstance(flow.start, FromHost | FromContainer) or not flow.container for flow in flows):
        yield Alternative(
            "input-drops-host-service", 3, SAVED_RULES, message("chain INPUT drops or rejects what no rule before accepts"),
            _replaced(host, whole, _text(whole), first="-A INPUT ! -i lo -m conntrack ! --ctstate RELATED,ESTABLISHED -j REJECT --reject-with icmp-host-prohibited"),
        )  # fmt: skip


def _text(table: Table, without: str = "") -> str:
    return "\n".join(
        rule.text for chain in table.chains for rule in chain.rules if not without or without not in rule.text
    )


def _without(table: Table, word: str) -> str:
    return _text(table, word)


def _replaced(host: Host, table: Table, rules: str, *, forward: str = "ACCEPT", first: str = "") -> Change:
    """Return the change that gives the table these rules.  ``first``: a rule that stands before all others of its
    chain."""
    builtin = [each for each in table.chains if each.hook is not None]
    made = {line.split()[1] for line in rules.splitlines()} | {
        each.name for each in table.chains if rules and each.hook is None
    }
    own = [name for name in made if name not in {each.name for each in builtin}]
    uplink = next(iter(_uplinks(host)), "eth0")
    lines = [
        f"*{table.name}",
        *(f":{each.name} {_policy(each.name, each.policy, forward)} [0:0]" for each in builtin),
        *(f":{name} - [0:0]" for name in sorted(own)),
        *([first.format(uplink=uplink)] if first else []),
        *(line for line in rules.splitlines() if line),
        "COMMIT",
    ]
    found = save.parse(
        "\n".join(lines) + "\n", family="ip", dialect=_dialect(table), source=SAVED_RULES, evidence=table.evidence
    )
    return Change((ReplaceTable(host.netns, table.dialect, table.family, table.name, found[0]),))


def _dialect(table: Table) -> IptablesDialect:
    return "iptables-legacy" if table.dialect == "iptables-legacy" else "iptables-nft"


def _policy(name: str, policy: str | None, forward: str) -> str:
    return forward if name == "FORWARD" and forward != "ACCEPT" else (policy or "accept").upper()


# --- routes ----------------------------------------------------------------------------------------------------------


def _of_routes(host: Host, told: Told) -> Iterator[Alternative]:
    if (HOST, "routes4") in told.parts:
        return
    default = next((each for each in host.namespace(HOST).routes if not each.prefix_length and each.version == 4), None)
    if default is not None:
        yield Alternative(
            "host-default-route-missing", 1, ROUTES, message("no line begins with `default`"),
            Change((DeleteEntry(host.netns, default),)),
        )  # fmt: skip
