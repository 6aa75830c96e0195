"""Renames the systemd units, scripts and packages that the host's owner has made.

A name is renamed if its context shows that it is the name of a unit, a script or a package: ``NAME.service``, after
``systemctl restart``, in a folder that no distribution's package uses, in a package manager's log.  Names of units of
distributions and well-known services stay, and so do names of programs that hairpin knows, because the diagnosis needs
these names.
"""

import re
from collections.abc import Iterable

from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import Reading
from hairpin.programs import PROGRAMS

_UNIT = re.compile(
    r"(?<![\w@.\\-])(?P<stem>[A-Za-z0-9_][\w.\\-]*?)(?P<instance>@[\w:.\\-]*)?"
    r"\.(?P<kind>service|timer|socket|scope|slice)(?![\w-])"
)
_KINDS = (".service", ".timer", ".socket", ".scope", ".slice")
_ASKED = re.compile(r"\b(?:systemctl|service|invoke-rc\.d|rc-service|deb-systemd-invoke)\s[^;&|\"'`\n)]*", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z0-9_][\w:.\\-]*")
_FOLDERS = re.compile(
    r"(?<![\w./-])(?P<base>/(?:opt|srv|root|usr/local(?:/(?:bin|sbin|lib|libexec|etc|share|src|scripts))?|home/[\w.-]+"
    r"|etc/cron\.(?:d|hourly|daily|weekly|monthly)|(?:etc|run|usr/share)/containers/systemd|var/(?:local|opt|scripts|www)))(?P<path>(?:/[\w.+@-]+)+)"
)
_SYSTEM_NAMES = """
    bin sbin lib libexec etc share src scripts systemd system user cni containerd net.d conf.d .ssh .docker
    .config .local .ansible tmp local containers storage libpod docker docker-compose docker-proxy dockerd
    podman nerdctl iptables ip6tables iptables-save iptables-restore ip6tables-restore nft ipset sysctl ip
    ebtables conntrack k3s kubelet tailscaled hairpin salt-call puppet chef-client sh bash python3 e2scrub_all
    sysstat popularity-contest mdadm php anacron apt-compat dpkg logrotate man-db 0anacron 0hourly raid-check
    bsdmainutils mlocate plocate
"""
_SYSTEM = frozenset((*_SYSTEM_NAMES.split(), *(one.name for each in PROGRAMS for one in each.commands)))
"""The names that stay: folders, programs from which hairpin tells the effect of a command, and cron jobs of
distributions."""
_SUFFIX = re.compile(
    r"(?P<stem>.+?)(?P<suffix>(?:\.(?:sh|py|pl|rb|conf|json|ya?ml|rules|nft|service|timer|container|pod|kube|d|bak|log))*)"
)
_PACKAGE_LOGS = ("trace-packages", "trace-package-scripts", "trace-rpm")
_MANAGER = re.compile(r"\b(?:apt|apt-get|aptitude|dpkg|dnf|yum|rpm|zypper|pacman|apk)\s[^;&|\"\n]*")
_POSTINST = re.compile(r"(?<=/var/lib/dpkg/info/)[^:\n]+(?=\.postinst)")
_SAID = re.compile(
    r"(?P<said>Starting|Started|Stopping|Stopped|Finished|Reloading|Reloaded|Failed to start) (?P<unit>[^\s\"]+) - "
    r"[^\"\n]*?(?P<end>\.*)(?=\"|\n|$)"
)
_DESCRIBED = re.compile(r"\"MESSAGE\" ?: ?\"(?P<said>Starting|Started|Stopping|Stopped|Finished|Reloading|Reloaded|"
                        r"Failed to start) [^\"]*?(?P<end>\.*)\"")  # fmt: skip
