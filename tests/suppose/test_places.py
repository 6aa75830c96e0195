"""Of which places a text says that a connection works there, and of which that it fails."""

from hairpin.suppose.places import places_in
from tests.rows import each_row


@each_row(
    ("text", "places"),
    (
        ("On the host it works, but from another machine it times out.", "host works, outside fails"),
        ("Inside the container curl answers, from my laptop it is refused.", "inside works, outside fails"),
        ("curl localhost answers; but inside the container curl localhost is refused", "host works, inside fails"),
        ("服务器上 curl 正常，外网访问不了。", "host works, outside fails"),
        ("Container to 192.168.1.254:8443 --> FAILS", ""),
        ("External hosts to 192.168.1.254:8443 --> WORKS", "outside works"),
        ("The page is nice.", ""),
    ),
)
def test_places(text: str, places: str) -> None:
    told = [f"{place} {'fails' if fails else 'works'}" for place, fails in places_in(text)]
    assert ", ".join(told) == places
