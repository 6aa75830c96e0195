"""Finds differences of a host outside its namespaces: the machine, engines with their containers and networks, managers
of the firewall, units, files, versions.

Ids, processes and times are not compared.  The differences of a configuration file are the lines that only one of the
hosts has.  For a JSON document, the differences are the keys that only one of the hosts has.  The collector does not
read some files as a whole.  From dockerd's configuration the collector omits all keys that are not on the collector's
list.  From the network's configuration it omits all lines that may contain a secret.  A note behind the file's name
says that parts of the file are omitted.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import unified_diff

from hairpin.compare.container_differences import container_differences
from hairpin.compare.edit import HostTaken, NotWalked
from hairpin.compare.listed_difference import ListedDifference, PartOfHost, Text
from hairpin.compare.value_text import field_text, value_text
from hairpin.field import compared_fields
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.host import Host
from hairpin.host.managers import HIDDEN, Firewalld, FirewalldZone, Ufw
from hairpin.message import message
from hairpin.network.prefix import address_text

_KERNEL = "kernel"
"""The program whose version is in every reading of the host's versions."""
Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
_EMPTY = message("a file from which hairpin read no line")


def host_differences(was: Host, now: Host, *, alike: bool) -> Iterator[ListedDifference]:
    """Yield the differences of the hosts outside their namespaces.

    ``alike``: whether two different hosts are compared that should be alike.  If ``alike`` is true, their machine ids
    and boots are not compared."""
    if not alike:
        yield from _of_machine(was, now)
    if was.kernel != now.kernel:
        yield _plain(now, "host", message("kernel"), was.kernel, now.kernel)
    yield from _engines(was, now)
    yield from container_differences(was, now)
    unread = {each.key for each in (*was.unread, *now.unread)}
    if not any(key.startswith(("firewalld", "versions")) for key in unread):  # versions of installed programs
        yield from _firewalld(now, was.firewalld, now.firewalld)
    if not any(key.startswith("ufw") for key in unread):
        yield from _ufw(now, was.ufw, now.ufw)
    if "units" not in unread:
        yield from _units(was, now)
    yield from _file_differences(was, now)
    if "versions" not in unread:
        yield from (each for each in _versions(was, now) if each.where != "os" or "os-release" not in unread)


def _plain(host: Host, part: PartOfHost, where: Text, before: Text | None, after: Text | None) -> ListedDifference:
    return ListedDifference(part, host.netns, where, before or None, after or None, NotWalked())


def _of_machine(was: Host, now: Host) -> Iterator[ListedDifference]:
    if None not in (was.machine_id, now.machine_id) and was.machine_id != now.machine_id:
        yield _plain(now, "host", message("machine id"), was.machine_id, now.machine_id)
    elif None not in (was.boot_id, now.boot_id) and was.boot_id != now.boot_id:
        yield _plain(now, "host", message("boot"), message("an earlier boot"), message("booted again"))


# --- engines ---------------------------------------------------------------------------------------------------------


def _engines(was: Host, now: Host) -> Iterator[ListedDifference]:
    one, other = ({(each.kind, each.user): each for each in host.engines} for host in (was, now))
    for key in dict.fromkeys((*one, *other)):
        old, new = one.get(key), other.get(key)
        if old is None or new is None:
            yield _plain(now, "engines", key[0], _version(old), _version(new))
            continue
        yield from _options(now, old, new)
        yield from _networks(now, old, new)
    states = ({each.kind: each.state for each in host.contacts} for host in (was, now))
    before, after = states
    for kind in dict.fromkeys((*before, *after)):
        found = (before.get(kind), after.get(kind))
        # A user without access to an engine cannot see its state.
        if None not in found and found[0] != found[1] and "unreadable" not in found:
            yield _plain(now, "engines", message("{engine}, state", engine=kind), *found)


def _version(engine: Engine | None) -> str | None:
    return (engine.version or engine.kind) if engine is not None else None


