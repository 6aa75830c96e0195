"""``ip xfrm policy`` of iproute2 6.1."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip.xfrm_text import policies
from hairpin.host.xfrm import XfrmPolicy
from hairpin.netfilter.address import Prefix

TEXT = """\
src 10.0.0.0/24 dst 10.1.0.0/24 proto tcp sport 80 dport 90 dev eth0
\tdir fwd priority 3 ptype main
\tmark 0x5/0xff
\ttmpl src 1.1.1.1 dst 2.2.2.2
\t\tproto esp reqid 1 mode tunnel
\t\tlevel use
src 2001:db8::/32 dst ::/0
\tdir in priority 0 ptype main
\ttmpl src :: dst ::
\t\tproto esp reqid 1 mode transport
src 0.0.0.0/0 dst 192.0.2.0/24
\tdir out action block priority 1000 ptype main
src 0.0.0.0/0 dst 0.0.0.0/0
\tsocket in priority 0 ptype main
src 10.2.0.0/24 dst 10.3.0.0/24
\tdir out priority 2 ptype main
\ttmpl src 1.1.1.1 dst 2.2.2.2
\t\tproto esp reqid 1 mode tunnel
\tif_id 0x3
Default policies:
 in:  block
 fwd: accept
 out: accept
"""


def test_policies() -> None:
    found = policies(text_reading(TEXT, "ip xfrm policy", "e1"))
    assert [(each.direction, each.priority, each.blocks) for each in found] == [
        ("in", 0, False), ("out", 2, False), ("fwd", 3, False), ("out", 1000, True), ("in", 1 << 32, True),
        ("in", 1 << 32, True),
    ]  # fmt: skip
    assert found[2] == XfrmPolicy(
        "fwd", Prefix(4, 0x0A000000, 24), Prefix(4, 0x0A010000, 24), priority=3, protocol=6, sport=80, dport=90,
        link="eth0", mark=5, mask=0xFF, templates=True, plain=True,
        text="src 10.0.0.0/24 dst 10.1.0.0/24 proto tcp sport 80 dport 90 dev eth0 dir fwd", evidence="e1",
    )  # fmt: skip
    assert (found[0].templates, found[0].plain, found[0].known) == (True, False, True)
    assert not found[1].known
    assert found[3].text == "src 0.0.0.0/0 dst 192.0.2.0/24 dir out action block"


def test_nothing() -> None:
    assert policies(text_reading("", "ip xfrm policy")) == ()


def test_what_is_no_policy() -> None:
    with pytest.raises(ParseError):
        policies(text_reading("src 10.0.0.0/24 dst", "ip xfrm policy"))
