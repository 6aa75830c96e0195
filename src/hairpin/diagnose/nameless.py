"""Finds containers that reach each other by address but not by name, because their network has no name resolution by
design.

No reading shows that the containers use names, and containers that use addresses have no problem.  Therefore the
finding is only one line of advice.
"""

import msgspec

from hairpin.causes.cause import Finding
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import Examination
from hairpin.message import message
from hairpin.network.flow import FromContainer
from hairpin.network.names import are_nameless
from hairpin.network.network import Network
from hairpin.question.egress import name_flow
from hairpin.walk.trace import Trace

_ID = "default-bridge-has-no-names"


def nameless(examination: Examination) -> tuple[Finding, ...]:
    """Return, for each asked flow that passes between two containers without names for each other, a finding that is
    advice in one line."""
    asked = {(each.trace.flow.start, each.trace.flow.asked_name) for each in examination.diagnoses}
    found: list[Finding] = []
    for each in examination.diagnoses:
        name = each.trace.flow.container or ""
        if each.trace.succeeds and (each.trace.flow.start, name) not in asked:
            asked.add((each.trace.flow.start, name))
            found += _findings(examination.network, each.trace)
    return tuple(found)


def _findings(network: Network, trace: Trace) -> tuple[Finding, ...]:
    start, name = trace.flow.start, trace.flow.container or ""
    if not isinstance(start, FromContainer) or trace.flow.purpose != "asked" or name == start.name:
        return ()
    host = network.host(start.netns.host)
    asking, named = host.container(start.name), host.container(name)
    if asking is None or named is None or not named.running or not are_nameless(host, asking, named):
        return ()
    if trace.flow.daddr not in {each.ipv4 for each in named.endpoints}:
        return ()
    flow = name_flow(host, asking, name)
    diagnosis = diagnose(network, flow) if flow is not None else None
    if diagnosis is None or [each.cause for each in diagnosis.causes] != [_ID]:
        return ()
    facts = {"asking": asking.name, "name": name, "network": ", ".join(each.network for each in named.endpoints)}
    line = (
        message(
            "the name {name} does not resolve in {asking}, although its address answers: network {network} has no "
            "name service (dns_enabled is false); a network made with `podman network create` has one",
            **facts,
        )
        if host.engine_of(named).kind == "podman"
        else message(
            "the name {name} does not resolve in {asking}, although its address answers: Docker's default network "
            "{network} has no DNS for container names; a network made with `docker network create` has it",
            **facts,
        )
    )
    suspect = diagnosis.causes[0]
    return (msgspec.structs.replace(suspect.proven(diagnosis.proof, severity="advice"), line=line),)
