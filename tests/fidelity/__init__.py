"""The hunt: random networks × random packets, the walk held against the running kernel.

``python -m tests.fidelity --cases N --seed S`` (root).  One case is one generated network with many flows.

Read in this order:

``case``         what a case is, as texts and numbers
``generate/``    a random case from its seed
``testbed/``     the running kernel carries a case out in network namespaces; what became of each packet
``expected/``    what the walk says of the same packets, and which rules it says they satisfied
``judge/``       the two compared; a case that differs made small, and told in words
``coverage/``    what the model can do, and what of it was seen to agree
``report``       docs/reference/fidelity.md
``regressions``  disagreements of the past, kept as cases (``store`` keeps another one)
``mistakes/``    mistakes planted into the walk, each of which the hunt must find
``kernels/``     the hunt on other kernels, emulated
``replicas``     random networks rebuilt as replicas, held against the walk
"""
