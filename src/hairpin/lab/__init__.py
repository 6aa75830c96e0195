"""Makes broken hosts on the real kernel: namespaces with real engines, and a client and a router around them.

Read in this order: ``plan`` (what a lab holds), ``node`` (one machine), ``topology`` (the wires), ``build`` (a running
lab), ``scenario`` (plan, fault and truth as data), ``probe`` (real connections), ``trial`` (one scenario, healthy and
then broken), and then the modules that the command line calls: ``run`` (with sshd in each host) and ``demo``.

A running lab is made of ``engine``, ``image``, ``joining`` (joins the containers of several hosts) and
``prerequisites``.  ``first_process``, ``responder`` and ``sweeper`` run as plain scripts in a running lab.
"""
