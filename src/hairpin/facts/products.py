"""The programs of which the catalogue has facts, by the names that hosts and people give them."""

from typing import NamedTuple

from hairpin.facts.fact import Product


class KnownProduct(NamedTuple):
    """A program.  ``named``: a pattern of its names in a text.  ``asked``: the further words by which a person asks for
    it.  ``packages``: its packages.  ``answers``: the commands whose answer is its version, as hosts name them."""

    product: Product
    named: str
    asked: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()


PRODUCTS = (
    KnownProduct(
        "docker", r"docker(?:-ce(?:-cli)?|\.io|d)?(?! ?-?(?:compose|desktop|buildx|hub|swarm))|moby(?:-engine)?",
        ("docker-ce", "docker.io", "dockerd", "moby", "docker-engine"), ("docker-ce", "docker.io", "moby-engine"),
        ("docker",),
    ),
    KnownProduct(
        "compose", r"docker[- ]?compose", ("docker-compose",), ("docker-compose-plugin",), ("docker-compose",)
    ),
    KnownProduct("podman", r"podman(?! ?-?(?:compose|desktop|machine))", (), ("podman",), ("podman",)),
    KnownProduct("netavark", r"netavark", (), ("netavark",), ("netavark",)),
    KnownProduct("aardvark-dns", r"aardvark(?:-dns)?", ("aardvark",), ("aardvark-dns",), ("aardvark-dns",)),
    KnownProduct("passt", r"passt|pasta", ("pasta",), ("passt",), ("pasta",)),
    KnownProduct("iptables", r"ip6?tables(?:-nft)?", ("ip6tables", "iptables-nft"), ("iptables",), ("iptables",)),
    KnownProduct("nftables", r"nft(?:ables)?", ("nft",), ("nftables",), ("nft",)),
    KnownProduct("firewalld", r"firewalld", ("firewall-cmd",), ("firewalld",), ("firewall-cmd",)),
    KnownProduct(
        "systemd", r"systemd(?:-networkd)?|networkd", ("networkd", "systemd-networkd"), ("systemd",), ("systemd",)
    ),
    KnownProduct("kernel", r"(?:linux[ -])?kernel|uname -r|/lib/modules/|内核", ("linux",), (), ("kernel",)),
    KnownProduct("runc", r"runc", (), ("runc",), ("runc",)),
)  # fmt: skip


def product_of(word: str) -> Product | None:
    """Return the product that a person means; None if the catalogue has none of this name."""
    asked = word.casefold()
    return next((each.product for each in PRODUCTS if asked == each.product or asked in each.asked), None)
