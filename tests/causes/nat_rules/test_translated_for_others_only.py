"""A rule translates the asked port, but not for this packet's link, client or address: its twin is the repair."""

import msgspec
import pytest

from hairpin.change.change import InsertRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.link import Address
from hairpin.host.socket import Socket
from hairpin.netfilter import ir
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.remedy.decisions import wall_of
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import asked
from tests.rule_text import with_rule
from tests.small_host import CLIENT, DOCKER_RULES, WEB_ITSELF, host_namespace, local, network
from tests.whole import one_of_each

ID = "translated-for-others-only"
SECOND = parse_address("198.51.100.12")[1]
SITE = Socket("tcp", 4, None, 9443, process="site", evidence="e4")
PROXY = Socket("tcp", 4, None, 8443, process="proxy", evidence="e4")
FROM_WEB = asked(WEB_ITSELF, "198.51.100.11", 8443)
FROM_CLIENT = asked(Outside(CLIENT), "198.51.100.11", 8443)
FROM_HOST = asked(FromHost(), "198.51.100.11", 8443)
PORT = "-p tcp -m tcp --dport 8443"
HERE = "-j REDIRECT --to-ports 9443"
NEXT_DOOR = "-j DNAT --to-destination 198.51.100.20:8443"


def ruled(rule: str, *tables: ir.Table, chain: str = "PREROUTING", sockets: tuple[Socket, ...] = (SITE,)) -> Network:
    """Return the host with two addresses, a service on port 9443 and this rule of the nat table."""
    rules = with_rule(f"nat {chain}", rule) if rule else DOCKER_RULES
    host = host_namespace(rules, routes=(local("198.51.100.12/32", "eth0"),))
    return network(
        msgspec.structs.replace(
            host,
            addresses=(*host.addresses, Address("eth0", 4, SECOND, 24)),
            sockets=(*(host.sockets or ()), *sockets),
            ruleset=msgspec.structs.replace(host.ruleset, tables=(*host.ruleset.tables, *tables)),
        )
    )


def in_own_chain(jump: str, rule: str) -> Network:
    """Return the host on which PREROUTING jumps to the chain ``OWN`` of the nat table, which has the rule."""
    rules = with_rule("nat PREROUTING", f"{jump} -j OWN")
    before, after = rules.split("*nat\n")
    held = f"{before}*nat\n:OWN - [0:0]\n" + after.replace("COMMIT", f"-A OWN {rule}\nCOMMIT", 1)
    host = host_namespace(held)
    return network(msgspec.structs.replace(host, sockets=(*(host.sockets or ()), SITE)))


def by_nft(*links: str) -> ir.Table:
    """Return a table of nftables that redirects port 8443, for packets of these links."""
    named = (ir.NameMatch("iif", links),) if links else ()
    port = ir.FieldMatch("protocol", ((6, 6),)), ir.FieldMatch("dport", ((8443, 8443),))
    rule = ir.Rule((*named, *port, ir.Nat("redirect", ports=(9443, 9443))), "a rule", 1, handle=7)
    return ir.Table("inet", "own", "nft", (ir.Chain("pre", (rule,), "prerouting", "nat", -100, "accept"),))


