"""Keeps a sysctl in a new file that is read last, and names each existing file that sets another value.

Existing files are never edited.  If another value is set in a file that is read after all files of sysctl.d, the advice
names the line, and a person has to change it.

A value that dockerd writes at its start gets no file, because such a file would change dockerd's behaviour.  Forwarding
is an exception if it was switched off while dockerd ran, or if a file switches it off.  Forwarding that was switched
off gets a file, together with FORWARD's policy.

dockerd sets the FORWARD policy to DROP only if it finds forwarding off and switches it on itself.  A file that sets
``net.ipv4.ip_forward = 1`` takes effect before dockerd starts, so the policy stays ACCEPT.  Ports that no container
publishes are then open.

Source: libnetwork drivers/bridge setup_ip_forwarding.go setupIPForwarding()
"""

from collections.abc import Iterator

from hairpin.change.change import Primitive, ReplaceSysctls, SetPolicy, SetSysctl, WriteFile
from hairpin.engines.docker.history import history_of
from hairpin.engines.docker.options import daemon_of, dockerd_version
from hairpin.engines.sysctls import policies_of, sysctls_of
from hairpin.host.boot.configured import of_engine_option
from hairpin.host.boot.daemon_sysctls import DaemonSetting, set_by_daemon, set_in_file_of_idle
from hairpin.host.boot.generated import managed_by
from hairpin.host.boot.sysctl_files import FORWARDING, SYSCTL_CONF, UFW_SYSCTL, Setting, file_after, settings
from hairpin.host.docker import Engine
from hairpin.host.engine_health import is_at_rest, is_down
from hairpin.host.host import Host
from hairpin.host.sysctl import Path, dotted
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.remedy.boot.container import of_container
from hairpin.remedy.boot.kept_rules import policy_at_boot
from hairpin.remedy.remedy import Lasting, Situation

_MADE_BY = {"bridge": "br_netfilter", "netfilter": "nf_conntrack"}
"""The kernel module that makes the sysctls in each folder of net/.  The module has to be loaded before sysctl.d is
read."""
_ASSUMED = (20, 10, 0)
"""The version that is assumed for a dockerd whose version is unknown.  Every version since 1.13 switches forwarding on
in the same way."""
_SAME: dict[Path, Path] = {("net", "ipv4", "conf", "all", "forwarding"): ("net", "ipv4", "ip_forward")}
_FORWARDING: tuple[Path, ...] = (("net", "ipv4", "ip_forward"), ("net", "ipv6", "conf", "all", "forwarding"))


def settings_of(part: Primitive) -> tuple[SetSysctl, ...]:
    """Return the part's sysctls as changes of one value each."""
    if isinstance(part, ReplaceSysctls):
        return tuple(SetSysctl(part.netns, path, value) for path, value in part.values)
    return (part,) if isinstance(part, SetSysctl) else ()


def keeping_values(parts: tuple[SetSysctl, ...], situation: Situation) -> Lasting:
    """Return the files that keep the values, and advice that names the files with other values."""
    found = [_kept(part, situation) for part in parts]
    return Lasting(
        files=tuple(file for each in found for file in each.files),
        calls=tuple(call for each in found for call in each.calls),
        advice=tuple(said for each in found for said in each.advice),
    )


def _kept(part: SetSysctl, situation: Situation) -> Lasting:
    if not part.netns.is_host:
        return of_container(part, situation)
    found = settings(part.path, situation.host.files)
    maker = written_at_boot(part.path, part.value, situation.host)
    if maker is not None:
        names = FORWARDING if part.path in FORWARDING else (part.path,)
        return _made(
            part, tuple(each for name in names for each in settings(name, situation.host.files)), maker, situation
        )
    daemon = set_by_daemon(part.path, situation.host)
    if daemon is not None and daemon.value != part.value:
        return Lasting(advice=(_for_daemon(daemon, part),))
    said = _advice(situation.host, part, found, daemon)
    if found and found[-1].value == part.value:
        return Lasting(advice=said)
    if found and _is_read_last(found[-1]):
        return Lasting(advice=(_by_person(found[-1], part), *_also_its_owner(found, situation)))
    name = file_after(part.path, situation.host.files)
    files = [WriteFile(situation.host.name, name, f"{dotted(part.path)} = {part.value}\n")]
    module = _MADE_BY.get(part.path[1])
    if module is not None:
        files.append(WriteFile(situation.host.name, f"/etc/modules-load.d/hairpin-{module}.conf", f"{module}\n"))
    return Lasting(files=tuple(files), advice=(*said, *_also_its_owner(found, situation)))


def _also_its_owner(found: tuple[Setting, ...], situation: Situation) -> Iterator[Message]:
    """Yield the advice about the tool that writes the file with the wrong value.  The tool's next run may set the wrong
    value again."""
    file = situation.file(found[-1].file) if found else None
    owner = managed_by(file) if file is not None else None
    if file is not None and owner is not None:
        yield message(
            "{file} says “{owner}”: change the value in the program that writes the file, too",
            file=file.path,
            owner=owner,
        )


