"""A container is removed and run again: what its successor has of it, and what it has not."""

import msgspec

from hairpin.events._recreating import successor
from hairpin.events.course import Course
from hairpin.events.happening import asked_course
from hairpin.network.network import Network
from hairpin.question.target import parse_event
from tests.podman_host import with_podman
from tests.small_host import CLIENT, WEB, container, engine, network


def after(within: Network) -> Course:
    """Return the course after each container was recreated."""
    return asked_course(within, parse_event("container-recreate"))[1]


def moved(fixed: int | None = None) -> Network:
    """Return the host whose container has an address above others that are free."""
    end = msgspec.structs.replace(container().endpoints[0], ipv4=CLIENT, fixed4=fixed)
    return network(docker=engine(msgspec.structs.replace(container(), endpoints=(end,))))


def test_the_successor_has_another_id_and_the_first_free_address() -> None:
    (made,) = after(moved()).host.containers()
    assert made.id != container().id
    assert (made.name, made.status, made.endpoints[0].ipv4) == ("web", "running", WEB)


def test_an_address_that_somebody_chose_stays() -> None:
    (made,) = after(moved(CLIENT)).host.containers()
    assert made.endpoints[0].ipv4 == CLIENT


def test_the_short_id_is_no_longer_a_name_of_it() -> None:
    known = container().id[:12]
    end = msgspec.structs.replace(container().endpoints[0], aliases=("www", known))
    made = successor(msgspec.structs.replace(container(), endpoints=(end,)))
    assert made.endpoints[0].aliases == ("www", made.id[:12])


def test_networks_that_somebody_has_joined_later_are_a_condition() -> None:
    first = container().endpoints[0]
    other = msgspec.structs.replace(first, network="other", ipv4=None)
    several = msgspec.structs.replace(container(), endpoints=(first, other))
    by_compose = msgspec.structs.replace(several, service="web")
    assert after(network(docker=engine(several))).conditions
    assert not after(network(docker=engine(by_compose))).conditions, "the file names all of its networks"


def test_podman_gives_the_next_address() -> None:
    (made,) = after(with_podman()).host.containers()
    assert made.endpoints[0].ipv4 == WEB + 1
