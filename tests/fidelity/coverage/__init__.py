"""The elements of the model, and those that the hunt has seen agree with the kernel.

Read in this order: ``element`` (one element of the model), ``modelled`` (all of them, read from the code), ``recorder``
(the observer that notes the elements that a walk uses), ``unavailable`` (elements that the kernel or the tools here do
not have), ``summary``.
"""
