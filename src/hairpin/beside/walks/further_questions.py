"""The questions about further addresses, asked of the flows that stand for them (``flows/further_addresses``)."""

import msgspec

from hairpin.beside.flows.further_addresses import port_of
from hairpin.beside.inquiry import Inquiry
from hairpin.diagnose.examination import examination
from hairpin.network.flow import Flow
from hairpin.walk.trace import Trace


def observe(inquiry: Inquiry) -> Inquiry:
    """Ask the flows to asked addresses about further addresses."""
    found = inquiry.walked
    asked = (msgspec.structs.replace(each, trace=_asking(each.trace, inquiry)) for each in found.diagnoses)
    return inquiry.examined(examination(found.network, tuple(asked)))


def _asking(trace: Trace, inquiry: Inquiry) -> Trace:
    for flow, question in inquiry.asks:
        if trace.succeeds and _kind(flow) == _kind(trace.flow):
            trace = trace.asking(question)
    return trace


def _kind(flow: Flow) -> tuple[object, ...]:
    return port_of(flow), flow.daddr, type(flow.start)
