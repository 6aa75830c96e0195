"""The part of a story that concerns the asked targets: what happens to other containers is left out."""

from collections.abc import Iterator

import msgspec

from hairpin.errors import UsageError
from hairpin.evidence.reading import Evidence
from hairpin.message import message
from hairpin.question.asked import Target
from hairpin.question.suggest import word_list
from hairpin.story.entry import Story, StoryEntry
from hairpin.story.inspected import Inspected, containers_of

_ID_LENGTH = 6
"""So many digits of an id are no name by chance."""


def narrow(story: Story, evidence: tuple[Evidence, ...], targets: tuple[Target, ...]) -> Story:
    """Return the story of what concerns the targets; the whole story if there are none.

    Boots, engines, firewalls, settings, packages and files concern every container.  Raises UsageError for a container
    that neither an engine nor the story knows."""
    if not targets:
        return story
    names = {name for target in targets for name in _names(target, evidence, story)}
    return msgspec.structs.replace(story, entries=tuple(each for each in story.entries if _concerns(each, names)))


def _names(target: Target, evidence: tuple[Evidence, ...], story: Story) -> Iterator[str]:
    here = [
        container
        for host in evidence
        if not target.host or host.name == target.host
        for container, _ in containers_of(host)
    ]
    if target.container is not None:
        named = [each.own_name for each in here if _is_named(each, target.container)]
        told = {each.subject for each in story.entries if each.kind == "container"}
        if not named and target.container not in told:
            near = word_list(target.container, (*(each.own_name for each in here), *told))
            raise UsageError(message("no container {name!r} is known here: {near}", name=target.container, near=near))
        yield target.container
        yield from named
    elif target.port is not None:
        last = target.last if target.last is not None else target.port
        yield from (each.own_name for each in here if any(target.port <= port <= last for port in each.host_ports))


def _is_named(container: Inspected, name: str) -> bool:
    return name in (container.own_name, container.service) or (
        len(name) >= _ID_LENGTH and container.id.startswith(name)
    )


def _concerns(entry: StoryEntry, names: set[str]) -> bool:
    if entry.kind == "container":
        return entry.subject in names
    return not (entry.effect is not None and entry.effect.name) or entry.effect.name in names
