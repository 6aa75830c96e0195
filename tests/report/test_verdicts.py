"""Flows that fail alike are told together; many that are fine are folded."""

import msgspec

from hairpin.report.document import FlowDocument
from hairpin.report.paper import Paper
from hairpin.report.verdicts import FEW, flow_text, folded, groups, write_flows
from hairpin.report.words import Words

FLOW = FlowDocument("f1", "192.0.2.10", "198.51.100.2:80/tcp", "web", "dropped", (), "simulated", None, ("c1",))


def changed(**fields: object) -> FlowDocument:
    return msgspec.structs.replace(FLOW, **fields)


def test_groups_are_by_verdict_and_causes_and_undecided_ones_stand_last() -> None:
    flows = (
        changed(verdict="depends", causes=()),
        changed(verdict="delivered", causes=()),
        changed(causes=("c2",)),
        FLOW,
        FLOW,
    )
    found = groups(flows)
    assert [(each.verdict, each.causes, each.numbers) for each in found] == [
        ("dropped", ("c2",), (2,)),
        ("dropped", ("c1",), (3, 4)),
        ("depends", (), (0,)),
    ]


def test_a_flow_names_its_container_unless_it_starts_there() -> None:
    assert flow_text(FLOW) == "192.0.2.10 → 198.51.100.2:80/tcp (web)"
    assert flow_text(changed(origin="container:web")) == "container:web → 198.51.100.2:80/tcp"


def test_fine_flows_fold_by_port_and_by_what_containers_ask_for() -> None:
    flows = (
        FLOW,
        changed(origin="host", to="127.0.0.1:80/tcp"),
        changed(origin="lan (198.51.100.7)"),
        changed(origin="container:a", to="203.0.113.80:443/tcp", purpose="egress"),
        changed(origin="container:b", to="203.0.113.80:443/tcp", purpose="egress"),
    )
    assert folded(flows, Words()) == [
        "80/tcp (web) from 192.0.2.10, host, lan",
        "container:a, container:b → 203.0.113.80:443/tcp",
    ]


def test_many_are_counted_unless_all_are_asked_for() -> None:
    lines = [f"flow {number}" for number in range(FEW + 3)]
    few, everything = Paper(), Paper()
    write_flows(lines, "dropped", Words(), few, all_=False)
    write_flows(lines, "dropped", Words(), everything, all_=True)
    assert few.text().splitlines()[-1] == "✗ dropped  and 4 more (-v lists them)"
    assert len(few.text().splitlines()) == FEW
    assert len(everything.text().splitlines()) == FEW + 3
