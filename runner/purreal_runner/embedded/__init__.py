"""A real SurrealDB on this machine, in a child process: the embedded engine or a `surreal`."""
