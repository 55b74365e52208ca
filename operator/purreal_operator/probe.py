"""The endpoint for the kubelet's probes and for metrics; knows neither of both.

It has a thread of its own: it answers when the loops do not, and then it matters most.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from purreal_operator.metrics.operator_metrics import CONTENT_TYPE

_TIMEOUT_SECONDS = 5.0
_PLAIN = "text/plain; charset=utf-8"


class _Handler(BaseHTTPRequestHandler):
    checks: ClassVar[Mapping[str, Callable[[], bool]]] = {}
    metrics: ClassVar[Callable[[], bytes]]
    timeout = _TIMEOUT_SECONDS

    def do_GET(self) -> None:
        """Answer with the metrics, or with 200 while all is well, else 503 with what is not."""
        if self.path == "/metrics":
            self._answer(HTTPStatus.OK, type(self).metrics(), CONTENT_TYPE)
        elif self.path == "/healthz":
            self._answer_probe()
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"only /healthz and /metrics are here\n")

    def _answer_probe(self) -> None:
        stuck = [name for name, is_well in self.checks.items() if not is_well()]
        if stuck:
            words = f"stuck: {', '.join(stuck)}\n"
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, words.encode())
        else:
            self._answer(HTTPStatus.OK, b"ok\n")

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str = _PLAIN) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests come every few seconds and say nothing."""


@contextmanager
def probe_endpoint(
    port: int, checks: Mapping[str, Callable[[], bool]], metrics: Callable[[], bytes]
) -> Iterator[int]:
    """Serve `/healthz` and `/metrics` while the block lasts.

    Args:
        port: where; 0: any free one.
        checks: what must be well, by name; each is quick and may be called from any thread.
        metrics: all of them, of `CONTENT_TYPE`; may be called from any thread.

    Yields:
        The port.

    Raises:
        OSError: the port is taken.
    """
    known = {"checks": dict(checks), "metrics": staticmethod(metrics)}
    handler = type("_Probes", (_Handler,), known)
    server = ThreadingHTTPServer(("", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_TIMEOUT_SECONDS)
