"""The rules of a host that its engines make themselves.  An engine makes its rules again after an event removed them,
so an administrator need not save them."""

from hairpin.engines.docker.dockerd import expected
from hairpin.engines.docker.gateway_bridge import with_gateway_endpoints
from hairpin.engines.expected import ExpectedRule
from hairpin.host.docker import Engine
from hairpin.host.host import Host
from hairpin.kept import kept
from hairpin.netfilter.meaning import Meaning, meaning

Owned = tuple[str, str, str, Meaning]
"""The family, table, chain and meaning of a rule."""


@kept
def engine_rules(host: Host) -> frozenset[Owned]:
    """Return the meanings of the rules that the host's engines make."""
    return frozenset(
        (one.family, one.table, one.chain, meaning(one.rule))
        for engine in host.engines
        for one in _expected(host, engine)
    )


def _expected(host: Host, engine: Engine) -> tuple[ExpectedRule, ...]:
    if engine.kind != "docker" or engine.rootless:
        return ()
    return expected(with_gateway_endpoints(host, engine), host.namespace(host.netns.name)).rules
