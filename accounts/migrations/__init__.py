"""Migrations, left out of the linters as generated code."""
