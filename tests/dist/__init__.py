"""``make dist-test``: the executable file in clean roots, beside the checkout.

``roots`` makes the roots, ``places`` has the conditions under which the file is started, and ``__main__`` asks about
recorded hosts and compares the answers.
"""
