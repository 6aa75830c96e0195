"""Containers on an ipvlan of the host's link, in a guest whose kernel has ipvlans (``tests/guests/tables``)."""

from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.lab.topology import CLIENT, HOST, NEIGHBOUR
from tests.tables.case import Ask, Case
from tests.tables.links import APART, DB, WEB

ID = "ipvlan-host-cannot-reach"
_FORGET = "ip neigh flush all"
_LAN = "-d ipvlan --subnet 198.51.100.0/24 --gateway 198.51.100.1 --ip-range 198.51.100.192/27 -o parent=eth0"


def _beside(mode: str) -> str:
    """Return the commands that give the host an ipvlan beside the container's; one of mode l3 asks for no neighbour."""
    entered = f"ip neigh replace {WEB} lladdr $(cat /sys/class/net/eth0/address) nud permanent dev ipvlan0; "
    return (
        f"ip link add name ipvlan0 link eth0 type ipvlan mode {mode} bridge; ip link set ipvlan0 up; "
        f"{entered if mode == 'l2' else ''}ip route add {WEB}/32 dev ipvlan0 src {HOST}"
    )


def plan(mode: str, publish: tuple[str, ...] = ()) -> LabPlan:
    """Return the host with two containers on an ipvlan of this mode, and one on docker0."""
    boxes = (ContainerPlan("web", networks=("lan",), options=f"--ip {WEB}", publish=publish),
             ContainerPlan("db", networks=("lan",), options=f"--ip {DB}"),
             ContainerPlan("bridged", publish=("8151:80",)))  # fmt: skip
    return LabPlan(networks=(NetworkPlan("lan", f"{_LAN} -o ipvlan_mode={mode}"),), containers=boxes)


def asks(word: str, cause: str, *, among: str, setup: str = "true") -> tuple[Ask, ...]:
    """Return a question for each pair; ``cause``: between the host and its child, ``among``: between children."""
    before = (("host", f"ip link del ipvlan0 2>/dev/null || true; {setup}; {_FORGET}"), *(
        (each, _FORGET) for each in ("container:web", "container:db", "neighbour", "router")
    ))  # fmt: skip
    pairs = (
        ("the host asks it", cause, f"{WEB}:80", "host", "host"),
        ("it asks the host", cause, f"{HOST}:8151", "container:web", "container:web"),
        ("a bridged container asks it", cause, f"{WEB}:80", "container:bridged", "container:bridged"),
        ("the neighbour asks it", "", f"{WEB}:80", NEIGHBOUR, "neighbour"),
        ("it asks the client", "", f"{CLIENT}:9000", "container:web", "container:web"),
        ("another child asks it", among, f"{WEB}:80", "container:db", "container:db"),
    )
    return tuple(Ask(f"{word}{name}", found, to, origin, start, before=before)
                 for name, found, to, origin, start in pairs)  # fmt: skip


_NSENTER = "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n"
CASES = (
    Case("ipvlan, l2", plan=plan("l2"), replica=False, asks=(
        *asks("", ID, among=""),
        *asks("private: ", ID, among=APART, setup=f"{_NSENTER} ip link set dev eth0 type ipvlan mode l2 private")[::5],
        *asks("vepa: ", ID, among=APART, setup=f"{_NSENTER} ip link set dev eth0 type ipvlan mode l2 vepa")[::5],
        *asks("beside: ", "", among="", setup=_beside("l2")),
    )),
    Case("ipvlan, l2, -p", plan=plan("l2", publish=("8152:80",)), replica=False, asks=(
        Ask("the port", "macvlan-ignores-ports", f"{HOST}:8152"),
        Ask("the bridged container's", "", f"{HOST}:8151"),
    )),
    Case("ipvlan, l3", plan=plan("l3"), replica=False, asks=(
        *(each for each in asks("", ID, among="") if "neighbour" not in each.name and "client" not in each.name),
        *(each for each in asks("beside: ", "", among="", setup=_beside("l3"))
          if "neighbour" not in each.name and "client" not in each.name),
    )),
)  # fmt: skip
