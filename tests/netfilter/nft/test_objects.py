from hairpin.netfilter.nft.objects import declared
from hairpin.netfilter.nft.syntax import Object
from tests.rows import each_row

OBJECTS: dict[str, tuple[str, Object, str]] = {
    "counter": ("counter", {"packets": 3, "bytes": 60}, "counter x { packets 3 bytes 60 }"),
    "quota": ("quota", {"bytes": 1024, "used": 0, "inv": True}, "quota x { over 1024 bytes }"),
    "limit": ("limit", {"rate": 400, "per": "minute", "burst": 5}, "limit x { rate 400/minute }"),
    "helper": (
        "ct helper", {"type": "ftp", "protocol": "tcp", "l3proto": "ip"},
        'ct helper x { type "ftp" protocol tcp; l3proto ip; }',
    ),
    "timeout": (
        "ct timeout", {"protocol": "tcp", "l3proto": "ip", "policy": {"established": 132, "close": 16}},
        "ct timeout x { protocol tcp; l3proto ip; policy = { established : 132, close : 16 }; }",
    ),
    "expectation": (
        "ct expectation", {"protocol": "tcp", "dport": 9876, "timeout": 120000, "size": 12, "l3proto": "ip"},
        "ct expectation x { protocol tcp; dport 9876; timeout 120s; size 12; l3proto ip; }",
    ),
    "synproxy": (
        "synproxy", {"mss": 1460, "wscale": 7, "flags": ["timestamp", "sack-perm"]},
        "synproxy x { mss 1460 wscale 7 timestamp sack-perm }",
    ),
    "secmark": ("secmark", {"context": "system_u:object_r:sshd_t"}, 'secmark x { "system_u:object_r:sshd_t" }'),
    "flow table": (
        "flowtable", {"hook": "ingress", "prio": 0, "dev": ["eth0", "eth1"]},
        'flowtable x { hook ingress priority 0; devices = { "eth0", "eth1" }; }',
    ),
    "of tomorrow": ("tunnel", {"family": "ip", "id": 5}, "tunnel x { id 5 }"),
}  # fmt: skip


@each_row(("kind", "body", "text"), OBJECTS.values(), ids=OBJECTS)
def test_objects_are_declared_in_nfts_words(kind: str, body: Object, text: str) -> None:
    assert declared(kind, {**body, "name": "x", "table": "t"}) == text
