"""Names of containers: which of them a container is told, by whom, and which it is not.

The real question is a look-up in the container that asks.  The server outside has no answer: the lab has none.
"""

from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from tests.tables.case import Ask, Case

DEFAULT = "default-bridge-has-no-names"
ELSEWHERE = "no-common-network-for-name|isolation-drops-between-bridges"
"""The same change, a common network, repairs the name and the way: the answer tells them as one."""
HOSTS = "host-network-has-no-names"
_BOXES = (
    ContainerPlan("web", networks=("shop",), options="--network-alias front"),
    ContainerPlan("api", networks=("shop", "office"), options="--network-alias backend"),
    ContainerPlan("clerk", networks=("office",), options="--network-alias desk"),
    ContainerPlan("old"),
    ContainerPlan("linked", options="--link old"),
    ContainerPlan("added", options="--add-host web:172.18.0.2"),
    ContainerPlan("own", networks=("host",), serve="nothing"),
)
PLAN = LabPlan(networks=(NetworkPlan("shop"), NetworkPlan("office")), containers=_BOXES)


def told(asking: str, name: str, cause: str = "") -> Ask:
    """Return the question whether the container is told the name."""
    return Ask(
        f"{asking} asks for {name}", cause, target=f"{name}:80", origin=f"container:{asking}", start="host",
        purpose="dns", real=f"timeout 3 docker exec {asking} ping -c 1 -W 1 {name} 2>&1 | grep -q '^PING'",
    )  # fmt: skip


CASES = (
    Case("names", plan=PLAN, replica=False, asks=(
        told("web", "api"), told("web", "backend"), told("api", "web"), told("api", "front"), told("api", "clerk"),
        told("api", "desk"), told("clerk", "api"), told("linked", "old"), told("added", "web"),
        told("clerk", "web", ELSEWHERE), told("clerk", "front", ELSEWHERE), told("web", "clerk", ELSEWHERE),
        told("web", "desk", ELSEWHERE),
        told("web", "old", DEFAULT), told("api", "old", DEFAULT), told("old", "web", DEFAULT),
        told("old", "front", DEFAULT), told("old", "linked", DEFAULT), told("linked", "api", DEFAULT),
        told("added", "api", DEFAULT), told("added", "old", DEFAULT), told("own", "web", HOSTS),
    )),
)  # fmt: skip
