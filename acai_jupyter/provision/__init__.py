"""Predicts what jobs take and cost, and chooses their resources."""
