"""Outputs are found whatever stands between them, each line once."""

from itertools import pairwise

from hairpin.pasted.recognise import outputs, paste_of

TEXT = """\
Hi, this is my firewall:
$ ip rule
0:\tfrom all lookup local
32766:\tfrom all lookup main
and these are my settings
net.ipv4.ip_forward = 1
thanks!
"""


def test_outputs_in_prose() -> None:
    found = [(index, each.end, each.told) for index, _, each in outputs(paste_of(TEXT))]
    assert found == [(2, 4, "ip rule"), (5, 6, "sysctl")]


def test_no_line_is_taken_twice() -> None:
    ends = [(index, each.end) for index, _, each in outputs(paste_of(TEXT * 5))]
    assert all(before[1] <= after[0] for before, after in pairwise(ends))


def test_a_long_text_is_searched_in_linear_time() -> None:
    short, long = (sum(1 for _ in outputs(paste_of(TEXT * count))) for count in (10, 100))
    assert long == 10 * short


_ANSIBLE = (
    'fatal: [web]: FAILED! => {"rc": 1, "stderr": "Creating db ... \\nERROR: it is\\n", "stdout": "one\\r\\ntwo"}'
)


def test_an_output_that_json_quotes_is_read_by_its_lines() -> None:
    found = paste_of(f"TASK [db]\n{_ANSIBLE}\nthanks")
    assert found.lines[2] == "ERROR: it is"
    assert found.numbers == (1, 2, 2, 2, 2, 2, 3)


def test_other_json_and_secrets_stay_whole() -> None:
    for line in ('{"stderr": "one line"}', '{"command": "a\\nb"}', _ANSIBLE.replace("one", "password")):
        assert paste_of(line).lines == (line,)
