"""Carries out the steps of a plan.  They can be undone after a kill, after a reboot, or by another process.

Read ``plan`` (the repairs and their order, with ``options``, the words by which a person chooses one, and
``plan_effects``, their effects on other flows), ``kept_plan`` (a plan and its steps in the journal, with their states),
``one_step_each`` (equal commands of a plan), ``backups`` (the rulesets and files as they were before, for a person with
a shell), ``ready`` (the tasks, checked and completed on the host as it is now), ``program`` (one program for this host
and for others: it keeps the journal, carries steps out and undoes them, also at the deadline), ``hands`` (the functions
that read and change a host), ``standing`` (whether an interrupted task was carried out), ``taking_back`` (with
``owners_files``, which firewalld writes, and ``made_chains``, which iptables makes), ``settling`` (an interrupted plan
is finished or taken back), ``at_deadline`` (the process that the switch of this host starts), ``session`` and
``arriving`` (whether the user's own connection lives on), ``ground`` (a host, as ``fixing`` works on it), and
``fixing``, which does all of it in order and returns the ``outcome``, with the rules that counted a real connection
(``counting``).  ``compose`` proposes lines of compose files.  ``restoring`` makes the plan of `hairpin restore`.
"""
