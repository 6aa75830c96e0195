"""The recorded networks are those of the lab's scenarios, each is complete, and each host has its name."""

from hairpin.host.read.parse import parse
from hairpin.lab.scenario import Scenario, scenarios_of_several_hosts
from tests.acceptance.recorded_networks import FOLDER, Asked, Repair, evidence, expected, stated
from tests.rows import each_row

HOSTS = [(name, host) for name, network in expected().items() for host in network.hosts]


def test_every_scenario_is_recorded() -> None:
    assert set(expected()) == {scenario.name for scenario in scenarios_of_several_hosts()}
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.hairpin")} == {
        f"{name}/{host}.hairpin" for name, host in HOSTS
    }


@each_row("scenario", scenarios_of_several_hosts(), ids=lambda scenario: scenario.name)
def test_recorded_as_the_scenario_says(scenario: Scenario) -> None:
    recorded = expected()[scenario.name]
    path = stated(scenario.name)
    assert recorded.title == scenario.title
    assert recorded.hosts == tuple(host.name for host in scenario.lab.hosts)
    assert recorded.causes == scenario.causes
    assert recorded.repair == tuple(Repair(repair.at, repair.run) for repair in scenario.repair)
    assert recorded.flows == tuple(
        Asked(flow.origin(), flow.to, flow.arguments()[0], flow.padding_bytes, flow.after.value)
        for flow in scenario.flows
    )
    assert (path.read_text("utf-8") if path else "") == scenario.outside


@each_row(("name", "host"), HOSTS)
def test_snapshot_is_of_its_host_and_whole(name: str, host: str) -> None:
    read = parse(evidence(name, host))
    assert read.name == host
    assert [engine.kind for engine in read.engines if engine.running] == ["docker"]
    assert not [reading for reading in evidence(name, host).readings if reading.outcome in {"refused", "failed"}]
