"""Hosts whose rules stop a packet, for the causes of several folders."""

import msgspec

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import Ufw
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from tests.rule_text import in_table
from tests.small_host import CLIENT, container_namespace, network, ruleset

OUTSIDE = Outside(CLIENT)
UFW_CLOSED = Ufw(enabled=True, default_forward_policy="DROP")
GUARDED = in_table("raw", "PREROUTING", "-d 172.17.0.2/32 ! -i docker0 -j DROP")


def with_inner(rules: str) -> Network:
    """Return the host whose container has rules of its own."""
    return network(inner=msgspec.structs.replace(container_namespace(), ruleset=ruleset(rules)))


def first_remedy(whole: Network, flow: Flow) -> tuple[str, Remedy]:
    """Return the one cause of the flow, and its first remedy."""
    (suspect,) = diagnose(whole, flow).causes
    return suspect.cause, remedies(suspect.cause, suspect.candidate, whole)[0]
