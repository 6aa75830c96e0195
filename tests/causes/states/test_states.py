"""The state of an engine or of a container."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.causes.registry import cause_of, causes_of_host
from hairpin.causes.states._start_words import makers_told
from hairpin.change.change import AddSocket
from hairpin.change.step import Ask
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examine
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.docker import PortBinding
from hairpin.host.host import Unread
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile, Firewalld, FirewalldZone
from hairpin.host.rule_tools import RuleTools
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.remedy.plan import remedies
from hairpin.report.words import Words
from tests.causes.case import Case, StateCase, fires, is_silent
from tests.causes.hosts import (
    DB_MAC,
    NO_CONTAINER,
    WEB_MAC,
    asked,
    down,
    ended_on_loopback,
    on_overlay,
    stopped,
    told,
    with_db,
    with_host,
    with_link,
    without_addresses,
    without_route,
)
from tests.causes.overlay_hosts import OVERLAY, TO_NODE2, ended_on, untold
from tests.causes.rule_hosts import CSF, HOLDER, LOCKED, NO_MATCH, RULE_STATES, WAITING, failed, flushed
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, without_web
from tests.names_host import pinning, to_pin, written
from tests.rule_text import ALL_RULES, STAGE_1, STAGE_2, with_rule, without, without_chain
from tests.small_host import (
    GATEWAY,
    WEB,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
)

DOCKER0_SUBNET = parse_address("172.17.0.0")[1]
LOCAL = published(FromHost(), "127.0.0.1")
FLUSHED = without("-A FORWARD", rules=without_chain("filter", "DOCKER", STAGE_1, STAGE_2, rules=ALL_RULES))
ENDED = replace(engine(container()), running=False)
WITHOUT_PROXY = engine(container("exited"), userland_proxy=False)
TO_CHILD = Flow(Lan(parse_address("198.51.100.250")[1]), 4, CHILD, "tcp", 80, container="web")
EXPOSES = replace(
    container("exited"), id="e" * 64, name="own", network_mode="host", bindings=(), endpoints=(), netns=None,
    exposed=(("tcp", 9000),),
)  # fmt: skip
SERVING = replace(host_namespace(), sockets=(*host_namespace().sockets, Socket("tcp", 4, None, 9000, process="own")))


def ended_on_overlay(*, listed: bool = True) -> Network:
    """Return the node whose container on an overlay has ended; ``listed``: the node still lists the overlay."""
    described = on_overlay()
    (one,) = described.containers
    (endpoint,) = one.endpoints
    left = replace(endpoint, network_id="m0hbxop3cgmmtygvbuwt3grag", ipv4=None)
    ended = replace(one, status="exited", endpoints=(left,), netns=None, network_mode="overlay")
    # The namespace for the ingress has an address on swarm's bridge, too.
    gateway = replace(described.networks[0].gateways[0][1], ipv4=WEB)
    bridge = replace(described.networks[0], gateways=(("ingress-sbox", gateway),))
    networks = (bridge, *described.networks[1:]) if listed else (bridge,)
    engine = replace(described, containers=(ended,), networks=networks)
    alone = host_namespace(NO_CONTAINER, sockets=())
    return with_host(network(alone, docker=engine), namespaces=(alone,))


CASES: dict[str, Case] = {
    "a container on an overlay is not running": Case(
        ended_on_overlay(), published(), ("container-not-running",), network(docker=on_overlay()),
    ),
    "a container on an overlay is not running, and its node does not list the overlay any more": Case(
        ended_on_overlay(listed=False), published(), ("container-not-running",), network(docker=on_overlay()),
    ),
    "a container on the host's network, whose image exposes the port, is not running": Case(
        network(docker=engine(container(), EXPOSES)), replace(LOCAL, dport=9000),
        ("container-not-running",),
        network(SERVING, docker=engine(container(), replace(EXPOSES, status="running", netns="host"))),
    ),
    "its daemon is not running, and the port is of a container on the host's network": Case(
        down(network(docker=replace(engine(EXPOSES), running=False, stored=True))),
        replace(LOCAL, dport=9000), ("docker-daemon-not-running",),
        network(SERVING, docker=engine(replace(EXPOSES, status="running", netns="host"))),
    ),
    "the container that should ask is not running": Case(
        without_web(network()), egress(), ("container-not-running",), network(),
    ),
    "a container on a macvlan is not running": Case(
        without_web(on_macvlan()), TO_CHILD, ("container-not-running",), on_macvlan(),
    ),
    "a container on an ipvlan is not running": Case(
        without_web(on_ipvlan()), TO_CHILD, ("container-not-running",), on_ipvlan(),
    ),
    "the daemon of the node that asks is not running": Case(
        ended_on("node1", untold("node1")), TO_NODE2, ("docker-daemon-not-running",), ended_on("node1", OVERLAY),
    ),
    "the daemon of the node that is asked is not running": Case(
        ended_on("node2", untold("node1")), TO_NODE2, ("docker-daemon-not-running",), ended_on("node2", OVERLAY),
    ),
    "its daemon is not running": Case(
        down(stopped("exited")), published(), ("docker-daemon-not-running",), down(network(), state="answers"),
    ),
    "its daemon is not running, and the container is published on ::1 alone": Case(
        down(ended_on_loopback()), published(),
        ("docker-daemon-not-running", "published-on-loopback-only"),
    ),
    "its daemon is not running, and a rule drops the answers of its containers": Case(
        down(network(
            host_namespace(with_rule("filter DOCKER-USER", "! -s 192.0.2.0/24 -j DROP", NO_CONTAINER), sockets=()),
            docker=replace(engine(container("exited")), running=False),
        )),
        published(), ("docker-daemon-not-running", "docker-user-drops"),
    ),
    "its daemon is not running, and its rules were flushed since": Case(
        down(network(host_namespace(FLUSHED), docker=ENDED)), published(), ("docker-daemon-not-running",),
        down(network(docker=ENDED)),
    ),
    "its daemon is not running, and its rules are there": Case(
        down(network(host_namespace(with_rule("filter DOCKER-USER", "-i eth0 -j DROP", ALL_RULES)), docker=ENDED)),
        published(), ("docker-user-drops",), down(network(docker=ENDED)),
    ),
    "its daemon is not running, and rules without docker-proxy led to it": Case(
        down(network(host_namespace(NO_CONTAINER, sockets=()), docker=WITHOUT_PROXY)), published(),
        ("docker-daemon-not-running",), down(network(), state="answers"),
    ),
    "its daemon has ended, and docker-proxy with it": Case(
        down(network(host_namespace(sockets=()))), LOCAL, ("docker-daemon-not-running",)
    ),
    "its daemon has ended, and docker0 has lost the address that the daemon gives it when it starts": Case(
        down(network(without_route(without_addresses(host_namespace(sockets=()), "docker0"), DOCKER0_SUBNET))), LOCAL,
        ("docker-daemon-not-running",),
    ),
}  # fmt: skip


PINS: dict[str, Case] = {
    "for another container's name": Case(pinning(), to_pin(), ("name-pinned-to-old-address",)),
    "by a line that somebody wrote": Case(written(), to_pin(), ("name-pinned-to-old-address",)),
    "by a legacy link": Case(written(linked=("api",)), to_pin(), ("name-pinned-to-old-address",)),
    "for the host's name": Case(
        pinning("172.18.0.77", "host.docker.internal"), to_pin("172.18.0.77", 8151), ("name-pinned-to-old-address",)
    ),
}


@pytest.mark.parametrize("case", PINS.values(), ids=PINS)
def test_an_own_entry_that_is_old(case: Case) -> None:
    fires(case)


def test_an_own_entry_that_is_right_delivers() -> None:
    is_silent(pinning("172.18.0.3"), to_pin("172.18.0.3"))


def refusing(*, iptables: bool | None = None, icc: bool | None = None, **boot: object) -> Network:
    """Return the host whose dockerd has ended, has these options, and is started in this way."""
    started = msgspec.convert({"by": "systemd"} | boot, Boot)
    docker = replace(engine(container()), boot=started, iptables=iptables, icc=icc)
    return down(network(docker=docker))


DENIED = Unread("ip-addr", "container:job", "/proc/9/ns/net", "permission denied", "")
LATENT = (("docker-daemon-not-running", "latent"),)
NOT_RUNNING, SICK = (("container-not-running", "blocking"),), (("container-unhealthy", "advice"),)


def with_other(status: str, policy: str = "always", **changed: object) -> Network:
    """Return the host with a second container, which publishes nothing."""
    other = replace(
        container(status), id="d" * 64, name="job", bindings=(), endpoints=(), netns=None, restart_policy=policy
    )
    return network(docker=engine(container(), replace(other, **changed)))


ITSELF = "-s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE"
OWN = "-s 10.99.0.0/24 -o eth0 -j MASQUERADE"
MASQUERADED = "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"
TWICE = with_rule("nat POSTROUTING", MASQUERADED)
COPIES = (("live-restore-duplicates-rules", "advice"),)


def restored(rules: str, *, live_restore: bool = True) -> Network:
    """Return the host with these rules, whose dockerd leaves its containers running when it ends."""
    return network(host_namespace(rules), docker=told(live_restore=live_restore))


def with_equal_addresses(*, told: bool = False, equal: bool = True, shares: bool = False) -> Network:
    """Return the host with two containers of one hardware address; ``told``: only by their engine; ``shares``: the
    second one shares the first one's network, whose address Podman tells of both."""
    whole = with_db()
    (docker,) = whole.this.engines
    web = docker.containers[0]
    mac = WEB_MAC if equal else DB_MAC
    end = replace(web.endpoints[0], mac=WEB_MAC if told else None)
    other = replace(end, mac=mac if told else None)
    web = replace(web, endpoints=(end,))
    db = replace(
        web, id="d" * 64, name="db", bindings=(), endpoints=(other,), netns=None if told else "container:db",
        network_mode=f"container:{web.id}" if shares else web.network_mode,
    )  # fmt: skip
    host = replace(whole.this, engines=(replace(docker, containers=(web, db)),))
    if not told:
        inner = with_link(host.namespace("container:db"), "eth0", mac=mac)
        spaces = tuple(inner if each.name == "container:db" else each for each in host.namespaces)
        host = replace(host, namespaces=spaces)
    return replace(whole, hosts=(host,))


