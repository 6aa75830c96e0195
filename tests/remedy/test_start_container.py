"""A container is started by the engine's command, and by its restart policy from then on."""

import msgspec

from hairpin.change.change import SetContainer
from hairpin.network.network import Network
from tests.remedy.situations import HOST_NETNS, network, remedy


def with_policy(policy: str) -> tuple[Network, SetContainer]:
    found = network()
    engine = found.this.engines[0]
    containers = tuple(msgspec.structs.replace(each, restart_policy=policy) for each in engine.containers)
    host = msgspec.structs.replace(found.this, engines=(msgspec.structs.replace(engine, containers=containers),))
    return found.with_host(host), SetContainer(HOST_NETNS.host, containers[0])


def test_without_a_policy_one_is_proposed() -> None:
    found, part = with_policy("no")
    name = part.container.name
    told = remedy(found, part, commands=(f"docker start {name}",))
    assert (told.id, told.commands) == ("start-container", (f"docker start {name}",))
    assert told.persist_commands == (f"docker update --restart unless-stopped {name}",)


def test_with_a_policy_there_is_nothing_to_keep() -> None:
    found, part = with_policy("always")
    told = remedy(found, part, commands=(f"docker unpause {part.container.name}",))
    assert told.persist_commands == ()
