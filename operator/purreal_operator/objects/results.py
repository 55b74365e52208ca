"""ConfigMaps with results: the runners' parts and the report; knows nothing of their bytes."""

from base64 import b64encode

from purreal_operator.objects.identity import RunIdentity
from purreal_operator.objects.metadata import Manifest, owned_by_plan, owned_by_test
from purreal_operator.objects.names import PART_KEY, POD_UID_ANNOTATION, REPORT_KEY, Component
from purreal_operator.objects.size import refuse_too_large


def part_config_map(
    run: RunIdentity, plan_uid: str, *, index: int, pod_uid: str, part: bytes
) -> Manifest:
    """Build the ConfigMap with a runner's final export; it goes with the run's plan.

    Args:
        run: whose part it is.
        plan_uid: uid of the run's plan ConfigMap.
        index: of the runner.
        pod_uid: of the pod that sent it.
        part: the export, compressed.

    Raises:
        TooLarge: the part does not fit.
    """
    refuse_too_large(f"the result of runner {index}", len(part))
    metadata = owned_by_plan(
        run,
        plan_uid,
        run.names.part(index),
        Component.PART,
        annotations={POD_UID_ANNOTATION: pod_uid},
    )
    return _bytes_config_map(metadata, PART_KEY, part)


def report_config_map(run: RunIdentity, report: bytes) -> Manifest:
    """Build the ConfigMap with the compressed report; it stays as long as the test.

    Raises:
        TooLarge: the report does not fit.
    """
    refuse_too_large("the report", len(report))
    metadata = owned_by_test(run, run.names.report, Component.REPORT)
    return _bytes_config_map(metadata, REPORT_KEY, report)


def _bytes_config_map(metadata: Manifest, key: str, value: bytes) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "immutable": True,
        "binaryData": {key: b64encode(value).decode()},
    }
