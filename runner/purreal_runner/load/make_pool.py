"""Makes pools from plans; the one place that knows how a plan's words become pool parameters."""

import ssl

from purreal import ConfigurationError, Credentials, SurrealDBConnectionPool
from purreal_runner.load.plan import ConnectionPlan, PoolLimits
from purreal_runner.measure import observe
from purreal_runner.measure.operation import trace_context


def make_pool(
    connection: ConnectionPlan, limits: PoolLimits, name: str, *, traced: bool = False
) -> SurrealDBConnectionPool:
    """A pool of the run, not open yet; every request through it reaches the recorder.

    Args:
        connection: to where.
        limits: of the pool.
        name: of the pool.
        traced: the requests of sampled operations say so to the database.
    """
    return SurrealDBConnectionPool(
        connection.url,
        credentials=credentials_of(connection),
        namespace=connection.namespace,
        database=connection.database,
        min_size=limits.min_size,
        max_size=limits.max_size,
        max_lifetime=limits.max_lifetime,
        max_idle_time=limits.max_idle_time,
        acquire_timeout=limits.acquire_timeout,
        lend=limits.lend,
        ssl=ssl_context(connection),
        name=name,
        on_exchange=observe,
        trace_context=trace_context if traced else None,
    )


def credentials_of(connection: ConnectionPlan) -> Credentials | None:
    """Who signs in; None: nobody, the database has to allow that."""
    if connection.username is None:
        return None
    return Credentials(connection.username, connection.password, level=connection.level)


def ssl_context(connection: ConnectionPlan) -> ssl.SSLContext | None:
    """Trusts the authority in `ca_file` besides the system's own; None: the library's default.

    Raises:
        ConfigurationError: the file can't be read, or holds no certificate.
    """
    if connection.ca_file is None:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(connection.ca_file)
    except OSError as error:
        reason = error.strerror if not isinstance(error, ssl.SSLError) else "no certificate in it"
        raise ConfigurationError(
            f"{connection.ca_file} is no certificate authority in PEM form: {reason}"
        ) from error
    return context