def _options(host: Host, was: Engine, now: Engine) -> Iterator[ListedDifference]:
    stored = was.stored or now.stored or not (was.running and now.running)
    for field in compared_fields(Engine):
        one, other = getattr(was, field), getattr(now, field)
        if one == other or (stored and field in ("stored", "running", "network_version")):
            continue
        if stored and None in (one, other):
            continue  # an engine that is not running reports no such option
        where = message("{engine}, option {option}", engine=was.kind, option=field.replace("_", "-"))
        edit = HostTaken("engine", was.user, was.kind)
        texts = field_text(was, field), field_text(now, field)
        yield ListedDifference("engines", host.netns, where, *texts, edit, fields=("engines",))


def _networks(host: Host, was: Engine, now: Engine) -> Iterator[ListedDifference]:
    one, other = ({each.name: each for each in engine.networks} for engine in (was, now))
    for name in dict.fromkeys((*one, *other)):
        old, new = one.get(name), other.get(name)
        if (old is None and not was.networks) or (new is None and not now.networks):
            continue  # the engine did not report its networks
        before, after = _network_texts(old, new)
        if before != after:
            where = message("network {name} of {engine}", name=name, engine=was.kind)
            edit = HostTaken("network", name, was.kind)
            yield ListedDifference("networks", host.netns, where, before, after, edit, fields=("engines",))


def _network_texts(was: DockerNetwork | None, now: DockerNetwork | None) -> tuple[str | None, str | None]:
    """Return the properties of both networks as texts.  If both networks exist, the texts contain only the properties
    that differ."""
    one, other = (_network_words(each) if each is not None else {} for each in (was, now))
    names = [name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name)]
    texts = (" ".join(f"{name} {words[name]}" for name in names if words.get(name)) for words in (one, other))
    before, after = texts
    return (before if was is not None else None), (after if now is not None else None)


def _network_words(network: DockerNetwork) -> dict[str, str]:
    subnets = sorted(str(each.prefix) for each in network.subnets)
    words = {
        "driver": network.driver,
        "internal": "yes" if network.internal else "",
        "ipv6": "yes" if network.ipv6 else "",
        "subnets": ",".join(subnets),
        "gateways": ",".join(
            sorted(address_text(each.gateway, each.version) for each in network.subnets if each.gateway is not None)
        ),
        "bridge": network.bridge or "",
    }
    return words | {f"option {name}": value for name, value in network.options}


# --- managers --------------------------------------------------------------------------------------------------------


def _firewalld(host: Host, was: Firewalld | None, now: Firewalld | None) -> Iterator[ListedDifference]:
    if was is None or now is None:
        if was is not now:
            yield _plain(host, "managers", "firewalld", _firewalld_state(was), _firewalld_state(now))
        return
    if was.running != now.running:
        yield _plain(host, "managers", "firewalld", _firewalld_state(was), _firewalld_state(now))
    for field in ("backend", "default_zone"):
        one, other = getattr(was, field), getattr(now, field)
        if one != other and None not in (one, other):
            where = message("firewalld, {option}", option=field.replace("_", " "))
            yield _plain(host, "managers", where, one, other)
    if was.running and now.running and was.runtime and now.runtime:
        yield from _zones(host, message("now"), was.runtime, now.runtime)
    yield from _zones(host, message("in its files"), was.permanent, now.permanent)
    rules = (
        [f"{e.family} {e.table} {e.chain} {e.priority or 0} {e.words}" for e in each.direct] for each in (was, now)
    )
    one_rules, other_rules = rules
    gone, new = ([e for e in a if e not in b] for a, b in ((one_rules, other_rules), (other_rules, one_rules)))
    if gone or new:
        yield _plain(host, "managers", message("firewalld, direct rules"), "\n".join(gone), "\n".join(new))


def _firewalld_state(firewalld: Firewalld | None) -> Text | None:
    if firewalld is None:
        return None
    return message("running") if firewalld.running else message("stopped")


def _zones(
    host: Host, which: Text, was: tuple[FirewalldZone, ...], now: tuple[FirewalldZone, ...]
) -> Iterator[ListedDifference]:
    one, other = ({each.name: each for each in zones} for zones in (was, now))
    for name in dict.fromkeys((*one, *other)):
        old, new = one.get(name, FirewalldZone(name)), other.get(name, FirewalldZone(name))
        for field in FirewalldZone.__struct_fields__:
            before, after = (_zone_value(getattr(zone, field)) for zone in (old, new))
            if before != after:
                where = message("firewalld, zone {zone} {which}, {field}", zone=name, which=which,
                                field=field.replace("_", " "))  # fmt: skip
                yield _plain(host, "managers", where, before, after)


