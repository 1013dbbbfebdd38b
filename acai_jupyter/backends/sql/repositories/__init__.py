"""A repository a noun."""
