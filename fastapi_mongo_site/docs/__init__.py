"""The OpenAPI document and the pages that show it.

An app describes its own operations itself.
"""
