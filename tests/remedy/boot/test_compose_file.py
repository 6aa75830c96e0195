"""A repair's key of a compose service, and the file with that edit: no other line is touched, and once is enough."""

import msgspec
import pytest

from hairpin.change.calls import ConnectContainer, SetContainerState, SetRestartPolicy
from hairpin.change.step import Ask
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.remedy.boot.compose_file import ComposeEdit, compose_edits, with_edit
from tests.rows import each_row
from tests.small_host import container, engine, network

WEB = msgspec.structs.replace(container(), service="web", project="shop")

FILE = """\
# The shop.  ports: are below.
name: shop
services:
  db:
    image: db
    restart: "no"  # by hand
    ports:
      - "127.0.0.1:8080:80"

  web:   # the front
    image: web
    environment:
      restart: x
    ports:
    - 443:443
    - "127.0.0.1:8080:80"   # behind the proxy
    - 127.0.0.1:8081:80/tcp
    networks:
      - default
volumes:
  data:
"""


def of(service: str) -> Container:
    return msgspec.structs.replace(WEB, service=service)


EDITS: dict[str, tuple[ComposeEdit, tuple[tuple[str, str], ...]]] = {
    "an address before a port": (
        ComposeEdit(WEB, "ports", "8080:80", old="127.0.0.1:8080:80"),
        (('    - "127.0.0.1:8080:80"   # behind', '    - "8080:80"   # behind'),),
    ),
    "a port with its protocol": (
        ComposeEdit(WEB, "ports", "8081:80", old="127.0.0.1:8081:80"),
        (("127.0.0.1:8081:80/tcp", "8081:80/tcp"),),
    ),
    "of another service": (
        ComposeEdit(of("db"), "ports", "8080:80", old="127.0.0.1:8080:80"),
        (('      - "127.0.0.1:8080:80"', '      - "8080:80"'),),
    ),
    "a policy": (ComposeEdit(of("db"), "restart", "unless-stopped"), (('"no"', "unless-stopped"),)),
    "a first policy": (
        ComposeEdit(WEB, "restart", "always"),
        (("  web:   # the front\n", "  web:   # the front\n    restart: always\n"),),
    ),
    "one more network": (
        ComposeEdit(WEB, "networks", "back"),
        (("      - default\n", "      - default\n      - back\n"),),
    ),
    "a network of somebody else's": (
        ComposeEdit(WEB, "networks", "proxy", outside=True),
        (
            ("      - default\n", "      - default\n      - proxy\n"),
            ("  data:\n", "  data:\nnetworks:\n  proxy:\n    external: true\n"),
        ),
    ),
    "a first network": (
        ComposeEdit(of("db"), "networks", "back"),
        (("  db:\n", "  db:\n    networks:\n      - default\n      - back\n"),),
    ),
}


@pytest.mark.parametrize(("edit", "changes"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("end", ("\n", ""))
def test_the_lines_of_the_key_alone_change(edit: ComposeEdit, changes: tuple[tuple[str, str], ...], end: str) -> None:
    text = FILE.removesuffix("\n") + end
    wanted = FILE
    for old, new in changes:
        assert wanted.count(old) == 1
        wanted = wanted.replace(old, new)
    made = with_edit(text, edit)
    assert made is not None
    assert made == wanted.removesuffix("\n") + end
    if edit.key != "ports":  # a published port is asked for by its old form, which is gone
        assert with_edit(made, edit) == made


FORMS: dict[str, tuple[str, ComposeEdit]] = {
    "no such service": (FILE, ComposeEdit(of("api"), "restart", "always")),
    "a variable": (FILE.replace("127.0.0.1:8080:80", "${ADDRESS}:8080:80"), EDITS["an address before a port"][0]),
    "long form": (
        FILE.replace('    - "127.0.0.1:8080:80"   # behind', "    - target: 80 # "),
        EDITS["an address before a port"][0],
    ),
    "networks as a mapping": (FILE.replace("      - default", "      default: {}"), EDITS["one more network"][0]),
    "no compose file": ("flush ruleset\n", EDITS["a first policy"][0]),
    "nothing": ("", EDITS["a first policy"][0]),
    "all in one line": ("{services: {web: {image: web}}}\n", EDITS["a first policy"][0]),
}


@each_row(("text", "edit"), FORMS.values(), ids=FORMS)
def test_another_form_is_left(text: str, edit: ComposeEdit) -> None:
    assert with_edit(text, edit) is None


def host(*containers: Container) -> Host:
    return network(docker=engine(*containers)).this


def test_which_key_a_step_means() -> None:
    steps = (
        Ask(host="h", call=SetRestartPolicy("docker", "always", "web")),
        Ask(host="h", call=ConnectContainer("docker", "connect", "shop_back", "web")),
        Ask(host="h", call=ConnectContainer("docker", "connect", "proxy", "web")),
        Ask(host="h", call=ConnectContainer("docker", "disconnect", "proxy", "web")),
        Ask(host="h", call=SetContainerState("docker", "start", "web")),
    )
    assert tuple(compose_edits(steps, None, host(WEB))) == (
        ComposeEdit(WEB, "restart", "always"),
        ComposeEdit(WEB, "networks", "back"),
        ComposeEdit(WEB, "networks", "proxy", outside=True),
    )
    assert tuple(compose_edits(steps, None, host(container()))) == ()


@pytest.mark.parametrize(
    ("option", "old", "new"),
    (
        ("-p 127.0.0.1:8080:80", "127.0.0.1:8080:80", "8080:80"),
        ("-p [::1]:53:53/udp", "[::1]:53:53/udp", "53:53/udp"),
        ("-p 8080:80", "", ""),
        ("icc=false", "", ""),
    ),
)
def test_which_address_a_published_port_loses(option: str, old: str, new: str) -> None:
    written = Configured("container-option", option=option, owner="web")
    wanted = (ComposeEdit(WEB, "ports", new, old=old),) if new else ()
    assert tuple(compose_edits((), written, host(WEB))) == wanted
    assert tuple(compose_edits((), written, host(container()))) == ()