def with_one_address(*, twice: bool = True) -> Network:
    """Return the host with two containers, of which db has web's address beside its own."""
    whole = with_db()
    (docker,) = whole.this.engines
    db = replace(docker.containers[0], id="d" * 64, name="db", bindings=(), endpoints=(), netns="container:db", pid=77)
    host = replace(whole.this, engines=(replace(docker, containers=(docker.containers[0], db)),))
    inner = host.namespace("container:db")
    added = (*inner.addresses, *((Address("eth0", 4, WEB, 16),) if twice else ()))
    inner = replace(inner, addresses=added)
    spaces = tuple(inner if each.name == "container:db" else each for each in host.namespaces)
    return replace(whole, hosts=(replace(host, namespaces=spaces),))


def with_bridges_address(*, equal: bool = True) -> Network:
    """Return the host whose container has the address of docker0."""
    inner = container_namespace()
    own = Address("eth0", 4, GATEWAY if equal else WEB, 16)
    return network(inner=replace(inner, addresses=(inner.addresses[0], own)))


def test_a_bridge_with_a_containers_hardware_address_keeps_its_frames() -> None:
    """The kernel says so: the world's case bridge-was-pinned-to-the-mac-address-of-the-container-14."""
    inner = with_link(container_namespace(), "eth0", mac=WEB_MAC)
    alike, other = (network(with_link(host_namespace(), "docker0", mac=mac), inner) for mac in (WEB_MAC, WEB_MAC + 1))
    fires(Case(alike, published(), ("equal-hardware-addresses",)))
    is_silent(other, published())


