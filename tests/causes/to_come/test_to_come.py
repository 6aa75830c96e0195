"""What events bring: each cause to come on a host where it waits, and on its twin that lacks only the fault."""

from typing import NamedTuple

import msgspec
import pytest

from hairpin.causes.cause import Coming, Finding
from hairpin.diagnose.examination import examine
from hairpin.diagnose.foreseen import foreseen, name_of
from hairpin.errors import UsageError
from hairpin.events.aftermath import asked_again
from hairpin.events.course import Course
from hairpin.events.firewalls._firewalld import with_firewalld_started
from hairpin.events.firewalls._zones import with_links_bound
from hairpin.events.happening import asked_course
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.managers import ConfigFile, ScriptLine, Unit, Version
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import PublicAddress, World
from hairpin.question.target import parse_event
from hairpin.remedy.averting import averting
from hairpin.remedy.remedy import Remedy
from tests.events.test_addresses import advertised
from tests.firewalld_host import PUBLIC, with_firewalld
from tests.podman_host import with_podman
from tests.rule_text import with_rule
from tests.small_host import (
    DOCKER_RULES,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
)
from tests.ufw_host import enabled, user_rules, with_ufw

ALWAYS = msgspec.structs.replace(container(), restart_policy="always")
DOCKER = Unit("docker.service", "active", "enabled", after=("network-online.target",))
SAVED = Unit("netfilter-persistent.service", "active", "enabled", before=("network-pre.target",))
LATE = msgspec.structs.replace(SAVED, before=(), after=("docker.service",))
UFW = Unit("ufw.service", "active", "enabled", before=("network-pre.target",))
RULES = "/etc/iptables/rules.v4"
EMPTY = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n*nat\nCOMMIT\n"
SHUT = EMPTY.replace(":FORWARD ACCEPT", ":FORWARD DROP")
FORWARD_OFF = "net.ipv4.ip_forward = 0\n"
LAN = published(Lan(parse_address("198.51.100.7")[1]))
SSH = msgspec.structs.replace(LAN, dport=22)
CLOSED = EMPTY.replace(":INPUT ACCEPT", ":INPUT DROP")
BY_HAND = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
LET_IN = host_namespace(
    with_rule("filter INPUT", BY_HAND.removeprefix("-A INPUT ")), sockets=(Socket("tcp", 4, None, 22, process="sshd"),)
)
SERVING = host_namespace(
    sockets=(Socket("tcp", 4, None, 22, process="sshd"), Socket("tcp", 4, None, 9000, process="app"))
)
ALLOWED = user_rules("-A ufw-user-input -p tcp --dport 22 -j ACCEPT")
STALE = DOCKER_RULES.replace("172.17.0.2", "172.17.0.9")
LEADS_AWAY = DOCKER_RULES.replace("--to-destination 172.17.0.2", "--to-destination 172.17.0.9")
OWN_TABLE = "table inet own {\n chain input {\n  type filter hook input priority 0;\n  tcp dport 9999 drop\n }\n}\n"
NINTH = parse_address("172.17.0.9")[1]
OPENED = '<zone><service name="ssh"/><port port="9000" protocol="tcp"/><forward/></zone>'
SSHD_ONLY = '<zone><service name="ssh"/><forward/></zone>'
TO_WEB = msgspec.structs.replace(published(), container="web")
SERVICE = msgspec.structs.replace(SSH, dport=9000)
DOCKER_ZONE = "/etc/firewalld/zones/docker.xml"
BY_RULE = msgspec.structs.replace(LAN, dport=9000)
LEADS = "-A PREROUTING -i eth0 -p tcp -m tcp --dport 9000 -j DNAT --to-destination 172.17.0.2:80"
LED = f"*nat\n:PREROUTING ACCEPT [0:0]\n{LEADS}\nCOMMIT\n"
NAMES_SET = "-A PREROUTING -m set --match-set trusted src -j RETURN"
LED_BY_HAND = host_namespace(with_rule("nat PREROUTING", LEADS.removeprefix("-A PREROUTING ")))


class ComingCase(NamedTuple):
    """``cause`` waits for ``event`` on the host ``sick``, and not on the host ``whole``; ``keeps``: a part of what
    keeps it away."""

    cause: str
    event: str
    sick: Network
    whole: Network
    flow: Flow = LAN
    keeps: str = ""

    @property
    def causes(self) -> tuple[str, ...]:
        return (self.cause,)


