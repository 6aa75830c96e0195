"""What happens to a host: each event turns the network as it was read into the network after it.

Read ``course`` (what an event has done so far), ``event`` (the type, and the closed list of ids), ``registry`` (which
finds the events), ``happening`` (which can happen on a host) and ``aftermath`` (the flows after one).  Each other file
is an event, named as its id.  What several do: ``_dockerd`` (a daemon ends and starts), ``_containers`` (a container
ends and starts), ``_recreating`` (it is removed and made anew), ``_podman`` (what its network back end makes and takes
down for one), ``_tables`` (rules are flushed and loaded), ``_sysctls`` (files are applied), ``_ufw`` (ufw stops and
starts), ``_commands`` (what a line of a script does), ``_ip`` (what ip(8) does), ``_dhcp`` (what the network gives to a
link), ``_ifupdown``, ``_networkd``, ``_networkmanager`` and ``_ifcfg`` (RHEL's scripts; a manager configures its
links), ``_network`` (all of them start), ``_boot`` (everything is gone, and comes back in the units' order),
``_firewalld`` (firewalld stops and starts) with ``_zones`` (links are bound to its zones), ``_docker_zone`` (dockerd
binds its own) and ``_reloaded`` (what the engines then put back), ``_nftables`` (nft loads a script, or flushes the
ruleset).
"""
