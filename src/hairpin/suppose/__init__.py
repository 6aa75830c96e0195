"""A host of which only a text tells is completed to an ordinary host, and asked what an ordinary host might have.

``ordinary.py`` completes the host, ``alternatives.py`` lists what its supposed parts may be instead.
"""
