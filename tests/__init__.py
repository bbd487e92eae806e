"""The suite: real MongoDB-wire server, real processes, no mocks."""
