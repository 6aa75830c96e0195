"""Every part of a change has a kind, and every kind says what keeps it."""

from typing import get_args

import pytest

from hairpin.change import change as c
from hairpin.change.calls import ReloadUfw, SetUnitState
from hairpin.change.change import WriteFile
from hairpin.host.managers import Unit
from hairpin.host.route import NextHop, Route
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.netfilter.packet import UDP, Tuple
from hairpin.network.world import World
from hairpin.remedy.boot.lasting import BY_PERSON, KINDS, lasting, without_owned_files
from hairpin.remedy.remedy import Lasting
from tests.remedy.situations import HOST_NETNS, network, remedy, said, situation


def test_ids_are_kebab_case_and_not_repeated() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert all(each.replace("-", "").isalpha() and each.islower() for each in KINDS)
    assert set(KINDS) > BY_PERSON


def test_a_change_outside_of_the_host_is_advice() -> None:
    told = remedy(network(), c.ChangeWorld(World(), message("open the port in the security group")))
    assert (told.id, told.commands, told.persist) == ("change-outside", (), ())
    assert said(told).startswith("open the port in the security group\n")


def test_a_stopped_process_is_continued() -> None:
    told = remedy(network(), c.ContinueProcess(HOST_NETNS.host, 7))
    assert (told.id, told.commands, told.persist) == ("continue-process", ("kill -CONT 7",), ())


def test_a_stale_entry_has_nothing_to_keep() -> None:
    told = remedy(network(), c.DropConnection(HOST_NETNS, 4, Tuple(1, 2, UDP, 3, 4)))
    assert (told.id, told.persist, told.persist_commands) == ("drop-connection", (), ())


def test_a_route_is_added_now() -> None:
    part = c.AddEntry(HOST_NETNS, Route(4, 0x0A000000, 8, next_hops=(NextHop("eth0", 0xC6336401, 4),)))
    told = remedy(network(), part)
    assert (told.id, told.commands) == ("change-route", ("ip route add 10.0.0.0/8 via 198.51.100.1 dev eth0",))


def test_a_file_needs_nothing_that_keeps_it() -> None:
    told = remedy(network(), c.WriteFile(HOST_NETNS.host, "/etc/a", "b\n"))
    assert (told.id, told.persist, told.commands) == ("change-files", (), ("echo b > /etc/a",))


def test_every_kind_is_kept_somehow() -> None:
    found = situation(network(units=(Unit("ufw.service", "active", "enabled"),)))
    assert all(lasting(kind, (), found) is not None for kind in KINDS)
    assert len(get_args(c.Primitive)) > len(KINDS)


def test_no_command_takes_a_live_bridges_route_or_a_containers_address_away() -> None:
    """Another subnet for the container network is what lasts, and a person makes it."""
    route = Route(4, 0xAC110000, 16, next_hops=(NextHop("docker0"),))
    for cause in ("bridge-subnet-overlaps-route", "client-inside-container-subnet", "container-subnet-on-two-hosts"):
        told = remedy(network(), c.DeleteEntry(HOST_NETNS, route), cause=cause)
        assert (told.id, told.commands, told.keeping) == ("recreate-network", (), ())
    uplink = NextHop("eth0", 0xC6336401, 4)
    free, taken = (Route(4, address, 32, next_hops=(uplink,)) for address in (0xAC110909, 0xAC110002))
    told = remedy(network(), c.AddEntry(HOST_NETNS, free), cause="client-inside-container-subnet")
    assert (told.commands, told.keeping) == (("ip route add 172.17.9.9/32 via 198.51.100.1 dev eth0",), ())
    told = remedy(network(), c.AddEntry(HOST_NETNS, taken), cause="client-inside-container-subnet")
    assert (told.id, told.commands) == ("recreate-network", ())


def test_a_container_whose_program_ends_is_not_made_anew() -> None:
    """Its ports and its network are right: what ends its program is to be found."""
    part = c.AddSocket(
        HOST_NETNS, Socket("tcp", 4, None, 8151), message("find out what ends the container: docker logs web")
    )
    told = remedy(network(), part, cause="container-not-running")
    assert (told.id, told.commands, told.disruptive) == ("start-container", (), False)
    assert "cannot be changed later" not in said(told)


RULES = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n"
EDITED = RULES.replace("-A", "-A INPUT -p tcp --dport 80 -j ACCEPT\n-A")


def kept(path: str, before: str | None, after: str, *, calls: tuple[ReloadUfw | SetUnitState, ...] = ()) -> Lasting:
    found = network(*([(path, before)] if before is not None else []))
    written = Lasting(files=(WriteFile(found.this.name, path, after),), calls=calls)
    return without_owned_files(written, situation(found))


@pytest.mark.parametrize(
    ("path", "head", "said"),
    (
        (
            "/etc/iptables/rules.v4",
            "# Managed by Puppet\n",
            "The file says “Managed by Puppet”, so make this change in the program that writes it",
        ),
        ("/usr/share/nftables/rules.nft", "", "the next upgrade of that package would overwrite the change"),
        ("/run/nftables.nft", "", "Each boot makes the file again"),
    ),
)
def test_an_owners_file_is_not_written(path: str, head: str, said: str) -> None:
    found = kept(path, head + RULES, head + EDITED)
    assert found.files == ()
    (advice,) = found.advice
    assert str(advice).startswith(f"{path} needs `+-A INPUT -p tcp --dport 80 -j ACCEPT`")
    assert said in str(advice)


@pytest.mark.parametrize("head", ("", "# Generated by iptables-save v1.8.9\n", "# mine\n"))
def test_a_persons_file_is_written(head: str) -> None:
    found = kept("/etc/iptables/rules.v4", head + RULES, head + EDITED)
    assert [each.text for each in found.files] == [head + EDITED]
    assert found.advice == ()


def test_a_new_file_is_written() -> None:
    assert kept("/etc/sysctl.d/99-hairpin-x.conf", None, "a = 1\n").files


def test_ufw_does_not_read_files_again_in_which_nothing_is_new() -> None:
    calls = (ReloadUfw(), SetUnitState("enable", "x.service"))
    assert kept("/etc/ufw/before.rules", f"# Ansible managed\n{RULES}", EDITED, calls=calls).calls == calls[1:]
    assert kept("/etc/ufw/before.rules", RULES, EDITED, calls=calls).calls == calls
    assert without_owned_files(Lasting(calls=calls), situation(network())).calls == calls
