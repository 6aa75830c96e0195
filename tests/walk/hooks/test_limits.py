"""A limit is exceeded if the kernel's list says so now; where the list does not say it, the walk forks as before."""

import msgspec

from hairpin.host.limit_state import HashBucket, LimitState, RecentAddress
from hairpin.netfilter.ir import STATUS_CONFIRMED, STATUS_SEEN_REPLY
from hairpin.netfilter.packet import TCP, Connection, Tcp, TcpState, Tuple
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import CLIENT, HOST_ADDRESS, WEB, host_namespace, network, published

NOW = 1_000_000
UNLISTED = LimitState()
ABOVE_2 = "-p tcp -m connlimit --connlimit-above 2 -j DROP"
BELOW_2 = "-p tcp -m connlimit --connlimit-upto 2 -j RETURN"
BANNED = "-m recent --rcheck --name BAN --rsource -j DROP"
OFTEN = "-m recent --update --seconds 10 --hitcount 2 --name BAN --rsource -j DROP"
RATE = (
    "-p tcp -m hashlimit --hashlimit-above 2/min --hashlimit-burst 2 --hashlimit-mode srcip "
    "--hashlimit-srcmask 24 --hashlimit-name H -j DROP"
)


def limited(*rules: str, state: LimitState = UNLISTED, entries: tuple[Connection, ...] = ()) -> Network:
    text = with_rule("filter DOCKER-USER", rules[0])
    for rule in rules[1:]:
        text = with_rule("filter DOCKER-USER", rule, text)
    return network(msgspec.structs.replace(host_namespace(text), limits=state, connections=entries))


def open_(number: int, *, client: int = CLIENT, to: int = 8151, state: TcpState = "ESTABLISHED") -> Connection:
    forth = Tuple(client, HOST_ADDRESS, TCP, 50000 + number, to)
    reply = Tuple(WEB, client, TCP, 80, 50000 + number)
    return Connection(4, forth, reply, STATUS_CONFIRMED | STATUS_SEEN_REPLY, tcp=Tcp(state), live=True, evidence="e9")


def seen(*ago_s: int, client: int = CLIENT, ticks: int | None = 100) -> LimitState:
    stamps = tuple(NOW - each * 100 for each in ago_s)
    return LimitState((RecentAddress("BAN", 4, client, stamps),), (), NOW, ticks, "e8")


def bucket(credit: int, saddr: int = CLIENT & ~0xFF) -> LimitState:
    return LimitState((), (HashBucket("H", 4, saddr, 0, 0, 0, credit, 10),), evidence="e8")


TWO = (open_(1), open_(2))
CASES: dict[str, tuple[Network, str]] = {
    "two are open, two may be": (limited(ABOVE_2, entries=TWO), "dropped"),
    "one is": (limited(ABOVE_2, entries=TWO[:1]), "delivered"),
    "of another client": (limited(ABOVE_2, entries=(open_(1), open_(2, client=CLIENT + 1))), "delivered"),
    "one is closing": (limited(ABOVE_2, entries=(open_(1), open_(2, state="TIME_WAIT"))), "delivered"),
    "above, the rest is dropped": (limited("-i eth0 -j DROP", BELOW_2, entries=TWO), "dropped"),
    "below, the rest is dropped": (limited("-i eth0 -j DROP", BELOW_2), "delivered"),
    "banned": (limited(BANNED, state=seen(9999)), "dropped"),
    "another is banned": (limited(BANNED, state=seen(9, client=CLIENT + 1)), "delivered"),
    "the list is empty": (limited(BANNED), "delivered"),
    "twice in ten seconds": (limited(OFTEN, state=seen(3, 5)), "dropped"),
    "once of late": (limited(OFTEN, state=seen(3, 50)), "delivered"),
    "once of late, and now": (limited(OFTEN, "-m recent --set --name BAN --rsource", state=seen(3, 50)), "dropped"),
    "now, but in another list": (limited(OFTEN, "-m recent --set --name X --rsource", state=seen(3)), "delivered"),
    "the kernel's clock was not read": (limited(OFTEN, state=seen(3, 5, ticks=None)), "delivered"),
    "the bucket is empty": (limited(RATE, state=bucket(9)), "dropped"),
    "it has credit": (limited(RATE, state=bucket(10)), "delivered"),
    "that of another network is": (limited(RATE, state=bucket(0, saddr=0)), "delivered"),
}


@each_row(("of", "verdict"), CASES.values(), ids=CASES)
def test_what_is_above_its_limit_now_is_dropped(of: Network, verdict: str) -> None:
    assert walk_flow(of, published()).verdict == verdict


def test_the_kernel_may_not_have_counted_an_open_connection() -> None:
    """xt_connlimit counts a connection when a packet of it reaches the rule, and lists its counts nowhere."""
    counted = walk_flow(limited("-p tcp --syn -m connlimit --connlimit-above 2 -j DROP", entries=TWO), published())
    assert [each.verdict for each in counted.branches] == ["dropped", "delivered"]
    banned = walk_flow(limited("-p tcp --syn " + BANNED, state=seen(9)), published())
    assert [each.verdict for each in banned.branches] == ["dropped"]


def test_below_its_limit_a_flow_passes_as_long_as_it_stays_there() -> None:
    found = walk_flow(limited("-p tcp --syn " + OFTEN), published()).bounds
    assert [str(each.bound) for each in found] == ["fewer than 2 new connections in 10 s come from one address"]
    assert walk_flow(limited("-p tcp -m limit --limit 3/min -j LOG"), published()).bounds == ()
    assert walk_flow(limited(OFTEN, state=seen(3, 5)), published()).bounds == ()
