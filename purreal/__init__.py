"""An asynchronous connection pool for SurrealDB."""
