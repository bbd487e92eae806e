"""What the process that supervises the workers knows of them, and tells whoever probes the service.

It serves no requests, so a probe never queues behind one.
"""
