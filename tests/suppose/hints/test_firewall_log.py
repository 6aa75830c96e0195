"""The lines that firewalls log of dropped packets name what drops them; other lines name nothing."""

import pytest

from hairpin.suppose.hints.firewall_log import counted_drops, dropped_surely, logged_drops
from tests.rows import each_row

_REST = "MAC=02:42 SRC=172.18.0.2 DST=192.0.2.1 LEN=60 PROTO=TCP SPT=40668 DPT=3040"


@each_row(
    ("line", "cause"),
    (
        (f"[UFW BLOCK] IN=docker0 OUT= PHYSIN=veth1 {_REST}", "input-drops-host-service"),
        (f"kernel: [UFW BLOCK] IN=docker0 OUT=eth0 {_REST}", "ufw-forward-policy"),
        ("[UFW BLOCK] IN=br-718950ae6f3a SRC=172.18.0.4 DST=172.17.0.1 DPT=8043 SYN", "input-drops-host-service"),
        (f"node1 kernel: filter_FWD_public_REJECT: IN=flannel.1 OUT=cni0 {_REST}", "firewalld-bridge-in-wrong-zone"),
        (f"kernel: FINAL_REJECT: IN=eth0 OUT= {_REST}", "firewalld-zone-blocks-port"),
        (f"kernel: iptables denied: IN=eth0 OUT=br-1 {_REST}", "rule-decides-flow"),
        (f"kernel: DROP IN= OUT=eth0 {_REST}", "output-policy-drop"),
        (f"Jun 21 14:13:07 dev kernel: [11340794.729521] IN=ens4 OUT=nerdctl0 {_REST}", "forward-policy-drop"),
    ),
)
def test_a_logged_drop_names_its_cause(line: str, cause: str) -> None:
    (found,) = logged_drops(((9, line),))
    assert (found.cause, found.line) == (cause, 9)


@each_row(
    "line",
    (
        f"[UFW ALLOW] IN=eth0 OUT= {_REST}",
        f"[UFW AUDIT] IN=eth0 OUT= {_REST}",
        f"kernel: trace IN=eth0 OUT= {_REST}",
        f"kernel: IN=eth0 OUT= {_REST}",
        f"kernel: seen IN=eth0 OUT=docker0 {_REST}",
        "we DROP what comes in",
    ),
)
def test_other_lines_name_nothing(line: str) -> None:
    assert not list(logged_drops(((1, line),)))


def test_each_cause_is_named_once() -> None:
    line = f"[UFW BLOCK] IN=eth0 OUT= {_REST}"
    assert len(list(logged_drops(((1, line), (2, line))))) == 1


_NATIVE = '        oifname "tailscale0" ct state ! related,established counter packets {} bytes 46102 {}'


def _found(*lines: str) -> list[tuple[str, int]]:
    return [(each.cause, each.line) for each in counted_drops(enumerate(lines, 1))]


@pytest.mark.parametrize(
    ("chain", "cause"),
    (
        ("chain ts-forward {", "third-party-forward-chain-drops"),
        ("chain DOCKER-USER {", "docker-user-drops"),
        ("chain ufw-user-input {", "input-drops-host-service"),
        ("chain OUTPUT {", "output-policy-drop"),
        ("chain mine {", "rule-decides-flow"),
    ),
)
def test_a_rule_that_has_dropped_names_its_cause(chain: str, cause: str) -> None:
    assert _found(chain, _NATIVE.format(550, "drop"), "}") == [(cause, 2)]


@pytest.mark.parametrize(
    "lines",
    (
        ("Chain CNI-FORWARD (1 references)", "    3   192 DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0"),
        ("-A FORWARD -j x", "[12:700] -A FORWARD -o docker0 -j DROP"),
    ),
)
def test_other_layouts_are_read(lines: tuple[str, str]) -> None:
    assert _found(*lines) == [("third-party-forward-chain-drops", 2)]


@pytest.mark.parametrize(
    "line",
    (
        _NATIVE.format(0, "drop"),
        _NATIVE.format(550, "accept"),
        "    0     0 DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0",
        "    3   192 LOG  all  --  *  *  0.0.0.0/0  0.0.0.0/0",
    ),
)
def test_a_rule_that_has_dropped_nothing_names_nothing(line: str) -> None:
    assert _found("chain ts-forward {", line) == []


_ANY: frozenset[int] = frozenset()
_TO_HOST = f"[UFW BLOCK] IN=docker0 OUT= {_REST} SYN"
_TO_CONTAINER = "kernel: FINAL_REJECT: IN=eth0 OUT=cni-podman0 DST=10.88.0.18 PROTO=TCP SPT=1 DPT=80 SYN"


@each_row(
    ("line", "ports", "inner", "causes"),
    (
        (_TO_HOST, {3040}, _ANY, {"input-drops-host-service"}),
        (_TO_HOST, _ANY, _ANY, {"input-drops-host-service"}),
        (_TO_HOST, {80}, _ANY, set()),
        (_TO_HOST.removesuffix("SYN"), {3040}, _ANY, set()),
        (_TO_HOST.replace("docker0", "eth0"), {3040}, _ANY, set()),
        (_TO_HOST.replace("BLOCK", "AUDIT"), {3040}, _ANY, set()),
        (_TO_CONTAINER, {8080}, {80}, {"firewalld-bridge-in-wrong-zone"}),
        (_TO_CONTAINER, {8080}, {81}, set()),
        (_TO_CONTAINER.replace("FINAL_REJECT", "mine"), {8080}, {80}, set()),
        ("[UFW DOCKER BLOCK] IN=eth0 OUT=docker_gwbridge PROTO=TCP DPT=80 SYN", {81}, _ANY, {"docker-user-drops"}),
    ),
)
def test_the_prefix_of_a_firewall_proves_what_it_dropped(
    line: str, ports: set[int], inner: set[int], causes: set[str]
) -> None:
    assert dropped_surely(((1, line),), frozenset(ports), frozenset(inner)) == causes
