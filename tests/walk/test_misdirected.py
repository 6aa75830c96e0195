"""A flow that something else answers than the asked container."""

import msgspec

from hairpin.host.docker import Endpoint, PinnedName
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import DB, asked, beside, with_host
from tests.rows import each_row
from tests.rule_text import with_policy, with_rule
from tests.small_host import DOCKER_RULES, WEB_ITSELF, container, local, published, ruleset

HTTPD = Socket("tcp", 4, None, 80, process="httpd", pid=9)
OWN = Socket("tcp", 4, None, 3000, process="nginx", pid=11)
ACCEPTING = with_policy("FORWARD", "ACCEPT")
OF_WEB = msgspec.structs.replace(published(), container="web", purpose="published")
TO_DB = "-p tcp --dport 8151 -j DNAT --to-destination 172.17.0.3:80"
OUTSIDE = "-p tcp --dport 8151 -j DNAT --to-destination 198.51.100.50:80"
TO_PROCESS = "-p tcp --dport 8151 -j REDIRECT --to-ports 3000"
BALANCED = "-p tcp --dport 8151 -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 172.17.0.3:80"


def ruled(rules: str) -> Network:
    """Return the host with two containers, ``web`` and ``db``, which both serve port 80, and with these rules."""
    whole = beside((HTTPD,), (HTTPD,))

    def with_rules(each: Namespace) -> Namespace:
        if each.name != "host":
            return each
        return msgspec.structs.replace(each, ruleset=ruleset(rules), sockets=(*each.sockets, OWN))

    return with_host(whole, namespaces=tuple(map(with_rules, whole.this.namespaces)))


def as_replicas(whole: Network) -> Network:
    """Return the host whose two containers are replicas of one Compose service."""
    (docker,) = whole.this.engines
    alike = tuple(msgspec.structs.replace(each, service="app", project="shop") for each in docker.containers)
    return with_host(whole, engines=(msgspec.structs.replace(docker, containers=alike),))


def stopped(whole: Network) -> Network:
    """Return the host whose container ``web`` has ended."""
    (docker,) = whole.this.engines
    others = docker.containers[1:]
    return with_host(whole, engines=(msgspec.structs.replace(docker, containers=(container("exited"), *others)),))


LED = ruled(with_rule("nat DOCKER", TO_DB, ACCEPTING))
FORGOTTEN = ruled(with_rule("nat PREROUTING", OUTSIDE, ACCEPTING))

# the host, the flow, the verdict, what answers instead
ANSWERS: dict[str, tuple[Network, Flow, str, str]] = {
    "the asked container": (ruled(DOCKER_RULES), OF_WEB, "delivered", ""),
    "another container": (LED, OF_WEB, "misdirected", "db"),
    "another container, and nobody asked for a container": (LED, published(), "delivered", ""),
    "another container, and the asked one has ended": (stopped(LED), OF_WEB, "delivered", ""),
    "a replica of the asked container": (as_replicas(LED), OF_WEB, "delivered", ""),
    "another container for some connections": (
        ruled(with_rule("nat DOCKER", BALANCED, ACCEPTING)), OF_WEB, "delivered", "",
    ),
    "another machine": (FORGOTTEN, OF_WEB, "misdirected", "198.51.100.50"),
    "another machine, and nobody asked for a container": (FORGOTTEN, published(), "leaves", ""),
    "a process of the host": (
        ruled(with_rule("nat PREROUTING", TO_PROCESS, ACCEPTING)), OF_WEB, "misdirected", "nginx",
    ),
    "another container at the asked container's own address": (
        ruled(with_rule("nat OUTPUT", "-d 172.17.0.2/32 -j DNAT --to-destination 172.17.0.3", ACCEPTING)),
        msgspec.structs.replace(asked(FromHost(), "172.17.0.2", 80), container="web"), "misdirected", "db",
    ),
}  # fmt: skip


@each_row(("net", "flow", "verdict", "other"), ANSWERS.values(), ids=ANSWERS)
def test_what_answers(net: Network, flow: Flow, verdict: str, other: str) -> None:
    trace = walk_flow(net, flow)
    stop = trace.usual.stop
    assert (trace.verdict, stop.answered_by if stop is not None else "") == (verdict, other)


def test_a_process_at_the_other_loopback_address_answers_for_localhost() -> None:
    beside_it = Socket("tcp", 6, 1, 8151, v6only=True, process="vite", pid=12)
    whole = ruled(DOCKER_RULES)
    host = whole.this.namespaces[0]
    with_second = msgspec.structs.replace(
        host,
        addresses=(*host.addresses, Address("lo", 6, 1, 128)),
        routes=(*host.routes, local("::1/128", "lo")),
        sockets=(*host.sockets, beside_it),
    )
    built = with_host(whole, namespaces=(with_second, *whole.this.namespaces[1:]))
    flow = msgspec.structs.replace(published(FromHost(), "::1"), container="web")
    trace = walk_flow(built, flow)
    assert trace.verdict == "misdirected"
    assert trace.usual.stop is not None
    assert trace.usual.stop.answered_by == "vite"


def test_another_container_has_the_address_that_the_senders_file_gives_the_name() -> None:
    whole = ruled(ACCEPTING)
    (docker,) = whole.this.engines
    web, cache = docker.containers
    pinned = msgspec.structs.replace(web, pinned=(PinnedName("store", 4, DB),), extra_names=("store",))
    moved = msgspec.structs.replace(
        cache, id="e" * 64, name="store", netns="container:elsewhere", endpoints=(Endpoint("bridge", "n1", DB + 6, 16),)
    )
    cache = msgspec.structs.replace(cache, name="cache")
    built = with_host(whole, engines=(msgspec.structs.replace(docker, containers=(pinned, cache, moved)),))
    flow = msgspec.structs.replace(asked(WEB_ITSELF, "172.17.0.3", 80), container="store")
    trace = walk_flow(built, flow)
    assert (trace.verdict, trace.usual.stop and trace.usual.stop.answered_by) == ("misdirected", "cache")
    by_address = msgspec.structs.replace(flow, container="cache")
    assert walk_flow(built, by_address).verdict == "delivered"
