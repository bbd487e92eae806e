"""The page on which a stock room works."""
