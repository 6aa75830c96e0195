"""Finds public addresses that the host itself may not reach, because their gateway does not hairpin.

The question does not name these addresses, and outside clients reach them.  For the host and its containers, all ports
of a public address fail in the same way, so only one port is tried.  Only a rule or a file shows whether the host uses
the address at all.
"""

import re

import msgspec

from hairpin.causes.cause import Finding
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.suspect import Diagnosis
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.netfilter.ir import FieldMatch
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import Version, address_text
from hairpin.network.world import PublicAddress
from hairpin.wanted import ask_address

_REASON = "gateway-does-not-hairpin"


def unhairpinned(examination: Examination) -> tuple[Finding, ...]:
    """Return the stated public addresses that their own host does not reach, if no flow from inside was asked about
    them.

    A finding is blocking if a rule or a file of the host names the address.  The host then uses the address.  Otherwise
    the finding is advice in one line."""
    flows = tuple(each.trace.flow for each in examination.diagnoses)
    found: list[Finding] = []
    for mapping in examination.network.world.publics:
        inside = {(each.version, each.daddr) for each in flows if isinstance(each.start, FromHost | FromContainer)}
        asked = (mapping.version, mapping.public) in inside
        host = examination.network.host_netns(mapping.host).host
        flow = None if mapping.hairpins or asked else _from_host(flows, mapping, host)
        if flow is None:
            continue
        diagnosis = diagnose(examination.network, flow)
        stop = diagnosis.trace.usual.stop
        if stop is not None and stop.reason == _REASON and len(diagnosis.causes) == 1:
            found.append(_told(diagnosis, mapping, examination.network))
    return tuple(found)


def _from_host(flows: tuple[Flow, ...], mapping: PublicAddress, host: str) -> Flow | None:
    """Return the flow from the host to the public address, at the first published port of the question; None if the
    question has no published port."""
    for flow in flows:
        if flow.purpose == "published" and flow.version == mapping.version and (flow.asked_host or host) == host:
            return msgspec.structs.replace(
                flow, start=FromHost(), daddr=mapping.public, purpose="asked", host=host, stand_ins=(), invented=False
            )
    return None


def _told(diagnosis: Diagnosis, mapping: PublicAddress, network: Network) -> Finding:
    (suspect,) = diagnosis.causes
    public = address_text(mapping.public, mapping.version)
    used = is_used(network.host(network.host_netns(mapping.host).host), mapping.version, mapping.public)
    line = message(
        "this host and its containers do not reach {public}, because the gateway does not hairpin; clients outside "
        "reach {public}. If anything here uses {public}: {question}",
        public=public,
        question=ask_address(public, diagnosis.trace.flow.dport),
    )
    found = suspect.proven(diagnosis.proof, severity="blocking" if used else "advice")
    return msgspec.structs.replace(found, line=line)


def is_used(host: Host, version: Version, address: int) -> bool:
    """Return whether a rule of the host matches packets to the address, or a file that was read names the address.  The
    file of the cloud provider does not count."""
    field = "daddr4" if version == 4 else "daddr6"
    bodies = (
        rule.body
        for table in host.namespace(host.netns.name).ruleset.tables
        for chain in table.chains
        for rule in chain.rules
    )
    if any(
        isinstance(part, FieldMatch) and part.field == field and part.ranges == ((address, address),)
        for body in bodies
        for part in body
    ):
        return True
    behind = r"(?!\d|\.\d)" if version == 4 else r"(?![\da-f:])"  # an IPv4 address may be followed by a port
    named = re.compile(rf"(?<![\w.:]){re.escape(address_text(address, version))}{behind}", re.IGNORECASE)
    return any(named.search(line.partition("#")[0]) for file in host.files for line in file.text.splitlines())
