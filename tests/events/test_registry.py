"""The tables of the events: their files, and the signs of those that come by themselves."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import hairpin.events
from hairpin.answer.begin import network_of
from hairpin.collect.snapshot import load
from hairpin.events.event import Event
from hairpin.events.happening import course_of
from hairpin.events.registry import BY_THEMSELVES, FILES

FIXTURES = Path(__file__).parents[1] / "fixtures"
HOSTS = (*sorted((FIXTURES / "healthy").glob("*.hairpin")), *sorted((FIXTURES / "hosts").glob("*.hairpin"))[::4])
IN_MAINTENANCE = frozenset({"saved-rules-restore", "nftables-reload", "nftables-restart", "podman-restart"})
"""Events that can happen on a host whose unit is off: they come only where the unit is on."""


def test_the_table_of_files_names_each_event_in_its_file() -> None:
    """A module that imports another's event would have it among its names, too."""
    found = {}
    for each in pkgutil.walk_packages(hairpin.events.__path__, "hairpin.events."):
        if not each.name.rpartition(".")[2].startswith("_"):
            module = importlib.import_module(each.name)
            named = {name: one.id for name, one in vars(module).items() if isinstance(one, Event)}
            assert {name: name.lower().replace("_", "-") for name in named} == named, each.name
            if named:
                found[each.name.removeprefix("hairpin.events.")] = {*named.values()}
    assert found == {file: {*ids} for file, ids in FILES.items()}


def test_a_reboot_has_the_widest_effect() -> None:
    assert [*BY_THEMSELVES][-1] == "reboot"


@pytest.mark.parametrize("path", HOSTS, ids=lambda each: each.stem)
def test_an_event_without_its_sign_cannot_happen(path: Path) -> None:
    network = network_of((load(path),))
    host = network.this
    signless = {id_ for id_, comes in BY_THEMSELVES.items() if not comes(host)} - IN_MAINTENANCE
    assert {id_ for id_ in signless if course_of(network, host.name, id_) is not None} == set()
