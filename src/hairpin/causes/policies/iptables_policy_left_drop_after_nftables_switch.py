"""dockerd's iptables back end set FORWARD's policy to DROP, and dockerd's nftables back end accepts packets in another
table.

Users see: since Docker was switched to ``"firewall-backend": "nftables"``, published ports time out for other machines
but not for the host itself, and containers do not reach the internet.

Proof: dockerd makes its rules in the table ``docker-bridges``.  The policy of FORWARD in iptables drops the packet, and
the table cannot overrule this policy.  No file sets the policy, and DOCKER-USER from the old back end still exists.
With the policy ACCEPT the packet passes.
Now: ``iptables -P FORWARD ACCEPT``.  If this host also forwards packets of other machines or bridges, write rules for
these packets first.
Lasting: a reboot resets the policy.  If the saved rules contain DOCKER chains, they were saved before the switch and
should be saved again.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, Place, View, message
from hairpin.causes.rules._by_owner import by_owner
from hairpin.causes.rules._lifting import deletion, exception
from hairpin.change.change import Change


def _opened(view: View, place: Place) -> tuple[Change, ...]:
    """Return two changes: one restores the policy that the host had without Docker, the other adds an exception for
    this flow."""
    return deletion(view, place), exception(view, place)


CAUSE = Cause(
    title=message("Docker's old FORWARD policy drops packets that Docker's nftables rules accept"),
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
