"""What the file of a cause is written with: its interface, the things that a cause may be about, and what nearly every
cause needs of a host.  One import instead of six."""

from collections.abc import Iterator

from hairpin.causes.cause import LINK_STOPS, RULE_STOPS, AskedFlows, Candidate, Cause, Coming, Finding, View, Way
from hairpin.causes.where import (
    OfAddress,
    OfConnection,
    OfContainer,
    OfForwarding,
    OfLink,
    OfLostRules,
    OfNeighbour,
    OfNetwork,
    OfPeer,
    OfPolicyRule,
    OfPort,
    OfProcess,
    OfRoute,
    OfRule,
    OfSocket,
    OfSysctl,
    OfTrafficControl,
    OfTunnelEnd,
    OfUnit,
    OfWall,
    OfXfrmPolicy,
    OfZone,
    of_missing,
)
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place

__all__ = (
    "LINK_STOPS", "RULE_STOPS", "AskedFlows", "Candidate", "Cause", "Coming", "Finding", "Host", "Iterator",
    "Message", "Namespace", "Netns", "OfAddress", "OfConnection", "OfContainer", "OfForwarding", "OfLink",
    "OfLostRules", "OfNeighbour", "OfNetwork", "OfPeer", "OfPolicyRule", "OfPort", "OfProcess", "OfRoute",
    "OfRule", "OfSocket", "OfSysctl", "OfTrafficControl", "OfTunnelEnd", "OfUnit", "OfWall", "OfXfrmPolicy",
    "OfZone", "Place", "View", "Way", "message", "of_missing",
)  # fmt: skip
