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


def opened(to: str = "", *, sender: str = CLIENT) -> tuple[tuple[str, str], ...]:
    """Return the command that writes an established connection to the published port, from the port 44444."""
    nat = f" -g {to}:80" if to else ""
    forth = f"-s {sender} -d {HOST} -p tcp --sport {_PORT} --dport 8151"
    forget = "conntrack -D -p tcp --dport 8151 >/dev/null 2>&1 || true"
    return (("host", f"{forget}; conntrack -I {forth}{nat} --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 600"),)


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
    Case("udp entry, more", plan=PLAN, asks=(
        Ask("a neighbour's, to a container that is gone: the neighbour", ID, to=TO, origin=NEIGHBOUR, start="neighbour",
            sport=_PORT, before=(FORGET, *written(sender=NEIGHBOUR, to="172.17.0.77"))),
        Ask("a neighbour's, to a container that is gone: the client", to=TO, sport=_PORT,
            before=(FORGET, *written(sender=NEIGHBOUR, to="172.17.0.77"))),
        Ask("both have one, the client's is stale: the client", ID, to=TO, sport=_PORT,
            before=(FORGET, *written(), *written(sender=NEIGHBOUR, to="172.17.0.2"))),
        Ask("both have one, the client's is stale: the neighbour", to=TO, origin=NEIGHBOUR, start="neighbour",
            sport=_PORT, before=(FORGET, *written(), *written(sender=NEIGHBOUR, to="172.17.0.2"))),
        Ask("the host's own", ID, to=TO, origin="host", start="host", sport=_PORT,
            before=(FORGET, *written(sender=HOST))),
        Ask("expired", to=TO, sport=_PORT, before=(FORGET, *written(timeout_s=1), ("host", "sleep 2"))),
        Ask("to the host itself", ID, to=TO, sport=_PORT, before=(FORGET, *written(to=HOST, back=5514))),
    )),
    # A TCP client has a new port for each connection: an entry of an old one stops none.
    Case("tcp entry", asks=(
        Ask("without DNAT", before=opened()),
        Ask("to a container that is gone", before=opened("172.17.0.77")),
        Ask("to the container", before=opened("172.17.0.2")),
        Ask("of a neighbour", before=opened("172.17.0.77", sender=NEIGHBOUR)),
        Ask("of the neighbour itself", origin=NEIGHBOUR, start="neighbour",
            before=opened("172.17.0.77", sender=NEIGHBOUR)),
    )),
    Case("udp entry, docker-proxy", plan=PROXIED, asks=(
        Ask("without DNAT: docker-proxy answers", to=TO, sport=_PORT, before=(FORGET, *written())),
        Ask("to a container that is gone", ID, to=TO, sport=_PORT, before=(FORGET, *written(to="172.17.0.77"))),
        Ask("expired", to=TO, sport=_PORT,
            before=(FORGET, *written(to="172.17.0.77", timeout_s=1), ("host", "sleep 2"))),
    )),
)  # fmt: skip
