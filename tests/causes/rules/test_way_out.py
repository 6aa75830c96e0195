"""A container's way out is opened whole, unless the rule that stops it chooses packets by their port."""

import msgspec
import pytest

from hairpin.change.change import InsertRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.netfilter import ir
from tests.causes.hosts import ruled
from tests.rule_text import with_rule
from tests.small_host import egress


@pytest.mark.parametrize(
    ("rule", "purpose", "by_port"),
    (
        ("-i docker0 -j DROP", "egress", False),
        ("-i docker0 -p tcp -m tcp --dport 443 -j DROP", "egress", True),
        ("-i docker0 -j DROP", "asked", True),
    ),
)
def test_the_exception_for_the_way_out(rule: str, purpose: str, by_port: bool) -> None:
    flow = msgspec.structs.replace(egress(), purpose=purpose)
    (suspect, *_), *_ = [each.causes for each in diagnose(ruled(with_rule("filter FORWARD", rule)), flow).sets]
    parts = [each for way in suspect.candidate.ways for each in way.change.parts if isinstance(each, InsertRule)]
    parts += [each for each in suspect.candidate.change.parts if isinstance(each, InsertRule)]
    assert parts
    fields = {part.field for each in parts for part in each.rule.body if isinstance(part, ir.FieldMatch)}
    assert ("dport" in fields) is by_port