_OF_UNIT = re.compile(r"\"UNIT\" ?: ?\"(?P<unit>[^\"]+)\"")
_NAMES = """
    accounts-daemon acpid aide alsa-restore anacron apache2 apparmor apport apt-daily apt-daily-upgrade atd
    auditd avahi-daemon bind9 bluetooth boot-complete caddy chrony chronyd cloud-config cloud-final cloud-init
    cloud-init-local cockpit collectd conman console-setup consul cri-docker crio cron crond cronie cups
    cups-browsed dbus dbus-broker default dhclient dhcpd display-manager dm-event dnf-automatic
    dnf-automatic-install dnf-makecache dnsmasq docker-cleanup dockerd dovecot dpkg-db-backup dropbear
    e2scrub_all e2scrub_reap ebtables elasticsearch emergency exim exim4 flanneld fstrim fwupd fwupd-refresh gdm
    getty gpm grafana-server graphical grub-common hairpin-guard hairpin-loopback haproxy haveged hostapd httpd ifplugd
    ifup ifupdown-pre influxdb init ipset irqbalance isc-dhcp-server iscsid journald k3s-agent kea-dhcp4-server
    keepalived kerneloops keyboard-setup kmod-static-nodes kube-proxy ldconfig libvirtd lightdm lighttpd lldpd
    logrotate lvm2-lvmpolld lvm2-monitor lxd machine man-db mariadb mdmonitor memcached microcode modprobe
    mongod mongodb mosquitto motd-news multi-user multipathd munin-node mysql mysqld named ndppd
    netavark-dhcp-proxy netdata network-online network-pre networkd-dispatcher NetworkManager-dispatcher
    NetworkManager-wait-online nfs-client nfs-kernel-server nfs-server nginx nmbd node_exporter nscd nslcd ntp
    ntpd ntpsec nvidia-persistenced open-vm-tools opensmtpd openvpn-client openvpn-server osqueryd packagekit
    paths pdns php-fpm plymouth-quit plymouth-quit-wait plymouth-start podman-auto-update podman-clean-transient
    polkit polkitd postfix postgresql pppoe proftpd prometheus prometheus-node-exporter puppet pure-ftpd
    qemu-guest-agent quotaon rabbitmq-server raid-check rasdaemon rc-local redis redis-server remote-fs rescue
    resolvconf rke2-agent rke2-server rngd rpc-statd rpcbind rsync rsyncd rsyslog rtkit-daemon salt-master
    salt-minion samba saned sendmail serial-getty setvtrgb shadow shorewall6 slapd slices smartd smartmontools
    smb smbd snapd snmpd sockets squid ssh sshd sshguard sssd strongswan-starter swap sysinit syslog syslog-ng
    sysstat sysstat-collect sysstat-summary system systemd telegraf tftpd-hpa timers tmp tor udev udisks2
    unattended-upgrades unbound update-notifier-download update-notifier-motd upower user user-runtime-dir uuidd
    valkey vsftpd wazuh-agent wpa_supplicant xrdp zabbix-agent zabbix-agent2 zerotier-one
"""
_KNOWN = frozenset((*_NAMES.split(), *(unit.partition("@")[0] for each in PROGRAMS for unit in each.units)))
"""The names of units that stay: those of distributions and well-known services, and those of ``programs.py``."""
_KNOWN_FORM = re.compile(
    r"-|systemd-.*|(dev|sys|proc|var-lib|boot|snap)-.*|run-[a-z0-9]+|session-[a-z]?\d+|user-(\d+|runtime-dir)"
    r"|(docker|libpod|libpod-conmon|crio|cri-containerd|buildah)-[0-9a-f]{12,64}|kubepods.*|podman-\d+"
    r"|(apt|dnf|lvm2|plymouth|initrd|cryptsetup|getty)-[a-z0-9-]+|(local|remote)-fs(-pre)?|time-(set|sync)|nss-[a-z-]+"
    r"|cloud-(init|config|final)[a-z-]*|postgresql[0-9.-]*|php[0-9.]+-fpm|mysql[0-9.-]*|google-[a-z-]*agent[a-z-]*"
    r"|(com|org|io|net)\..*"  # labels of engines and names of D-Bus, which look like names of units
)


