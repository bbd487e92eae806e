"""Models for the engine's tests."""
