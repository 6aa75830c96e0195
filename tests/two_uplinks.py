"""The small host with a second uplink, eth1, of another provider: its answers to clients of eth1 leave by eth0."""

import msgspec

from hairpin.host.link import Address, Link
from hairpin.host.route import TABLE_LOCAL, TABLE_MAIN, PolicyRule
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.world import Peer, World
from tests.small_host import host_namespace, local, network, number, published, route

SECOND = number("198.18.0.11")
OF_SECOND = PolicyRule(4, 100, table=100, source=(SECOND, 32), text="100: from 198.18.0.11 lookup 100")
TO_SECOND: Flow = published(address="198.18.0.11")
EVERYTHING = (0, 0)
NEAR = (number("198.51.100.0"), 24)
STRICT = World(peers=(Peer(4, *EVERYTHING, (NEAR,), link="eth0"),))
"""The router behind eth0 drops the packets of other networks."""
LENIENT = World(peers=(Peer(4, *EVERYTHING, (EVERYTHING,), link="eth0"),))


def two_uplinks(
    *,
    table: int = 100,
    router: bool = True,
    rules: tuple[PolicyRule, ...] = (OF_SECOND,),
    values: dict[str, str] | None = None,
    world: World | None = None,
    ruleset: Ruleset | None = None,
) -> Network:
    """Return the host.  ``table``: that of the default route by eth1; ``router``: whether it has one."""
    usual = (PolicyRule(4, 0, table=TABLE_LOCAL), *rules, PolicyRule(4, 32766, table=TABLE_MAIN))
    host = host_namespace(values={"conf__eth1__forwarding": "1", **(values or {})}, policy_rules=usual)
    ways = (route("default", "eth1", via="198.18.0.1", table=table),) if router else ()
    return network(
        msgspec.structs.replace(
            host,
            links=(*host.links, Link(9, "eth1", mac=9)),
            addresses=(*host.addresses, Address("eth1", 4, SECOND, 24)),
            routes=(*host.routes, local("198.18.0.11/32", "eth1"), route("198.18.0.0/24", "eth1"), *ways),
            ruleset=host.ruleset if ruleset is None else ruleset,
        ),
        world=world,
    )
