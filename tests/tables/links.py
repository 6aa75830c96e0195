"""Containers on a macvlan of the host's link: host and child do not hear each other, all others do."""

from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.lab.topology import CLIENT, HOST, NEIGHBOUR
from tests.tables.case import Ask, Case

ID, APART = "macvlan-host-cannot-reach", "macvlan-mode-separates"
WEB, DB = "198.51.100.192", "198.51.100.193"
_LAN = "--subnet 198.51.100.0/24 --gateway 198.51.100.1 --ip-range 198.51.100.192/27 -o parent=eth0"
BESIDE = "beside0"
_SHIM = (
    f"ip link add name {BESIDE} link eth0 type macvlan mode bridge; ip link set {BESIDE} up; "
    f"sysctl -qw net.ipv4.conf.{BESIDE}.arp_filter=1; ip route add {WEB}/32 dev {BESIDE} src {HOST}"
)
_FORGET = "ip neigh flush all"


def plan(mode: str, publish: tuple[str, ...] = (), *, kind: str = "macvlan") -> LabPlan:
    """Return the host with two containers on a macvlan, or ipvlan, of this mode, and one on docker0."""
    boxes = (ContainerPlan("web", networks=("lan",), options=f"--ip {WEB}", publish=publish),
             ContainerPlan("db", networks=("lan",), options=f"--ip {DB}"),
             ContainerPlan("bridged", publish=("8151:80",)))  # fmt: skip
    return LabPlan(networks=(NetworkPlan("lan", f"-d {kind} {_LAN} -o {kind}_mode={mode}"),), containers=boxes)


def asks(word: str, cause: str, *, among: str, setup: str = "true") -> tuple[Ask, ...]:
    """Return a question for each pair; ``cause``: between the host and its child, ``among``: between children.
    ``setup`` is done on the host, whose own link beside the children is gone before."""
    before = (
        ("host", f"ip link del {BESIDE} 2>/dev/null || true; {setup}; {_FORGET}"),
        *((each, _FORGET) for each in ("container:web", "container:db", "neighbour", "router")),
    )
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


CASES = (
    Case("macvlan, bridge", plan=plan("bridge"), replica=False, asks=(
        *asks("", ID, among=""), *asks("a shim: ", "", among="", setup=_SHIM),
    )),
    Case("macvlan, private", plan=plan("private"), replica=False, asks=asks("", ID, among=APART)),
    Case("macvlan, vepa", plan=plan("vepa"), replica=False, asks=asks("", ID, among=APART)),
    Case("macvlan, private in mode bridge again", plan=plan("private"), replica=False, setup=tuple(
        (f"container:{name}", "ip link set dev eth0 type macvlan mode bridge") for name in ("web", "db")
    ), asks=asks("", ID, among="")),
    Case("macvlan, -p", plan=plan("bridge", publish=("8152:80",)), replica=False, asks=(
        Ask("the port", "macvlan-ignores-ports", f"{HOST}:8152"),
        Ask("the neighbour asks the port", "macvlan-ignores-ports", f"{HOST}:8152", NEIGHBOUR, "neighbour"),
        Ask("the bridged container's", "", f"{HOST}:8151"),
        Ask("its own address", "", f"{WEB}:80", NEIGHBOUR, "neighbour"),
    )),
)  # fmt: skip
