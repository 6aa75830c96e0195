"""The file of a CNI network lacks a plugin, so that CNI makes none of that plugin's rules for the network's containers.

``portmap`` translates the published ports, and ``firewall`` accepts what is forwarded.  Podman takes the port with a
socket of its own process, conmon, in any case.

Users see: ``podman ps`` lists the port, and every connection to it hangs; ``podman network reload`` changes nothing.

Proof: the file was read and lacks the plugin.  With the rules that the plugin makes, the flow arrives.
Now: add the plugin to the file and restart the container.
Lasting: the corrected file keeps the plugin for later starts.
"""

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Host, Iterator, OfLostRules, View, message
from hairpin.change.calls import ByPerson
from hairpin.change.change import Change
from hairpin.engines.missing import Missing, missing_of
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.docker import Conflist, Engine
from hairpin.kept import kept

_ADDED = {
    "portmap": '{"type": "portmap", "capabilities": {"portMappings": true}}',
    "firewall": '{"type": "firewall", "backend": ""}',
}
"""The JSON that Podman writes into the network's file for each plugin.

Source: containers/common libnetwork/cni/cni_conversion.go"""


def find(view: View) -> Iterator[Candidate]:
    """Yield a candidate for each rule-making plugin that a running container's network lacks."""
    for plugin, files, lost in _lost_rules(view.host):
        change = restoring_all(lost, view.host_netns, view.host_namespace)
        yield from (_candidate(file, plugin, lost, change) for file in files)


@kept
def _lost_rules(host: Host) -> tuple[tuple[str, tuple[Conflist, ...], Missing], ...]:
    """Return each plugin that networks lack, with the files of these networks and the rules that the plugin would have
    made.  The result is cached, because each stop needs it."""
    found: list[tuple[str, tuple[Conflist, ...], Missing]] = []
    for engine in host.engines:
        for plugin in _ADDED if engine.network_backend == "cni" else ():
            files = tuple(each.conflist for each in engine.networks if each.conflist and not each.has_plugin(plugin))
            lost = _not_made(host, engine, plugin) if files else None
            if lost:
                found.append((plugin, files, lost))
    return tuple(found)


def _not_made(host: Host, engine: Engine, plugin: str) -> Missing:
    """Return the rules that the engine would have made with the plugin."""
    networks = tuple(
        each
        if each.conflist is None
        else msgspec.structs.replace(
            each, conflist=msgspec.structs.replace(each.conflist, plugins=each.conflist.plugins | {plugin})
        )
        for each in engine.networks
    )
    return missing_of(host, msgspec.structs.replace(engine, networks=networks))


def _candidate(file: Conflist, plugin: str, lost: Missing, change: Change) -> Candidate:
    facts = {"file": file.path, "plugin": plugin, "added": _ADDED[plugin]}
    detail = (
        message("This plugin translates the published ports of each container that starts.")
        if plugin == "portmap"
        else message("This plugin accepts the packets that are forwarded to and from each container that starts.")
    )
    return Candidate(
        title=message("{file} lacks the CNI plugin {plugin}", **facts),
        detail=detail,
        change=Change(
            change.parts,
            (ByPerson(message("add {added} to the plugins in {file}, then restart the containers there", **facts)),),
        ),
        where=OfLostRules(lost.chains, lost.rules, "cni"),
        in_class="lost-engine-rule",
        evidence=(file.evidence,),
    )


CAUSE = Cause(
    title=message("A CNI network lacks a plugin"),
    source="containernetworking plugins: plugins/meta/portmap, plugins/meta/firewall",
    shown_by=(
        "ls -l /opt/cni/bin /usr/lib/cni /usr/libexec/cni; ls /etc/cni/net.d; echo CNI_PATH=$CNI_PATH",
        message("no folder has the plugin of that name, or only a folder that CNI_PATH does not name"),
    ),
    reasons=frozenset({"no-listener", "never-accepts", "wrong-answer", *RULE_STOPS}),
)
