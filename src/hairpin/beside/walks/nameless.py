"""Finds containers that reach each other by address but not by name.

There are two reasons: their network has no name resolution by design, or they share no network, and somebody routes
between their networks.

No reading shows that the containers use names, and containers that use addresses have no problem.  Therefore the
finding is only one line of advice.
"""

from collections.abc import Collection

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.causes.cause import Finding
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.suspect import Diagnosis
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import FromContainer, Start
from hairpin.network.names import are_nameless
from hairpin.network.network import Network
from hairpin.question.egress import name_flow
from hairpin.walk.trace import Trace

_BY_NETWORK = "default-bridge-has-no-names"
_APART = "no-common-network-for-name"


def observe(inquiry: Inquiry) -> Inquiry:
    """Leave out the DNS flows for names that no name server can know because the two containers share no network.  Such
    a flow is left out only if the named container is reached by its address."""
    examination = inquiry.walked
    passing = {
        (each.trace.flow.start, each.trace.flow.container)
        for each in examination.diagnoses
        if each.trace.succeeds and each.trace.flow.purpose == "asked"
    }
    return inquiry.without(
        {each.trace.flow for each in examination.diagnoses if _is_apart(examination.network, each, passing)}
    )


def _is_apart(network: Network, diagnosis: Diagnosis, passing: Collection[tuple[Start, str | None]]) -> bool:
    flow = diagnosis.trace.flow
    if not flow.asked_name or [each.cause for each in diagnosis.causes] != [_APART]:
        return False
    host = network.host(flow.host)
    named = {each.name for each in host.containers_named(flow.asked_name)}
    asking = host.container(flow.start.name) if isinstance(flow.start, FromContainer) else None
    projects = {each.project for each in host.containers_named(flow.asked_name)}
    of_one_project = asking is not None and asking.project and asking.project in projects
    return not of_one_project and any((flow.start, each) in passing for each in named)


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
    if asking is None or named is None or not named.running:
        return ()
    if not are_nameless(host, asking, named) and not _share_nothing(host, asking, named):
        return ()
    ends = host.pod_holder(named).endpoints
    if trace.flow.daddr not in {each.ipv4 for each in ends}:
        return ()
    flow = name_flow(host, asking, name)
    diagnosis = diagnose(network, flow) if flow is not None else None
    if diagnosis is None or [each.cause for each in diagnosis.causes] not in ([_BY_NETWORK], [_APART]):
        return ()
    suspect = diagnosis.causes[0]
    facts = {"asking": asking.name, "name": name, "network": ", ".join(each.network for each in ends)}
    if suspect.cause == _APART:
        line = message(
            "the name {name} does not resolve in {asking}, although its address answers: they share no network, and "
            "the engine's name server knows only containers on the networks of {asking}",
            **facts,
        )
        return (msgspec.structs.replace(suspect.proven(diagnosis.proof, severity="advice"), line=line),)
    line = (
        message(
            "the name {name} does not resolve in {asking}, although its address answers: network {network} has no "
            "name service (dns_enabled is false); a network made with `podman network create` has one",
            **facts,
        )
        if host.engine_of(named).kind == "podman"
        else message(
            "the name {name} does not resolve in {asking}, although its address answers: Docker's default network "
            "{network} has no DNS for container names; a network made with `docker network create` has DNS",
            **facts,
        )
    )
    return (msgspec.structs.replace(suspect.proven(diagnosis.proof, severity="advice"), line=line),)


def _share_nothing(host: Host, asking: Container, named: Container) -> bool:
    """Return whether the containers share no network and do not belong to the same Compose project, whose containers
    would use names."""
    if asking.project and asking.project == named.project:
        return False
    theirs, own = ({each.network for each in host.pod_holder(one).endpoints} for one in (named, asking))
    return not own & theirs