def _made(part: SetSysctl, found: tuple[Setting, ...], maker: Message, situation: Situation) -> Lasting:
    """Return the files and the advice that keep a value which the engine itself writes.  The value needs no file, but
    no file may set another value."""
    wrong = tuple(each for each in found if each.value != part.value)
    if not wrong and _is_switched_off_since(part.path, situation.host):
        return _set_before_the_engine(part, (_switched_off(part),), situation)
    if not wrong:
        return Lasting(advice=(maker,))
    last = tuple(each for each in wrong if _is_read_last(each))
    if last:
        return Lasting(advice=(*(_to_delete(each, part) for each in last), *_also_its_owner(last, situation), maker))
    named = tuple(_advice_on(each, part) for each in wrong)
    return _set_before_the_engine(part, (*named, *_also_its_owner(wrong, situation)), situation)


def _is_read_last(setting: Setting) -> bool:
    """Return whether the setting's file is read after all files of sysctl.d.  No file of hairpin can override a setting
    in a file that is read later."""
    return setting.file in (UFW_SYSCTL, SYSCTL_CONF)


def _switched_off(part: SetSysctl) -> Message:
    return message(
        "only the start of dockerd switched {key} on. Since then something has switched it off, such as a restart of "
        "the network. With a file, {key} stays on after the next restart, too",
        key=dotted(part.path),
    )


def _set_before_the_engine(part: SetSysctl, told: tuple[Message, ...], situation: Situation) -> Lasting:
    """Return the file for a value that only the engine's start would set.

    The file is needed because the program that changed the value will change it again.  If the file switches forwarding
    on, dockerd does not set FORWARD's policy at boot, so FORWARD's present policy is kept, too."""
    name = file_after(part.path, situation.host.files)
    closed = _closed_forward(part, situation)
    kept = policy_at_boot(closed, situation) if closed is not None else Lasting()
    policy = message(
        "at the next boot, dockerd finds forwarding already on and then leaves the policy of FORWARD at ACCEPT. The "
        "present policy DROP protects ports that no container publishes"
    )
    return Lasting(
        files=(WriteFile(situation.host.name, name, f"{dotted(part.path)} = {part.value}\n"), *kept.files),
        calls=kept.calls,
        advice=(*told, *((policy,) if closed is not None else ())),
    )


def _for_daemon(setting: DaemonSetting, part: SetSysctl) -> Message:
    """Return the advice on a value that a daemon sets at each of its starts.  A file would not help, because the daemon
    overwrites the value."""
    return message(
        "{file} makes {daemon} set {key} to {value} whenever {daemon} starts, which is after all files of sysctl.d: "
        "change {option} in this file",
        file=setting.file,
        daemon=setting.daemon,
        key=dotted(part.path),
        value=setting.value,
        option=setting.option or dotted(part.path),
    )


def _by_person(last: Setting, part: SetSysctl) -> Message:
    """Return the advice on a line that is read last.  No other file can override this line, and hairpin does not edit
    the line's file."""
    return message(
        "line {line} of {file} sets {key} to {value} and is applied last, so no other file helps: write {wanted} in "
        "that line",
        **_facts(last, part),
        wanted=part.value,
    )


def _to_delete(setting: Setting, part: SetSysctl) -> Message:
    """Return the advice to delete a line that is read last and sets another value than the engine."""
    return message(
        "line {line} of {file} sets {key} to {value} at each boot: delete that line", **_facts(setting, part)
    )


def _facts(setting: Setting, part: SetSysctl) -> dict[str, object]:
    return {"file": setting.file, "line": setting.line, "key": dotted(part.path), "value": setting.value}


def _advice(
    host: Host, part: SetSysctl, found: tuple[Setting, ...], daemon: DaemonSetting | None
) -> tuple[Message, ...]:
    """Return the advice that names the file with the value, or says that no file sets the value.  A link that does not
    exist yet has a value that nobody has set."""
    if found:
        return (_advice_on(found[-1], part),)
    idle = set_in_file_of_idle(part.path, host) if daemon is None else None
    setting = daemon or idle
    if setting is not None:
        return (_advice_on_daemon(setting, part, starts=idle is None),)
    link = part.path[3] if part.path[2:3] == ("conf",) else ""
    if link and link not in ("all", "default") and host.namespace(host.netns.name).link(link) is None:
        return ()
    return (_by_no_file(host, part),)


def _advice_on_daemon(setting: DaemonSetting, part: SetSysctl, *, starts: bool) -> Message:
    facts = {"file": setting.file, "daemon": setting.daemon, "key": dotted(part.path), "value": setting.value}
    if starts:
        return message(
            "{file} makes {daemon} set {key} to {value}: later, at run time, somebody has changed {key}", **facts
        )
    if setting.value == part.value:
        return message(
            "{file} sets {key} to {value}, but {daemon}, which reads it, neither runs nor is enabled", **facts
        )
    return message(
        "{file} sets {key} to {value}, but {daemon}, which reads it, neither runs nor is enabled. Change the value in "
        "that file, too: {daemon} would set it whenever it starts",
        **facts,
    )


