"""An IPsec policy blocks the packets.

An IPsec daemon (strongSwan, libreswan) installs policies that block packets for which there is no tunnel.  A daemon
that crashed leaves these policies behind.  Neither the rules of the packet filter nor the routes show IPsec policies.

Users see: connections from or to one network time out, and iptables, nft and `ip route` show no reason.

Proof: the first policy that matches the packet blocks it.  Without the policy the flow arrives.
Now: ``ip xfrm policy delete`` with the policy's selector, if no administrator wants this policy.
Lasting: IPsec policies are gone after a reboot.  If a daemon or a script makes the policy again, change the daemon's
configuration or the script.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Namespace, OfXfrmPolicy, View, Way, message
from hairpin.change.change import Change, DeleteEntry
from hairpin.change.commands.words import xfrm_words
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import verbatim
from hairpin.walk.decided import LinkDecided


def find(view: View) -> Iterator[Candidate]:
    decided = view.stop.decided_by
    policy = decided.policy if isinstance(decided, LinkDecided) else None
    if policy is None or not (policy.known and policy.blocks):
        return
    # The default policy of a direction applies to IPv4 and IPv6, so both copies are deleted together.
    gone = tuple(
        each
        for each in view.namespace.xfrm_policies
        if each == policy or (policy.is_default and (each.is_default, each.direction) == (True, policy.direction))
    )
    is_simple = not policy.is_default and not policy.templates and _is_alone(view.namespace, policy)
    yield Candidate(
        title=message("An IPsec policy blocks the packets: {policy}", policy=verbatim(policy.text)),
        detail=message(
            "Besides routes and rules, the kernel checks the IPsec policies (direction {direction}). This policy is "
            "the first that selects the packet.",
            direction=policy.direction,
        ),
        change=Change(tuple(DeleteEntry(view.stop.netns, each) for each in gone)),
        where=OfXfrmPolicy(policy.text, policy.priority, policy.direction),
        in_class="dropping-rule",
        evidence=(policy.evidence,) if policy.evidence else (),
        offered=is_simple,
        ways=() if is_simple else (Way(Change(()), (_by_hand(policy),), by_person=True),),
        advice=(
            message(
                "`ip xfrm policy` lists the policies of the kernel; `swanctl --list-pols` or `ipsec status` lists "
                "those of a running daemon. The daemon's configuration (/etc/swanctl, /etc/ipsec.d, /etc/ipsec.conf) "
                "may make the policy again"
            ),
        ),
    )


def _by_hand(policy: XfrmPolicy) -> Message:
    if policy.is_default:
        return message(
            "if packets without a policy should not be blocked: `ip xfrm policy setdefault {direction} accept`",
            direction=policy.direction,
        )
    return message(
        "if the policy is not needed: find its number with `ip xfrm policy`, and delete it with `ip xfrm policy delete "
        "index NUMBER dir {direction}`",
        direction=policy.direction,
    )


def _is_alone(namespace: Namespace, policy: XfrmPolicy) -> bool:
    """Return whether no other policy has the same selector.  The words of a unique selector identify its policy."""
    return sum(xfrm_words(each) == xfrm_words(policy) for each in namespace.xfrm_policies) == 1


CAUSE = Cause(
    title=message("A policy of IPsec blocks the packets"),
    source="net/xfrm/xfrm_policy.c: xfrm_lookup_with_ifid(), __xfrm_policy_check()",
    reasons=frozenset({"xfrm-policy"}),
    on_purpose=True,
)
