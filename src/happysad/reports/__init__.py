"""Nouns → HTML, PNG, Markdown, JSON and CSV: what a person reads after a verb is done."""
