"""Answers as people and programs read them: the terminal, JSON; English and Chinese."""
