"""What a change does to the flows of a host besides the asked ones, as a value."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from hairpin.network.flow import Flow
from hairpin.remedy.known_flows import Group
from hairpin.walk.verdicts import Verdict

Kind = Literal["opens", "closes", "diverts"]


class FlowEffect(msgspec.Struct, frozen=True):
    """What becomes of one flow.  ``links``: those by which it leaves before and after, of a flow that is diverted.

    ``again``: it is then as it was before the accident that the change undoes: a flow that is opened comes back, one
    that is closed was let through only since rules of an engine are lost.  ``of_asked``: it is opened, and asks for the
    very service that is asked, from another client of the same kind."""

    kind: Kind
    flow: Flow
    group: Group
    before: Verdict
    after: Verdict
    again: bool = False
    of_asked: bool = False
    links: tuple[str, str] = ("", "")


class Effects(msgspec.Struct, frozen=True):
    """What becomes of the known flows.  ``count``: how many of them have a changed element on their path.
    ``left_out``: flows that were not walked: beyond the number that is, or in containers that were not read.
    ``cut``: flows that pass before and after, and whose open connections break."""

    found: tuple[FlowEffect, ...] = ()
    count: int = 0
    left_out: int = 0
    cut: tuple[Flow, ...] = ()

    @property
    def opens(self) -> tuple[FlowEffect, ...]:
        """The flows that fail before and pass after, and that no accident had stopped."""
        return tuple(each for each in self.found if each.kind == "opens" and not each.again)

    @property
    def restores(self) -> tuple[FlowEffect, ...]:
        """The flows that the same accident has stopped, and that pass again."""
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
        """All that nobody asked for, and that is no return to what was before an accident."""
        return tuple(each for each in self.found if not each.again and not each.of_asked)

    def with_more(self, more: Iterable[FlowEffect]) -> "Effects":
        """Return the effects with further ones, each flow once."""
        have = {(each.kind, each.flow) for each in self.found}
        return msgspec.structs.replace(self, found=(*self.found, *(e for e in more if (e.kind, e.flow) not in have)))

    def joined(self, other: "Effects") -> "Effects":
        """Return the effects of both, of changes on two hosts."""
        return msgspec.structs.replace(
            self.with_more(other.found),
            count=self.count + other.count,
            left_out=self.left_out + other.left_out,
            cut=(*self.cut, *other.cut),
        )
