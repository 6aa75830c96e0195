"""What a text lacks is asked for, and nothing else."""

from hairpin.pasted.asking import REQUESTS, lacks_inside, missing_requests, script
from hairpin.pasted.text import evidence_in_texts

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
    assert "printf '\\n$ %s\\n'" in script(REQUESTS, inside=True)
    assert "docker exec" not in script(REQUESTS, inside=False)
