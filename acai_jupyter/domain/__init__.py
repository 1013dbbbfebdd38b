"""What things are and which rules hold. Standard library only; knows no room above it."""
