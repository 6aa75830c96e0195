"""The hunt: random networks × random packets, the walk held against the running kernel.

``python -m tests.fidelity --cases N --seed S`` (root).  One case is one generated network with many flows.

Read in this order:

``case``         the type of a case: texts and numbers
``generate/``    a random case from its seed
``testbed/``     the running kernel carries a case out in network namespaces and reports each packet
``expected/``    the walk's prediction for the same packets, and for the rules that they satisfy
``judge/``       the comparison; a case that differs is made small and described
``coverage/``    the elements of the model, and those that were seen to agree
``report``       docs/reference/fidelity.md
``regressions``  disagreements of the past, kept as cases (``store`` keeps another one)
``mistakes/``    mistakes planted into the walk, each of which the hunt must find
``kernels/``     the hunt on other kernels, emulated
``replicas``     random networks rebuilt as replicas, held against the walk
"""
