"""Diagnoses every asked flow."""

import msgspec

from hairpin.causes.cause import AskedFlows, Finding
from hairpin.diagnose.diagnose import without_search
from hairpin.diagnose.suspect import Diagnosis
from hairpin.network.flow import Flow
from hairpin.network.network import Network


class Examination(msgspec.Struct, frozen=True, dict=True):
    """The diagnoses of the flows in the order asked, and the causes that they found.  ``instead``: the causes that are
    only in alternative sets.  The flows can be repaired without these causes."""

    network: Network
    diagnoses: tuple[Diagnosis, ...]
    causes: tuple[Finding, ...]
    instead: tuple[Finding, ...] = ()

    @property
    def asked(self) -> AskedFlows:
        """The asked flows, in the form that ``of_flows`` of the causes needs."""
        return AskedFlows(self.network, tuple(each.trace for each in self.diagnoses))

    def causes_of(self, number: int) -> tuple[Finding, ...]:
        """Return the causes that stop the flow with the given index, in the order of the flow's diagnosis."""
        order = [each.key for each in self.diagnoses[number].causes]
        found = [each for each in self.causes if number in each.flows]
        return tuple(sorted(found, key=lambda each: min(order.index(key) for key in each.keys if key in order)))


def examine(network: Network, flows: tuple[Flow, ...]) -> Examination:
    """Return the examination of the flows, which are diagnosed in the order asked."""
    passing = tuple(found for flow in flows if (found := without_search(network, flow)) is not None)
    if len(passing) == len(flows):
        return Examination(network, passing, ())
    from hairpin.diagnose.alike import diagnoses_of  # noqa: PLC0415 - only a flow that fails has causes

    return examination(network, tuple(diagnoses_of(network, flows)))


def examination(network: Network, diagnoses: tuple[Diagnosis, ...]) -> Examination:
    """Return the examination with the given diagnoses and all their causes, each cause once."""
    if not any(each.sets for each in diagnoses):
        return Examination(network, diagnoses, ())
    from hairpin.diagnose.joining import each_cause_once  # noqa: PLC0415 - only a flow that fails has causes

    found = each_cause_once(network, diagnoses)
    needed, instead = (tuple(each for each in found if bool(each.flows) is wanted) for wanted in (True, False))
    return Examination(network, diagnoses, needed, instead)
