"""On which host a change is made."""

from hairpin.change.change import AddNamespace, Change, ChangeWorld, OfHost, SetContainer


def host_of(change: Change) -> str | None:
    """Return the label of the host that the change is made on; None where it is outside of every host."""
    for part in change.parts:
        if isinstance(part, ChangeWorld):
            continue
        if isinstance(part, OfHost | AddNamespace | SetContainer):
            return part.host
        return part.netns.host
    return None
