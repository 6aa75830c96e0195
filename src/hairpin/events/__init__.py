"""Events on a host: each event turns the network, as it was read, into the network after the event.

Read ``course`` (the effects of an event so far), ``event`` (the type, and the closed list of ids), ``registry`` (the
file of each event, and on which hosts an event comes by itself: only these files are loaded), ``happening`` (finds the
events that can happen on a host), ``to_come`` (the courses of the events that come by themselves), ``aftermath`` (the
flows after an event) and ``fates`` (the flows' open connections).  The folders group the events by subject, one file
per program: ``engines/`` (dockerd, Podman, containers), ``firewalls/`` (rules are flushed and loaded, firewall managers
start), ``links/`` (network cards, addresses, and the programs that configure them) and ``boot/`` (the host boots,
sysctls).  ``unchanged`` has a row for each event that changes nothing.  ``_commands`` applies the effect of a script's
line to the network.

To add an event
---------------
CONTRIBUTING.md has the steps.
"""
