"""The metadata store: transactions, and a small repository a noun."""
