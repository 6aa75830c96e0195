"""ufw is reloaded, enabled and disabled.  This module models the effects of ufw's start and stop on the host.

ufw fills its own chains from its files.  ufw appends jumps to the built-in chains.  When ufw stops, its jumps stay in
the built-in chains, and the chains to which they lead stay as well.  Foreign rules in other chains stay.  If
ufw's files add rules to other chains, each start of ufw adds these rules again.

Source: ufw's ufw-init-functions (0.36.2), ufw/frontend.py set_enabled(), ufw/backend_iptables.py update_logging()
"""

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

import msgspec

from hairpin.events.boot.sysctls import with_file_applied
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.events.firewalls.iptables import dialect_of, with_rules_added, with_saved_rules
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, Ufw
from hairpin.host.read.managers.assignments import value_of
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import jumped_to
from hairpin.netfilter.ir import Table, Verdict
from hairpin.netfilter.rule_address import IpFamily

_Hook = Literal["input", "output", "forward"]
_HOOKS: tuple[_Hook, ...] = get_args(_Hook)
_PRIMARY = ("before-logging", "before", "after", "after-logging", "reject", "track")
"""The ufw chains to which the built-in chains jump, in the order of the jumps."""
_USER = (*(f"user-{hook}" for hook in _HOOKS), *(f"user-logging-{hook}" for hook in _HOOKS), "user-limit",
         "user-limit-accept")  # fmt: skip
_LOGGING = ("logging-deny", "logging-allow")
_SKIPPING = tuple(f"skip-to-policy-{hook}" for hook in _HOOKS)
_SECONDARY = (*_LOGGING, "not-local", *_USER, *_SKIPPING)
_DEFAULT, _CONF, _INIT = "/etc/default/ufw", "/etc/ufw/ufw.conf", "ufw-init"
_OPEN = "*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
_LOOPBACK_ONLY = """*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A OUTPUT -o lo -j ACCEPT
COMMIT
"""
_LEVELS = ("off", "low", "medium", "high", "full")
_SELDOM = " -m limit --limit 3/min --limit-burst 10"
_LIMITED = '-m limit --limit 3/min -j LOG --log-prefix "[UFW LIMIT BLOCK] "'


class _Settings(msgspec.Struct, frozen=True):
    """The settings in /etc/default/ufw and ufw.conf."""

    policies: Mapping[_Hook, str]
    ipv6: bool
    manages_builtins: bool
    sysctl: str
    level: str


def ufw_of(host: Host) -> Ufw | None:
    """Return the host's ufw; None if ufw is not installed, or if only files of its removed package are left."""
    packages = [each.program for each in host.versions if each.program.startswith("package:")]
    return host.ufw if not packages or "package:ufw" in packages else None


def with_ufw_enabled(course: Course, *, enabled: bool) -> Course:
    """Return the course in which ufw's configuration file says that ufw is enabled, or that it is not."""
    assert course.host.ufw is not None
    ufw = msgspec.structs.replace(course.host.ufw, enabled=enabled)
    return course.with_host(msgspec.structs.replace(course.host, ufw=ufw))


def with_ufw_stopped(course: Course) -> Course:
    """Return the course after ``ufw-init force-stop``."""
    course, settings = _hooked(course), _settings(course.host)
    if settings is None:
        return course.lacking(("ufw-default",))
    if settings.manages_builtins:
        return _with_builtins_flushed(course)
    for family in _families(course):
        course = with_rules_added(_with_chains_deleted(course, family), _OPEN, family, _INIT)
    return course


def with_ufw_started(course: Course) -> Course:
    """Return the course after ``ufw-init start``, and after ufw has set its logging rules."""
    course, settings = _hooked(course), _settings(course.host)
    if settings is None:
        return course.lacking(("ufw-default",))
    failed = len(course.failures)
    if _has(course, "ip", "ufw-user-input"):
        return _with_logging(course, settings)  # `ufw-init start` does nothing if this chain exists
    if settings.manages_builtins:
        course = _with_builtins_flushed(course)
    for family in _families(course):
        if family == "ip" or settings.ipv6:
            course = _with_family_started(course, family, settings)
        else:
            course = with_saved_rules(_with_chains_deleted(course, family), ConfigFile(_INIT, _LOOPBACK_ONLY), family)
    if settings.sysctl:
        file = _file(course.host, settings.sysctl)
        course = with_file_applied(course, file) if file is not None else course.lacking(("ufw-sysctl",))
    return course if len(course.failures) > failed else _with_logging(course, settings)


