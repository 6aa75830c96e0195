"""``NAME.NETWORK`` names a container's address on one of its networks."""

import pytest

from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.question.one_network import on_one_network
from tests.names_host import API, named

BUILT = named("shop", other=("shop", "back"))


@pytest.mark.parametrize(("name", "found"), (
    ("api.shop",    ("api", "shop")),
    ("api.back",    ("api", "back")),
    ("api.other",   ("api.other", "")),
    ("api",         ("api", "")),
    ("example.com", ("example.com", "")),
))  # fmt: skip
def test_the_name_and_the_network(name: str, found: tuple[str, str]) -> None:
    target = on_one_network(BUILT, Target(80, container=name))
    assert (target.container, target.network) == found


def test_the_name_is_looked_up_whole() -> None:
    flows = flows_for(BUILT, (Target(80, container="api.shop"),), Origin("container", container="web"))
    assert [(each.daddr, each.asked_name) for each in flows if not each.asked_name] == [(API, "")]
    assert [each.asked_name for each in flows if each.purpose == "dns"] == ["api.shop"]
