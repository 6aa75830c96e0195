"""A change's effects on the flows of a host besides the asked ones, as values."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.network.flow import Flow
from hairpin.remedy.known_flows import Group
from hairpin.walk.verdicts import Verdict

Kind = Literal["opens", "closes", "diverts"]


class FlowEffect(msgspec.Struct, frozen=True):
    """The effect on one flow.  ``links``: for a diverted flow, the links by which it leaves before and after.
    ``again``: the change only restores the flow's state from before the accident that it undoes.  An opened flow passed
    then; a closed flow has passed only since an engine's rules were lost.  ``of_asked``: the flow is opened, and it
    asks for the asked service from another client of the same kind."""

    kind: Kind
    flow: Flow
    group: Group
    before: Verdict
    after: Verdict
    again: bool = False
    of_asked: bool = False
    links: tuple[str, str] = ("", "")


class Effects(msgspec.Struct, frozen=True):
    """The effects on the known flows.  ``count``: how many of them have a changed element on their path.  ``left_out``:
    how many were not walked, because of the maximum or because their containers were not read.  ``cut``: flows that
    pass before and after, but whose open connections break."""

    found: tuple[FlowEffect, ...] = ()
    count: int = 0
    left_out: int = 0
    cut: tuple[Flow, ...] = ()

    @property
    def opens(self) -> tuple[FlowEffect, ...]:
        """The flows that fail before and pass after, except those that the accident had stopped."""
        return tuple(each for each in self.found if each.kind == "opens" and not each.again)

    @property
    def restores(self) -> tuple[FlowEffect, ...]:
        """The flows that the same accident had stopped, and that pass again."""
        return tuple(each for each in self.found if each.kind == "opens" and each.again)

    @property
    def closes(self) -> tuple[FlowEffect, ...]:
        """The flows that pass before and fail after."""
        return tuple(each for each in self.found if each.kind == "closes")

    @property
    def diverts(self) -> tuple[FlowEffect, ...]:
        """The flows that leave by another link after it."""
        return tuple(each for each in self.found if each.kind == "diverts")

    @property
    def unasked(self) -> tuple[FlowEffect, ...]:
        """The effects that nobody asked for and that do not just restore the state before an accident."""
        return tuple(each for each in self.found if not each.again and not each.of_asked)

    def with_more(self, more: Iterable[FlowEffect]) -> "Effects":
        """Return the effects with further ones, each flow once."""
        have = {(each.kind, each.flow) for each in self.found}
        return msgspec.structs.replace(self, found=(*self.found, *(e for e in more if (e.kind, e.flow) not in have)))

    def joined(self, other: "Effects") -> "Effects":
        """Return the effects of two changes, which are on different hosts."""
        return msgspec.structs.replace(
            self.with_more(other.found),
            count=self.count + other.count,
            left_out=self.left_out + other.left_out,
            cut=(*self.cut, *other.cut),
        )
