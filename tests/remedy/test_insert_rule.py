"""A rule of the administrator's own is kept by whatever manages this host."""

import msgspec

from hairpin.host.managers import Unit
from hairpin.netfilter.iptables.save import parse
from hairpin.remedy.remedy import Remedy
from tests.remedy.situations import HOST_NETNS, insertion, network, nft_insertion, remedy, said

DNAT = insertion(
    "OUTPUT", "-d 203.0.113.11/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 198.51.100.11", table="nat"
)
WORDS = "-d 203.0.113.11/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 198.51.100.11"


def kept(*files: tuple[str, str], unit: str = "", managed_by: str = "") -> Remedy:
    units = (Unit(f"{unit}.service", "active", "enabled"),) if unit else ()
    return remedy(network(*files, units=units, managed_by=managed_by), DNAT, cause="nat-loopback-on-cloud-address")


def test_debian_and_rhel_save_it_in_their_files() -> None:
    for unit, path in (("netfilter-persistent", "/etc/iptables/rules.v4"), ("iptables", "/etc/sysconfig/iptables")):
        (file,) = kept(unit=unit).persist
        assert file.file == path
        (table,) = parse(file.content, family="ip", dialect="iptables-nft", source=path)
        output = table.chain("OUTPUT")
        assert output is not None
        assert [rule.text for rule in output.rules] == [f"-A OUTPUT {WORDS}"]


def test_what_is_saved_already_stays() -> None:
    saved = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n"
    (file,) = kept(("/etc/iptables/rules.v4", saved), unit="netfilter-persistent").persist
    assert file.content.startswith(saved)
    assert file.before == saved


def test_firewalld_keeps_it_as_a_direct_rule() -> None:
    told = kept(managed_by="firewalld")
    assert told.persist_commands == (f"firewall-cmd --permanent --direct --add-rule ipv4 nat OUTPUT 0 {WORDS}",)
    assert told.persist == ()


def test_ufw_keeps_it_in_before_rules() -> None:
    told = kept(managed_by="ufw")
    assert told.persist[0].file == "/etc/ufw/before.rules"
    assert told.persist_commands == ("ufw reload",)


def test_where_nobody_saves_rules_a_unit_makes_this_one() -> None:
    told = kept()
    (file,) = told.persist
    assert file.file == "/etc/systemd/system/hairpin-nat-loopback-on-cloud-address.service"
    assert f"ExecStart=/bin/sh -c '{told.commands[0]}'" in file.content
    assert "After=network.target docker.service" in file.content
    assert told.persist_commands == ("systemctl enable hairpin-nat-loopback-on-cloud-address.service",)


def test_the_order_of_several_rules_holds() -> None:
    first, second = insertion("INPUT", "-p tcp --dport 1 -j ACCEPT"), insertion("INPUT", "-p tcp --dport 2 -j ACCEPT")
    units = (Unit("netfilter-persistent.service", "active", "enabled"),)
    (file,) = remedy(network(units=units), first, second).persist
    assert file.content.index("--dport 1") < file.content.index("--dport 2")


def test_native_rules_and_containers_get_a_sentence() -> None:
    assert "ct status dnat accept" in said(remedy(network(), nft_insertion("ct status dnat accept")))
    inside = msgspec.structs.replace(DNAT, netns=HOST_NETNS.sibling("container:front"))
    told = remedy(network(), inside)
    assert told.persist == ()
    assert "gone with the container" in said(told)
