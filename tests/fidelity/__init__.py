"""The hunt: random networks × random packets, the walk held against the running kernel.

``python -m tests.fidelity --cases N --seed S`` (root).  One case is one generated network with many flows; see case.py.
"""
