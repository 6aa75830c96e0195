"""A change that firewall-cmd makes at run time is made for good with --permanent."""

import msgspec
import pytest

from hairpin.change.calls import AddRichRule, BindInterface, OfFirewalld, OpenPort, TrustSource
from hairpin.host.managers import DirectRule, Firewalld, FirewalldZone
from hairpin.network.network import Network
from tests.remedy.situations import deletion, insertion, network, remedy, said
from tests.rows import each_row

RULE = insertion("INPUT", "-p tcp --dport 8151 -j ACCEPT")


def test_runtime_and_permanent() -> None:
    told = remedy(network(managed_by="firewalld"), RULE, calls=(OpenPort("public", 8151, "tcp"),))
    assert (told.id, told.commands) == ("open-firewalld-port", ("firewall-cmd --zone=public --add-port=8151/tcp",))
    assert told.persist_commands == ("firewall-cmd --permanent --zone=public --add-port=8151/tcp",)


def test_an_interface_is_put_into_its_zone_permanently() -> None:
    told = remedy(network(managed_by="firewalld"), RULE, calls=(BindInterface("docker", "docker0"),))
    assert told.persist_commands == ("firewall-cmd --permanent --zone=docker --change-interface=docker0",)


KEPT = FirewalldZone(
    "public", ports=("8151/tcp",), interfaces=("docker0",), rich_rules=('rule service name="ssh" accept',)
)
TRUSTED = FirewalldZone("trusted", sources=("172.17.0.0/16",))
HELD: dict[str, tuple[OfFirewalld, OfFirewalld]] = {
    "port": (OpenPort("public", 8151, "tcp"), OpenPort("public", 8151, "udp")),
    "interface": (BindInterface("public", "docker0"), BindInterface("trusted", "docker0")),
    "source": (TrustSource("172.17.0.0/16"), TrustSource("172.18.0.0/16")),
    "rich rule": (
        AddRichRule("zone", "public", 'rule  service name="ssh" accept'),
        AddRichRule("zone", "trusted", 'rule service name="ssh" accept'),
    ),
}


@pytest.mark.parametrize(("held", "new"), HELD.values(), ids=HELD)
def test_what_the_files_have_already_is_not_written_and_so_not_taken_back(held: OfFirewalld, new: OfFirewalld) -> None:
    """It was lost at run time alone."""
    managed = network(managed_by="firewalld")
    firewalld = Firewalld(running=True, permanent=(KEPT, TRUSTED))
    managed = managed.with_host(msgspec.structs.replace(managed.this, firewalld=firewalld))
    told = remedy(managed, RULE, calls=(held,))
    assert told.persist_commands == ()
    assert "firewalld's files already contain this" in said(told)
    told = remedy(managed, RULE, calls=(new,))
    assert len(told.persist_commands) == 1
    assert "without --permanent" in said(told)


def test_a_permanent_setting_is_not_repeated() -> None:
    told = remedy(network(), RULE, calls=(OpenPort("public", 1, "tcp", permanent=True),))
    assert told.persist_commands == ()


def test_a_chain_that_the_engine_would_make_later_is_added_first() -> None:
    told = remedy(network(managed_by="firewalld"), insertion("DOCKER-USER", "-i eth0 -j ACCEPT"))
    assert told.persist_commands == (
        "firewall-cmd --permanent --direct --add-chain ipv4 filter DOCKER-USER",
        "firewall-cmd --permanent --direct --add-rule ipv4 filter DOCKER-USER 0 -i eth0 -j ACCEPT",
    )


def with_direct(*direct: DirectRule) -> Network:
    managed = network(managed_by="firewalld")
    firewalld = Firewalld(running=True, direct=direct)
    return managed.with_host(msgspec.structs.replace(managed.this, firewalld=firewalld))


WORDS = "-p tcp --dport 8151 -j ACCEPT"
DROPS = DirectRule("ip", "filter", "INPUT", "-p tcp --dport 8151 -j DROP")


@each_row(
    ("direct", "priority"),
    (
        ((), 0),
        ((DROPS,), -1),
        ((msgspec.structs.replace(DROPS, priority=7), msgspec.structs.replace(DROPS, priority=5, words="-j LOG")), 4),
        ((msgspec.structs.replace(DROPS, chain="FORWARD"), msgspec.structs.replace(DROPS, family="ip6")), 0),
        ((msgspec.structs.replace(DROPS, priority=None),), 0),
    ),
)
def test_a_rule_comes_before_the_direct_rules_that_are_there(direct: tuple[DirectRule, ...], priority: int) -> None:
    told = remedy(with_direct(*direct), insertion("INPUT", WORDS))
    assert told.persist_commands == (
        f"firewall-cmd --permanent --direct --add-rule ipv4 filter INPUT {priority} {WORDS}",
    )


def test_a_direct_rule_that_is_there_is_not_added_again() -> None:
    assert remedy(with_direct(msgspec.structs.replace(DROPS, words=WORDS)), insertion("INPUT", WORDS)).keeping == ()


def test_a_chain_of_firewallds_own_is_named_as_its_built_in_one() -> None:
    told = remedy(with_direct(), insertion("INPUT_direct", WORDS))
    assert told.persist_commands == (f"firewall-cmd --permanent --direct --add-rule ipv4 filter INPUT 0 {WORDS}",)


def test_a_direct_rule_is_deleted_in_firewallds_file() -> None:
    gone = deletion("INPUT", "-p tcp -m tcp --dport 8151 -j DROP")
    told = remedy(with_direct(DROPS), gone)
    command = "firewall-cmd --permanent --direct --remove-rule ipv4 filter INPUT 0 -p tcp --dport 8151 -j DROP"
    assert told.persist_commands == (command,)
    assert remedy(with_direct(msgspec.structs.replace(DROPS, priority=None)), gone).persist_commands == ()
