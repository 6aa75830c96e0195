"""What the model can do, and what of it the hunt has seen agree with the kernel.

Read in this order: ``element`` (one thing that the model can do), ``modelled`` (all of them, read off the code),
``recorder`` (the observer that notes what a walk uses), ``unavailable`` (what kernel or tools here do not have),
``summary``.
"""
