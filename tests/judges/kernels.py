"""Second judges that say what a test wants them to, without a replica."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import msgspec

from hairpin.change.simulation.simulate import simulate
from hairpin.judges.agreement import replicated_as
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.replica.judgement import Case, Judgement, Kernel, Outcome
from hairpin.walk.walk import walk_flow


class Agreeing(msgspec.Struct, frozen=True):
    """Agrees with the walk, or fails with an ``error`` if one is given."""

    release: str
    error: Message | None = None

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        """Return the walk's verdicts."""
        return tuple(Outcome(error=self.error) if self.error is not None else self._outcome(case) for case in cases)

    def judging(self, cases: tuple[Case, ...]) -> AbstractContextManager[Callable[[], tuple[Outcome, ...]]]:
        """Give the same."""
        return nullcontext(lambda: self.judge(cases))

    def _outcome(self, case: Case) -> Outcome:
        before = tuple(self.say(case.network, flow) for flow in case.flows)
        if case.change is None:
            return Outcome(before)
        changed = simulate(case.change, case.network)
        return Outcome(before, tuple(self.say(changed, flow) for flow in case.flows))

    def say(self, network: Network, flow: Flow) -> Judgement:
        """Return the judgement of one flow."""
        return Judgement(flow, replicated_as(walk_flow(network, flow).verdict))


class Denying(Agreeing, frozen=True):
    """Says that nothing is delivered."""

    def say(self, network: Network, flow: Flow) -> Judgement:
        """Return the judgement of one flow."""
        del network
        return Judgement(flow, "dropped")


class Overloaded(Kernel):
    """Loses every packet when it is first asked, and agrees with the walk from then on."""

    def __init__(self, release: str) -> None:
        self._release = release
        self.asked = 0

    @property
    def release(self) -> str:
        """``uname -r``."""
        return self._release

    def judge(self, cases: tuple[Case, ...]) -> tuple[Outcome, ...]:
        """Return one outcome for each case."""
        self.asked += 1
        kernel = Denying(self._release) if self.asked == 1 else Agreeing(self._release)
        return kernel.judge(cases)
