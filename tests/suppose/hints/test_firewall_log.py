"""The lines that firewalls log of dropped packets name what drops them; other lines name nothing."""

from hairpin.suppose.hints.firewall_log import logged_drops
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
