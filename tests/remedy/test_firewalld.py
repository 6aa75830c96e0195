"""A change that firewall-cmd makes at run time is made for good with --permanent."""

from hairpin.change.calls import BindInterface, OpenPort
from tests.remedy.situations import insertion, network, remedy

RULE = insertion("INPUT", "-p tcp --dport 8151 -j ACCEPT")


def test_runtime_and_permanent() -> None:
    told = remedy(network(managed_by="firewalld"), RULE, calls=(OpenPort("public", 8151, "tcp"),))
    assert (told.id, told.commands) == ("open-firewalld-port", ("firewall-cmd --zone=public --add-port=8151/tcp",))
    assert told.persist_commands == ("firewall-cmd --permanent --zone=public --add-port=8151/tcp",)


def test_an_interface_is_put_into_its_zone_permanently() -> None:
    told = remedy(network(managed_by="firewalld"), RULE, calls=(BindInterface("docker", "docker0"),))
    assert told.persist_commands == ("firewall-cmd --permanent --zone=docker --change-interface=docker0",)


def test_a_permanent_setting_is_not_repeated() -> None:
    told = remedy(network(), RULE, calls=(OpenPort("public", 1, "tcp", permanent=True),))
    assert told.persist_commands == ()


def test_a_chain_that_the_engine_would_make_later_is_added_first() -> None:
    told = remedy(network(managed_by="firewalld"), insertion("DOCKER-USER", "-i eth0 -j ACCEPT"))
    assert told.persist_commands == (
        "firewall-cmd --permanent --direct --add-chain ipv4 filter DOCKER-USER",
        "firewall-cmd --permanent --direct --add-rule ipv4 filter DOCKER-USER 0 -i eth0 -j ACCEPT",
    )
