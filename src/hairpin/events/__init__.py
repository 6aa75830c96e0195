"""What happens to a host: each event turns the network as it was read into the network after it.

Read ``course`` (what an event has done so far), ``event`` (the type, and the closed list of ids), ``registry`` (which
finds the events), ``happening`` (which can happen on a host), ``to_come`` (which come by themselves) and ``aftermath``
(the flows after one).  The events are in a folder by what they are about, each in the file of its program:
``engines/`` (dockerd, Podman, containers), ``firewalls/`` (rules are flushed and loaded, and those who do it start),
``links/`` (cards, addresses, and what manages them) and ``boot/`` (the host starts anew, sysctls).  ``unchanged`` has
those that change nothing, a row each.  ``_commands`` says what a line of a script does.
"""
