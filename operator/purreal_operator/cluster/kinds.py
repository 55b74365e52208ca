"""Where the kinds of objects that the operator works with are in the API; sends nothing."""

from collections.abc import Mapping
from types import MappingProxyType

from purreal_operator.cluster.api import Resource
from purreal_operator.objects.names import GROUP, PLURAL, VERSION

CONFIG_MAPS = Resource("/api/v1", "configmaps")
SECRETS = Resource("/api/v1", "secrets")
SERVICES = Resource("/api/v1", "services")
EVENTS = Resource("/api/v1", "events")
PODS = Resource("/api/v1", "pods")
STATEFUL_SETS = Resource("/apis/apps/v1", "statefulsets")
JOBS = Resource("/apis/batch/v1", "jobs")
TESTS = Resource(f"/apis/{GROUP}/{VERSION}", PLURAL)

MADE: Mapping[str, Resource] = MappingProxyType(
    {
        "ConfigMap": CONFIG_MAPS,
        "Secret": SECRETS,
        "Service": SERVICES,
        "StatefulSet": STATEFUL_SETS,
        "Job": JOBS,
        "Event": EVENTS,
    }
)
"""What the operator makes, by kind."""

NEVER_READ = frozenset({"Secret", "Event"})
"""Kinds whose names tell whose they are, so that one that exists need not be looked at."""
