"""Which containers a question needs, before any host is looked at: what need not be read costs nothing."""

from collections.abc import Iterator

from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin, Target
from hairpin.question.question import Question


def needed_containers(question: Question) -> tuple[str, ...]:
    """Return words for ``collect.sh --only``: the ports, names and addresses of the containers that the flows start in
    or lead to; empty if all containers are meant."""
    if any(target.last is not None for target in question.targets):
        return ()  # of a range, the published ports are meant
    words = [word for target in question.targets for word in _of_target(target)]
    if not words:
        return ()
    return tuple(dict.fromkeys((*words, *(_of_origin(question.origin) if question.origin is not None else ()))))


def _of_target(target: Target) -> Iterator[str]:
    if target.container is not None:
        yield f"name={target.container}"
    if target.port is not None and target.container is None:
        yield f"port={target.port}"
    if target.address is not None and target.version is not None:
        yield f"address={address_text(target.address, target.version)}"


def _of_origin(origin: Origin) -> Iterator[str]:
    if origin.container is not None:
        yield f"name={origin.container}"
    if origin.address is not None and origin.version is not None:
        yield f"address={address_text(origin.address, origin.version)}"
