"""The command table: what the CLI and the magics both offer, each verb a call of one public client function."""
