"""The sender of a text: by the option, by its line, by its form, or not known."""

from hairpin.answer.texts.sender import SenderKind, ToldBy
from tests.explain.answers import explain, the_only
from tests.rows import each_row

REFUSED = "dial tcp 127.0.0.1:9: connect: connection refused"
UFW = "[UFW BLOCK] IN=docker0 OUT= MAC=… SRC={} DST=172.17.0.1 LEN=60 PROTO=TCP SPT=40000 DPT=5432 SYN"
AT_ALL = REFUSED.replace("127.0.0.1", "0.0.0.0")
THIS = "Nov 26 01:00:00 host1"
OTHER = "Nov 26 01:00:00 host2"
CASES: dict[str, tuple[str, str, SenderKind, str, ToldBy]] = {
    "the option":                    (REFUSED, "container:plain", "container", "plain", "option"),
    "the option against the line":   (f"front  | {REFUSED}", "container:plain", "container", "plain", "option"),
    "a client by the option":        (AT_ALL, "192.0.2.7", "address", "192.0.2.7", "option"),
    "compose":                       (f"plain  | {REFUSED}", "", "container", "plain", "line"),
    "a program of this host":        (f"{THIS} app[9]: {REFUSED}", "", "host", "app", "line"),
    "this host with its domain":     (f"{THIS}.example.net app[9]: {REFUSED}", "", "host", "app", "line"),
    "a container through syslog":    (f"{THIS} docker/front[9]: {REFUSED}", "", "container", "front", "line"),
    "a program or a container":      (f"{THIS} front[9]: {REFUSED}", "", "unknown", "", ""),
    "another host":                  (f"{OTHER} app[9]: {REFUSED}", "", "elsewhere", "app", "line"),
    "a host without a name":         (f"Nov 26 01:00:00 localhost app[9]: {REFUSED}", "", "unknown", "", ""),
    "another compose project":       (f"api-1  | {REFUSED}", "", "elsewhere", "api-1", "line"),
    "nobody":                        (REFUSED, "", "unknown", "", ""),
    "an engine":                     ("WARNING: IPv4 forwarding is disabled", "", "host", "docker", "form"),
    "an engine of another host":     (f"{OTHER} dockerd[9]: IPv4 forwarding is disabled", "",
                                      "elsewhere", "dockerd", "line"),
    "a packet from a container":     (UFW.format("172.17.0.2"), "", "container", "plain", "line"),
    "a packet from outside":         (UFW.format("192.0.2.7"), "", "address", "192.0.2.7", "line"),
    "a host's own resolver":         ("lookup db on 127.0.0.53:53: no such host", "", "host", "", "form"),
    "a container's resolver":        ("lookup db on 127.0.0.11:53: no such host", "", "container", "", "form"),
}  # fmt: skip


@each_row(("text", "origin", "kind", "name", "told_by"), CASES.values(), ids=CASES)
def test_sender(text: str, origin: str, kind: SenderKind, name: str, told_by: ToldBy) -> None:
    sender = the_only(text, origin=origin).here.sender
    assert (sender.kind, sender.name, sender.told_by) == (kind, name, told_by)


def test_texts_of_several_containers_are_several() -> None:
    found = explain(f"plain  | {REFUSED}\nfront  | {REFUSED}\nplain  | {REFUSED}").found
    assert [(each.here.sender.name, each.text.count) for each in found] == [("plain", 2), ("front", 1)]
