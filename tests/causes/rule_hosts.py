"""Hosts whose engine's rules were taken away, or could not be made, and hosts that only look alike."""

import functools
from pathlib import Path

from msgspec.structs import replace

from hairpin.collect.snapshot import load
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.docker import Container
from hairpin.host.managers import ScriptLine, Version
from hairpin.host.read.parse import parse
from hairpin.host.rule_tools import CheckTrial, ForbiddenModule, LockUser, ModuleFiles, Program, Programs, RuleTools
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from tests.causes.case import StateCase
from tests.causes.hosts import down, told, with_host
from tests.rule_text import ALL_RULES
from tests.small_host import container, engine, host_namespace, network, route

RECORDED = Path(__file__).parent.parent / "fixtures" / "iptables-1.8.11"
"""Snapshots of one host, on which dockerd made its rules with either build."""
ADVICE, BLOCKING, LATENT = "advice", "blocking", "latent"


@functools.cache
def recorded(name: str) -> Network:
    """Return the host on which dockerd made its rules with that build of iptables 1.8.11."""
    return Network((parse(load(RECORDED / f"{name}.hairpin")),))


def judged(name: str, trial: CheckTrial | None, package: str = "", program: str = "") -> Network:
    """Return the recorded host whose iptables was tried with this result, and is of this package."""
    host = recorded(name).this
    versions = tuple(each for each in host.versions if each.program not in ("package:iptables", "iptables"))
    own = (Version("iptables", program or "iptables v1.8.11 (nf_tables)"), Version("package:iptables", package))
    return with_host(recorded(name), versions=(*own, *versions), rule_tools=RuleTools(check=trial))


EMPTY = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
"""


def flushed(*chains: str, script: ScriptLine | None = None, sockets: tuple[Socket, ...] | None = None) -> Network:
    """Return the host whose rules were cleared, with these chains of somebody's, and the script; ``sockets``: those of
    the host instead of docker-proxy's."""
    made = "".join(f":{each} - [0:0]\n" for each in chains)
    rules = f"{EMPTY}{made}COMMIT\n"
    cleared = network(host_namespace(rules) if sockets is None else host_namespace(rules, sockets=sockets))
    return with_host(cleared, boot_lines=(script,) if script is not None else ())


def unflushed(*chains: str, script: ScriptLine | None = None) -> Network:
    """Return the host that has its rules, and the same chains and script beside them."""
    before, after = ALL_RULES.split("*filter\n")
    made = "".join(f":{each} - [0:0]\n" for each in chains)
    whole = network(host_namespace(f"{before}*filter\n{made}{after}"))
    return with_host(whole, boot_lines=(script,) if script is not None else ())


CSF = ("LOCALINPUT", "LOGDROPIN", "DENYIN")
BY_CRON = ScriptLine("/etc/cron.d/firewall", 2, "0 * * * * root iptables-restore < /etc/firewall.rules")
NOFLUSH = replace(BY_CRON, text="0 * * * * root iptables-restore --noflush < /etc/firewall.rules")
OWN_CHAIN = replace(BY_CRON, text="0 * * * * root iptables -F MYCHAIN; iptables -A MYCHAIN -j DROP")
AT_BOOT = replace(BY_CRON, path="/etc/rc.local")
MANAGED = (("firewall-manager-flushed-rules", ADVICE),)


def tools(**read: object) -> Network:
    """Return the whole host, of which this was read beside."""
    return with_host(network(host_namespace(ALL_RULES)), rule_tools=replace(RuleTools(), **read))


def failed(error: str, **read: object) -> Network:
    """Return the host with a second container, whose start ended with the error."""
    other = replace(container("created"), id="d" * 64, name="job", bindings=(), endpoints=(), netns=None, error=error)
    whole = network(host_namespace(ALL_RULES), docker=engine(container(), other))
    return with_host(whole, rule_tools=replace(RuleTools(), **read))


def ended(*log: str, one: Container | None = None) -> Network:
    """Return the host whose dockerd ended with these lines in its log."""
    docker = replace(engine(one or container()), boot=Boot("systemd", log=log))
    return down(network(host_namespace(ALL_RULES), docker=docker))


