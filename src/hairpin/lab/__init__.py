"""Broken hosts on demand, on the real kernel: namespaces with real engines, a client and a router around them.

Read in this order: ``plan`` (what a lab holds), ``node`` (one machine), ``topology`` (the wires), ``build`` (a running
lab), ``scenario`` (plan, fault and truth as data), ``probe`` (real connections), ``trial`` (one scenario, healthy and
then broken), then what the command line calls: ``scenario_score``, ``run``, ``demo``, with ``diagnosis`` (runs hairpin
there), ``judging`` (holds its answer against the truth), ``score`` (all answers) and ``say`` (the lab's output).

``repairing`` carries out a printed repair. It compares ``all_flows`` (every connection that a lab may make) and
``host_state`` (rules, routes, parameters, files as text) before and after, and boots the host anew (``reboot``).
``random_faults`` puts the faults of scenarios together, ``random_score`` judges hairpin on them, and ``pairs`` finds
those whose repairs meet.  ``event_score`` carries events out on repairs, with the commands of ``happening``;
``fix_score`` lets `hairpin fix` repair, and takes that back.

A running lab is made of ``engine``, ``podman``, ``image``, ``firewall``, ``joining`` (hosts joined to each other),
``logins`` (sshd in each host) and ``prerequisites``.  ``first_process``, ``flanneld``, ``responder`` and ``sweeper``
run as plain scripts in it.
"""