def _hooked(course: Course) -> Course:
    """Return the course with a condition for each hook script that ufw runs."""
    assert course.host.ufw is not None
    scripts = course.host.ufw.scripts
    if scripts is None:
        return course.lacking(("ufw-hooks",))
    return course.provided(
        *(message("the script {script}, which ufw runs, changes nothing", script=each) for each in scripts)
    )


def _settings(host: Host) -> _Settings | None:
    default, conf = _file(host, _DEFAULT), _file(host, _CONF)
    if default is None:
        return None
    policies: dict[_Hook, str] = {
        hook: value_of(default.text, f"DEFAULT_{hook.upper()}_POLICY") or "" for hook in _HOOKS
    }
    if "" in policies.values():
        return None
    level = (value_of(conf.text, "LOGLEVEL") or "" if conf is not None else "").lower()
    return _Settings(
        policies,
        (value_of(default.text, "IPV6") or "") in ("yes", "YES"),
        value_of(default.text, "MANAGE_BUILTINS") == "yes",
        value_of(default.text, "IPT_SYSCTL") or "",
        level if level in _LEVELS else "low",
    )


def _file(host: Host, path: str) -> ConfigFile | None:
    return next((each for each in host.files if each.path == path), None)


def _families(course: Course) -> tuple[IpFamily, ...]:
    """Return the address families for which ufw loads rules.

    If the kernel was started without IPv6, IPv6 is not among these families."""
    has6 = any(path[:2] == ("net", "ipv6") for path in course.namespace.sysctls.values)
    return ("ip", "ip6") if has6 or any(each.family == "ip6" for each in course.namespace.ruleset.tables) else ("ip",)


def _prefix(family: IpFamily) -> str:
    return "ufw6-" if family == "ip6" else "ufw-"


def _filter(course: Course, family: IpFamily) -> Table | None:
    return course.namespace.ruleset.table(family, "filter", dialect_of(course))


def _has(course: Course, family: IpFamily, chain: str) -> bool:
    table = _filter(course, family)
    return table is not None and table.chain(chain) is not None


def _with_lines(course: Course, family: IpFamily, *lines: str, table: str = "filter") -> Course:
    return with_rules_added(course, "\n".join((f"*{table}", *lines, "COMMIT\n")), family, _INIT) if lines else course


def _with_chains_deleted(course: Course, family: IpFamily) -> Course:
    """Return the course in which ufw's chains are empty, and the chains that ufw's primary chains call are deleted.  If
    a foreign rule jumps to a chain, the chain stays."""
    prefix = _prefix(family)
    own = (*(f"{each}-{hook}" for each in _PRIMARY for hook in _HOOKS), *_SECONDARY)
    present = [f"{prefix}{each}" for each in own if _has(course, family, f"{prefix}{each}")]
    course = _with_lines(course, family, *(f"-F {each}" for each in present))
    table = _filter(course, family)
    used = jumped_to(table) if table is not None else frozenset[str]()
    gone = [each for each in present if each.removeprefix(prefix) in _SECONDARY and each not in used]
    return _with_lines(course, family, *(f"-X {each}" for each in gone))


def _with_builtins_flushed(course: Course) -> Course:
    """Return the course in which the built-in chains of filter, mangle and nat are empty and have the policy ACCEPT,
    and all other chains of filter are deleted."""
    for family in _families(course):
        course = _with_lines(course, family, "-F", "-X", *(f":{hook.upper()} ACCEPT" for hook in _HOOKS))
        chains = (*(hook.upper() for hook in _HOOKS), "PREROUTING", "POSTROUTING")
        emptied = (line for chain in chains for line in (f"-F {chain}", f":{chain} ACCEPT"))
        course = _with_lines(course, family, *emptied, table="mangle")
    emptied = (
        line for chain in ("OUTPUT", "PREROUTING", "POSTROUTING") for line in (f"-F {chain}", f":{chain} ACCEPT")
    )
    return _with_lines(course, "ip", *emptied, table="nat")