EQUAL = (("equal-hardware-addresses", "blocking"),) * 2

STATES: dict[str, StateCase] = {
    "another container has a container's address, too": StateCase(
        with_one_address(), (("address-held-twice", "blocking"),) * 2, with_one_address(twice=False)
    ),
    "a container has the address of its bridge": StateCase(
        with_bridges_address(), (("address-held-twice", "blocking"),), with_bridges_address(equal=False)
    ),
    "two containers have one hardware address": StateCase(
        with_equal_addresses(), EQUAL, with_equal_addresses(equal=False)
    ),
    "two containers were given one hardware address, and one of them was not read": StateCase(
        with_equal_addresses(told=True), EQUAL, with_equal_addresses(told=True, equal=False)
    ),
    "two containers were given one hardware address, and none shares the other's network": StateCase(
        with_equal_addresses(told=True), EQUAL, with_equal_addresses(told=True, shares=True)
    ),
    "an own entry for another's name leads to an address that nobody has": StateCase(
        pinning(), (("name-pinned-to-old-address", "blocking"),), pinning("172.18.0.3")
    ),
    "a line of its hosts file leads another's name to an address that nobody has": StateCase(
        written(), (("name-pinned-to-old-address", "blocking"),), written("172.18.0.3")
    ),
    "an own entry for another's name leads elsewhere, where it may be right": StateCase(
        pinning("172.17.0.2"), (("name-pinned-to-old-address", "advice"),), pinning("198.51.100.77")
    ),
    "an own entry for the host's name leads to an address that nobody has": StateCase(
        pinning("172.18.0.77", "host.docker.internal"),
        (("name-pinned-to-old-address", "blocking"),),
        pinning("host-gateway", "host.docker.internal"),
    ),
    "a network's rule stands twice, and its dockerd has live-restore": StateCase(
        restored(TWICE), COPIES, restored(TWICE, live_restore=False)
    ),
    "a container's rule does": StateCase(restored(with_rule("nat POSTROUTING", ITSELF)), COPIES, restored(ALL_RULES)),
    "of two rules of somebody's own nobody says so": StateCase(
        restored(with_rule("nat POSTROUTING", ITSELF)),
        COPIES,
        restored(with_rule("nat POSTROUTING", OWN, with_rule("nat POSTROUTING", OWN))),
    ),
    "a container that runs is unhealthy": StateCase(
        with_other("running", netns="container:web", health="unhealthy"),
        SICK,
        with_other("running", netns="container:web", health="healthy"),
    ),
    "a container in a restart loop publishes nothing": StateCase(
        with_other("restarting", exit_code=3), NOT_RUNNING, with_other("running", netns="container:web")
    ),
    "dockerd has ended under its container": StateCase(
        refusing(), (("docker-daemon-not-running", "latent"),), down(network(), state="answers")
    ),
    "its file is no JSON": StateCase(
        refusing(malformed=True), (("daemon-does-not-start-config", "latent"), ("docker-daemon-not-running", "latent"))
    ),
    "two of its options exclude each other": StateCase(
        refusing(iptables=False, icc=False),
        (("daemon-does-not-start-config", "latent"), ("docker-daemon-not-running", "latent")),
        down(network(docker=told(iptables=False)), state="answers"),
    ),
    "it is told of a bridge and of another one's address": StateCase(
        refusing(file=["bridge", "bip"]),
        (("daemon-does-not-start-config", "latent"), ("docker-daemon-not-running", "latent")),
        down(network(), state="answers"),
    ),
    "it keeps no rules, and is down": StateCase(
        refusing(iptables=False), (("docker-daemon-not-running", "latent"),), down(network(), state="answers")
    ),
    "an option is a flag and in its file": StateCase(
        refusing(flags=[["host", "fd://"]], file=["hosts"]),
        (("daemon-does-not-start-config", "latent"), ("docker-daemon-not-running", "latent")),
        down(network(), state="answers"),
    ),
} | RULE_STATES