def host(
    *files: tuple[str, str],
    units: tuple[Unit, ...] = (DOCKER,),
    rules: str = DOCKER_RULES,
    docker: Engine | None = None,
    lines: tuple[ScriptLine, ...] = (),
    namespace: Namespace | None = None,
) -> Network:
    """Return the small host with these files and units, whose container comes back with dockerd."""
    made = network(namespace or host_namespace(rules), docker=docker or engine(ALWAYS))
    read = tuple(ConfigFile(path, text) for path, text in files)
    return made.with_host(msgspec.structs.replace(made.this, files=read, units=units, boot_lines=lines))


def sysctl(text: str) -> tuple[str, str]:
    return ("/etc/sysctl.d/60-hardening.conf", text)


def moved(**values: int) -> Network:
    """Return the host whose container has the ninth address today, to which a rule of somebody's own leads."""
    end = msgspec.structs.replace(ALWAYS.endpoints[0], ipv4=NINTH, **values)
    inner = container_namespace()
    inner = msgspec.structs.replace(
        inner,
        addresses=(inner.addresses[0], msgspec.structs.replace(inner.addresses[1], value=NINTH)),
        routes=tuple(msgspec.structs.replace(each, destination=NINTH) if each.destination == WEB else each
                     for each in inner.routes),
    )  # fmt: skip
    leads = "-p tcp -m tcp --dport 9000 -j DNAT --to-destination 172.17.0.9:80"
    rules = with_rule("filter FORWARD", "-d 172.17.0.9/32 -j ACCEPT", with_rule("nat PREROUTING", leads, STALE))
    made = network(host_namespace(rules), inner, docker=engine(msgspec.structs.replace(ALWAYS, endpoints=(end,))))
    return made.with_host(msgspec.structs.replace(made.this, units=(DOCKER,), boot_lines=()))


def let_pass(destination: str) -> Network:
    """Return the host whose container has the ninth address today, and on which somebody lets only this destination
    pass."""
    made = moved()
    rules = with_rule("filter DOCKER-USER", "-o docker0 -p tcp --dport 80 -j DROP", DOCKER_RULES)
    rules = with_rule("filter DOCKER-USER", f"-d {destination} -p tcp --dport 80 -j ACCEPT", rules)
    of_ninth = host_namespace(rules.replace("172.17.0.2", "172.17.0.9"))
    own = made.namespace(HOST_NETNS)
    return made.with_namespace(HOST_NETNS, msgspec.structs.replace(own, ruleset=of_ninth.ruleset))


def beside_ufw(saved: str) -> Network:
    """Return the host with ufw, which lets in port 22, and with these rules saved."""
    made = enabled(with_ufw(host(units=(DOCKER, SAVED, UFW), namespace=SERVING), user=ALLOWED))
    files = (*made.this.files, ConfigFile(RULES, saved))
    return made.with_host(msgspec.structs.replace(made.this, files=files))


def firewalld(now: str, files: str) -> Network:
    """Return the host of a service with firewalld, whose zone public is so at run time, and so in its files."""
    within = with_host(network(SERVING, docker=engine(ALWAYS)), boot_lines=(), units=(DOCKER,))
    was = with_firewalld({PUBLIC: now}, within=within)
    live = with_firewalld_started(Course(was, "test"), was.this).network
    told = with_firewalld({PUBLIC: files}, within=within)
    held = live.this.firewalld
    assert held is not None
    assert told.this.firewalld is not None
    kept = msgspec.structs.replace(held, permanent=told.this.firewalld.permanent)
    return with_host(live, firewalld=kept, files=told.this.files)


def beside_firewalld(*, listens: bool) -> Network:
    """Return the host on which firewalld lets all pass.  dockerd ``listens`` to it if it has started after it."""
    zones = {PUBLIC: '<zone target="ACCEPT"><forward/></zone>', DOCKER_ZONE: '<zone target="ACCEPT"><forward/></zone>'}
    within = with_host(network(docker=engine(ALWAYS)), boot_lines=(), units=(DOCKER,))
    was = with_firewalld(zones, within=within)
    course = with_firewalld_started(Course(was, "test"), was.this)
    live = (with_links_bound(course, "docker", ("docker0",)) if listens else course).network
    table = live.namespace(HOST_NETNS).ruleset.table("inet", "firewalld")
    assert table is not None
    rules = within.namespace(HOST_NETNS).ruleset
    both = msgspec.structs.replace(rules, tables=(*rules.tables, table))
    return live.with_namespace(HOST_NETNS, msgspec.structs.replace(live.namespace(HOST_NETNS), ruleset=both))