def _zone_value(value: bool | str | tuple[str, ...] | None) -> str | None:
    return " ".join(sorted(value)) if isinstance(value, tuple) else value_text(value)


def _ufw(host: Host, was: Ufw | None, now: Ufw | None) -> Iterator[ListedDifference]:
    if was is None or now is None:
        if was is not now:
            yield _plain(host, "managers", "ufw", *(_ufw_state(each) for each in (was, now)))
        return
    if was.enabled != now.enabled:
        yield _plain(host, "managers", "ufw", _ufw_state(was), _ufw_state(now))
    for field in ("default_forward_policy", "default_input_policy"):
        if getattr(was, field) != getattr(now, field):
            where = message("ufw, {option}", option=field.replace("_", " "))
            yield _plain(host, "managers", where, getattr(was, field), getattr(now, field))


def _ufw_state(ufw: Ufw | None) -> Text | None:
    if ufw is None:
        return None
    return message("enabled") if ufw.enabled else message("disabled")


def _units(was: Host, now: Host) -> Iterator[ListedDifference]:
    one, other = ({each.name: f"{each.enabled} {each.active}" for each in host.units} for host in (was, now))
    yield from _by_name(now, "units", one, other)


def _by_name(
    host: Host, part: PartOfHost, was: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[ListedDifference]:
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) != now.get(name):
            yield _plain(host, part, name, was.get(name), now.get(name))


def _versions(was: Host, now: Host) -> Iterator[ListedDifference]:
    """Yield the differences of versions.  A host that was read for a plan has only the versions of its engines: of such
    a host no other program is compared."""
    one, other = ({each.program: each.text for each in host.versions} for host in (was, now))
    both = one.keys() & other.keys()
    if _KERNEL not in both:
        one, other = ({name: known[name] for name in both} for known in (one, other))
    yield from _by_name(now, "versions", one, other)


def _file_differences(was: Host, now: Host) -> Iterator[ListedDifference]:
    """Yield the differences of files, each with the lines or keys that only one of the hosts has."""
    one, other = ({each.path: each.text for each in host.files} for host in (was, now))
    unread = {each.origin for each in (*was.unread, *now.unread)}
    for path in dict.fromkeys((*one, *other)):
        before, after = one.get(path), other.get(path)
        lines = _lines(before), _lines(after)
        if (lines[0] == lines[1] and None not in (before, after)) or path in unread:
            continue
        changed = tuple(unified_diff(*lines, lineterm="", n=0))[2:]
        gone, new = ("\n".join(line[1:] for line in changed if line.startswith(sign)) for sign in "-+")
        place = _place(path, before, after)
        texts: tuple[Text | None, Text | None] = (
            gone if before is not None else None,
            new if after is not None else None,
        )
        if not gone and not new:  # an empty file was added or removed
            texts = _EMPTY if before is not None else None, _EMPTY if after is not None else None
        yield ListedDifference("files", now.netns, place, *texts, NotWalked())


def _place(path: str, *texts: str | None) -> Text:
    """Return the path, with a note about the parts of the file that the collector omits."""
    if any(_keys(text) is not None for text in texts if text is not None):
        return message("{path} (of its keys, only those on hairpin's list are read)", path=path)
    if any(HIDDEN in text for text in texts if text is not None):
        return message("{path} (its lines that may hold a secret are not read)", path=path)
    return path


def _lines(text: str | None) -> list[str]:
    """Return the lines of a text; for a JSON document, a line for each key, in order."""
    keys = _keys(text or "")
    return keys if keys is not None else (text or "").splitlines()


def _keys(text: str) -> list[str] | None:
    """Return a text such as ``"mtu": 1400`` for each key of a JSON document, sorted by key; None if the text is no JSON
    document."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        document: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return sorted(_members(document, "")) if isinstance(document, dict) else None


def _members(value: Json, key: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _members(member, f"{key}.{name}" if key else name)
    elif key:
        yield f'"{key}": {json.dumps(value, ensure_ascii=False)}'
