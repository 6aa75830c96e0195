"""An own entry for a container that does not run."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.network.network import Network
from tests.names_host import pinning, to_pin

_replace = msgspec.structs.replace
STALE = to_pin().daddr


def _without_api(address: str = "172.18.0.9", *, fixed: bool = False) -> Network:
    """Return the host whose web pins api to the address, and whose api is stopped."""
    found = pinning(address)
    (host,) = found.hosts
    (engine,) = host.engines
    ends = tuple(_replace(each, ipv4=None, fixed4=STALE if fixed else None) for each in engine.containers[1].endpoints)
    api = _replace(engine.containers[1], status="exited", pid=None, netns=None, exit_code=137, endpoints=ends)
    outer, inner, _ = host.namespaces
    outer = _replace(outer, links=tuple(each for each in outer.links if each.name != "veth3"))
    without = _replace(host, engines=(engine.with_container(api),), namespaces=(outer, inner))
    return _replace(found, hosts=(without,))


OTHERWISE = "if api gets an address other than 172.18.0.9, recreate web without the entry"
CASES = {
    "the engine chooses api's address": (_without_api(), ("docker start api", OTHERWISE)),
    "an option chooses the entry's address for api": (_without_api(fixed=True), ("docker start api",)),
}


@pytest.mark.parametrize(("within", "said"), CASES.values(), ids=CASES)
def test_the_named_container_does_not_run(within: Network, said: tuple[str, ...]) -> None:
    (found,) = diagnose(within, to_pin()).causes
    assert found.cause == "name-pinned-to-old-address"
    assert str(found.candidate.title) == "web has its own entry for api (--add-host), and api does not run"
    (way,) = found.candidate.ways
    assert tuple(map(str, way.said)) == said


def test_an_address_without_an_entry_is_nobodys() -> None:
    (found,) = diagnose(_without_api("172.18.0.77"), to_pin()).causes
    assert found.cause == "container-address-not-assigned"
