"""Tables that are there, as JSON."""

from hairpin.netfilter.ir import Chain, Element, Jump, Map, NameKey, NatElement, NumberKey, Set, Verdict, VerdictElement
from hairpin.netfilter.nft.script.held import chain_of, declared_map, declared_set
from hairpin.netfilter.nft.sets import named_map, named_set

SET = Set("s", "ipv4_addr . ifname", (Element((NumberKey(1, 5), NameKey("eth0"))),))
VERDICTS = Map("v", "icmp_type : verdict", (
    VerdictElement((NumberKey(0x800, 0x8FF),), Jump("c", goto=True)), VerdictElement((), Verdict("drop")),
))  # fmt: skip
NAT = Map("n", "inet_service : ipv4_addr . inet_service", (NatElement((NumberKey(80, 80),), (9, 9), (1, 2)),))


def test_sets_and_maps_read_as_they_were() -> None:
    assert named_set(declared_set(SET), "ip", frozenset()) == SET
    assert named_map(declared_map(VERDICTS), "ip") == (VERDICTS, True)
    assert named_map(declared_map(NAT), "ip") == (NAT, True)


def test_chains() -> None:
    assert chain_of(Chain("c", ())) == {"name": "c"}
    base = Chain("c", (), "ingress", "filter", -5, "drop", ("eth0",))
    assert chain_of(base) == {
        "name": "c", "hook": "ingress", "type": "filter", "prio": -5, "policy": "drop", "dev": ["eth0"]}  # fmt: skip
