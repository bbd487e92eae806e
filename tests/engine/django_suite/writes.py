"""Which collections a test wrote to: only those are emptied behind it, of some three hundred."""

from collections import defaultdict

from pymongo.monitoring import CommandListener


class Writes(CommandListener):
    """Notes what collections of a database are written to, but the engine's own."""

    def __init__(self):
        self.collections = defaultdict(set)

    def started(self, event):
        if event.command_name in {"insert", "update", "delete", "findAndModify"}:
            name = event.command[event.command_name]
            if not name.startswith("__"):
                self.collections[event.database_name].add(name)

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


writes = Writes()
