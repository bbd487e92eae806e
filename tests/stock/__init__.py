"""The stock page."""
