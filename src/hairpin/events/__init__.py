"""What happens to a host: each event turns the network as it was read into the network after it.

Read ``course`` (what an event has done so far), ``event`` (the type, and the closed list of ids), ``registry`` (which
finds the events).  Each other file is an event, named as its id; those with a leading underscore hold what several
events do: ``_dockerd`` (a daemon ends and starts), ``_containers`` (a container ends and starts), ``_tables`` (rules
are flushed and loaded), ``_links`` (a link goes down and comes up).
"""