def zoned(zone: str) -> Network:
    """Return the host on which docker0 is bound to this zone of firewalld, and dockerd is not told of it."""
    zones = {DOCKER_ZONE: '<zone target="ACCEPT"><forward/></zone>', PUBLIC: '<zone target="ACCEPT"><forward/></zone>'}
    within = with_host(network(docker=engine(ALWAYS)), boot_lines=(), units=(DOCKER,))
    was = with_firewalld(zones, within=within)
    course = with_links_bound(with_firewalld_started(Course(was, "test"), was.this), zone, ("docker0",))
    table = course.namespace.ruleset.table("inet", "firewalld")
    assert table is not None
    rules = within.namespace(HOST_NETNS).ruleset
    both = msgspec.structs.replace(rules, tables=(*rules.tables, table))
    return course.network.with_namespace(HOST_NETNS, msgspec.structs.replace(course.namespace, ruleset=both))


def nftables(script: str) -> Network:
    """Return the host whose nftables.service loads this script; whatever that says, the unit's stop flushes."""
    unit = Unit("nftables.service", "active", "enabled", before=("network-pre.target",))
    return host(("/etc/nftables.conf", script), units=(DOCKER, unit))


def of_podman(enabled: str) -> Network:
    """Return Podman's host, whose container has the policy ``always``; ``enabled``: the state of the unit for it."""
    unit = Unit("podman-restart.service", "inactive", enabled)
    return with_host(with_podman(policy="always", values={"conf__default__forwarding": "1"}), boot_lines=(),
                     units=(unit,))  # fmt: skip


def with_local_routes(within: Network) -> Network:
    """Return the host with the kernel's own routes to its IPv6 addresses."""
    own = within.namespace(HOST_NETNS)
    local = (Route(6, each.value, 128, TABLE_LOCAL, "local", (NextHop(each.link),)) for each in own.addresses
             if each.version == 6)  # fmt: skip
    return within.with_namespace(HOST_NETNS, msgspec.structs.replace(own, routes=(*own.routes, *local)))


def claimed(name: str) -> Network:
    """Return the host whose networkd has a file for the links of that name."""
    units = (DOCKER, Unit("systemd-networkd.service", "active", "enabled"))
    told = "[Match]\nName=eth0\n[Network]\nAddress=198.51.100.11/24\nGateway=198.51.100.1\nIPForward=yes\n"
    own = ("/etc/systemd/network/10-eth0.network", told)
    file = ("/etc/systemd/network/90-all.network", f"[Match]\nName={name}\n[Network]\nDHCP=no\n")
    return with_host(host(own, file, units=units), versions=(Version("systemd", "systemd 252 (252.1)"),))


def with_host(within: Network, **values: object) -> Network:
    return within.with_host(msgspec.structs.replace(within.this, **values))


