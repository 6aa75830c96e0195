"""The flow to a name that the asking container's own file has."""

import pytest

from hairpin.errors import UsageError
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from hairpin.question.pinned_flows import to_pinned
from tests.names_host import named, pinning

WEB, OUTSIDE = Origin("container", container="web"), Origin("address", version=4, address=1)

# host, name, origin, the address of the only flow; None: the file decides nothing
CASES: dict[str, tuple[Network, str, Origin | None, str | None]] = {
    "an old address": (pinning(), "api", WEB, "172.18.0.9"),
    "the container's own address": (pinning("172.18.0.3"), "api", WEB, None),
    "a name of nobody here": (pinning("203.0.113.9", "db.corp.example"), "db.corp.example", WEB, "203.0.113.9"),
    "the host": (pinning("host-gateway", "host.docker.internal"), "host.docker.internal", WEB, "172.17.0.1"),
    "asked from elsewhere": (pinning(), "api", OUTSIDE, None),
    "asked from nowhere": (pinning(), "api", None, None),
    "no entry": (named("shop", other=("shop",)), "api", WEB, None),
}


@pytest.mark.parametrize(("network", "name", "origin", "address"), CASES.values(), ids=CASES)
def test_the_file_decides(network: Network, name: str, origin: Origin | None, address: str | None) -> None:
    found = to_pinned(network, Target(80, container=name), origin)
    assert [address_text(each.daddr, 4) for each in found] == ([] if address is None else [address])
    if address is not None:
        assert [each.daddr for each in flows_for(network, (Target(80, container=name),), origin)] == [found[0].daddr]


def test_the_hosts_name_is_unknown_without_an_entry() -> None:
    with pytest.raises(UsageError, match="host-gateway"):
        to_pinned(named("shop"), Target(80, container="host.docker.internal"), WEB)