def with_routes(*texts: str) -> Network:
    """Return the host with further routes by its uplink."""
    host = host_namespace(ALL_RULES)
    routes = (*host.routes, *(route(each, "eth0") for each in texts))
    return network(replace(host, routes=routes))


HOLDER = LockUser(70, "iptables-restor", 90)
WAITING = LockUser(71, "iptables", 3, waits=True)
LOCKED = (
    "failed: iptables --wait: Another app is currently holding the xtables lock. Perhaps you want to use the -w option?"
)
NO_MATCH = (
    "(iptables failed: iptables --wait -t nat -A DOCKER: Couldn't load match `addrtype':No such file or directory)"
)
NO_TABLE = "can't initialize iptables table `nat': Table does not exist (do you need to insmod?)"
NO_SUBNET = (
    "failed to start daemon: Error initializing network controller: list bridge addresses failed: "
    "PredefinedLocalScopeDefaultNetworks List: [172.17.0.0/16]: no available network"
)
FOLDER = "/lib/modules/6.1.0-1-amd64"
GONE = ModuleFiles(FOLDER, there=False, loaded=frozenset({"bridge"}))
WITH_ALL = ModuleFiles(FOLDER, modules=frozenset({"xt_addrtype", "iptable_nat"}))
WITHOUT_MATCH = ModuleFiles(FOLDER, modules=frozenset({"iptable_nat"}))
FORBIDDEN = replace(
    WITH_ALL,
    forbidden=(ForbiddenModule("xt_addrtype", "/etc/modprobe.d/no.conf", 1, "install xt_addrtype /bin/false"),),
)
OWN = Program("/usr/sbin/iptables", "/usr/sbin/xtables-nft-multi", "iptables v1.8.9 (nf_tables)")
OTHER = Program("/usr/local/sbin/iptables", "/usr/local/sbin/xtables-legacy-multi", "iptables v1.8.7 (legacy)")
SAME = Program("/usr/local/sbin/iptables", "/opt/xtables-nft-multi", "iptables v1.8.9 (nf_tables)")
CONFUSING = (("iptables-check-bug", ADVICE),)
DOWN = ("docker-daemon-not-running", LATENT)

