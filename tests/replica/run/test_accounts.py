"""What ``-m nfacct`` counts for, by its name in a rule."""

from hairpin.replica.run.accounts import names_in


def test_each_name_once() -> None:
    """iptables-save puts two spaces before it."""
    texts = ("-A INPUT -m nfacct --nfacct-name  web\n-A INPUT -m nfacct --nfacct-name dns -j DROP\n", "-A OUTPUT\n")
    assert names_in((*texts, *texts)) == ("web", "dns")
