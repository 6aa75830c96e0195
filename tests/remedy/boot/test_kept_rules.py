"""Rules and policies are saved by the keeper of this host's rules."""

import msgspec

from hairpin.change.change import AddChain, SetPolicy, one
from hairpin.change.simulation.simulate import simulate
from hairpin.host.managers import Unit
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Chain, FieldMatch, Nat, Rule
from hairpin.network.network import Network
from hairpin.remedy.boot.kept_rules import addresses_of_today
from hairpin.remedy.remedy import Remedy
from tests.causes.hosts import on_overlay
from tests.remedy.situations import HOST_NETNS, deletion, insertion, network, nft_insertion, remedy, said
from tests.small_host import WEB
from tests.small_host import network as small_network

DNAT = insertion(
    "OUTPUT", "-d 203.0.113.11/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 198.51.100.11", table="nat"
)
WORDS = "-d 203.0.113.11/32 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 198.51.100.11"


def kept(*files: tuple[str, str], unit: str = "", managed_by: str = "") -> Remedy:
    units = (Unit(f"{unit}.service", "active", "enabled"),) if unit else ()
    return remedy(network(*files, units=units, managed_by=managed_by), DNAT, cause="nat-loopback-on-cloud-address")


def test_debian_and_rhel_save_a_rule_in_their_files() -> None:
    for unit, path in (("netfilter-persistent", "/etc/iptables/rules.v4"), ("iptables", "/etc/sysconfig/iptables")):
        (file,) = kept(unit=unit).persist
        assert file.file == path
        (table,) = parse(file.content, family="ip", dialect="iptables-nft", source=path)
        output = table.chain("OUTPUT")
        assert output is not None
        assert [rule.text for rule in output.rules] == [f"-A OUTPUT {WORDS}"]


def test_rules_that_are_saved_already_stay() -> None:
    saved = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n"
    (file,) = kept(("/etc/iptables/rules.v4", saved), unit="netfilter-persistent").persist
    assert file.content.startswith(saved)
    assert file.before == saved


def test_firewalld_keeps_a_rule_as_a_direct_rule() -> None:
    told = kept(managed_by="firewalld")
    assert told.persist_commands == (f"firewall-cmd --permanent --direct --add-rule ipv4 nat OUTPUT 0 {WORDS}",)
    assert told.persist == ()


BEFORE = "*filter\n:ufw-before-input - [0:0]\n-A ufw-before-input -i lo -j ACCEPT\nCOMMIT\n"
OPEN = insertion("INPUT", "-p tcp -m tcp --dport 8151 -j ACCEPT")


def behind_ufw(before: str, *, loaded: bool = True) -> Network:
    """Return the host with this before.rules; ``loaded``: with ufw's chain in the kernel."""
    found = network(("/etc/ufw/before.rules", before), managed_by="ufw")
    chain = AddChain(HOST_NETNS, OPEN.dialect, "ip", "filter", "ufw-before-input")
    return simulate(one(chain), found) if loaded else found


def test_ufw_keeps_a_rule_in_a_chain_that_it_empties_at_each_reload() -> None:
    told = remedy(behind_ufw(BEFORE), OPEN)
    assert [(each.file, each.content) for each in told.persist] == [
        ("/etc/ufw/before.rules", BEFORE.replace(
            "-A ufw", "-A ufw-before-input -p tcp -m tcp --dport 8151 -j ACCEPT\n-A ufw", 1
        ))
    ]  # fmt: skip
    assert told.persist_commands == ("ufw reload",)


def test_a_reload_of_ufw_that_would_put_back_the_whole_firewall_is_left_to_a_person() -> None:
    told = remedy(behind_ufw(BEFORE, loaded=False), OPEN)
    assert [each.file for each in told.persist] == ["/etc/ufw/before.rules"]
    assert told.persist_commands == ()
    assert "`ufw reload` puts all of these rules back" in said(told)


def test_ufw_would_load_other_rules_once_more_at_each_reload() -> None:
    assert kept(("/etc/ufw/before.rules", BEFORE), managed_by="ufw").persist[0].file.startswith("/etc/systemd/system/")


def test_a_rule_that_is_saved_already_is_not_saved_again() -> None:
    told = remedy(behind_ufw(BEFORE), OPEN)
    saved = told.persist[0].content
    assert remedy(behind_ufw(saved), OPEN).persist == ()


def test_rules_that_need_the_engines_chains_wait_for_it() -> None:
    """Loaded before dockerd has made its chain, they would make the whole file fail."""
    jump = insertion("PREROUTING", "-d 203.0.113.11/32 -j DOCKER", table="nat")
    units = (Unit("netfilter-persistent.service", "active", "enabled"),)
    (file,) = remedy(network(units=units), jump).persist
    assert "After=network.target docker.service" in file.content


