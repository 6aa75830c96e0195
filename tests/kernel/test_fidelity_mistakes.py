"""A wrong walk is found: each planted mistake disagrees with the running kernel within 20,000 packets.

It counts as found only in a network on which the unchanged walk agrees with the kernel (search.Search).
"""

from pathlib import Path

import pytest

from tests.fidelity.mistakes.catalogue import MISTAKES, Mistake
from tests.fidelity.mistakes.planted import PlantError, copy_with
from tests.fidelity.mistakes.search import Search
from tests.whole import thinned

SEED = 5000
FOUND_FROM = {
    "user-chain-policy": 5002,
    "goto-returns": 5005,
    "equal-priorities": 5002,
    "ctstate-dnat": 5022,
    "raw-behind-conntrack": 5015,
    "fib-interface": 5040,
    "redirect-reply": 5002,
    "nat-each-packet": 5001,
    "masquerade-prefsrc": 5002,
    "syn-ack-begins": 5001,
    "mark-reroute": 5005,
    "rp-filter-own": 5026,
    "route-localnet-own": 5007,
    "accept-local-own": 5007,
    "forwarding-all": 5008,
    "local-table-last": 5000,
    "rules-backwards": 5000,
    "metric-first": 5002,
    "throw": 5002,
    "br-netfilter-off": 5013,
    "br-netfilter-on": 5001,
}
"""The network, counted from SEED on, that shows each mistake: the search for it begins there."""


@pytest.mark.parametrize("mistake", thinned(MISTAKES, 15), ids=[each.name for each in MISTAKES])
def test_planted_mistake_is_found(mistake: Mistake, tmp_path: Path) -> None:
    search = Search(FOUND_FROM.get(mistake.name, SEED), tmp_path)
    assert search.pairs_until_found(mistake) is not None, f"nothing disagrees, though {mistake.wrong}"


def test_mistake_changes_one_place_of_a_copy(tmp_path: Path) -> None:
    mistake = MISTAKES[0]
    copy = copy_with(mistake, tmp_path)
    changed = (copy / mistake.file).read_text("utf-8")
    assert mistake.mistaken in changed
    assert mistake.right not in changed.replace(mistake.mistaken, "", 1) or mistake.mistaken == ""


def test_mistake_whose_place_is_gone_is_reported() -> None:
    with pytest.raises(PlantError, match=r"goto-returns: .* has 0 times"):
        copy_with(MISTAKES[1]._replace(right="nothing of the kind"), Path("/nowhere"))