def _by_no_file(host: Host, part: SetSysctl) -> Message:
    """Return the advice that no file sets the value, as far as hairpin knows."""
    key = dotted(part.path)
    if host.told is not None:
        return message(
            "hairpin does not know whether a configuration file sets {key}: `grep -r {key} /etc/sysctl*`", key=key
        )
    dockers = tuple(each for each in host.engines if each.kind == "docker")
    switches = part.path[-1] in ("ip_forward", "forwarding") and part.path[-2] in ("ipv4", "all")
    if switches and any(each.ip_forward is False for each in dockers):
        option = of_engine_option("ip-forward", "false", host)
        return message(
            "no configuration file sets {key}, and dockerd leaves it alone ({option}): the value is the kernel's "
            "default, or somebody set it at run time",
            key=key,
            option=f"{option.option}, {option.file}:{option.line}" if option.file else option.option,
        )
    if switches and not dockers:
        return message(
            "no configuration file sets {key}: Podman switches it on when a container starts, and no file keeps it "
            "after a reboot",
            key=key,
        )
    if part.path[1] == "netfilter":
        return message(
            "no configuration file sets {key}: the value is the kernel's default, or somebody set it at run time",
            key=key,
        )
    return message("no configuration file sets {key}: somebody set it at run time", key=key)


def _advice_on(last: Setting, part: SetSysctl) -> Message:
    """Return the advice that names the line which sets the sysctl, to the wanted value or to another value."""
    key = dotted(part.path)
    if last.value == part.value:
        return message(
            "line {line} of {file} already sets {key} to {value}: later, at run time, somebody has changed {key}",
            file=last.file,
            line=last.line,
            key=key,
            value=last.value,
        )
    return message(
        "line {line} of {file} sets {key} to {value}, so {key} would be wrong again after a reboot",
        file=last.file,
        line=last.line,
        key=key,
        value=last.value,
    )


def written_at_boot(path: Path, value: str, host: Host) -> Message | None:
    """Return the sentence that no file is needed because the engine writes the value; None if the engine does not write
    the value."""
    wanted = _SAME.get(path, path)
    for engine in host.engines:
        if engine.kind != "docker" or engine.rootless or is_at_rest(host, engine):
            continue
        if any((each, text) == (wanted, value) for each, text in _written(engine, host)):
            return _said(wanted)
    if len(path) == 5 and path[2] == "conf" and any(_is_made_by(engine, path[3]) for engine in host.engines):
        return message(
            "no file is needed for {key}: the engine makes {link} again at each start, and {link} then gets the value "
            "of conf.default",
            key=dotted(path),
            link=path[3],
        )
    return None


def _written(engine: Engine, host: Host) -> tuple[tuple[Path, str], ...]:
    daemon = daemon_of(engine, dockerd_version(engine.version) or _ASSUMED)
    if daemon.backend == "nftables":  # a dockerd with the nftables back end starts only if forwarding is already on
        return ()
    history = history_of(engine, daemon, host.namespace(host.netns.name))
    return tuple((each.path, each.value) for each in sysctls_of(daemon, history))


def _is_switched_off_since(path: Path, host: Host) -> bool:
    """Return whether the path is a forwarding sysctl that a running dockerd switched on at its start."""
    runs = any(each.kind == "docker" and not each.rootless and not is_down(host, each) for each in host.engines)
    return runs and _SAME.get(path, path) in _FORWARDING


def _closed_forward(part: SetSysctl, situation: Situation) -> SetPolicy | None:
    """Return the part that sets FORWARD's policy to DROP, or None.

    If forwarding is already on at boot, some versions of dockerd do not set the policy.  The part is returned if the
    policy is DROP now and dockerd sets the policy only if forwarding is off at boot.  Return None if the policy is
    ACCEPT now, or if dockerd always sets the policy.
    """
    host, namespace = situation.host, situation.network.namespace(part.netns)
    for engine in host.engines:
        if engine.kind != "docker" or engine.rootless:
            continue
        daemon = daemon_of(engine, dockerd_version(engine.version) or _ASSUMED)
        for each in policies_of(daemon, history_of(engine, daemon, namespace)):
            if each.certain or (each.family == "ip") != (part.path[1] == "ipv4"):
                continue
            for table in namespace.ruleset.tables:
                chain = table.chain(each.chain)
                of_iptables = table.dialect in ("iptables-nft", "iptables-legacy")
                if of_iptables and (table.family, table.name) == (each.family, each.table) and chain is not None:
                    place = Place(table.dialect, table.family, table.name, each.chain, 0, f"-P {each.chain} DROP")
                    if chain.policy == "drop":
                        return SetPolicy(part.netns, place, "drop")
    return None


def _said(path: Path) -> Message:
    if path in _FORWARDING:
        return message(
            "no file is needed for {key}: dockerd switches it on when it starts. A file that sets {key} to 1 before "
            "that start would leave the FORWARD policy at ACCEPT, and this would open ports that no container "
            "publishes",
            key=dotted(path),
        )
    return message("no file is needed for {key}: dockerd sets it when it starts", key=dotted(path))


def _is_made_by(engine: Engine, link: str) -> bool:
    return link.startswith("veth") or any(network.bridge == link for network in engine.networks)
