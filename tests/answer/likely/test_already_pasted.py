"""No command is asked for whose output the text has."""

import pytest

from hairpin.answer.likely.already_pasted import still_to_run
from tests.answer.likely.test_likely import TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, PS, RUN
from tests.suppose.test_refuted import ON, RULES

NAT = RULES.partition("*filter")[0]
SS = "$ sudo ss -lntup\nNetid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp LISTEN 0 128 *:22 *:*\n"
CUT = "$ iptables -nL\nChain FORWARD (policy ACCEPT)\ntarget prot opt source destination\n...\n"
SWITCHES = "sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|route_localnet'"


@pytest.mark.parametrize(
    ("text", "command", "left"),
    (
        (RULES, "sudo iptables-save", ""),
        (NAT, "sudo iptables-save", "sudo iptables-save -t filter"),
        (NAT, "sudo iptables-save -t nat; docker port web", "docker port web"),
        (CUT, "sudo iptables-save", None),
        (ADDRESSES, "ip addr; sudo tcpdump -ni any tcp port 80", "sudo tcpdump -ni any tcp port 80"),
        (ADDRESSES, "ip -d link show", ""),
        ("$ ip route\ndefault via 10.8.0.1 dev ens3\n", "ip route show table all; ip rule", "ip rule"),
        (PS, "docker ps -a; docker inspect web", "docker inspect web"),
        (SS, "sudo ss -lntup", ""),
        (SS, "sudo nsenter -n -t \"$(docker inspect -f '{{.State.Pid}}' web)\" ss -lntup", None),
        (ON, "sysctl net.ipv4.ip_forward", ""),
        (ON, SWITCHES, SWITCHES),
        (f"{ON}net.ipv4.conf.ens3.forwarding = 1\n", SWITCHES, ""),
        ("$ uname -a\nLinux a 5.4.0-150-generic #167 SMP x86_64 GNU/Linux\n", "uname -r; lsmod", "lsmod"),
        ("", "docker exec web sh -c 'iptables -S; ip route'; docker ps", None),
        (
            "$ docker exec web ip route\ndefault via 172.17.0.1 dev eth0\n",
            "docker exec web sh -c 'iptables -S; ip route'",
            "docker exec web iptables -S",
        ),
    ),
)  # fmt: skip
def test_a_command_whose_output_is_there_is_left_out(text: str, command: str, left: str | None) -> None:
    assert still_to_run(answer(RUN, text, TIMED_OUT), command) == (command if left is None else left)


def test_the_next_command_shows_something_new() -> None:
    found = answer(PS, TIMED_OUT, RULES, ON, ADDRESSES)
    asked = found.next.command if found.next is not None else ""
    assert not any(each in asked for each in ("iptables-save", "docker ps", "ip -d addr"))
