"""After a reload of firewalld dockerd puts back the rules by which its ports are reached, and not all that keep others
away.

Users see: after ``firewall-cmd --reload`` a container reaches those of another network, and nothing looks broken.

Proof: the reload is carried out on the model of the host; the rule of the engine that stops the packet now is gone
then, and the packet is delivered.
Now: nothing is open yet; after a reload, ``systemctl restart docker``.
Lasting: a newer engine (28.3.3 in its line), or a rule of firewalld's own between the bridges.
"""

from collections.abc import Iterator

from hairpin.causes.cause import AskedFlows, Cause, Finding
from hairpin.causes.opening import opened_by_events
from hairpin.message import message

CAUSE = Cause(
    title=message("A reload of firewalld removes the rules that keep the engine's networks apart"),
    source="moby libnetwork/drivers/bridge/setup_ip_tables.go; measured with Docker 20.10.24; CVE-2025-54388",
)


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield the engine's rules that no longer keep clients out after a reload of firewalld."""
    advice = message(
        "restart dockerd after each reload of firewalld, or keep the networks apart by a rule of firewalld's own"
    )
    return opened_by_events(asked, advice, of_engine=True)
