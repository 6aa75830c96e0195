"""What the told parts of a host rule out is not named, whatever the words of the text say."""

import pytest

from hairpin.answer.answer import Answer
from hairpin.suppose.refuted import refuted_causes
from tests.answer.likely.test_likely import TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, PS, RUN

ON = "$ sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 1\n"
RULES = """\
$ sudo iptables-save
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
"""
OF_RULES = {
    "docker-nat-chain-missing", "masquerade-missing", "docker-filter-chain-missing", "filter-forward-jump-missing",
    "firewall-manager-flushed-rules", "firewalld-restart-wipes-docker", "docker-user-drops",
    "reject-rule-before-docker", "input-drops-host-service", "input-chain-drops-proxied-traffic",
}  # fmt: skip
FLUSHED = (
    "".join(line for line in RULES.splitlines(keepends=True) if "DNAT" not in line and "LOCAL" not in line)
    .replace(":DOCKER - [0:0]\nCOMMIT", "COMMIT")
    .replace(":DOCKER - [0:0]\n", "", 1)
)
DROPS = RULES.replace("-A DOCKER-USER -j RETURN", "-A DOCKER-USER -i eth0 -j DROP")


def refuted(*texts: str) -> frozenset[str]:
    found = answer(*texts)
    return refuted_causes(found.network.this, tuple(each.trace.flow for each in found.flows))


@pytest.mark.parametrize(
    ("texts", "causes"),
    (
        ((RUN, TIMED_OUT), set[str]()),
        ((RUN, TIMED_OUT, ON), {"ip-forward-off"}),
        ((RUN, TIMED_OUT, ON.replace("= 1", "= 0")), set[str]()),
        ((RUN, TIMED_OUT, RULES), OF_RULES),
        ((RUN, TIMED_OUT, DROPS), OF_RULES - {"docker-user-drops"}),
        ((RUN, TIMED_OUT, FLUSHED),
         OF_RULES - {"docker-nat-chain-missing", "firewall-manager-flushed-rules", "firewalld-restart-wipes-docker"}),
        ((PS, TIMED_OUT), {"container-not-running"}),
        ((RUN, ADDRESSES, TIMED_OUT, "$ ip route\ndefault via 10.8.0.1 dev ens3\n10.8.0.0/24 dev ens3 scope link\n"),
         {"host-default-route-missing"}),
    ),
)  # fmt: skip
def test_what_an_output_shows_otherwise_is_ruled_out(texts: tuple[str, ...], causes: set[str]) -> None:
    assert refuted(*texts) == causes


def likely(found: Answer) -> set[str]:
    return {each.id for each in found.causes if each.likely}


def test_words_about_a_cause_that_an_output_rules_out_do_not_count() -> None:
    said = "I think that ip_forward is off, or Docker's MASQUERADE rule is missing, or the container is not running.\n"
    assert "ip-forward-off" in likely(answer(RUN, TIMED_OUT, said))
    assert likely(answer(RUN, TIMED_OUT, said, ON, RULES)).isdisjoint(OF_RULES | {"ip-forward-off"})