OF_CONTAINERS: dict[str, tuple[Network, tuple[tuple[str, str], ...]]] = {
    "it is between two starts": (with_other("restarting", exit_code=3), NOT_RUNNING),
    "it ended while the host was read": (with_other("running", exit_code=3), NOT_RUNNING),
    "its start failed": (with_other("created", error="network gone not found"), NOT_RUNNING),
    "its engine has given up": (with_other("exited", "on-failure", exit_code=3, restart_count=3), NOT_RUNNING),
    "its check fails": (with_other("running", netns="container:web", health="unhealthy"), SICK),
    "its check passes": (with_other("running", netns="container:web", health="healthy"), ()),
    "its check begins": (with_other("running", netns="container:web", health="starting"), ()),
    "an unhealthy one that ended": (with_other("exited", exit_code=0, health="unhealthy"), ()),
    "it runs": (with_other("running", netns="container:web"), ()),
    "it was not read, as the question did not need it": (with_other("running", left_unread="container:job"), ()),
    "it could not be read": (with_host(with_other("running"), unread=(DENIED,)), ()),
    "somebody stopped it": (with_other("exited", exit_code=137), ()),
    "somebody stopped it, which its engine restarts after failures": (
        with_other("exited", "on-failure", exit_code=143, restart_count=1), (),
    ),
    "it ended for the first time": (with_other("exited", "no", exit_code=3), ()),
    "its start failed, and nothing wants it up": (with_other("created", "no", error="network gone not found"), ()),
    "it was never started": (with_other("created"), ()),
    "its daemon does not run": (down(with_other("exited", error="network gone not found")), LATENT),
}  # fmt: skip


