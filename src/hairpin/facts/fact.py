"""The type of a dated fact: what some versions of a program do to published ports or to the networks of containers.

Behind it stand the words with which people tell what fails, as patterns that several facts share (a space stands for
any white space), and the programs of which the catalogue has facts, by the names that hosts and people give them.
"""

from typing import Literal, NamedTuple

import msgspec

from hairpin.facts.version import ProgramVersion, has_revision, is_between
from hairpin.message import Message, message

Product = Literal[
    "aardvark-dns", "compose", "docker", "firewalld", "iptables", "kernel", "netavark", "nftables", "passt", "podman",
    "runc", "systemd",
]  # fmt: skip
Failing = Literal["published", "direct", "between", "outgoing", "names", "start", "daemon", "swarm"]
"""What fails: a published port, a client that asks a container's own address, one container that asks another, a
container that asks the outside, the look-up of a name, the start of a container, the start of the engine, a service of
a swarm."""
Since = Literal["always", "upgrade", "reboot", "restart", "reload"]
"""When it begins to fail: always, after an upgrade, after a reboot, when a container or a daemon is started anew, after
a firewall or the network's configuration was loaded again."""


class Span(NamedTuple):
    """The versions of a product from ``first`` on that are older than ``before``.  An empty ``first``: all older ones.
    An empty ``before``: no source names a version that ends it."""

    product: Product
    first: str = ""
    before: str = ""

    def holds(self, version: ProgramVersion) -> bool:
        """Return whether the version is one of these."""
        return is_between(version, self.first, self.before)


class Fact(msgspec.Struct, frozen=True):
    """One fact of the catalogue.

    ``of``: the versions with the behaviour. ``beside``: the versions of another program without which the behaviour
    does not show. ``legacy``: whether the behaviour shows only with iptables-legacy. ``mended``: builds of a
    distribution that lack the behaviour although their version is one of ``of``. ``builds``: if only some builds have
    the behaviour, letters of which the version's text must have one (``.el10``).
    ``does``: the behaviour.  ``fails``: what it makes fail.  ``since``: when it begins to fail.  ``test``: a read-only
    command, and ``shows``: its output if the behaviour is there; ``{container}``, ``{port}`` and ``{protocol}`` are
    those of the question.
    ``says``: patterns of the words with which people tell of this behaviour; a text that lacks one of them does not
    mean it. Empty if words cannot tell it from other faults.  ``leaves``: ids of the causes that the behaviour leaves
    on a host; none if it shows only with a setting that hairpin reads, because that setting's own cause then tells it.
    ``way``: what to do, if it is not only to update the program.
    ``sources``: the addresses of the pages that tell it.  ``day``: the day of the first of these, as in ISO 8601."""

    id: str
    of: Span
    day: str
    does: Message
    fails: tuple[Failing, ...]
    since: Since
    test: str
    shows: Message
    sources: tuple[str, ...]
    says: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    way: Message | None = None
    beside: Span | None = None
    legacy: bool = False
    mended: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()

    @property
    def product(self) -> Product:
        """The program with the behaviour."""
        return self.of.product

    def affects(self, version: ProgramVersion) -> bool:
        """Return whether this version of the product has the behaviour."""
        return (
            self.of.holds(version)
            and (not self.builds or any(each in version.text for each in self.builds))
            and not any(has_revision(version, each) for each in self.mended)
        )

    @property
    def typed_test(self) -> str:
        """The test with words in the places of the question's container, port and protocol."""
        places = {"{container}": "CONTAINER", "{port}": "PORT", "{protocol}": "PROTOCOL"}
        typed = self.test
        for place, word in places.items():
            typed = typed.replace(place, word)
        return typed

    @property
    def advice(self) -> Message:
        """What to do."""
        if self.way is not None:
            return self.way
        if self.of.before:
            return message("update {product} to {version} or later", product=self.product, version=self.fixed)
        return message("no version without it is known to hairpin; see {source}", source=self.sources[0])

    @property
    def fixed(self) -> str:
        """The first version without the behaviour, and the mended builds; empty if none is known."""
        return ", ".join(each for each in (*self.mended, self.of.before) if each)


def prints(words: str) -> Message:
    """Return the output of a test: the words that it contains."""
    return message("the output has `{words}`", words=words)


LOOK_UPS = (
    r"\b(?:dns|resolv(?:e|es|ed|ing|er)|resolution|nslookup|dig|getaddrinfo|servfail|nxdomain|server misbehaving|lookup"
    r"|unknown host|name or service not known)\b|域名|解析"
)
NO_START = (
    r"\b(?:(?:does|did|do|will|would|could|can)(?: not|n't) (?:\w+ )?start|fail(?:s|ed|ing)? to start|not starting"
    r"|refuses to start|start (?:\w+ )?fails|failed to start daemon|unable to start)\b|无法启动|启动失败"
)
SWARM = r"\b(?:swarm|overlay|ingress|docker service|docker stack)\b"
IPV6 = r"\bipv6\b|\[::\]|\bip6tables\b"
REBOOTED = r"(?a:\b(?:re-?boot\w*|re-?start(?:s|ed|ing)?(?! ?:)|power (?:loss|cycle)))|重启"
UPGRADED = (
    r"(?a:\b(?:upgrad\w+|updat\w+|since (?:version|v?\d)|full-upgrade|dist-upgrade|downgrad\w+|roll(?:ed|ing)? back"
    r"|new version|regression)\b)|升级|更新|降级|回退"
)
RELOADED = r"\b(?:reload\w*|flush\w*|re-?start\w* (?:of )?(?:the )?(?:firewall\w*|network\w*)|networkctl)\b|重载"
_LOST = (
    r"(?:gone|vanish\w*|disappear\w*|los[et]\w*|remov\w*|delet\w*|missing|wip(?:es?|ed|ing)|no longer"
    r"|stop\w* working|br[eo]ak\w*|broken|unreachable|cleared|clears)"
)
LOST_BY_RELOAD = (
    rf"\b(?:reload\w*|re-?start\w*|flush\w*)\b[^\n]{{0,120}}\b{_LOST}\b"
    rf"|\b{_LOST}\b[^\n]{{0,120}}\b(?:reload\w*|re-?start\w*|flush\w*)|(?:重载|重新加载|重启)[^\n]{{0,60}}(?:丢失|消失|清空|不通|失效)"
)
BEGINS = {"always": "", "upgrade": UPGRADED, "reboot": REBOOTED, "restart": REBOOTED, "reload": RELOADED}
"""The words that say when it began to fail, by the ``since`` of a fact."""


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
