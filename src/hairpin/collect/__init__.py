"""The only code that reads a live host: one shell script, and the thin code that starts it."""
