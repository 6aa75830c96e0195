"""Names of containers: which of them a container is told, by whom, and which it is not.

The real question is a look-up in the container that asks.  The server outside has no answer: the lab has none.
"""

import msgspec

from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from tests.tables.case import Ask, Case

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


_INSIDE = "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n"
_RULES = f"{_INSIDE} iptables-save -t nat > /run/nat; {_INSIDE} iptables"
_BACK = f"{_INSIDE} iptables-restore < /run/nat"
RESOLVER = "resolver-rules-missing"


def after(name: str, command: str, question: Ask) -> Ask:
    """Return the question that is asked when the host has carried out the command."""
    return msgspec.structs.replace(question, name=f"{name}: {question.name}", before=(("host", command),))


CASES = (
    Case("names, resolver", plan=PLAN, replica=False, asks=(
        told("web", "api"),
        after("its nat rules flushed", f"{_RULES} -t nat -F", told("web", "api", RESOLVER)),
        told("web", "backend", RESOLVER),
        told("api", "web"),
        after("put back", _BACK, told("web", "api")),
        after("no jump", f"{_RULES} -t nat -D OUTPUT 1", told("web", "api", RESOLVER)),
        after("put back again", _BACK, told("web", "api")),
        after("its filter rules flushed", f"{_INSIDE} iptables -F", told("web", "api")),
    )),
    Case("names", plan=PLAN, replica=False, asks=(
        told("web", "api"), told("web", "backend"), told("api", "web"), told("api", "front"), told("api", "clerk"),
        told("api", "desk"), told("clerk", "api"), told("linked", "old"), told("added", "web"),
        told("clerk", "web", ELSEWHERE), told("clerk", "front", ELSEWHERE), told("web", "clerk", ELSEWHERE),
        told("web", "desk", ELSEWHERE),
        told("own", "web", HOSTS),
    )),
)  # fmt: skip
