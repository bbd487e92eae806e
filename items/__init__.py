"""The items in stock: model, API and maintenance commands."""
