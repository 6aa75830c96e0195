"""A case of the catalogue: a host where causes are at work, and beside it the same host without the fault."""

import msgspec

from hairpin.diagnose.diagnose import diagnose
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.verdicts import succeeds
from tests.small_host import network

WHOLE = network()


class Case(msgspec.Struct, frozen=True):
    """A flow that ``causes`` stop on the host ``sick``, and that the host ``whole`` delivers."""

    sick: Network
    flow: Flow
    causes: tuple[str, ...]
    whole: Network = WHOLE


class StateCase(msgspec.Struct, frozen=True):
    """``states`` of the host ``sick``: ids with their severities.  The host ``whole`` has none."""

    sick: Network
    states: tuple[tuple[str, str], ...]
    whole: Network = WHOLE

    @property
    def causes(self) -> tuple[str, ...]:
        """The ids."""
        return tuple(id_ for id_, _ in self.states)


def fires(case: Case) -> None:
    """Check that the sick host's flow is lost, and that these causes, in this order, are named and proven."""
    diagnosis = diagnose(case.sick, case.flow)
    assert tuple(each.cause for each in diagnosis.causes) == case.causes
    assert not diagnosis.trace.succeeds
    assert diagnosis.proof is not None
    assert succeeds(diagnosis.proof.with_change)


def is_silent(network: Network, flow: Flow) -> None:
    """Check that the flow serves its sender and nothing is named."""
    diagnosis = diagnose(network, flow)
    assert diagnosis.trace.succeeds
    assert diagnosis.causes == ()
