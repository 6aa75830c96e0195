"""Effects in few lines: flows that change alike are told together, and each kind in its own words."""

import msgspec

from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Start
from hairpin.remedy.effect import Effects, FlowEffect
from hairpin.remedy.known_flows import Known
from hairpin.report.text.effects_text import effects_told
from hairpin.report.words import Words
from tests.rows import each_row
from tests.small_host import published

WEB = FromContainer("web", Netns("test", "web"))


def flow(port: int, container: str | None, start: Start | None = None) -> Flow:
    whole = msgspec.structs.replace(published(), dport=port, container=container)
    return whole if start is None else msgspec.structs.replace(whole, start=start)


def opened(port: int, container: str | None = "db", start: Start | None = None) -> FlowEffect:
    return FlowEffect("opens", flow(port, container, start), "unpublished", "dropped", "delivered")


LAN = Lan(0xC6336414)
INTERNET = Flow(WEB, 4, 0xCB007150, "udp", 443, container="web", purpose="egress", invented=True)
CASES: dict[str, tuple[tuple[FlowEffect, ...], list[str]]] = {
    "alike clients of two ports": (
        (opened(5432), opened(5432, start=LAN), opened(9100, "admin"), opened(9100, "admin", LAN)),
        ["the repair opens 5432 (db), 9100 (admin) to outside, the LAN"],
    ),
    "other clients, another sentence": (
        (opened(5432), opened(9100, "admin", FromHost())),
        ["the repair opens 5432 (db) to outside", "the repair opens 9100 (admin) to the host"],
    ),
    "a service of the host": ((opened(22, None),), ["the repair opens 22 of the host to outside"]),
    "brought back": ((msgspec.structs.replace(opened(80), again=True),), []),
    "a way out": (
        (FlowEffect("opens", INTERNET, "way-out", "rejected", "leaves"),),
        ["the repair lets web reach the Internet (udp)"],
    ),
    "closed": (
        (FlowEffect("closes", flow(80, "web"), "published", "delivered", "dropped"),),
        ["the repair closes 80 (web), which outside can reach now"],
    ),
    "no longer sent": (
        (FlowEffect("closes", flow(80, "web"), "published", "leaves", "dropped"),),
        ["packets from outside to 80 (web) no longer leave this host; hairpin does not know whether they arrive now"],
    ),
    "closed again": (
        (FlowEffect("closes", flow(9, "web"), "unpublished", "delivered", "dropped", again=True),),
        ["the repair closes 9 (web) again; outside can reach them only because the engine's rules are gone"],
    ),
    "another link": (
        (FlowEffect("diverts", INTERNET, "way-out", "leaves", "leaves", links=("tun0", "eth0")),),
        ["packets from web to the Internet (udp) then leave through eth0 instead of tun0"],
    ),
}


@each_row(("found", "told"), CASES.values(), ids=CASES)
def test_what_is_told(found: tuple[FlowEffect, ...], told: list[str]) -> None:
    words = Words()
    assert [words(each) for each in effects_told(Effects(found), words)] == told


def test_open_connections_that_break_are_told() -> None:
    words = Words()
    (said,) = effects_told(Effects(cut=(flow(80, "web"),)), words)
    assert words(said) == "the repair breaks the open connections to 80 (web)"


def test_flows_that_stay_stopped_are_told() -> None:
    still = (Known(flow(80, "web"), "published"), Known(INTERNET, "way-out"))
    words = Words()
    assert [words(each) for each in effects_told(Effects(still=still), words)] == [
        "even after the repair, outside cannot reach 80 (web): the same rule or policy stops these packets",
        "even after the repair, web cannot reach the Internet (udp): the same rule or policy stops these packets",
    ]


def test_what_the_host_asks_of_another_machine_is_named_by_its_address() -> None:
    """Neither its port nor its address is of the host."""
    own = flow(80, None, FromHost())
    away = msgspec.structs.replace(own, daddr=0xC63364FA)
    still, words = (Known(away, "way-out"), Known(own, "service")), Words()
    told = [words(each).partition(": ")[0] for each in effects_told(Effects(still=still), words)]
    assert told == [
        "even after the repair, the host cannot reach 80 of the host",
        "even after the repair, the host cannot reach 198.51.100.250:80/tcp",
    ]


def test_two_addresses_of_one_service_are_told_apart_where_one_opens_and_one_closes() -> None:
    """A container that joins another network may answer by it then: one of its addresses opens, the other closes."""
    here = flow(80, "web")
    there = msgspec.structs.replace(here, daddr=here.daddr + 1)
    found = (
        FlowEffect("opens", there, "unpublished", "dropped", "delivered"),
        FlowEffect("closes", here, "unpublished", "delivered", "dropped"),
    )
    words = Words()
    assert [words(each) for each in effects_told(Effects(found), words)] == [
        "the repair opens 198.51.100.12:80/tcp (web) to outside",
        "the repair closes 198.51.100.11:80/tcp (web), which outside can reach now",
    ]
