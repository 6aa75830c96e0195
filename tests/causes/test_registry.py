"""The catalogue is found by its files being there; each cause has a host where it fires, and one where it does not."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import hairpin.causes
from hairpin.causes.cause import at_no_stop, id_of, of_no_flows, of_no_host, of_nothing_coming
from hairpin.causes.reasons import ASKED_AT
from hairpin.causes.registry import (
    DOORS,
    all_causes,
    canonical_id,
    cause_modules,
    cause_of,
    causes_for,
    causes_to_come,
    fixed_with_of,
    general_causes,
    known_cause,
)
from hairpin.diagnose.diagnose import diagnose
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.walk.state import Reason
from tests.acceptance import recorded
from tests.causes.between_hosts.test_address_on_two_hosts import CASES as ON_TWO_HOSTS
from tests.causes.between_hosts.test_between_hosts import CASES as BETWEEN_HOSTS
from tests.causes.between_hosts.test_overlay import CASES as OVERLAY
from tests.causes.bridge.test_bridge import CASES as BRIDGE
from tests.causes.case import Case, StateCase, fires, is_silent
from tests.causes.container.test_container import CASES as CONTAINER
from tests.causes.container.test_rootless_session_ended import CASES as OF_SESSIONS
from tests.causes.engine.test_engine import CASES as ENGINE
from tests.causes.engine.test_engine import HARMLESS as BESIDE_ENGINE
from tests.causes.engine_rules.test_engine_rules import CASES as ENGINE_RULES
from tests.causes.firewalld.test_firewalld import CASES as FIREWALLD
from tests.causes.forwarding.test_forwarding import CASES as FORWARDING
from tests.causes.isolation.test_isolation import CASES as ISOLATION
from tests.causes.names.test_names import CASES as NAMES
from tests.causes.names.test_names import HARMLESS as BESIDE_NAMES
from tests.causes.nat_rules.test_nat_rules import CASES as NAT_RULES
from tests.causes.nat_rules.test_redirected_for_other_family import CASES as REDIRECTED
from tests.causes.nat_rules.test_translated_for_others_only import CASES as FOR_OTHERS
from tests.causes.policies.test_policies import CASES as POLICIES
from tests.causes.policies.test_state_asked_before_conntrack import CASES as OF_STATES
from tests.causes.routing.test_routing import CASES as ROUTING
from tests.causes.routing.test_ways import CASES as WAYS
from tests.causes.rules.test_ban_misses_published_port import CASES as BANS
from tests.causes.rules.test_deciding import CASES as DECIDING
from tests.causes.rules.test_published_bypasses_host_firewall import CASES as IN_WRITING
from tests.causes.rules.test_published_bypasses_host_firewall import ExposureCase
from tests.causes.rules.test_rules import CASES as RULES
from tests.causes.rules.test_rules import HARMLESS as BESIDE_RULES
from tests.causes.rules.test_stale_accept_for_dead_container import REUSED
from tests.causes.service.test_service import CASES as SERVICE
from tests.causes.service.test_service import HARMLESS as BESIDE_SERVICE
from tests.causes.service.test_unit_networks import CASES as OF_UNIT_NETWORKS
from tests.causes.states.test_container_unit_failed import CASES as OF_UNITS
from tests.causes.states.test_known_version_fault import CASES as OF_VERSIONS
from tests.causes.states.test_quadlet_not_running import CASES as OF_QUADLETS
from tests.causes.states.test_states import CASES as STOPS
from tests.causes.states.test_states import STATES
from tests.causes.tables.test_tables import CASES as OF_TABLES
from tests.causes.test_opening import OPENED, OpenedCase
from tests.causes.to_come.test_to_come import CASES as TO_COME
from tests.causes.to_come.test_to_come import ONE_OFF, ComingCase
from tests.causes.traffic_control.test_traffic_control import CASES as OF_TRAFFIC_CONTROL
from tests.causes.uplinks.test_two_uplinks import CASES as TWO_UPLINKS
from tests.causes.uplinks.test_uplinks import CASES as UPLINKS
from tests.causes.uplinks.test_uplinks import HARMLESS as BESIDE_UPLINKS
from tests.rows import each_row
from tests.whole import one_of_each
from tools.cause_reasons import asked_at

IDS = tuple(cause.id for cause in all_causes())
TABLES: dict[str, Mapping[str, Case | StateCase | ComingCase | ExposureCase | OpenedCase]] = {
    "between_hosts": {**BETWEEN_HOSTS, **OVERLAY, **ON_TWO_HOSTS},
    "bridge": BRIDGE,
    "container": {**CONTAINER, **OF_SESSIONS},
    "engine": ENGINE,
    "engine_rules": ENGINE_RULES,
    "firewalld": {**FIREWALLD, **OPENED},
    "forwarding": FORWARDING,
    "isolation": ISOLATION,
    "names": NAMES,
    "nat_rules": {**NAT_RULES, **REDIRECTED, **FOR_OTHERS},
    "policies": {**POLICIES, **OF_STATES},
    "routing": {**ROUTING, **WAYS},
    "rules": {**RULES, **DECIDING, **IN_WRITING, **BANS, **REUSED},
    "service": {**SERVICE, **OF_UNIT_NETWORKS},
    "states": {**STOPS, **STATES, **OF_QUADLETS, **OF_UNITS, **OF_VERSIONS},
    "tables": OF_TABLES,
    "to_come": {**TO_COME, **ONE_OFF},
    "traffic_control": OF_TRAFFIC_CONTROL,
    "uplinks": {**UPLINKS, **TWO_UPLINKS},
}
ROWS = {
    f"{folder}: {name}": each for folder in TABLES for name, each in TABLES[folder].items() if isinstance(each, Case)
}
WHOLE = {name: each for name, each in ROWS.items() if not name.startswith("names: ")}
"""Names are looked up on other hosts: their own file has what is silent there."""
HARMLESS: dict[str, tuple[Network, Flow]] = {
    **BESIDE_ENGINE,
    **BESIDE_NAMES,
    **BESIDE_RULES,
    **BESIDE_SERVICE,
    **BESIDE_UPLINKS,
}
"""Faults, or what looks like one, of which nothing is named."""


def test_ids_are_unique_kebab_case_and_name_their_files() -> None:
    files = {path.stem.replace("_", "-") for path in Path(hairpin.causes.__path__[0]).rglob("*.py")}
    assert len(set(IDS)) == len(IDS)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in IDS)
    assert set(IDS) <= files


def test_an_alias_is_of_one_cause_and_no_id() -> None:
    aliases = [each for cause in all_causes() for each in cause.aliases]
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(IDS)
    assert [canonical_id(each) for each in ("port-bound-by-other-process", "ip-forward-off", "no-such")] == [
        "published-port-held-by-other-process", "ip-forward-off", "no-such",
    ]  # fmt: skip


@pytest.mark.parametrize("case", one_of_each(ROWS, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(WHOLE, lambda case: case.causes))
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


@each_row(("network", "flow"), HARMLESS.values(), ids=HARMLESS)
def test_nothing_is_named_of_what_only_looks_like_a_fault(network: Network, flow: Flow) -> None:
    is_silent(network, flow)


@each_row("module", cause_modules())
def test_each_cause_fires_in_the_table_of_its_folder(module: str) -> None:
    folder = module.split(".")[2]
    assert id_of(module) in {each for case in TABLES[folder].values() for each in case.causes}


@each_row("module", cause_modules())
def test_the_doors_of_a_file_are_those_of_a_cause(module: str) -> None:
    """The registry takes them by their names, so no type checker holds them against ``Cause``."""
    file = importlib.import_module(module)
    shut: dict[str, Callable[..., object]] = {
        "find": at_no_stop, "of_host": of_no_host, "of_flows": of_no_flows, "foresees": of_nothing_coming
    }  # fmt: skip
    assert tuple(shut) == DOORS
    for door in (each for each in DOORS if each in vars(file)):
        assert getattr(file.CAUSE, door) is shut[door], f"{module} has two of {door}"
        assert [*get_type_hints(getattr(file, door)).values()] == [*get_type_hints(shut[door]).values()]


@each_row("module", cause_modules())
def test_no_cause_imports_another(module: str) -> None:
    """What two causes share is a module with a leading underscore."""
    source = inspect.getsource(importlib.import_module(module))
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert imported.isdisjoint(cause_modules())


def test_the_causes_to_come_are_in_one_folder_and_have_an_order() -> None:
    found = [each.id for each in causes_to_come()]
    assert len(found) == len(set(found))
    assert set(found) == {each.id for each in all_causes() if each.foresees is not of_nothing_coming}
    folder = {each.rpartition(".")[2] for each in cause_modules() if each.startswith("hairpin.causes.to_come.")}
    assert {each.replace("-", "_") for each in found} == folder


def test_no_cause_fires_on_a_whole_host() -> None:
    net = recorded.network("none")
    found = [each.cause for flow in flows_for(net, (), None) for each in diagnose(net, flow).causes]
    assert found == []


@each_row("reason", get_args(Reason))
def test_a_stop_loads_every_cause_that_looks_at_it(reason: Reason) -> None:
    """The table by which files are left out names none of those that declare the reason, or that they are general."""
    assert causes_for(reason) == tuple(each for each in all_causes() if reason in each.reasons)
    assert general_causes() == tuple(each for each in all_causes() if each.general)


@each_row("module", cause_modules())
def test_each_row_is_what_its_cause_declares(module: str) -> None:
    (cause,) = (each for each in all_causes() if each.id == id_of(module))
    assert ASKED_AT[cause.id] == asked_at(cause), "run: python -m tools.cause_reasons"
    assert cause_of(cause.id) == known_cause(cause.id) == cause


def test_a_cause_without_a_row_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (causes_for("forwarding-off"), general_causes())
    monkeypatch.delitem(ASKED_AT, "interface-forwarding-off")
    monkeypatch.delitem(ASKED_AT, "engine-rule-missing")
    assert (causes_for.__wrapped__("forwarding-off"), general_causes.__wrapped__()) == expected


def test_each_reason_has_its_causes() -> None:
    assert [cause.id for cause in causes_for("forwarding-off")] == [
        "conntrack-entry-stale",
        "guest-network-not-started",
        "interface-forwarding-off",
        "ip-forward-off",
        "ipv6-address-duplicate",
        "ipv6-forwarding-off",
        "neighbour-entry-wrong",
        "node-route-wrong-host",
        "publish-address-not-on-host",
    ]


def test_what_is_fixed_when_a_container_or_a_network_is_made() -> None:
    assert fixed_with_of("port-not-published") == "container"
    assert fixed_with_of("container-subnet-on-two-hosts") == "network"
    assert fixed_with_of("ip-forward-off") == fixed_with_of("no-such-cause") == ""