def test_a_rule_with_a_containers_address_of_today_is_not_kept() -> None:
    told = remedy(network(), insertion("FORWARD", "-d 172.21.0.2/32 -j ACCEPT"))
    assert told.keeping == ()
    assert "the rule names 172.21.0.2, which front keeps only until its next start" in said(told)


SAVED = """*filter
:DOCKER-USER - [0:0]
-A DOCKER-USER -s 10.0.0.0/8 -i eth0 -j RETURN
-A DOCKER-USER -i eth0 -j DROP
COMMIT
"""
HOLE = insertion("DOCKER-USER", "-i eth0 -p tcp -m tcp --dport 80 -j RETURN")


def filled(path: str, text: str = SAVED, *, managed_by: str = "") -> Network:
    """Return the host whose DOCKER-USER has what the file says, in iptables' order of words."""
    found = network((path, text), managed_by=managed_by)
    drop, allowed = ("-i eth0 -j DROP", "-i eth0 -s 10.0.0.0/8 -j RETURN")
    for words in (drop, allowed):
        found = simulate(one(insertion("DOCKER-USER", words)), found)
    return found


def test_a_rule_of_a_chain_that_a_saved_file_fills_is_kept_in_that_file() -> None:
    told = remedy(filled("/etc/iptables/rules.v4"), HOLE)
    wanted = SAVED.replace("-A", f"{HOLE.rule.text}\n-A", 1)
    assert [(each.file, each.content) for each in told.persist] == [("/etc/iptables/rules.v4", wanted)]
    assert "Loading the file restores only the rules in it" in said(told)


def test_a_file_that_a_tool_writes_is_left_to_its_owner() -> None:
    told = remedy(filled("/etc/iptables/rules.v4", f"# Managed by Puppet\n{SAVED}"), HOLE)
    assert told.persist == ()
    assert f"needs `+{HOLE.rule.text}` (line 4). The file says" in said(told)
    assert "The file says “Managed by Puppet”" in said(told)


def test_a_file_that_somebody_has_saved_is_nobodys_but_the_administrators() -> None:
    saved = f"# Generated by iptables-save v1.8.9 (nf_tables) on Sat Nov  1 10:00:00 2025\n{SAVED}"
    told = remedy(filled("/etc/iptables/rules.v4", saved), HOLE)
    assert [each.file for each in told.persist] == ["/etc/iptables/rules.v4"]


def test_a_saved_file_that_nothing_has_loaded_is_not_the_place() -> None:
    told = remedy(filled("/etc/iptables/rules.v4", SAVED.replace("eth0", "eth7")), HOLE)
    assert told.persist[0].file.startswith("/etc/systemd/system/")


def test_ufws_file_that_fills_the_chain_gets_the_rule_in_the_section_that_empties_it() -> None:
    own = "*filter\n:ufw-after-input - [0:0]\nCOMMIT\n"
    told = remedy(filled("/etc/ufw/after.rules", own + SAVED, managed_by="ufw"), HOLE)
    wanted = own + SAVED.replace("-A", f"{HOLE.rule.text}\n-A", 1)
    assert [(each.file, each.content) for each in told.persist] == [("/etc/ufw/after.rules", wanted)]
    assert told.persist_commands == ("ufw reload",)


def with_chain(found: Network, name: str = "CORP_FWI") -> Network:
    """Return the host with a chain that FORWARD leads to, and no engine makes."""
    own = found.namespace(HOST_NETNS)
    tables = tuple(
        msgspec.structs.replace(each, chains=(*each.chains, Chain(name, ())))
        if (each.family, each.name) == ("ip", "filter")
        else each
        for each in own.ruleset.tables
    )
    ruleset = msgspec.structs.replace(own.ruleset, tables=tables)
    return found.with_namespace(HOST_NETNS, msgspec.structs.replace(own, ruleset=ruleset))


def test_a_rule_in_a_chain_that_nobody_known_makes_is_not_kept() -> None:
    """At boot the unit may run before the chain is there."""
    rule = insertion("CORP_FWI", "-o docker0 -j ACCEPT")
    told = remedy(with_chain(network()), rule)
    assert told.keeping == ()
    assert "save the rule in the file that makes chain CORP_FWI at boot" in said(told)
    units = (Unit("netfilter-persistent.service", "active", "enabled"),)
    saved = ("/etc/iptables/rules.v4", "*filter\n:CORP_FWI - [0:0]\nCOMMIT\n")
    (file,) = remedy(with_chain(network(saved, units=units)), rule).persist
    assert "-A CORP_FWI -o docker0 -j ACCEPT" in file.content


def test_a_rule_in_a_chain_that_a_program_writes_anew_is_not_kept() -> None:
    rule = insertion("LIBVIRT_FWI", "-o docker0 -j ACCEPT")
    saved = ("/etc/iptables/rules.v4", "*filter\n:LIBVIRT_FWI - [0:0]\nCOMMIT\n")
    units = (Unit("netfilter-persistent.service", "active", "enabled"),)
    told = remedy(with_chain(network(saved, units=units), "LIBVIRT_FWI"), rule)
    assert (told.keeping, told.persist) == ((), ())
    assert "libvirt writes chain LIBVIRT_FWI anew" in said(told)


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
    assert "is lost when the container stops" in said(told)


