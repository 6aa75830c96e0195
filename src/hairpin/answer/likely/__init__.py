"""The answer about a host of which only a pasted text tells."""
