"""What a text lacks is asked for, and nothing else."""

import subprocess

from hairpin.pasted.asking import REQUESTS, lacks_inside, missing_requests, script
from hairpin.pasted.text import evidence_in_texts
from tests.pasted.readings import evidence_in_text

_SCREEN = 50
_WIDTH = 80

INSIDE = "$ docker exec web ip route\ndefault via 172.17.0.1 dev eth0\n"


def test_without_a_text_everything_is_asked() -> None:
    assert missing_requests(None) == REQUESTS
    assert lacks_inside(None)


def test_what_is_there_is_not_asked() -> None:
    found = evidence_in_texts(("net.ipv4.ip_forward = 1\n",))
    assert {each.keys[0] for each in REQUESTS} - {each.keys[0] for each in missing_requests(found)} == {"sysctl"}


def test_the_inside_of_a_container_is_no_part_of_the_host() -> None:
    found = evidence_in_texts((INSIDE,))
    assert not lacks_inside(found)
    assert any(each.keys[0] == "ip-route4" for each in missing_requests(found))


def test_each_command_stands_behind_a_prompt() -> None:
    assert 'printf "\\n$ %s\\n' in script(REQUESTS, inside=True)
    assert "$D exec" not in script(REQUESTS, inside=False)


def test_the_script_is_a_shell_script_of_a_screen() -> None:
    text = script(REQUESTS, inside=True, port=8080)
    subprocess.run(["sh", "-n"], input=text.encode(), check=True)
    assert sum(1 + len(line) // _WIDTH for line in text.splitlines()) <= _SCREEN


def test_it_asks_for_no_environment_and_no_volume() -> None:
    text = script(REQUESTS, inside=True)
    assert not any(word in text for word in (".Env", "Binds", "Mounts", "Labels", "Cmd", "Health"))


def test_it_asks_for_what_a_text_lacks() -> None:
    evidence = evidence_in_text("$ ip rule\n0:\tfrom all lookup local\n")
    assert "ip rule" not in [each.command for each in missing_requests(evidence)]
    assert lacks_inside(evidence)


def test_it_narrows_to_the_asked_container() -> None:
    assert "--filter publish=8080)" in script((), inside=True, port=8080)
    assert "--filter name=web)" in script((), inside=True, port=80, container="web")


def test_the_flags_and_the_file_of_dockerd_are_printed_without_passwords() -> None:
    commands = [each.command for each in REQUESTS if each.keys[0] in ("dockerd-cmdline", "daemon-json")]
    assert len(commands) == 2
    printed = 'http://joe:hush@10.0.0.1:3128 {"a":"http://b.example/","c":"https://joe:hush@10.0.0.1/"}\n'
    for command in commands:
        taken = command.partition("| ")[2] or command.removesuffix(" /etc/docker/daemon.json")
        shown = subprocess.run(["sh", "-c", taken], input=printed, capture_output=True, text=True, check=True).stdout
        assert shown == 'http://10.0.0.1:3128 {"a":"http://b.example/","c":"https://10.0.0.1/"}\n'


def test_what_dockerds_requests_print_is_read() -> None:
    flags, file = (each.command for each in REQUESTS if each.keys[0] in ("dockerd-cmdline", "daemon-json"))
    text = f'$ {flags}\nPID COMMAND\n700 dockerd --icc=false\n\n$ {file}\n{{\n  "userland-proxy": false\n}}\n'
    assert {"dockerd-cmdline", "daemon-json"} <= {each.key for each in evidence_in_text(text).readings}
