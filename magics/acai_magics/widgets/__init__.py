"""Widgets: views of what the platform holds. Nothing is lost when one is closed."""
