"""dockerd's iptables back end set FORWARD's policy to DROP, and its nftables back end accepts in a table of its own.

Users see: since Docker was switched to ``"firewall-backend": "nftables"``, published ports time out, and containers do
not reach the internet; on the host itself they work.

Proof: dockerd makes its rules in ``docker-bridges``; the policy of iptables' FORWARD, which that table cannot overrule,
drops the packet, no file sets the policy, and DOCKER-USER is left of the old back end; with the policy ACCEPT the
packet passes.
Now: ``iptables -P FORWARD ACCEPT``.  If this host forwards for others, too, write rules for them first.
Lasting: a reboot clears the policy.  Look for DOCKER chains in the saved rules: they were saved before the switch.
"""

from hairpin.causes.cause import RULE_STOPS, Cause, View
from hairpin.causes.rules._by_owner import by_owner
from hairpin.causes.rules._lifting import deletion, exception
from hairpin.change.change import Change
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place


def _opened(view: View, place: Place) -> tuple[Change, ...]:
    """Return two changes: the policy that the host had without Docker, then an exception for this flow."""
    return deletion(view, place), exception(view, place)


CAUSE = Cause(
    title=message("Docker's old FORWARD policy drops what its nftables rules accept"),
    source="docker-v29 daemon/libnetwork/drivers/bridge/internal/iptabler/cleaner.go NewCleaner(); moby/moby#50566",
    reasons=RULE_STOPS,
    find=by_owner(
        "left-by-docker",
        in_class="closed-policy",
        title=message("The FORWARD policy is still DROP, from before Docker used nftables"),
        detail=message(
            "dockerd now accepts packets in its own nftables table. The packet also passes {table} FORWARD. The old "
            "back end set the policy of this chain to DROP, and the new back end never changes it, so the policy drops "
            "the packet."
        ),
        changes=_opened,
        side_effects=(message("the host then forwards every packet that no other rule drops"),),
    ),
)