@pytest.mark.parametrize(("net", "states"), OF_CONTAINERS.values(), ids=OF_CONTAINERS)
def test_a_container_that_its_policy_wants_up_and_is_not(net: Network, states: tuple[tuple[str, str], ...]) -> None:
    assert states_of(net) == states


@pytest.mark.parametrize("case", STATES.values(), ids=STATES)
def test_what_no_flow_shows(case: StateCase) -> None:
    assert states_of(case.sick) == case.states
    assert states_of(case.whole) == ()


def states_of(found: Network) -> tuple[tuple[str, str], ...]:
    """Return the states of the host with their severities."""
    return tuple(
        (cause.id, each.severity) for cause in causes_of_host(found.this) for each in cause.of_host(found.this)
    )


DOWN_WITH_TWO: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "docker-proxy ended, which held the ports of both": (
        "running", (("service docker start", "docker start web", "docker start api"),)
    ),
    "each container has ended by itself": (
        "exited", (("service docker start", "docker start web"), ("service docker start", "docker start api"))
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "commands"), DOWN_WITH_TWO.values(), ids=DOWN_WITH_TWO)
def test_a_daemon_that_does_not_run_under_two_containers(status: str, commands: tuple[tuple[str, ...], ...]) -> None:
    other = replace(container(status), id="c2", name="api", bindings=(PortBinding("tcp", 80, 8152, None, 4),))
    docker = replace(engine(container(status), other), boot=Boot("sysvinit"))
    whole = down(network(host_namespace(sockets=()), docker=docker))
    found = examine(whole, (LOCAL, asked(FromHost(), "127.0.0.1", 8152))).causes
    assert tuple(remedies(each.id, each.candidate, whole)[0].commands for each in found) == commands
    assert {flow for each in found for flow in each.flows} == {0, 1}


def test_a_lost_address_takes_no_container_out_of_the_daemons_start() -> None:
    other = replace(container(), id="c2", name="api", bindings=(PortBinding("tcp", 80, 8152, None, 4),))
    lost = without_addresses(host_namespace(sockets=()), "docker0")
    whole = down(network(lost, docker=engine(container(), other)))
    found = examine(whole, (LOCAL, asked(FromHost(), "127.0.0.1", 8152))).causes
    (commands,) = (remedies(each.id, each.candidate, whole)[0].commands for each in found)
    assert commands == ("systemctl start docker", "docker start web", "docker start api")