RULES = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s 192.0.2.0/24 -j DROP\n-A FORWARD -j REJECT\nCOMMIT\n"
DROP = deletion("FORWARD", "-s 192.0.2.0/24 -j DROP")


def test_a_rule_is_deleted_from_the_saved_rules() -> None:
    told = remedy(network(("/etc/sysconfig/iptables", RULES)), DROP)
    (file,) = told.persist
    assert (file.file, file.before) == ("/etc/sysconfig/iptables", RULES)
    assert file.content == RULES.replace("-A FORWARD -s 192.0.2.0/24 -j DROP\n", "")
    assert told.commands == ("iptables -D FORWARD -s 192.0.2.0/24 -j DROP",)


def test_two_rules_are_deleted_from_one_file() -> None:
    (file,) = remedy(network(("/etc/iptables/rules.v4", RULES)), DROP, deletion("FORWARD", "-j REJECT")).persist
    assert file.content == "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
    assert file.before == RULES


def test_files_of_the_other_family_are_left_alone() -> None:
    assert remedy(network(("/etc/iptables/rules.v6", RULES)), DROP).persist == ()


def test_a_rule_that_no_file_holds_has_advice_to_find_its_writer() -> None:
    assert "ask before you delete it" in said(remedy(network(), DROP))


def test_a_native_rule_is_deleted_from_its_script() -> None:
    script = "table inet f {\n chain forward {\n  ip saddr 192.0.2.0/24 drop\n }\n}\n"
    native = deletion("forward", "ip saddr 192.0.2.0/24 drop", table="f", family="inet", dialect="nft")
    told = remedy(network(("/etc/nftables.conf", script)), native)
    assert told.persist[0].content == "table inet f {\n chain forward {\n }\n}\n"
    assert told.commands == ("nft delete rule inet f forward handle 7",)
    owned = remedy(network(("/etc/nftables.conf", f"# managed by salt\n{script}")), native)
    assert owned.persist == ()
    assert "/etc/nftables.conf brings the rule back" in said(owned)


def test_no_file_of_the_host_keeps_a_rule_of_a_container() -> None:
    told = remedy(
        network(("/etc/iptables/rules.v4", RULES)),
        msgspec.structs.replace(DROP, netns=HOST_NETNS.sibling("container:front")),
    )
    assert told.persist == ()
    assert "inside a container" in said(told)


FORWARD = SetPolicy(HOST_NETNS, Place("iptables-nft", "ip", "filter", "FORWARD", 0, "-P FORWARD DROP"), "accept")


def test_a_policy_is_set_in_the_saved_rules() -> None:
    saved = "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
    told = remedy(network(("/etc/iptables/rules.v4", saved)), FORWARD)
    assert told.id == "set-policy"
    assert told.commands == ("iptables -P FORWARD ACCEPT",)
    assert told.persist[0].content == "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"


def test_a_policy_is_set_in_ufws_defaults() -> None:
    defaults = 'IPV6=yes\nDEFAULT_FORWARD_POLICY="DROP"\n'
    (file,) = remedy(network(("/etc/default/ufw", defaults), managed_by="ufw"), FORWARD).persist
    assert (file.file, file.content) == ("/etc/default/ufw", 'IPV6=yes\nDEFAULT_FORWARD_POLICY="ACCEPT"\n')


def test_a_policy_that_no_file_sets() -> None:
    told = remedy(network(), FORWARD)
    assert told.persist == ()
    assert "no saved ruleset that hairpin read sets the policy of filter FORWARD" in said(told)


FRONT = 0xAC150002
"""172.21.0.2"""


def test_rules_that_match_or_lead_to_a_container() -> None:
    host = network().this
    for body in ((FieldMatch("daddr4", ((FRONT, FRONT),)),), (Nat("dnat", (FRONT, FRONT), (80, 80), version=4),)):
        assert list(addresses_of_today(Rule(body, "", 1), host)) == [("172.21.0.2", "front")]


def test_a_rule_that_leads_to_a_container_on_swarms_bridge() -> None:
    host = small_network(docker=on_overlay()).this
    assert list(addresses_of_today(Rule((FieldMatch("daddr4", ((WEB, WEB),)),), "", 1), host)) == [
        ("172.17.0.2", "web")
    ]


def test_other_rules_stay_true() -> None:
    host = network().this
    subnet = FieldMatch("daddr4", ((FRONT - 2, FRONT + 253),))
    own = FieldMatch("daddr4", ((0xC633640B, 0xC633640B),))
    assert [*addresses_of_today(Rule((subnet,), "", 1), host), *addresses_of_today(Rule((own,), "", 1), host)] == []