class OwnNames:
    """Renames the owner's names in the text of any reading.  ``readings``: all readings of the hosts, which show the
    owner's names."""

    def __init__(self, names: NameMap, readings: Iterable[Reading]) -> None:
        self._names = names
        self._packages: set[str] = set()
        self._stems: set[str] = set()
        for reading in readings:
            if reading.key == "trace-package-scripts":
                self._packages |= {line.partition("\t")[0] for line in reading.text.splitlines()} - {"", "apt"}
            if any(kind in reading.text for kind in _KINDS):
                stems = {found["stem"] for found in _UNIT.finditer(reading.text)}
                self._stems |= {each for each in stems if not is_known_unit(each)}

    def redact(self, reading: Reading, text: str) -> str:
        """Return the text of the reading with the owner's names renamed."""
        if "/" in text:
            text = _FOLDERS.sub(self._path, text)
        if reading.key == "trace-units":
            text = "\n".join(map(self._said, text.split("\n")))
        if any(kind in text for kind in _KINDS):
            text = _UNIT.sub(self._unit, text)
        if self._stems:
            text = _ASKED.sub(lambda found: _WORD.sub(self._stem_word, found[0]), text)
        return self._with_packages(reading, text) if self._packages else text

    def _unit(self, found: re.Match[str]) -> str:
        stem = found["stem"]
        if is_known_unit(stem):
            return found[0]
        return f"{self._names.own(stem)}{found['instance'] or ''}.{found['kind']}"

    def _stem_word(self, found: re.Match[str]) -> str:
        stem, at, instance = found[0].partition("@")
        return f"{self._names.own(stem)}{at}{instance}" if stem in self._stems else found[0]

    def _said(self, line: str) -> str:
        """Return a line of process 1 about a unit, without the owner's description of the unit."""
        unit = _OF_UNIT.search(line)
        if unit is not None and not is_known_unit(unit["unit"].partition("@")[0].rpartition(".")[0]):
            name = unit["unit"]
            line = _DESCRIBED.sub(lambda found: f'"MESSAGE":"{found["said"]} {name}{found["end"]}"', line)
        return _SAID.sub(self._described, line)

    def _described(self, found: re.Match[str]) -> str:
        stem = found["unit"].partition("@")[0].rpartition(".")[0]
        return found[0] if is_known_unit(stem) else f"{found['said']} {found['unit']}{found['end']}"

    def _path(self, found: re.Match[str]) -> str:
        return found["base"] + "/".join(self._part(each) for each in found["path"].split("/"))

    def _part(self, part: str) -> str:
        whole = _SUFFIX.fullmatch(part)
        if not part or part in _SYSTEM or whole is None:
            return part
        stem = whole["stem"]
        if stem in _SYSTEM or (whole["suffix"].endswith((".service", ".timer")) and is_known_unit(stem)):
            return part
        return f"{self._names.own(stem)}{whole['suffix']}"

    def _with_packages(self, reading: Reading, text: str) -> str:
        if reading.key == "trace-package-scripts":
            text = _POSTINST.sub(lambda found: self._package_words(found[0]), text)
            return "\n".join(self._first_field(line) for line in text.split("\n"))
        if reading.key in _PACKAGE_LOGS:
            return self._package_words(text)
        return _MANAGER.sub(lambda found: self._package_words(found[0]), text) if reading.key != "packages" else text

    def _first_field(self, line: str) -> str:
        name, tab, rest = line.partition("\t")
        return f"{self._package_words(name)}{tab}{rest}"

    def _package_words(self, text: str) -> str:
        known = "|".join(map(re.escape, sorted(self._packages, key=len, reverse=True)))
        return re.sub(rf"(?<![\w.+-])(?:{known})(?![\w.+-])", lambda found: self._names.own(found[0]), text)


def is_known_unit(stem: str) -> bool:
    """Return whether a unit's name, without its kind and instance, reveals nothing about the host's owner."""
    return stem in _KNOWN or _KNOWN_FORM.fullmatch(stem) is not None
