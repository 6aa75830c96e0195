"""Which rules switch connection tracking on."""

import pytest

from hairpin.netfilter.tracking import needs_tracking
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
}  # fmt: skip


@pytest.mark.parametrize(("rules", "needed"), CASES.values(), ids=CASES)
def test_whether_a_rule_needs_it(rules: str, needed: bool) -> None:
    assert needs_tracking(ruleset(rules), 4) is needed
    assert not needs_tracking(ruleset(rules), 6)
