"""Finds changes of networks, and of the containers on them, in the engines' events."""

from collections.abc import Iterator

from hairpin.message import Message, message
from hairpin.story.containers import EngineEvent, engine_events
from hairpin.story.entry import StoryEntry
from hairpin.story.inspected import containers_of
from hairpin.story.traces import Traces

_WITH_CONTAINER_S = 5.0
"""A container that starts or ends joins or leaves its networks within this number of seconds."""


def network_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield an entry for each network that was made or removed, and for each container that joined or left a network
    while the container ran on."""
    of_containers = engine_events(traces)
    names = {container.id: container.own_name for container, _ in containers_of(traces.evidence)}
    names |= {each.id: each.name for each in of_containers}
    for event in engine_events(traces, "network"):
        said = _words_of(event, names.get(event.id, ""))
        near = any(each.id == event.id and abs(each.at - event.at) <= _WITH_CONTAINER_S for each in of_containers)
        if said is not None and event.at >= traces.clock.since and not (event.id and near):
            yield StoryEntry(
                at=event.at, kind="container", what=said, subject=event.name, evidence=event.evidence, host=traces.host
            )


def _words_of(event: EngineEvent, container: str) -> Message | None:
    match event.what:
        case "create":
            return message("network {name} was made", name=event.name)
        case "destroy" | "remove":
            return message("network {name} was removed", name=event.name)
        case "connect" if container:
            return message("container {name} was connected to network {network}", name=container, network=event.name)
        case "disconnect" if container:
            return message("container {name} was disconnected from network {network}", name=container,
                           network=event.name)  # fmt: skip
        case _:
            return None
