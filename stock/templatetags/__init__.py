"""Filters of the stock page's templates."""
