"""Carries out the steps of a plan.  The steps can be undone after a kill, after a reboot, or by another process.

A switch is a process on the changed host that takes the plan back at its deadline, if the plan is not confirmed.

Read in this order:

- ``plan``: the repairs and their order.  ``options`` makes the words by which a
  person chooses a repair, and ``plan_effects`` computes the repairs' effects on other flows.  ``offer`` tells a report
  whether there is such a plan.
- ``kept_plan``: a plan and its steps in the journal, with their states.  ``one_step_each`` merges equal commands and
  finds needless repairs.
- ``backups``: the rulesets and files from before the plan, for a person with a shell, and files that firewalld writes.
- ``ready``: checks and completes the tasks on the host as it is now.
- ``program``: the program that keeps the journal, carries steps out and undoes them, on this host and on other hosts.
- ``hands``: the functions that read and change a host.
- ``taking_back``: takes a plan back, and finishes an interrupted
  plan or takes it back.  ``at_deadline``: the process that
  the switch of this host starts.
- ``session`` and ``arriving``: whether the user's own connection still works.
- ``ground``: a host, in the form that ``fixing`` uses.  ``fixing``: carries a plan out with all these modules, and
  returns the ``outcome``, with the rules that counted a real connection.

``compose`` proposes lines of compose files.  ``restoring`` makes the plan of `hairpin restore`.
"""
