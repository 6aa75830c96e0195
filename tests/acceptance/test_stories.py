"""The five nights end with `hairpin fix --apply --persist`: the client is served, nothing else changes, and `undo`
leads back.
"""

import pytest

from hairpin.lab.scenario import named
from tests.score.fix_score import score_fix
from tests.score.random_faults import Draw
from tests.whole import thinned

STORIES = {
    "the public address that only the machine itself cannot reach": "nat-loopback-on-cloud-address.cloud-init",
    "forwarding is on, says the file": "interface-forwarding-off.file",
    "rules are missing since the upgrade": "engine-rule-missing",
    "the registry that firewalld does not let in": "firewalld-zone-blocks-port.reload",
    "no chain by that name": "docker-nat-chain-missing.start-fails",
}
"""One for each story.  `make score FIX=1` carries out the further suspects of the fourth and the fifth."""


@pytest.mark.parametrize("name", thinned(STORIES.values(), 5), ids=STORIES)
def test_the_client_is_served(name: str) -> None:
    scenario = named(name)
    score = score_fix(Draw(scenario.lab, (scenario,)))
    assert ({each.works for each in score.fixes}, score.misses) == ({True}, ())
