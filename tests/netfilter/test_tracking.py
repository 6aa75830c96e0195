"""Which rules switch connection tracking on."""

import pytest

from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.netfilter.tracking import needs_tracking
from tests.rows import each_row
from tests.small_host import DOCKER_RULES, ruleset

CASES: dict[str, tuple[str, bool]] = {
    "Docker's rules": (DOCKER_RULES, True),
    "a match of the state": (
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate NEW -j DROP\nCOMMIT\n",
        True,
    ),
    "a translation": ("*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n", True),
    "empty chains of nat": ("*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n", False),
    "a match of the port": ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 80 -j DROP\nCOMMIT\n", False),
    "no rules": ("", False),
}


NFT: dict[str, bool] = {
    "ct state vmap { invalid : drop }": True,
    "ct mark . tcp dport { 1 . 80 } accept": True,
    "meta mark set ct mark": True,
    "tcp dport vmap { 80 : drop }": False,
}


@pytest.mark.parametrize(("words", "needed"), NFT.items(), ids=NFT)
def test_whether_a_rule_of_nft_needs_it(words: str, needed: bool) -> None:
    tables = tables_after(f"add table ip t\nadd chain ip t c\nadd rule ip t c {words}", (), LoadingHost(), source="x")
    assert needs_tracking(Ruleset(tables), 4) is needed


@each_row(("rules", "needed"), CASES.values(), ids=CASES)
def test_whether_a_rule_needs_it(rules: str, needed: bool) -> None:
    assert needs_tracking(ruleset(rules), 4) is needed
    assert not needs_tracking(ruleset(rules), 6)
