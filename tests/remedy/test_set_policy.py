"""A policy is kept where the host's manager has it."""

from hairpin.change.change import SetPolicy
from hairpin.netfilter.evaluate.chain import Place
from tests.remedy.situations import HOST_NETNS, network, remedy, said

FORWARD = SetPolicy(HOST_NETNS, Place("iptables-nft", "ip", "filter", "FORWARD", 0, "-P FORWARD DROP"), "accept")


def test_in_the_saved_rules() -> None:
    saved = "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
    told = remedy(network(("/etc/iptables/rules.v4", saved)), FORWARD)
    assert told.id == "set-policy"
    assert told.commands == ("iptables -P FORWARD ACCEPT",)
    assert told.persist[0].content == "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"


def test_in_ufws_defaults() -> None:
    defaults = 'IPV6=yes\nDEFAULT_FORWARD_POLICY="DROP"\n'
    (file,) = remedy(network(("/etc/default/ufw", defaults), managed_by="ufw"), FORWARD).persist
    assert (file.file, file.content) == ("/etc/default/ufw", 'IPV6=yes\nDEFAULT_FORWARD_POLICY="ACCEPT"\n')


def test_nowhere() -> None:
    told = remedy(network(), FORWARD)
    assert told.persist == ()
    assert "no saved ruleset that was read sets the policy of filter FORWARD" in said(told)
