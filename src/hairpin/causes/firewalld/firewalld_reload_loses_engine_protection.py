"""After a reload of firewalld, dockerd restores the rules that make its ports reachable, but not all of its isolation
rules.

Users see: after ``firewall-cmd --reload`` a container reaches containers of another network, and no connection fails.

Proof: hairpin simulates the reload on the model of the host.  After the reload the engine's rule that stops the packet
now is gone, and the packet is delivered.
Now: no port is open yet.  After a reload, ``systemctl restart docker``.
Lasting: upgrade the engine (version 28 from 28.3.3 on), or add a firewalld rule between the bridges.
"""

from hairpin.causes.kit import AskedFlows, Cause, Finding, Iterator, message
from hairpin.causes.opening import opened_by_events

CAUSE = Cause(
    title=message("A reload of firewalld removes the rules that keep the engine's networks apart"),
    source="moby libnetwork/drivers/bridge/setup_ip_tables.go; measured with Docker 20.10.24; CVE-2025-54388",
)


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield one finding for each engine rule that no longer keeps clients out after a reload of firewalld."""
    advice = message(
        "restart dockerd after each reload of firewalld, or keep the networks apart with a rule in firewalld's own "
        "configuration"
    )
    return opened_by_events(asked, advice, of_engine=True)
