"""A change's effects on the flows of a host that were not asked about, as values."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from hairpin.network.flow import Flow
from hairpin.walk.verdicts import Verdict

if TYPE_CHECKING:
    from hairpin.remedy.known_flows import Group, Known

Kind = Literal["opens", "closes", "diverts"]
Nature = Literal["putting-back", "undoing", "opening", "meant"]
"""The purpose of a repair.

``putting-back``: the repair restores an engine's rules.  ``undoing``: the repair undoes another accident.  ``opening``:
the repair opens a port that no decision keeps closed.  ``meant``: the repair opens a port that a person closed."""


class FlowEffect(msgspec.Struct, frozen=True):
    """The effect of a change on one flow.

    ``links``: the links by which a diverted flow leaves before and after the change.  ``again``: whether the change
    only restores the flow's state from before an accident.  If ``again`` is true, an opened flow passed before the
    accident, and a closed flow has passed only since an engine's rules were lost.  ``of_asked``: whether the change
    opens the flow, and the flow asks for the asked service from another client of the same kind."""

    kind: Kind
    flow: Flow
    group: "Group"
    before: Verdict
    after: Verdict
    again: bool = False
    of_asked: bool = False
    links: tuple[str, str] = ("", "")


class Effects(msgspec.Struct, frozen=True):
    """The effects of a change on the known flows.

    ``count``: the number of known flows with a changed element on their path.  ``left_out``: the number of known flows
    that were not walked, because of the maximum or because their containers were not read.  ``cut``: the flows that
    pass before and after the change, but whose open connections break.  ``still``: the flows to
    published ports, and out of containers, that the rule or policy of the repaired cause stops before and after the
    change."""

    found: tuple[FlowEffect, ...] = ()
    count: int = 0
    left_out: int = 0
    cut: tuple[Flow, ...] = ()
    still: "tuple[Known, ...]" = ()

    @property
    def opens(self) -> tuple[FlowEffect, ...]:
        """The flows that fail before the change and pass after it, except the flows that the repaired accident
        stopped."""
        return tuple(each for each in self.found if each.kind == "opens" and not each.again)

    @property
    def restores(self) -> tuple[FlowEffect, ...]:
        """The flows that the repaired accident stopped, and that pass again after the change."""
        return tuple(each for each in self.found if each.kind == "opens" and each.again)

    @property
    def closes(self) -> tuple[FlowEffect, ...]:
        """The flows that pass before the change and fail after it."""
        return tuple(each for each in self.found if each.kind == "closes")

    @property
    def diverts(self) -> tuple[FlowEffect, ...]:
        """The flows that leave by another link after the change."""
        return tuple(each for each in self.found if each.kind == "diverts")

    @property
    def unasked(self) -> tuple[FlowEffect, ...]:
        """The effects on flows that the question does not concern, except effects that restore the state before an
        accident."""
        return tuple(each for each in self.found if not each.again and not each.of_asked)

    def with_more(self, more: Iterable[FlowEffect]) -> "Effects":
        """Return these effects together with the effects ``more`` on further flows.

        For each flow, each kind of effect is returned once."""
        have = {(each.kind, each.flow) for each in self.found}
        new = tuple(each for each in more if (each.kind, each.flow) not in have)
        opened = len({each.flow for each in new if each.kind == "opens"} - {each.flow for each in self.found})
        return msgspec.structs.replace(self, found=(*self.found, *new), count=self.count + opened)

    def joined(self, other: "Effects") -> "Effects":
        """Return the joined effects of two changes that are made on different hosts."""
        return msgspec.structs.replace(
            self.with_more(other.found),
            count=self.count + other.count,
            left_out=self.left_out + other.left_out,
            cut=(*self.cut, *other.cut),
            still=(*self.still, *other.still),
        )
