from hairpin.pasted.merging import merge
from tests.rows import each_row

ROWS: dict[str, tuple[str, list[str], str]] = {
    "the later chain counts": (
        "iptables-nft-save4",
        ["*nat\n:A - [0:0]\n-A A -j DROP\nCOMMIT\n", "*nat\n:A - [0:0]\n-A A -j ACCEPT\nCOMMIT\n"],
        "*nat\n:A - [0:0]\n-A A -j ACCEPT\nCOMMIT\n",
    ),
    "a chain that is not listed leaves the other": (
        "iptables-nft-save4",
        ["*nat\n:A - [0:0]\n-A A -j DROP\nCOMMIT\n", "*nat\n:A - [0:0]\n-A A -m unlisted --rules -j DROP\nCOMMIT\n"],
        "*nat\n:A - [0:0]\n-A A -j DROP\nCOMMIT\n",
    ),
    "a rule of which nft's listing has lost the verdict": (
        "iptables-nft-save4",
        ["*filter\n:A - [0:0]\n-A A -p tcp -j DROP\nCOMMIT\n", "*filter\n:A - [0:0]\n-A A -p tcp\nCOMMIT\n"],
        "*filter\n:A - [0:0]\n-A A -p tcp -j DROP\nCOMMIT\n",
    ),
    "links by name": (
        "ip-addr-text",
        ["1: lo: <UP> mtu 1\n2: a: <UP> mtu 1\n", "2: a: <UP> mtu 2\n    inet 10.0.0.1/8\n"],
        "1: lo: <UP> mtu 1\n2: a: <UP> mtu 2\n    inet 10.0.0.1/8\n",
    ),
    "two ports with equal settings": (
        "bridge-link-text",
        ["5: a@if4: <UP> mtu 1\n    isolated on\n7: b@if6: <UP> mtu 1\n    isolated on\n"],
        "5: a@if4: <UP> mtu 1\n    isolated on\n7: b@if6: <UP> mtu 1\n    isolated on\n",
    ),
    "another table beside main": (
        "ip-route4-text",
        ["default dev a\n", "default dev b table 5\n"],
        "default dev a\ndefault dev b table 5\n",
    ),
    "another table alone": ("ip-route4-text", ["default dev b table 5\n"], ""),
    "a socket's program": (
        "sockets",
        ['tcp LISTEN 0 5 *:80 *:* users:(("a",pid=1,fd=3))\n', "tcp LISTEN 0 5 *:80 *:*\n"],
        'tcp LISTEN 0 5 *:80 *:* users:(("a",pid=1,fd=3))\n',
    ),
}


@each_row(("key", "texts", "wanted"), ROWS.values(), ids=ROWS)
def test_merge(key: str, texts: list[str], wanted: str) -> None:
    assert merge(key, texts) == wanted