WHOLE = host()
CASES: dict[str, ComingCase] = {
    "no restart policy": ComingCase(
        "restart-policy-missing", "docker-restart", host(docker=engine(container())), WHOLE,
        keeps="docker update --restart unless-stopped web",
    ),
    "no restart policy, with live-restore": ComingCase(
        "restart-policy-missing", "reboot",
        host(docker=msgspec.structs.replace(engine(container()), live_restore=True)),
        host(docker=msgspec.structs.replace(engine(ALWAYS), live_restore=True)), keeps="unless-stopped web",
    ),
    "Podman's unit is not enabled": ComingCase(
        "restart-policy-missing", "reboot", of_podman("disabled"), of_podman("enabled"), TO_WEB,
        keeps="systemctl enable podman-restart.service",
    ),
    "a hardening file": ComingCase(
        "sysctl-file-forces-forward-off", "sysctl-system", host(sysctl(FORWARD_OFF)),
        host(sysctl(FORWARD_OFF), ("/etc/sysctl.d/99.conf", "net.ipv4.ip_forward = 1\n")),
    ),
    "a hardening file that names all links": ComingCase(
        "sysctl-file-forces-forward-off", "sysctl-system", host(sysctl("net.ipv4.conf.all.forwarding = 0\n")),
        host(sysctl("net.ipv4.conf.all.forwarding = 0\n"), ("/etc/sysctl.d/99.conf", "net.ipv4.ip_forward = 1\n")),
    ),
    "a file for the default of links": ComingCase(
        "interface-forwarding-file-conflict", "sysctl-system", host(sysctl("net.ipv4.conf.eth0.forwarding = 0\n")),
        host(sysctl("net.ipv4.conf.eth9.forwarding = 0\n")), keeps="eth0",
    ),
    "an engine that leaves forwarding alone": ComingCase(
        "ip-forward-not-persisted", "reboot",
        host(docker=msgspec.structs.replace(engine(ALWAYS), ip_forward=False)),
        host(sysctl("net.ipv4.ip_forward = 1\n"),
             docker=msgspec.structs.replace(engine(ALWAYS), ip_forward=False)),
        keeps="ip_forward",
    ),
    "saved rules without the engine's": ComingCase(
        "iptables-service-restart-wipes", "saved-rules-restore", host((RULES, EMPTY), units=(DOCKER, SAVED)),
        host((RULES, DOCKER_RULES), units=(DOCKER, SAVED)), egress(),
    ),
    "saved rules of another day": ComingCase(
        "saved-rules-contain-engine-rules", "saved-rules-restore", host((RULES, STALE), units=(DOCKER, SAVED)),
        host((RULES, DOCKER_RULES), units=(DOCKER, SAVED)),
    ),
    "saved rules behind dockerd": ComingCase(
        "reboot-ordering", "reboot", host((RULES, EMPTY), units=(DOCKER, LATE)),
        host((RULES, EMPTY), units=(DOCKER, SAVED)),
        egress(),
    ),
    "ufw and saved rules": ComingCase(
        "mixed-firewall-managers", "saved-rules-restore",
        beside_ufw(CLOSED),
        beside_ufw(EMPTY), SSH,
    ),
    "a rule that nobody has saved": ComingCase(
        "runtime-only-rule", "saved-rules-restore",
        host((RULES, CLOSED), units=(DOCKER, SAVED), namespace=LET_IN),
        host((RULES, CLOSED.replace("COMMIT", f"{BY_HAND}\nCOMMIT", 1)),
             units=(DOCKER, SAVED), namespace=LET_IN), SSH, keeps=RULES,
    ),
    "saved rules that name a set nobody saves": ComingCase(
        "saved-rules-refused", "reboot",
        host((RULES, LED.replace("COMMIT", f"{NAMES_SET}\nCOMMIT", 1)), units=(DOCKER, SAVED), namespace=LED_BY_HAND),
        host((RULES, LED), units=(DOCKER, SAVED), namespace=LED_BY_HAND), BY_RULE,
    ),
    "a rule with today's address": ComingCase(
        "container-address-hardcoded", "container-restart", moved(), moved(fixed4=NINTH), BY_RULE,
    ),
    "a rule that lets today's address alone pass": ComingCase(
        "container-address-hardcoded", "container-restart", let_pass("172.17.0.9/32"), let_pass("172.17.0.0/16"),
    ),
    "a port opened at run time": ComingCase(
        "firewalld-runtime-only-port", "firewalld-reload", firewalld(OPENED, SSHD_ONLY),
        firewalld(OPENED, OPENED), SERVICE,
    ),
    "a dockerd that has started before firewalld": ComingCase(
        "firewalld-restart-wipes-docker", "firewalld-reload", beside_firewalld(listens=False),
        beside_firewalld(listens=True), egress(),
    ),
    "a script that flushes the ruleset": ComingCase(
        "nft-conf-flush-ruleset", "nftables-reload", nftables(f"flush ruleset\n{OWN_TABLE}"),
host(("/etc/nftables.conf", OWN_TABLE)), egress(),
    ),
    "docker0 in another zone": ComingCase(
        "firewalld-zone-conflict", "docker-restart", zoned("trusted"), zoned("docker"),
    ),
    "networkd claims every veth": ComingCase(
        "manager-claims-container-links", "networkd-restart", claimed("veth*"), claimed("eth7"),
    ),
}  # fmt: skip


