"""A list of processes tells dockerd's flags and the programs that carry ports, and no other command line."""

import pytest

from tests.pasted.readings import evidence_in_text, keys_in, text_of

DOCKERD = "/usr/bin/dockerd -H fd:// --userland-proxy=false"
PROXY = "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80"
LISTS = {
    "ps aux": (
        "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
        "root           1  0.0  0.1 167000 12000 ?        Ss   10:00   0:01 /sbin/init\n"
        f"root         700  0.1  1.0 150000 80000 ?        Ssl  10:00   0:09 {DOCKERD}\n"
        f"root         999  0.0  0.1 100000  3000 ?        Sl   10:01   0:00 {PROXY}\n"
    ),
    "ps -ef": (
        "UID          PID    PPID  C STIME TTY          TIME CMD\n"
        "root         700       1  0 10:00 ?        00:00:09 /usr/bin/dockerd -H fd:// --userland-proxy=false\n"
        f"root         999     700  0 10:01 ?        00:00:00 {PROXY}\n"
    ),
    "ps -o": f"    PID COMMAND\n    700 /usr/bin/dockerd -H fd:// --userland-proxy=false\n    999 {PROXY}\n",
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_a_list_tells_of_the_engine(text: str) -> None:
    assert text_of(text, "dockerd-cmdline") == "--host=fd://\n--userland-proxy=false\n"
    assert text_of(text, "relay-cmdlines") == f"999\t{PROXY}\n"
    assert not any("/sbin/init" in each.text for each in evidence_in_text(text).readings)


def test_two_daemons_tell_no_flags() -> None:
    text = "PID COMMAND\n700 dockerd --bip=10.0.0.1/24\n800 dockerd --bip=10.1.0.1/24\n"
    assert keys_in(text) == ()


def test_grep_leaves_no_heads() -> None:
    assert keys_in(f"$ ps aux | grep docker-proxy\nroot 999 0.0 0.1 100 30 ? Sl 10:01 0:00 {PROXY}\n") == (
        "relay-cmdlines",
    )


@pytest.mark.parametrize("text", ("PID CMD\n", "the PID of the COMMAND\n1 2\n", "USER PID\nroot 1\n"))
def test_no_list(text: str) -> None:
    assert keys_in(text) == ()


def test_a_daemon_without_flags() -> None:
    assert text_of("PID COMMAND\n700 /usr/bin/dockerd\n", "dockerd-cmdline") == ""