def _with_family_started(course: Course, family: IpFamily, settings: _Settings) -> Course:
    prefix, digit = _prefix(family), "6" if family == "ip6" else ""
    if _has(course, family, f"{prefix}before-logging-input"):
        course = _with_chains_deleted(course, family)
    else:
        course = _with_lines(course, family, *_primary_lines(prefix))
    course = _with_lines(course, family, *_policy_lines(course, family, settings))
    for name in (f"before{digit}.rules", f"after{digit}.rules"):
        course = _with_own_file(course, family, (f"/etc/ufw/{name}",))
    if not _has(course, family, f"{prefix}user-input"):
        course = _with_lines(course, family, *(f":{prefix}{each} - [0:0]" for each in _USER))
    course = _with_own_file(course, family, (f"/etc/ufw/user{digit}.rules", f"/lib/ufw/user{digit}.rules"))
    course = _with_lines(course, family, *(f"-A {prefix}before-{hook} -j {prefix}user-{hook}" for hook in _HOOKS))
    policies = {hook: "ACCEPT" if word == "ACCEPT" else "DROP" for hook, word in settings.policies.items()}
    return _with_lines(course, family, *(f":{hook.upper()} {policy} [0:0]" for hook, policy in policies.items()))


def _primary_lines(prefix: str) -> Iterator[str]:
    for each in _PRIMARY:
        yield from (f":{prefix}{each}-{hook} - [0:0]" for hook in _HOOKS)
    for hook in _HOOKS:
        yield from (f"-A {hook.upper()} -j {prefix}{each}-{hook}" for each in _PRIMARY)


def _policy_lines(course: Course, family: IpFamily, settings: _Settings) -> Iterator[str]:
    """Yield the rules that implement ufw's default policies."""
    prefix = _prefix(family)
    for hook, policy in settings.policies.items():
        if policy == "REJECT":
            yield f"-A {prefix}reject-{hook} -j REJECT"
        if policy == "ACCEPT":
            for protocol in ("tcp", "udp"):
                yield f"-A {prefix}track-{hook} -p {protocol} -m conntrack --ctstate NEW -j ACCEPT"
    if not _has(course, family, f"{prefix}logging-deny"):
        yield from (f":{prefix}{each} - [0:0]" for each in _LOGGING)
    if not _has(course, family, f"{prefix}skip-to-policy-input"):
        yield from (f":{prefix}{each} - [0:0]" for each in _SKIPPING)
        for hook, policy in settings.policies.items():
            yield f"-A {prefix}skip-to-policy-{hook} -j {policy}"


def _with_own_file(course: Course, family: IpFamily, paths: tuple[str, ...]) -> Course:
    file = next((found for each in paths if (found := _file(course.host, each)) is not None), None)
    if file is None:
        return course.lacking(("ufw-rules",))
    if not file.text.strip():
        return course.failing(message("{file} is empty", file=file.path))
    return with_rules_added(course, file.text, family, file.path)


def _with_logging(course: Course, settings: _Settings) -> Course:
    own = (*(f"{each}-logging-{hook}" for each in ("before", "user", "after") for hook in _HOOKS), *_LOGGING)
    for family in ("ip", "ip6") if settings.ipv6 and "ip6" in _families(course) else ("ip",):
        gone = next((name for each in own if not _has(course, family, name := f"{_prefix(family)}{each}")), None)
        if gone is not None:
            return course.failing(message("ufw does not start: its chain {chain} is gone", chain=gone))
    for family in _families(course):
        prefix = _prefix(family)
        if family == "ip" or settings.ipv6:
            course = _with_lines(course, family, *_logging_lines(course, family, settings))
        if _has(course, family, f"{prefix}user-limit"):
            without = _with_lines(course, family, f"-D {prefix}user-limit {_LIMITED}")
            course = course if len(without.failures) > len(course.failures) else without
            if settings.level != "off":
                course = _with_lines(course, family, f"-I {prefix}user-limit {_LIMITED}")
    return course


