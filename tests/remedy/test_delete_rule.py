"""A deleted rule is taken out of the file that would bring it back; when none does, that is said."""

import msgspec

from tests.remedy.situations import HOST_NETNS, deletion, network, remedy, said

RULES = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -s 192.0.2.0/24 -j DROP\n-A FORWARD -j REJECT\nCOMMIT\n"
DROP = deletion("FORWARD", "-s 192.0.2.0/24 -j DROP")


def test_out_of_the_saved_rules() -> None:
    told = remedy(network(("/etc/sysconfig/iptables", RULES)), DROP)
    (file,) = told.persist
    assert (file.file, file.before) == ("/etc/sysconfig/iptables", RULES)
    assert file.content == RULES.replace("-A FORWARD -s 192.0.2.0/24 -j DROP\n", "")
    assert told.commands == ("iptables -D FORWARD -s 192.0.2.0/24 -j DROP",)


def test_two_rules_out_of_one_file() -> None:
    (file,) = remedy(network(("/etc/iptables/rules.v4", RULES)), DROP, deletion("FORWARD", "-j REJECT")).persist
    assert file.content == "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
    assert file.before == RULES


def test_files_of_the_other_family_are_left_alone() -> None:
    assert remedy(network(("/etc/iptables/rules.v6", RULES)), DROP).persist == ()


def test_a_rule_that_no_file_holds_is_somebodys_doing() -> None:
    assert "find the script or program that adds it" in said(remedy(network(), DROP))


def test_a_native_rule_out_of_its_script() -> None:
    script = "table inet f {\n chain forward {\n  ip saddr 192.0.2.0/24 drop\n }\n}\n"
    native = deletion("forward", "ip saddr 192.0.2.0/24 drop", table="f", family="inet", dialect="nft")
    told = remedy(network(("/etc/nftables.conf", script)), native)
    assert told.persist[0].content == "table inet f {\n chain forward {\n }\n}\n"
    assert told.commands == ("nft delete rule inet f forward handle 7",)


def test_inside_a_container_no_file_of_the_host_keeps_it() -> None:
    told = remedy(
        network(("/etc/iptables/rules.v4", RULES)),
        msgspec.structs.replace(DROP, netns=HOST_NETNS.sibling("container:front")),
    )
    assert told.persist == ()
    assert "inside a container" in said(told)
