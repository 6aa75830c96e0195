"""A manager's command needs the manager."""

import msgspec

from hairpin.change import calls
from hairpin.change.deaf_owner import deaf_owner
from hairpin.host.managers import Firewalld, Ufw
from tests.rows import each_row
from tests.small_host import network

# call, the manager that has to run or to be enabled
NEEDS: dict[str, tuple[calls.Call, str | None]] = {
    "a port": (calls.OpenPort("public", 80, "tcp"), "firewalld"),
    "a port in firewalld's files": (calls.OpenPort("public", 80, "tcp", permanent=True), "firewalld"),
    "panic mode": (calls.SetPanicMode(), "firewalld"),
    "a port of ufw": (calls.AllowInUfw(80, "tcp"), "ufw"),
    "networks": (calls.ReloadNetworks(), None),
    "a unit": (calls.SetUnitState("start", "docker.service"), None),
}


@each_row(("call", "manager"), NEEDS.values(), ids=NEEDS)
def test_a_managers_command_needs_the_manager(call: calls.Call, manager: str | None) -> None:
    replace, host = msgspec.structs.replace, network().this
    at_rest = replace(host, firewalld=Firewalld(running=False), ufw=Ufw(enabled=False))
    assert deaf_owner(call, at_rest) == manager
    at_work = replace(host, firewalld=Firewalld(running=True), ufw=Ufw(enabled=True))
    assert deaf_owner(call, at_work) is None
    assert deaf_owner(call, replace(host, firewalld=None, ufw=None)) is None
