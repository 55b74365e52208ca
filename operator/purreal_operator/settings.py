"""What the operator is told on its command line; reads nothing else."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """How this operator runs.

    Attributes:
        namespaces: where it watches; empty: everywhere.
        http_port: for runners: coordination and OTLP over HTTP.
        grpc_port: for databases: OTLP over gRPC.
        probe_port: for the kubelet.
        service_url: how runners reach `http_port`, without a slash at the end.
        runner_image: used where a document names none.
        forwarding: whether telemetry may be passed on to the collectors that documents name.
        log_level: of the whole process.
    """

    namespaces: tuple[str, ...]
    http_port: int
    grpc_port: int
    probe_port: int
    service_url: str
    runner_image: str
    forwarding: bool = True
    log_level: str = "INFO"

    @property
    def export_url(self) -> str:
        """How databases reach `grpc_port`: the same Service, the other port."""
        host = urlsplit(self.service_url).hostname
        return f"http://{host}:{self.grpc_port}"