def test_a_bridges_address_is_given_before_the_daemon_that_gives_it_is_started() -> None:
    """A container that was paused is asked for at the daemon, which is started for that."""
    lost = without_route(without_addresses(host_namespace(ALL_RULES), "docker0"), DOCKER0_SUBNET)
    docker = replace(engine(container("paused")), live_restore=True)
    whole = down(network(lost, docker=docker))
    found = examine(whole, (published(),)).causes
    assert [each.id for each in found] == ["bridge-address-missing", "container-paused"]
    assert remedies(found[1].id, found[1].candidate, whole)[0].commands == (
        "systemctl start docker", "docker unpause web",
    )  # fmt: skip


# firewalld's zones at run time and in its files, and whether docker0 has to be bound first
ZONES: dict[str, tuple[tuple[FirewalldZone, ...], tuple[FirewalldZone, ...], bool]] = {
    "in another zone": ((FirewalldZone("public", interfaces=("docker0",)),), (FirewalldZone("docker"),), True),
    "in dockerd's zone": ((FirewalldZone("docker", interfaces=("docker0",)),), (), False),
    "in no zone": ((FirewalldZone("public", interfaces=("eth0",)),), (FirewalldZone("docker"),), False),
    "dockerd never ran beside firewalld": ((FirewalldZone("public", interfaces=("docker0",)),), (), False),
}


@pytest.mark.parametrize(("runtime", "permanent", "is_bound"), ZONES.values(), ids=ZONES)
def test_a_bridge_is_bound_to_the_zone_in_which_dockerd_wants_it(
    runtime: tuple[FirewalldZone, ...], permanent: tuple[FirewalldZone, ...], is_bound: bool
) -> None:
    docker = replace(engine(container("exited")), boot=Boot("sysvinit"))
    whole = down(network(host_namespace(sockets=()), docker=docker))
    whole = with_host(whole, firewalld=Firewalld(running=True, runtime=runtime, permanent=permanent))
    (found,) = examine(whole, (LOCAL,)).causes
    commands = remedies(found.id, found.candidate, whole)[0].commands
    binding = ("firewall-cmd --zone=docker --change-interface=docker0",)
    assert commands == (*(binding if is_bound else ()), "service docker start", "docker start web")


@pytest.mark.parametrize("node", ("node1", "node2"))
def test_dockerd_is_started_on_the_node_of_the_swarm_that_lacks_it(node: str) -> None:
    sick = ended_on(node, untold("node1"))
    (suspect,) = diagnose(sick, TO_NODE2).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, sick)
    assert {each.host for each in remedy.steps if isinstance(each, Ask)} == {node}


WAITED_FOR = with_host(failed(""), rule_tools=RuleTools(lock=(HOLDER, WAITING)))
MAKERS: dict[str, tuple[Network, tuple[str, ...]]] = {
    "the lock was held when it was started": (failed(LOCKED), ("xtables-lock-contention",)),
    "an iptables waits for the lock": (WAITED_FOR, ("xtables-lock-contention",)),
    "the kernel lacks a match": (failed(NO_MATCH), ("kernel-match-missing",)),
    "another container has the port": (failed("Bind for 0.0.0.0:8151 failed: port is already allocated"), ()),
}


@pytest.mark.parametrize(("host", "makers"), MAKERS.values(), ids=MAKERS)
def test_what_keeps_a_container_from_starting_has_made_that_it_does_not_run(
    host: Network, makers: tuple[str, ...]
) -> None:
    job = host.this.container("job")
    assert job is not None
    assert makers_told(host.this, job) == makers
    assert makers_told(host.this, container()) == ()


FLUSHERS: dict[str, tuple[Network, bool]] = {
    "all rules of a table are gone": (flushed(*CSF, sockets=()), True),
    "one rule is gone": (network(host_namespace(without("-o docker0 -j DOCKER", rules=ALL_RULES))), False),
}


@pytest.mark.parametrize(("host", "is_flushed"), FLUSHERS.values(), ids=FLUSHERS)
def test_a_manager_has_made_the_loss_of_a_whole_table_alone(host: Network, is_flushed: bool) -> None:
    suspect = diagnose(host, published()).causes[0]
    assert suspect.candidate.in_class == "lost-engine-rule"
    assert ("firewall-manager-flushed-rules" in suspect.candidate.made_by) is is_flushed


