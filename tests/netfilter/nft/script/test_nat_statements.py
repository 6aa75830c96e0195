"""NAT, proxies, queues, copies."""

from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.statements import statement
from hairpin.netfilter.nft.syntax import Json
from tests.rows import each_row

DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}
CASES: dict[str, Json] = {
    "dnat to 10.0.0.2:80": {"dnat": {"addr": "10.0.0.2", "port": 80}},
    "dnat ip to 10.0.0.2-10.0.0.9 persistent": {
        "dnat": {"family": "ip", "addr": {"range": ["10.0.0.2", "10.0.0.9"]}, "flags": "persistent"}},
    "dnat ip6 to [fd00::2]:http": {"dnat": {"family": "ip6", "addr": "fd00::2", "port": 80}},
    "dnat to [fd00::]/64": {"dnat": {"addr": {"prefix": {"addr": "fd00::", "len": 64}}}},
    "dnat ip addr . port to tcp dport map { 80 : 10.0.0.2 . 8080 }": {
        "dnat": {"family": "ip", "type_flags": "concat",
                 "addr": {"map": {"key": DPORT, "data": {"set": [[80, {"concat": ["10.0.0.2", 8080]}]]}}}}},
    "redirect to :8080": {"redirect": {"port": 8080}},
    "redirect to :tcp dport map { 80 : 8080 }": {
        "redirect": {"port": {"map": {"key": DPORT, "data": {"set": [[80, 8080]]}}}}},
    "masquerade persistent,random": {"masquerade": {"flags": ["random", "persistent"]}},
    "masquerade to :1024-65535": {"masquerade": {"port": {"range": [1024, 65535]}}},
    "masquerade": {"masquerade": None},
    "dnat 10.0.0.2": {"dnat": {"addr": "10.0.0.2"}},
    "snat prefix to 10.0.0.0/24": {
        "snat": {"type_flags": "prefix", "flags": "netmap", "addr": {"prefix": {"addr": "10.0.0.0", "len": 24}}}},
    "tproxy ip to 127.0.0.1:50080": {"tproxy": {"family": "ip", "addr": "127.0.0.1", "port": 50080}},
    "queue num 1-3 bypass": {"queue": {"num": {"range": [1, 3]}, "flags": "bypass"}},
    'fwd to "eth0"': {"fwd": {"dev": "eth0"}},
    'dup to 10.0.0.1 device "eth0"': {"dup": {"addr": "10.0.0.1", "dev": "eth0"}},
}  # fmt: skip


@each_row(("text", "expected"), CASES.items(), ids=CASES)
def test_statements(text: str, expected: Json) -> None:
    at = Cursor(text, "here", {})
    assert (statement(at), at.peek().kind) == (expected, "end")
