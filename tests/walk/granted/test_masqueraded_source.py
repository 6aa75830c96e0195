"""MASQUERADE takes the link's first address, and the host's own packets another one."""

from typing import Literal

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.netfilter.packet import TCP, Connection, Tuple
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import DOCKER_RULES, HOST_ADDRESS, WEB, egress, host_namespace, network, published

OTHER, FAR = (parse_address(each)[1] for each in ("198.51.100.57", "192.0.2.9"))
SECOND = Address("eth0", 4, OTHER, 24, secondary=True)
ASKED = (
    "Does the network behind eth0 accept packets from 198.51.100.11? MASQUERADE gives packets of 172.17.0.0/16 this "
    "address of eth0, while the host's own packets leave from 198.51.100.57 (src of their route)"
)


def sending_from(source: int | None, *, also: Address = SECOND, answered: int = 0) -> Network:
    """Return the host whose default route names the source; ``answered``: the status of a masqueraded connection."""
    host: Namespace = host_namespace()
    routes = tuple(
        msgspec.structs.replace(each, prefsrc=source) if not each.prefix_length else each for each in host.routes
    )
    known = Connection(
        4, Tuple(WEB, FAR, TCP, 4000, 443), Tuple(FAR, HOST_ADDRESS, TCP, 443, 4000), answered, live=True
    )
    return network(
        msgspec.structs.replace(
            host, routes=routes, addresses=(*host.addresses, also), connections=(known,) if answered else ()
        )
    )


CASES: dict[str, tuple[Network, list[str]]] = {
    "the route names another address": (sending_from(OTHER), [ASKED]),
    "the route names the same address": (sending_from(HOST_ADDRESS), []),
    "the route names none": (sending_from(None), []),
    "an answer came to a packet from it": (sending_from(OTHER, answered=STATUS_SEEN_REPLY), []),
    "one address": (network(), []),
}


@each_row(("whole", "asked"), CASES.values(), ids=CASES)
def test_the_address_that_masquerade_takes_is_asked_about(whole: Network, asked: list[str]) -> None:
    trace = walk_flow(whole, egress())
    assert trace.verdict == "leaves"
    assert [str(each.text) for each in trace.questions] == asked


def test_an_answer_to_a_client_has_the_address_that_the_client_asked() -> None:
    assert walk_flow(sending_from(OTHER), published()).questions == ()


SNAT = f"-A POSTROUTING -s 172.17.0.0/16 -o eth0 -j SNAT --to-source {address_text(OTHER, 4)}"


def translating(rule: str) -> Network:
    first = DOCKER_RULES.index("-A POSTROUTING")
    host = host_namespace(f"{DOCKER_RULES[:first]}{rule}\n{DOCKER_RULES[first:]}")
    return network(msgspec.structs.replace(host, addresses=(*host.addresses, SECOND)))


@pytest.mark.parametrize(
    ("whole", "purpose", "is_said"),
    (
        (translating(SNAT), "asked", True),
        (translating(SNAT), "egress", False),  # the question names no address
        (translating(SNAT.replace(".57", ".11")), "asked", False),
        (network(), "asked", False),
    ),
)
def test_the_address_that_a_rule_names_is_said_where_the_host_has_another(
    whole: Network, purpose: Literal["asked", "egress"], *, is_said: bool
) -> None:
    trace = walk_flow(whole, msgspec.structs.replace(egress(), purpose=purpose))
    assert trace.verdict == "leaves"
    assert trace.questions == ()
    said = [str(each) for each in trace.assumed if "198.51.100.57" in str(each)]
    assert len(said) == is_said
    assert all(SNAT in each and "leave from 198.51.100.11" in each for each in said)
