from hairpin.pasted.counted import CountedOutput, counted_in
from hairpin.pasted.recognise import paste_of
from tests.rows import each_row

RULE = "0:\tfrom all lookup local\n"
CASES: dict[str, tuple[str, list[CountedOutput]]] = {
    "whole": (f"$ ip rule\n{RULE}# 1 lines\n", [CountedOutput("host", "ip rule", 1, True)]),
    "a line is lost": (f"$ ip rule\n{RULE}# 2 lines\n", [CountedOutput("host", "ip rule", 2, False)]),
    "empty": ("$ iptables-save\n\n# 0 lines\n", [CountedOutput("host", "iptables-save", 0, True)]),
    "of a container": ("$ docker exec web ip rule\n# 0 lines\n", [CountedOutput("container:web", "ip rule", 0, True)]),
    "its tables": (
        "$ iptables-save\n*nat\nCOMMIT\n# 2 lines\n",
        [CountedOutput("host", "iptables-save", 2, True, ("nat",))],
    ),
    "without its command": ("# 2 lines\n", []),
    "of another command, whose words may be secret": ("$ cat /x\n# 0 lines\n", [CountedOutput("host", "cat", 0, True)]),
    "not counted": (f"$ ip rule\n{RULE}", []),
}


@each_row(("text", "wanted"), CASES.values(), ids=CASES)
def test_counted_in(text: str, wanted: list[CountedOutput]) -> None:
    assert list(counted_in(paste_of(text))) == wanted