def _logging_lines(course: Course, family: IpFamily, settings: _Settings) -> Iterator[str]:
    """Yield the rules that implement ufw's log level.

    In most logging chains, the rules for the log level replace all other rules.  In the logging chains for user rules,
    a leading RETURN disables the other rules if logging is off."""
    table, prefix, level = _filter(course, family), _prefix(family), _LEVELS.index(settings.level)
    for each in ("before", "after"):
        yield from (f"-F {prefix}{each}-logging-{hook}" for hook in _HOOKS)
    yield from (f"-F {prefix}{each}" for each in _LOGGING)
    for hook in _HOOKS:
        chain = table.chain(f"{prefix}user-logging-{hook}") if table is not None else None
        if chain is not None and any(rule.body == (Verdict("return"),) for rule in chain.rules):
            yield f"-D {chain.name} -j RETURN"
        if chain is not None and not level:
            yield f"-I {chain.name} -j RETURN"
    if not level:
        return
    medium, high, full = (level >= _LEVELS.index(each) for each in ("medium", "high", "full"))
    seldom = "" if high else _SELDOM
    for hook, policy in settings.policies.items():
        if policy != "ACCEPT":
            yield _log(f"-A {prefix}after-logging-{hook}", "[UFW BLOCK] ", seldom)
        elif medium:
            yield _log(f"-A {prefix}after-logging-{hook}", "[UFW ALLOW] ", seldom)
    invalid = "-m conntrack --ctstate INVALID"
    if medium:
        yield _log(f"-A {prefix}logging-deny {invalid}", "[UFW AUDIT INVALID] ", seldom)
    else:
        yield f"-I {prefix}logging-deny {invalid}{seldom} -j RETURN"
    yield _log(f"-A {prefix}logging-deny", "[UFW BLOCK] ", seldom)
    yield _log(f"-A {prefix}logging-allow", "[UFW ALLOW] ", seldom)
    if medium:
        limited = "" if full else _SELDOM
        fresh = "" if high else " -m conntrack --ctstate NEW"
        yield from (_log(f"-I {prefix}before-logging-{hook}", "[UFW AUDIT] ", fresh + limited) for hook in _HOOKS)


def _log(where: str, prefix: str, matches: str) -> str:
    return f'{where}{matches} -j LOG --log-prefix "{prefix}"'


# ---- the events ---------------------------------------------------------------------------------------------------


def _reloaded(course: Course) -> Course | None:
    """Return the course after ufw has stopped and started; None if ufw is not enabled.

    If ufw fails to start, ufw is no longer enabled."""
    ufw = ufw_of(course.host)
    if ufw is None or not ufw.enabled:
        return None
    started = with_ufw_started(with_ufw_stopped(course))
    return with_ufw_enabled(started, enabled=False) if started.failures else started


def _enabled(course: Course) -> Course | None:
    """Return the course after ufw has started; None if ufw is not installed or is enabled already.

    ufw appends its jumps to the built-in chains, so the jumps come after the engines' rules.  Packets that the engines'
    rules accept never reach ufw's rules.  If ufw fails to start, ufw stays disabled."""
    ufw = ufw_of(course.host)
    if ufw is None or ufw.enabled:
        return None
    started = with_ufw_started(course)
    return started if started.failures else with_ufw_enabled(started, enabled=True)


def _disabled(course: Course) -> Course | None:
    """Return the course after ufw has stopped; None if ufw is not enabled.

    After the stop, all built-in chains have the policy ACCEPT.  Even a DROP policy that dockerd set in FORWARD is
    gone."""
    ufw = ufw_of(course.host)
    return with_ufw_enabled(with_ufw_stopped(course), enabled=False) if ufw is not None and ufw.enabled else None


UFW_RELOAD = Event(
    id="ufw-reload",
    title=message("ufw reads its files again (`ufw reload`)"),
    source="ufw(8) reload; ufw/frontend.py do_action(), ufw-init-functions ufw_stop(), ufw_start()",
    happens=_reloaded,
    units=("ufw",),
    verbs=("restart", "reload"),
    command="ufw reload",
)
UFW_ENABLE = Event(
    id="ufw-enable",
    title=message("ufw is switched on (`ufw enable`)"),
    source="ufw(8) enable; ufw/frontend.py set_enabled(), ufw-init-functions ufw_start()",
    happens=_enabled,
    units=("ufw",),
    verbs=("start",),
    command="ufw --force enable",
)
UFW_DISABLE = Event(
    id="ufw-disable",
    title=message("ufw is switched off (`ufw disable`)"),
    source="ufw(8) disable; ufw/frontend.py set_enabled(), ufw-init-functions ufw_stop()",
    happens=_disabled,
    units=("ufw",),
    verbs=("stop",),
    command="ufw disable",
)
