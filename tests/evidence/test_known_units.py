"""Units whose names tell nothing of the owner."""

import re
from pathlib import Path

import pytest

import hairpin
from hairpin.evidence.known_units import is_known_unit
from hairpin.host.known_ports import all_known

SOURCE = Path(hairpin.__file__).parent
_LITERAL = re.compile(r"[\"' ]([A-Za-z0-9-]+)(?:@[a-z0-9]*)?\.(?:service|timer)\b")


@pytest.mark.parametrize(
    "stem",
    ("docker", "systemd-networkd", "session-3", "user-1000", "run-r0a1", "wg-quick", "getty", "com.docker.compose"),
)
def test_known(stem: str) -> None:
    assert is_known_unit(stem)


@pytest.mark.parametrize("stem", ("acme-firewall", "harden", "docker-cleaner-acme", "user-portal", "cloud-acme", "web"))
def test_the_owners(stem: str) -> None:
    assert not is_known_unit(stem)


def test_each_unit_that_hairpin_knows_by_name_keeps_it() -> None:
    """A new unit in a cause, an event or the collector has to stand in the list."""
    texts = [path.read_text("utf-8") for path in (*SOURCE.rglob("*.py"), SOURCE / "collect" / "collect.sh")]
    named = {stem for text in texts for stem in _LITERAL.findall(text)}
    of_ports = {unit for known in all_known() for unit in known.units}
    of_code = {"container", "each", "found", "one", "self"}  # fields of that name
    assert {each for each in (*named, *of_ports) if not is_known_unit(each.partition("@")[0])} - of_code == set()