LATEST = msgspec.structs.replace(engine(ALWAYS), version="29.7.2")
DIRECT = Flow(Lan(parse_address("198.51.100.7")[1]), 4, WEB, "tcp", 80)
NAMED_CARD = host(("/etc/network/interfaces", "auto eth0\niface eth0 inet static\n  address 198.51.100.11/24\n"))
MAPPED = network(world=World(publics=(PublicAddress(4, parse_address("203.0.113.11")[1], HOST_ADDRESS),)))
SIX = Flow(FromHost(), 6, parse_address("2001:db8:99::1")[1], "tcp", 443)
ONE_OFF: dict[str, ComingCase] = {
    "a card that a file names": ComingCase("interface-name-hardcoded", "nic-replaced", NAMED_CARD, WHOLE),
    "a container's own address is asked": ComingCase(
        "engine-upgrade-changes-rules", "docker-upgrade", WHOLE, host(docker=LATEST), DIRECT,
    ),
    "advertisements that the kernel ignores": ComingCase(
        "ipv6-ra-ignored-when-forwarding", "router-advertisement-expired", with_local_routes(advertised()),
        with_local_routes(advertised("2")), SIX,
    ),
    "a public address that is lent": ComingCase(
        "cloud-address-changed", "cloud-stop-start", MAPPED, WHOLE, published(address="203.0.113.11"),
    ),
}  # fmt: skip
"""Events that nobody has to expect: what they bring stands in `hairpin events`, and under `--after`."""


def coming(within: Network, flow: Flow) -> tuple[Finding, ...]:
    return foreseen(examine(within, (flow,)), frozenset())


def kept_away(case: ComingCase) -> tuple[Remedy, ...]:
    found = next(each for each in coming(case.sick, case.flow) if each.id == case.cause)
    assert found.later is not None
    return averting(found, found.later, case.sick, (case.flow,))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_waits_for_an_event(case: ComingCase) -> None:
    assert (case.cause, case.event) in [(each.id, each.event) for each in coming(case.sick, case.flow)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_its_twin_waits_for_nothing(case: ComingCase) -> None:
    assert case.cause not in [each.id for each in coming(case.whole, case.flow)]
    assert examine(case.whole, (case.flow,)).causes == ()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_keeps_it_away(case: ComingCase) -> None:
    """What is printed as a command was held against the event; else a person is told."""
    (remedy,) = kept_away(case)
    assert not remedy.steps
    told = "\n".join((*remedy.persist_commands, *(f"{each.file}\n{each.content}" for each in remedy.persist)))
    assert case.keeps in told
    assert case.keeps or remedy.advice


def named_after(within: Network, case: ComingCase) -> list[str]:
    """Return the names of what the event brings to the flow."""
    try:
        _, course = asked_course(within, parse_event(case.event))
    except UsageError:
        return []
    flow = asked_again(within, course.network, case.flow)
    found = examine(course.network, (flow,)).causes
    return [name_of(Coming(case.event, "test", within, course.network, case.flow, each)) for each in found]


@pytest.mark.parametrize("case", ONE_OFF.values(), ids=ONE_OFF)
def test_what_a_one_off_event_brings(case: ComingCase) -> None:
    assert examine(case.sick, (case.flow,)).causes == ()
    assert {*named_after(case.sick, case)} == {case.cause}


@pytest.mark.parametrize("case", ONE_OFF.values(), ids=ONE_OFF)
def test_its_twin_is_not_struck(case: ComingCase) -> None:
    assert case.cause not in named_after(case.whole, case)


SAVED_OVER = {"another day's": (LEADS_AWAY, "saved-rules-contain-engine-rules"),
              "today's": (DOCKER_RULES, "iptables-service-restart-wipes")}  # fmt: skip


@pytest.mark.parametrize(("rules", "named"), SAVED_OVER.values(), ids=SAVED_OVER)
def test_a_translation_that_comes_with_the_file_is_no_lost_rule(rules: str, named: str) -> None:
    """Whether putting the engine's rule back is what repairs the flow then, or taking the file's away."""
    event, was = "saved-rules-restore", host((RULES, rules), units=(DOCKER, SAVED))
    _, lossy = asked_course(host((RULES, EMPTY), units=(DOCKER, SAVED)), parse_event(event))
    (lost,) = examine(lossy.network, (egress(),)).causes
    then = network(host_namespace(rules))
    coming = Coming(event, "test", was, then, published(), lost)
    assert name_of(coming) == named


def test_a_rule_that_no_file_has_is_none_of_saved_rules() -> None:
    """An engine that starts at boot makes such rules itself."""
    event, was = "saved-rules-restore", host(units=(DOCKER, SAVED))
    _, lossy = asked_course(host((RULES, EMPTY), units=(DOCKER, SAVED)), parse_event(event))
    (lost,) = examine(lossy.network, (egress(),)).causes
    then = network(host_namespace(LEADS_AWAY))
    coming = Coming(event, "test", was, then, published(), lost)
    assert name_of(coming) != "saved-rules-contain-engine-rules"
