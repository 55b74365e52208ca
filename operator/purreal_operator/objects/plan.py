"""The plan ConfigMap: the frozen document of a run, and the owner of what the run needs."""

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.metadata import Manifest, owned_by_test
from purreal_operator.objects.names import DOCUMENT_KEY, Component
from purreal_operator.objects.size import refuse_too_large


def plan_config_map(run: RunIdentity, document: str) -> Manifest:
    """Build the plan ConfigMap.

    Args:
        run: whose plan it is.
        document: the `PoolLoadTest` as JSON, all defaults filled in.

    Raises:
        TooLarge: the document does not fit.
    """
    refuse_too_large("the document", len(document.encode()))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": owned_by_test(run, run.names.plan, Component.PLAN),
        "immutable": True,
        "data": {DOCUMENT_KEY: document},
    }
