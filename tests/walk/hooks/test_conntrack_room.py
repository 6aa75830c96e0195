import pytest
from msgspec.structs import replace

from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, Ruleset
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.hooks.conntrack_room import fill_of, maximum_of, needs_tracking
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_ADDRESS,
    HOST_NETNS,
    OUTSIDE,
    container_namespace,
    egress,
    host_namespace,
    network,
    published,
    ruleset,
    sibling,
)

NOTRACK = (
    "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp -j NOTRACK\n"
    "-A OUTPUT -p tcp -j NOTRACK\nCOMMIT\n"
)
TRACKING = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n"


def entry(number: int, *, assured: bool) -> Connection:
    forth = Tuple(CLIENT + 1, HOST_ADDRESS, UDP, 1000 + number, 53)
    status = STATUS_CONFIRMED | (STATUS_ASSURED if assured else 0)
    return Connection(4, forth, forth.reversed(), status, live=True, evidence="e9")


def with_table(namespace: Namespace, count: int, *entries: Connection, most: int | None = 100) -> Namespace:
    sysctls = namespace.sysctls.with_value(("net", "netfilter", "nf_conntrack_count"), str(count))
    sysctls = sysctls.with_value(("net", "netfilter", "nf_conntrack_buckets"), "100")
    if most is not None:
        sysctls = sysctls.with_value(("net", "netfilter", "nf_conntrack_max"), str(most))
    return replace(namespace, sysctls=sysctls, connections=(*namespace.connections, *entries))


ASSURED = tuple(entry(number, assured=True) for number in range(20))
HOST = host_namespace()
FULL = with_table(HOST, 100, *ASSURED)
BACK = Connection(
    4,
    Tuple(CLIENT, HOST_ADDRESS, UDP, 40000, 53),
    Tuple(HOST_ADDRESS, CLIENT, UDP, 53, 40000),
    STATUS_CONFIRMED,
    live=True,
    evidence="e9",
)
TO_53 = Flow(OUTSIDE, 4, HOST_ADDRESS, "udp", 53)

# network, flow, verdict, reason
CASES: dict[str, tuple[Network, Flow, str, str | None]] = {
    "at the maximum": (network(FULL), published(), "dropped", "conntrack-full"),
    "one below it": (network(with_table(HOST, 99, *ASSURED)), published(), "delivered", None),
    "no maximum": (network(with_table(HOST, 100, *ASSURED, most=0)), published(), "delivered", None),
    "the maximum was not read": (network(with_table(HOST, 100, *ASSURED, most=None)), published(), "delivered", None),
    "few entries may be evicted": (
        network(with_table(HOST, 100, *ASSURED, *(entry(30 + n, assured=False) for n in range(3)))),
        published(),
        "depends",
        "conntrack-full",
    ),
    "most entries may be evicted": (
        network(with_table(HOST, 100, *(entry(n, assured=False) for n in range(90)))),
        published(),
        "delivered",
        None,
    ),
    "what the container sends needs an entry too": (network(FULL), egress(), "dropped", "conntrack-full"),
    "an untracked packet needs none": (
        network(replace(FULL, ruleset=ruleset(NOTRACK))),
        Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 8151),
        "delivered",
        None,
    ),
    "nothing tracks": (
        network(replace(with_table(HOST, 100), ruleset=ruleset("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"), sockets=())),
        published(),
        "refused",
        "no-listener",
    ),
    "the table was not listed, a rule tracks": (
        network(replace(with_table(HOST, 100), ruleset=ruleset(TRACKING))),
        published(),
        "dropped",
        "conntrack-full",
    ),
    "a datagram that has its entry": (network(with_table(HOST, 100, *ASSURED, BACK)), TO_53, "refused", "no-listener"),
    "a datagram without": (network(FULL), TO_53, "dropped", "conntrack-full"),
}


@each_row(("of", "flow", "verdict", "reason"), CASES.values(), ids=CASES)
def test_only_what_needs_a_new_entry_is_dropped(of: Network, flow: Flow, verdict: str, reason: str | None) -> None:
    trace = walk_flow(of, flow)
    assert trace.verdict == verdict
    stops = [each.stop.reason for each in trace.branches if each.stop is not None]
    assert stops == ([reason] if reason is not None else [])


def test_the_maximum_of_the_machine_holds_in_each_namespace() -> None:
    inner = with_table(container_namespace(), 7, most=50)
    of = network(FULL, inner)
    assert maximum_of(of, Netns("test", "container:web")) == maximum_of(of, HOST_NETNS) == 100
    found = fill_of(of, sibling("container:web"))
    assert found is not None
    assert (found.count, found.most, found.full) == (7, 100, False)


def test_a_long_table_is_judged_by_its_beginning() -> None:
    listed = tuple(entry(number, assured=number % 2 == 0) for number in range(20000))
    found = fill_of(network(with_table(HOST, 60000, *listed, most=60000)), HOST_NETNS)
    assert found is not None
    assert found.evictable == 30000


TRACKING_CASES: dict[str, tuple[str, bool]] = {
    "Docker's rules": (DOCKER_RULES, True),
    "a match of the state": (
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate NEW -j DROP\nCOMMIT\n",
        True,
    ),
    "a translation": ("*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n", True),
    "empty chains of nat": ("*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n", False),
    "a match of the port": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 80 -j DROP\nCOMMIT\n", False),
    "no rules": ("", False),
}


NFT: dict[str, bool] = {
    "ct state vmap { invalid : drop }": True,
    "ct mark . tcp dport { 1 . 80 } accept": True,
    "meta mark set ct mark": True,
    "tcp dport vmap { 80 : drop }": False,
}


@pytest.mark.parametrize(("words", "needed"), NFT.items(), ids=NFT)
def test_whether_a_rule_of_nft_needs_it(words: str, needed: bool) -> None:
    tables = tables_after(f"add table ip t\nadd chain ip t c\nadd rule ip t c {words}", (), LoadingHost(), source="x")
    assert needs_tracking(Ruleset(tables), 4) is needed


@each_row(("rules", "needed"), TRACKING_CASES.values(), ids=TRACKING_CASES)
def test_whether_a_rule_needs_it(rules: str, needed: bool) -> None:
    assert needs_tracking(ruleset(rules), 4) is needed
    assert not needs_tracking(ruleset(rules), 6)