OPEN = ruled(f"{PORT} {HERE}")
ELSEWHERE: dict[str, Case] = {
    "the port next to it": Case(ruled(f"-i eth0 -p tcp -m tcp --dport 8444 {HERE}"), FROM_WEB, (), OPEN),
    "many ports": Case(ruled(f"-i eth0 -p tcp -m tcp --dport 1024:65535 {HERE}"), FROM_WEB, (), OPEN),
    "another protocol": Case(ruled(f"-i eth0 -p udp -m udp --dport 8443 {HERE}"), FROM_WEB, (), OPEN),
    "nothing listens where the rule leads": Case(ruled(f"-i eth0 {PORT} {HERE}", sockets=()), FROM_WEB, (), OPEN),
    "at a loopback address": Case(ruled(f"-d 127.0.0.1/32 -i lo {PORT} {HERE}"), FROM_CLIENT, (), OPEN),
    "another match fails, too": Case(ruled(f"-i eth0 {PORT} -m mark --mark 0x7 {HERE}"), FROM_WEB, (), OPEN),
    "the rule is the engine's": Case(ruled(f"-i eth0 {PORT} {HERE}", chain="DOCKER"), FROM_WEB, (), OPEN),
    "the rule is of another hook": Case(ruled(f"-i eth0 {PORT} {HERE}"), FROM_HOST, (), ruled(
        f"{PORT} {HERE}", chain="OUTPUT"),
    ),
}  # fmt: skip
CASES: dict[str, Case] = {
    "of one link": Case(ruled(f"-d 198.51.100.11/32 -i eth0 {PORT} {HERE}"), FROM_WEB, (ID,), OPEN),
    "to the machine next door": Case(
        ruled(f"-d 198.51.100.11/32 -i eth0 {PORT} {NEXT_DOOR}"), FROM_WEB, (ID,), ruled(f"{PORT} {NEXT_DOOR}"),
    ),
    "of all links but one": Case(ruled(f"! -i docker0 {PORT} {HERE}"), FROM_WEB, (ID,), OPEN),
    "of some clients": Case(ruled(f"-s 10.1.0.0/16 {PORT} {HERE}"), FROM_CLIENT, (ID,), OPEN),
    "of all clients but containers": Case(ruled(f"! -s 172.17.0.0/16 {PORT} {HERE}"), FROM_WEB, (ID,), OPEN),
    "at another address": Case(ruled(f"-d 198.51.100.12/32 {PORT} {HERE}"), FROM_CLIENT, (ID,), OPEN),
    "for the host itself, at another address": Case(
        ruled(f"-d 198.51.100.12/32 {PORT} {HERE}", chain="OUTPUT"), FROM_HOST, (ID,),
        ruled(f"{PORT} {HERE}", chain="OUTPUT"),
    ),
    "a table of nftables": Case(ruled("", by_nft("eth0")), FROM_WEB, (ID,), ruled("", by_nft())),
    "a chain of one link": Case(in_own_chain("-i eth0", f"{PORT} {HERE}"), FROM_WEB, (ID,), OPEN),
    "a rule of one link in a chain for all": Case(
        in_own_chain("-p tcp", f"-i eth0 {PORT} {HERE}"), FROM_WEB, (ID,), OPEN,
    ),
    **{
        name: msgspec.structs.replace(case, causes=("port-not-published",)) for name, case in ELSEWHERE.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_is_silent_on_the_whole_host(case: Case) -> None:
    is_silent(case.whole, case.flow)


def test_a_port_with_a_listener_is_silent() -> None:
    is_silent(ruled(f"-i eth0 {PORT} {HERE}", sockets=(SITE, PROXY)), FROM_WEB)


WEB_PORT = "-p tcp -m tcp --dport 80"
OF_WEB = asked(WEB_ITSELF, "198.51.100.11", 80)
INTERCEPTING: dict[str, tuple[Network, str]] = {
    "a proxy for the machines of another link": (ruled(f"-i br-lan {WEB_PORT} {HERE}"), "port-not-published"),
    "a proxy for some clients": (ruled(f"-s 10.1.0.0/16 {WEB_PORT} {HERE}"), "port-not-published"),
    "the host's address on another link": (ruled(f"-i br-lan -d 198.51.100.11/32 {WEB_PORT} {HERE}"), ID),
    "addresses of the host on another link": (
        ruled(f"-i br-lan -m addrtype --dst-type LOCAL {WEB_PORT} {HERE}"), ID,
    ),
    "the link of the default route": (ruled(f"-i eth0 {WEB_PORT} {HERE}"), ID),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "cause"), INTERCEPTING.values(), ids=INTERCEPTING)
def test_a_rule_for_a_proxy_tells_nothing_of_the_hosts_port(whole: Network, cause: str) -> None:
    (found,) = diagnose(whole, OF_WEB).causes
    assert found.cause == cause


def repair(whole: Network, flow: Flow) -> tuple[str, str, int | None, str]:
    """Return the title, and the chain, the position and the words of the twin."""
    (found,) = diagnose(whole, flow).causes
    (part,) = found.candidate.change.parts
    assert isinstance(part, InsertRule)
    return str(found.candidate.title), part.chain, part.position, part.rule.text


TWINS: dict[str, tuple[Network, Flow, str, str]] = {
    "link": (
        CASES["of one link"].sick, FROM_WEB, "translated for packets of eth0 only",
        f"-A PREROUTING -d 198.51.100.11 -i docker0 -p tcp --dport 8443 {HERE}",
    ),
    "excepted link": (
        CASES["of all links but one"].sick, FROM_WEB, "but not for packets of docker0",
        f"-A PREROUTING -i docker0 -d 198.51.100.11 -p tcp --dport 8443 {HERE}",
    ),
    "client": (
        CASES["of some clients"].sick, FROM_CLIENT, "translated for clients of 10.1.0.0/16 only",
        f"-A PREROUTING -s 192.0.2.10 -d 198.51.100.11 -p tcp --dport 8443 {HERE}",
    ),
    "excepted clients": (
        CASES["of all clients but containers"].sick, FROM_WEB, "but not for clients of 172.17.0.0/16",
        f"-A PREROUTING -s 172.17.0.0/16 -d 198.51.100.11 -p tcp --dport 8443 {HERE}",
    ),
    "address": (
        CASES["at another address"].sick, FROM_CLIENT, "translated at 198.51.100.12 only",
        f"-A PREROUTING -d 198.51.100.11 -p tcp --dport 8443 {HERE}",
    ),
    "nftables": (
        CASES["a table of nftables"].sick, FROM_WEB, "translated for packets of eth0 only",
        'iifname "docker0" ip daddr 198.51.100.11 tcp dport 8443 redirect to :9443',
    ),
    "chain": (
        CASES["a chain of one link"].sick, FROM_WEB, "translated for packets of eth0 only",
        f"-A PREROUTING -i docker0 -d 198.51.100.11 -p tcp --dport 8443 {HERE}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "flow", "title", "words"), TWINS.values(), ids=TWINS)
def test_the_twin_is_as_narrow_as_possible(whole: Network, flow: Flow, title: str, words: str) -> None:
    said, _, position, text = repair(whole, flow)
    assert title in said
    assert (position, text) == (1, words)


def test_a_rule_that_a_person_explained_is_a_decision() -> None:
    for comment, decided in (('-m comment --comment "partners only" ', True), ("", False)):
        whole = ruled(f"-i eth0 -p tcp -m tcp --dport 8443 {comment}{HERE}")
        (found,) = diagnose(whole, FROM_WEB).causes
        assert (wall_of(found.candidate, found.stop, whole) is not None) is decided
