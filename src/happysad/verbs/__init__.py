"""The use cases, one a file: each returns a noun and prints nothing."""
