"""A container's way out is opened whole, unless the rule that stops it chooses packets by their port."""

import msgspec
import pytest

from hairpin.change.change import InsertRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import Ufw
from hairpin.netfilter import ir
from tests.causes.firewall_hosts import first_remedy
from tests.causes.hosts import ruled, with_host
from tests.rule_text import with_chain, with_rule
from tests.small_host import egress


@pytest.mark.parametrize(
    ("rule", "changed", "by_port"),
    (
        ("-i docker0 -j DROP", {"purpose": "egress"}, False),
        ("-i docker0 -p tcp -m tcp --dport 443 -j DROP", {"purpose": "egress"}, True),
        ("-i docker0 -j DROP", {"purpose": "egress", "port_named": True}, True),
        ("-i docker0 -j DROP", {"purpose": "asked"}, True),
    ),
)
def test_the_exception_for_the_way_out(rule: str, changed: dict[str, object], by_port: bool) -> None:
    flow = msgspec.structs.replace(egress(), **changed)
    (suspect, *_), *_ = [each.causes for each in diagnose(ruled(with_rule("filter FORWARD", rule)), flow).sets]
    parts = [each for way in suspect.candidate.ways for each in way.change.parts if isinstance(each, InsertRule)]
    parts += [each for each in suspect.candidate.change.parts if isinstance(each, InsertRule)]
    assert parts
    fields = {part.field for each in parts for part in each.rule.body if isinstance(part, ir.FieldMatch)}
    assert ("dport" in fields) is by_port


WAY_OUT = "ufw route allow in on docker0 out on eth0"
OF_ASKED_PORT = f"{WAY_OUT} to any port 443 proto tcp"


@pytest.mark.parametrize(("changed", "command"), (({"purpose": "egress"}, WAY_OUT), ({}, OF_ASKED_PORT)))
def test_ufw_opens_the_way_out_whole_and_an_asked_port_alone(changed: dict[str, object], command: str) -> None:
    rules = with_chain("ufw-user-forward", rules=with_chain("ufw-reject-forward", "-i docker0 -j REJECT"))
    rejecting = with_host(ruled(rules), ufw=Ufw(enabled=True))
    flow = msgspec.structs.replace(egress(), purpose="asked")
    _, remedy = first_remedy(rejecting, msgspec.structs.replace(flow, **changed))
    assert remedy.commands == (command,)
