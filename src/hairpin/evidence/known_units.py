"""Units of systemd that distributions, engines and well-known services bring: their names tell nothing of the owner."""

import re

_NAMES = """
    accounts-daemon acpid aide alsa-restore anacron apache2 apparmor apport apt-daily apt-daily-upgrade atd
    auditd avahi-daemon bind9 bluetooth boot-complete caddy chrony chronyd cloud-config cloud-final cloud-init
    cloud-init-local cockpit collectd conman console-setup consul containerd cri-docker crio cron crond cronie
    csf cups cups-browsed dbus dbus-broker default dhclient dhcpcd dhcpd display-manager dm-event dnf-automatic
    dnf-automatic-install dnf-makecache dnsmasq docker docker-cleanup dockerd dovecot dpkg-db-backup dropbear
    e2scrub_all e2scrub_reap ebtables elasticsearch emergency exim exim4 fail2ban firewalld flanneld fstrim
    fwupd fwupd-refresh gdm getty gpm grafana-server graphical grub-common hairpin-loopback haproxy haveged
    hostapd httpd ifplugd ifup ifupdown-pre influxdb init ip6tables ipset iptables irqbalance isc-dhcp-server
    iscsid journald k3s k3s-agent kea-dhcp4-server keepalived kerneloops keyboard-setup kmod-static-nodes
    kube-proxy kubelet ldconfig lfd libvirtd lightdm lighttpd lldpd logrotate lvm2-lvmpolld lvm2-monitor lxd
    machine man-db mariadb mdmonitor memcached microcode modprobe mongod mongodb mosquitto motd-news multi-user
    multipathd munin-node mysql mysqld named ndppd netavark-dhcp-proxy netavark-firewalld-reload netdata
    netfilter-persistent network network-online network-pre networkd-dispatcher networking NetworkManager
    NetworkManager-dispatcher NetworkManager-wait-online nfs-client nfs-kernel-server nfs-server nftables nginx
    nmbd node_exporter nscd nslcd ntp ntpd ntpsec nvidia-persistenced open-vm-tools opensmtpd openvpn
    openvpn-client openvpn-server osqueryd packagekit paths pdns php-fpm plymouth-quit plymouth-quit-wait
    plymouth-start podman podman-auto-update podman-clean-transient podman-restart polkit polkitd postfix
    postgresql pppoe proftpd prometheus prometheus-node-exporter puppet pure-ftpd qemu-guest-agent quotaon
    rabbitmq-server raid-check rasdaemon rc-local redis redis-server remote-fs rescue resolvconf rke2-agent
    rke2-server rngd rpc-statd rpcbind rsync rsyncd rsyslog rtkit-daemon salt-master salt-minion samba saned
    sendmail serial-getty setvtrgb shadow shorewall shorewall6 slapd slices smartd smartmontools smb smbd snapd
    snmpd sockets squid ssh sshd sshguard sssd strongswan strongswan-starter swap sysinit syslog syslog-ng
    sysstat sysstat-collect sysstat-summary system systemd tailscaled telegraf tftpd-hpa timers tmp tor tuned
    udev udisks2 ufw unattended-upgrades unbound update-notifier-download update-notifier-motd upower user
    user-runtime-dir uuidd valkey vsftpd wazuh-agent wg-quick wickedd wpa_supplicant xrdp zabbix-agent
    zabbix-agent2 zerotier-one
"""
_KNOWN = frozenset(_NAMES.split())
_KNOWN_FORM = re.compile(
    r"-|systemd-.*|(dev|sys|proc|var-lib|boot|snap)-.*|run-[a-z0-9]+|session-[a-z]?\d+|user-(\d+|runtime-dir)"
    r"|(docker|libpod|libpod-conmon|crio|cri-containerd|buildah)-[0-9a-f]{12,64}|kubepods.*|podman-\d+"
    r"|(apt|dnf|lvm2|plymouth|initrd|cryptsetup|getty)-[a-z0-9-]+|(local|remote)-fs(-pre)?|time-(set|sync)|nss-[a-z-]+"
    r"|cloud-(init|config|final)[a-z-]*|postgresql[0-9.-]*|php[0-9.]+-fpm|mysql[0-9.-]*|google-[a-z-]*agent[a-z-]*"
    r"|(com|org|io|net)\..*"  # labels of engines and names of D-Bus, which look alike
)


def is_known_unit(stem: str) -> bool:
    """Return whether the name of a unit, without its kind and its instance, tells nothing of the host's owner."""
    return stem in _KNOWN or _KNOWN_FORM.fullmatch(stem) is not None
