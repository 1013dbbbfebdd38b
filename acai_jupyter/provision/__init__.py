"""Predicts what jobs take and cost, and chooses their resources. Empty until the provisioner is built."""
