"""Stale entries of the connection table."""

from hairpin.lab.plan import ContainerPlan, LabPlan
from hairpin.lab.topology import CLIENT, HOST, NEIGHBOUR
from tests.tables.case import Ask, Case

ID = "conntrack-entry-stale"
_PORT = 44444
PLAN = LabPlan(daemon='{"userland-proxy": false}',
               containers=(ContainerPlan("dns", publish=("5514:53/udp",), serve="udp-echo"),))  # fmt: skip
PROXIED = LabPlan(containers=PLAN.containers)
TO = f"{HOST}:5514/udp"
_FORTH = f"-s {{}} -d {HOST} -p udp --sport {_PORT} --dport {{}}"


def written(
    *, sender: str = CLIENT, port: int = 5514, to: str = "", back: int = 53, timeout_s: int = 60
) -> tuple[tuple[str, str], ...]:
    """Return the command that writes an entry; ``to``: the address that it translates to."""
    nat = f" -g {to}:{back}" if to else ""
    forth = _FORTH.format(sender, port)
    return (("host", f"conntrack -I {forth}{nat} -t {timeout_s}"),)


FORGET = ("host", "conntrack -D -p udp --dport 5514 >/dev/null 2>&1 || true")
CASES = (
    Case("udp entry", plan=PLAN, asks=(
        Ask("none", to=TO, sport=_PORT),
        Ask("without DNAT", ID, to=TO, sport=_PORT, before=(FORGET, *written())),
        Ask("of a neighbour", to=TO, sport=_PORT, before=(FORGET, *written(sender=NEIGHBOUR))),
        Ask("the neighbour itself", ID, to=TO, origin=NEIGHBOUR, start="neighbour", sport=_PORT,
            before=(FORGET, *written(sender=NEIGHBOUR))),
        Ask("for another port", to=TO, sport=_PORT, before=(FORGET, *written(port=5515))),
        Ask("to a container that is gone", ID, to=TO, sport=_PORT, before=(FORGET, *written(to="172.17.0.77"))),
        Ask("to the container", to=TO, sport=_PORT, before=(FORGET, *written(to="172.17.0.2"))),
        Ask("to another port of the container", ID, to=TO, sport=_PORT,
            before=(FORGET, *written(to="172.17.0.2", back=54))),
        Ask("deleted", to=TO, sport=_PORT, before=(FORGET,)),
    )),
    Case("udp entry, docker-proxy", plan=PROXIED, asks=(
        Ask("without DNAT: docker-proxy answers", to=TO, sport=_PORT, before=(FORGET, *written())),
        Ask("to a container that is gone", ID, to=TO, sport=_PORT, before=(FORGET, *written(to="172.17.0.77"))),
        Ask("expired", to=TO, sport=_PORT,
            before=(FORGET, *written(to="172.17.0.77", timeout_s=1), ("host", "sleep 2"))),
    )),
)  # fmt: skip
