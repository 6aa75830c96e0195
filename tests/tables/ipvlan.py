"""Containers on an ipvlan of the host's link, in a guest whose kernel has ipvlans (``tests/guests/tables``)."""

from hairpin.lab.topology import HOST
from tests.tables.case import Ask, Case
from tests.tables.links import APART, BESIDE, WEB, asks, plan

ID = "ipvlan-host-cannot-reach"


def _beside(mode: str) -> str:
    """Return the commands that give the host an ipvlan beside the container's; one of mode l3 asks for no neighbour."""
    entered = f"ip neigh replace {WEB} lladdr $(cat /sys/class/net/eth0/address) nud permanent dev {BESIDE}; "
    return (
        f"ip link add name {BESIDE} link eth0 type ipvlan mode {mode} bridge; ip link set {BESIDE} up; "
        f"{entered if mode == 'l2' else ''}ip route add {WEB}/32 dev {BESIDE} src {HOST}"
    )


_NSENTER = "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n"
CASES = (
    Case("ipvlan, l2", plan=plan("l2", kind="ipvlan"), replica=False, asks=(
        *asks("", ID, among=""),
        *asks("private: ", ID, among=APART, setup=f"{_NSENTER} ip link set dev eth0 type ipvlan mode l2 private")[::5],
        *asks("vepa: ", ID, among=APART, setup=f"{_NSENTER} ip link set dev eth0 type ipvlan mode l2 vepa")[::5],
        *asks("beside: ", "", among="", setup=_beside("l2")),
    )),
    Case("ipvlan, l2, -p", plan=plan("l2", ("8152:80",), kind="ipvlan"), replica=False, asks=(
        Ask("the port", "macvlan-ignores-ports", f"{HOST}:8152"),
        Ask("the bridged container's", "", f"{HOST}:8151"),
    )),
    Case("ipvlan, l3", plan=plan("l3", kind="ipvlan"), replica=False, asks=(
        *(each for each in asks("", ID, among="") if "neighbour" not in each.name and "client" not in each.name),
        *(each for each in asks("beside: ", "", among="", setup=_beside("l3"))
          if "neighbour" not in each.name and "client" not in each.name),
    )),
)  # fmt: skip
