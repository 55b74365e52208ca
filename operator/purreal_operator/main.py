"""The `purreal-operator` command: reads its options, starts the receiver, then Kopf."""

import argparse
import logging
from collections.abc import Sequence

import kopf
from prometheus_client import disable_created_metrics

from purreal_operator.handlers import Operating, registry_of
from purreal_operator.metrics.operator_metrics import OperatorMetrics
from purreal_operator.part_store import part_store
from purreal_operator.probe import probe_endpoint
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.server import Ports, Receiver
from purreal_operator.settings import OperatorSettings
from purreal_runner.exit_codes import ExitCode

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the operator until it is told to end; returns the exit code."""
    settings = _settings(argv)
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)-7s %(name)s %(message)s"
    )
    logging.getLogger("kopf").setLevel(max(logging.getLogger().level, logging.WARNING))
    # The moment at which each counter was made is a series of its own that nobody reads.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    receiver = Receiver(
        Rooms(),
        part_store,
        ports=Ports(http=settings.http_port, grpc=settings.grpc_port),
    )
    metrics = OperatorMetrics(receiver.stats)
    operating = Operating(settings, receiver, metrics)
    receiver.start()
    try:
        checks = {"receiver": receiver.alive, "reconciling": operating.heartbeat.alive}
        with probe_endpoint(settings.probe_port, checks, metrics.text):
            _run_kopf(settings, operating)
    finally:
        receiver.stop()
    return ExitCode.OK


def _run_kopf(settings: OperatorSettings, operating: Operating) -> None:
    where = ", ".join(settings.namespaces) or "all namespaces"
    logger.info("watching PoolLoadTests in %s", where)
    kopf.run(
        registry=registry_of(operating),
        standalone=True,
        # Kopf's own choice asks for the user's name, and a user id without a name has none.
        identity="purreal-operator",  # type: ignore[arg-type]  # its NewType is not public
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
    )


def _settings(argv: Sequence[str] | None) -> OperatorSettings:
    parser = argparse.ArgumentParser(
        prog="purreal-operator",
        description="Runs PoolLoadTests on a Kubernetes cluster.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--namespace",
        action="append",
        default=[],
        metavar="NAME",
        help="watch this namespace; may be repeated (default: all)",
    )
    parser.add_argument("--http-port", type=int, default=8080, metavar="N", help="for runners")
    parser.add_argument("--grpc-port", type=int, default=4317, metavar="N", help="for databases")
    parser.add_argument(
        "--probe-port", type=int, default=8081, metavar="N", help="for probes and metrics"
    )
    parser.add_argument(
        "--service-url",
        required=True,
        metavar="URL",
        help="how runners reach the HTTP port, http://HOST:PORT; databases use the same host",
    )
    parser.add_argument(
        "--runner-image", required=True, metavar="IMAGE", help="where a test names no other"
    )
    parser.add_argument(
        "--no-forwarding",
        action="store_true",
        help="pass no telemetry on to the collectors that tests name",
    )
    parser.add_argument(
        "--log-level",
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        help="how much to say (default: INFO)",
    )
    args = parser.parse_args(argv)
    return OperatorSettings(
        namespaces=tuple(args.namespace),
        http_port=args.http_port,
        grpc_port=args.grpc_port,
        probe_port=args.probe_port,
        service_url=args.service_url.rstrip("/"),
        runner_image=args.runner_image,
        forwarding=not args.no_forwarding,
        log_level=args.log_level,
    )