RULE_STATES: dict[str, StateCase] = {
    "iptables takes rules for equal, and rules are missing": StateCase(
        judged("unmended", CheckTrial(confuses=True)), CONFUSING, judged("mended", CheckTrial(confuses=False)),
    ),
    "iptables takes rules for equal, and none is missing yet": StateCase(
        judged("mended", CheckTrial(confuses=True)), CONFUSING, judged("mended", None, "1.8.11-2"),
    ),
    "it was not tried, and Debian's first package has it": StateCase(
        judged("unmended", None, "1.8.11-1"), CONFUSING, judged("unmended", None, "1.8.11-2"),
    ),
    "it was not tried, and Ubuntu's package is mended": StateCase(
        judged("mended", None, "1.8.11-1"), CONFUSING, judged("mended", None, "1.8.11-2ubuntu1"),
    ),
    "neither tells, and rules are missing that have a double": StateCase(
        judged("unmended", None, "1.8.11-3.fc42"), CONFUSING, judged("mended", None, "1.8.11-3.fc42"),
    ),
    "the same rules are missing, and the program is another one": StateCase(
        judged("unmended", None, "1.8.11-r0"), CONFUSING,
        judged("unmended", None, "1.8.10-4", "iptables v1.8.10 (nf_tables)"),
    ),
    "the legacy back end is sound": StateCase(
        judged("unmended", None, "1.8.11-1"), CONFUSING,
        judged("unmended", None, "1.8.11-1", "iptables v1.8.11 (legacy)"),
    ),
    "CSF has cleared the tables": StateCase(flushed(*CSF), MANAGED, unflushed(*CSF)),
    "the tables were cleared, and one chain has a name that CSF uses": StateCase(
        flushed(*CSF), MANAGED, flushed("LOCALINPUT"),
    ),
    "a script of cron clears the tables": StateCase(
        flushed(script=BY_CRON), MANAGED, unflushed(script=BY_CRON),
    ),
    "a script of cron loads its rules beside the others": StateCase(
        flushed(script=BY_CRON), MANAGED, flushed(script=NOFLUSH),
    ),
    "a script of cron clears its own chain": StateCase(flushed(script=BY_CRON), MANAGED, flushed(script=OWN_CHAIN)),
    "a script clears the tables at boot, before the engine runs": StateCase(
        flushed(script=BY_CRON), MANAGED, flushed(script=AT_BOOT),
    ),
    "the lock is held, and others wait": StateCase(
        tools(lock=(HOLDER, WAITING)), (("xtables-lock-contention", BLOCKING),), tools(lock=()),
    ),
    "the lock is held for long": StateCase(
        tools(lock=(HOLDER,)), (("xtables-lock-contention", ADVICE),),
        tools(lock=(replace(HOLDER, age_s=0),)),
    ),
    "a daemon that has run for long has the lock at this moment": StateCase(
        tools(lock=(HOLDER,)), (("xtables-lock-contention", ADVICE),),
        tools(lock=(replace(HOLDER, process="felix"),)),
    ),
    "a container could not start while the lock was held": StateCase(
        failed(LOCKED), (("xtables-lock-contention", ADVICE),), failed("network gone not found"),
    ),
    "the folder of the modules is gone": StateCase(
        tools(modules=GONE), (("kernel-module-missing", ADVICE),), tools(modules=WITH_ALL),
    ),
    "a table's module is gone, and dockerd ended for want of it": StateCase(
        with_host(ended(NO_TABLE), rule_tools=RuleTools(modules=GONE)),
        (DOWN, ("kernel-module-missing", BLOCKING)), tools(modules=None),
    ),
    "a kernel without modules lacks the match": StateCase(
        failed(NO_MATCH), (("kernel-match-missing", BLOCKING),), failed(NO_MATCH, modules=WITH_ALL),
    ),
    "the kernel's modules lack the match": StateCase(
        failed(NO_MATCH, modules=WITHOUT_MATCH), (("kernel-match-missing", BLOCKING),),
        failed(NO_MATCH, modules=replace(WITHOUT_MATCH, loaded=frozenset({"xt_addrtype"}))),
    ),
    "a file forbids the match's module": StateCase(
        failed(NO_MATCH, modules=FORBIDDEN), (("kernel-match-missing", BLOCKING),), failed(NO_MATCH, modules=WITH_ALL),
    ),
    "a VPN's routes take all of Docker's pools": StateCase(
        with_routes("0.0.0.0/1", "128.0.0.0/1"), (("address-pool-exhausted", ADVICE),), with_routes("10.0.0.0/8"),
    ),
    "routes take all of the pools that Docker was given": StateCase(
        with_host(with_routes("10.200.0.0/16"), engines=(told(address_pools=((0x0AC80000, 16, 24),)),)),
        (("address-pool-exhausted", ADVICE),), with_host(with_routes("10.200.0.0/16"), engines=(told(),)),
    ),
    "dockerd ended, as it finds no subnet": StateCase(
        ended(NO_SUBNET), (("address-pool-exhausted", LATENT), DOWN), with_routes("172.16.0.0/12"),
    ),
    "another iptables is the first on dockerd's path": StateCase(
        tools(programs=Programs((OTHER, OWN))), (("iptables-binary-shadowed", ADVICE),),
        tools(programs=Programs((Program(OWN.path),))),
    ),
    "another iptables of the same version is the first": StateCase(
        tools(programs=Programs((OTHER, OWN))), (("iptables-binary-shadowed", ADVICE),),
        tools(programs=Programs((SAME, OWN))),
    ),
    "dockerd finds no iptables": StateCase(
        tools(programs=Programs(())), (("iptables-binary-shadowed", BLOCKING),),
        with_host(tools(programs=Programs(())), engines=(told(iptables=False),)),
    ),
}  # fmt: skip
