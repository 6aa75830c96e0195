"""The gateway of a network with --ip-range and without --gateway."""

import msgspec

from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.read.engines.gateways import with_gateways
from tests.rows import each_row
from tests.small_host import GATEWAY, container, engine, host_namespace

_replace = msgspec.structs.replace
SUBNET = engine().networks[0].subnets[0]
PART = (SUBNET.network + 128, 25)
FIRST = PART[0]
HELD = _replace(host_namespace(), addresses=(Address("docker0", 4, FIRST, 16),))
ELSEWHERE = _replace(host_namespace(), addresses=(Address("docker0", 4, FIRST, 24), Address("eth0", 4, FIRST, 16)))


def _engine(gateway: int | None, part: tuple[int, int] | None, status: str = "exited") -> Engine:
    web = container(status)
    ends = tuple(_replace(each, gateway4=GATEWAY if status == "running" else None) for each in web.endpoints)
    made = engine(_replace(web, endpoints=ends))
    subnet = _replace(SUBNET, gateway=gateway, part=part)
    return _replace(made, networks=(_replace(made.networks[0], subnets=(subnet,)),))


CASES = {
    "the bridge has it": (_engine(None, PART), HELD, FIRST),
    "a running container names it": (_engine(None, PART, "running"), HELD, GATEWAY),
    "nothing shows it": (_engine(None, PART), ELSEWHERE, None),
    "the engine lists it": (_engine(GATEWAY, PART), HELD, GATEWAY),
    "no range": (_engine(None, None), HELD, None),
    "the bridge is in a user's namespace": (_replace(_engine(None, PART), rootless=True), HELD, None),
}


@each_row(("told", "namespace", "expected"), CASES.values(), ids=CASES)
def test_gateway(told: Engine, namespace: Namespace, expected: int | None) -> None:
    found = with_gateways((told,), (namespace,))
    assert found[0].networks[0].subnets[0].gateway == expected
