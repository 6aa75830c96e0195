"""A host that a user without root has read is completed with the rules that its engine makes."""

from pathlib import Path

from hairpin.evidence.file import read
from hairpin.evidence.reading import HOST
from hairpin.host.host import Host
from hairpin.host.read.parse import parse
from hairpin.network.prefix import address_text
from hairpin.suppose.without_root import supposing_unread, with_insides

RECORDED = Path(__file__).parents[1] / "fixtures" / "without_root" / "group"


def test_rules_are_the_engines_and_what_was_read_stays() -> None:
    evidence = read(RECORDED / "healthy-plain.hairpin")
    before = parse(evidence)
    after = supposing_unread(before, evidence)
    own, read_ = after.namespace(HOST), before.namespace(HOST)
    table = own.ruleset.table("ip", "nat")
    assert table is not None
    docker = table.chain("DOCKER")
    assert docker is not None
    assert any("8151" in rule.text for rule in docker.rules)
    assert read_.ruleset.tables == ()
    assert (own.sockets, own.sysctls, own.routes, own.addresses) == (
        read_.sockets, read_.sysctls, read_.routes, read_.addresses
    )  # fmt: skip
    assert after.is_partly_read
    assert not after.is_of_text
    assert after.told is not None
    assert after.told.proves(HOST, "sockets")
    assert not after.told.proves(HOST, "ruleset")


def _host(name: str) -> Host:
    return parse(read(RECORDED / f"{name}.hairpin"))


def test_a_link_for_each_network_of_the_container() -> None:
    before = _host("healthy-two-networks")
    after = with_insides(before)
    inner = after.namespace("container:web")
    assert [each.name for each in inner.links] == ["lo", "eth0", "eth1"]
    own = {each.index: each for each in after.namespace("host").links}
    ports = [own[each.peer_index or 0] for each in inner.links[1:]]
    assert len({each.master for each in ports}) == 2
    assert [each.peer_index for each in ports] == [each.index for each in inner.links[1:]]
    (way_out,) = (each for each in inner.routes if not each.prefix_length)
    assert way_out.next_hops[0].link in ("eth0", "eth1")


def test_addresses_are_the_engines_and_sockets_are_as_read() -> None:
    before = _host("service-listens-on-other-port")
    inner = with_insides(before).namespace("container:web")
    given = {address_text(each.value, each.version) for each in inner.addresses}
    assert given == {"127.0.0.1", "172.17.0.2"}
    assert inner.sockets == before.namespace("container:web").sockets
    assert 8080 in {each.port for each in inner.sockets}


def test_a_namespace_that_was_read_stays() -> None:
    once = with_insides(_host("healthy-plain"))
    assert with_insides(once) is once