def test_a_pool_that_contains_the_hosts_name_server_is_told_with_a_free_one() -> None:
    """Measured with Docker 20.10.24: dockerd ends, and starts with the printed pool."""
    line = (
        "failed to start daemon: Error initializing network controller: list bridge addresses failed: "
        "PredefinedLocalScopeDefaultNetworks List: [192.0.2.0/24]: no available network"
    )
    found = refusing(log=(line,))
    (docker,) = found.this.engines
    pools = ((parse_address("192.0.2.0")[1], 24, 24),)
    host = replace(
        found.this,
        engines=(replace(docker, address_pools=pools),),
        files=(ConfigFile("/etc/resolv.conf", "nameserver 192.0.2.53\n"),),
    )
    full = cause_of("address-pool-exhausted")
    (state,) = full.of_host(host)
    assert "contain the name server 192.0.2.53" in str(state.candidate.title)
    ways = " | ".join(str(one) for way in state.candidate.ways for one in way.said)
    assert '"base": "10.200.0.0/16"' in ways
    assert "prune" not in ways


STUB = ConfigFile("/etc/resolv.conf", "nameserver 127.0.0.53\n")
RESOLVED = ConfigFile("/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\n")
LIST = "PredefinedLocalScopeDefaultNetworks List: [192.0.2.0/24]: no available network"


@pytest.mark.parametrize(
    ("files", "said"),
    (
        ((STUB, RESOLVED), "contain the name server 192.0.2.53 of /run/systemd/resolve/resolv.conf"),
        (
            (ConfigFile("/etc/resolv.conf", "nameserver 198.51.100.53\n"), RESOLVED),
            "overlaps block 192.0.2.0/24 of Docker's pools",
        ),
        ((STUB,), "no network and no route of this host overlaps block 192.0.2.0/24 of Docker's pools"),
    ),
)
def test_the_name_servers_are_those_that_dockerd_reads(files: tuple[ConfigFile, ...], said: str) -> None:
    found = refusing(log=(f"failed to start daemon: list bridge addresses failed: {LIST}",))
    (docker,) = found.this.engines
    pools = ((parse_address("192.0.2.0")[1], 24, 24),)
    pooled = replace(docker, address_pools=pools, networks=())
    full = cause_of("address-pool-exhausted")
    (state,) = full.of_host(replace(found.this, engines=(pooled,), files=files))
    assert said in str(state.candidate.detail)


def told_about(whole: Network, flow: Flow = LOCAL) -> str:
    """Return all sentences of the first cause, with the instruction of its first repair."""
    (cause, *_) = diagnose(whole, flow).causes
    candidate = cause.candidate
    steps = (each.advice for each in candidate.change.parts if isinstance(each, AddSocket))
    return "\n".join(map(Words("en"), filter(None, (candidate.title, candidate.detail, *candidate.advice, *steps))))


LOGGED_OUT: dict[str, object] = {"exit_code": None, "finished_at": "0001-01-01T00:00:00Z"}
LINGERING: dict[str, tuple[dict[str, object], bool | None, bool]] = {
    "the session has ended it": (LOGGED_OUT, False, True),
    "the user lingers": (LOGGED_OUT, True, False),
    "not known": (LOGGED_OUT, None, False),
    "its program failed": ({"exit_code": 1}, False, False),
    "it never started": ({"status": "created"}, False, False),
}


@pytest.mark.parametrize(("changed", "lingers", "told"), LINGERING.values(), ids=LINGERING)
def test_a_user_who_does_not_linger_loses_the_container_again(
    changed: dict[str, object], lingers: bool | None, told: bool
) -> None:
    ended_one = replace(container("exited"), **({"exit_code": 0} | changed))
    podman = replace(engine(ended_one), kind="podman", user="ann", rootless=True, lingers=lingers, networks=())
    said = told_about(network(host_namespace(sockets=()), docker=podman))
    assert ("lingering is off for ann" in said) == told
    assert ("does not know how it ended" in said) == (changed is LOGGED_OUT)
