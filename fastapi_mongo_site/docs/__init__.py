"""The OpenAPI document and the pages that show it.

What an app's own operations look like is said in the app.
"""
