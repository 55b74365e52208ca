"""The endpoint for the kubelet's probes, in a thread of its own: it answers when loops do not."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

_TIMEOUT_SECONDS = 5.0


class _Handler(BaseHTTPRequestHandler):
    checks: ClassVar[Mapping[str, Callable[[], bool]]] = {}
    timeout = _TIMEOUT_SECONDS

    def do_GET(self) -> None:
        """Answer 200 while all is well, else 503 with what is not."""
        if self.path != "/healthz":
            self._answer(HTTPStatus.NOT_FOUND, "only /healthz is here\n")
            return
        stuck = [name for name, is_well in self.checks.items() if not is_well()]
        if stuck:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"stuck: {', '.join(stuck)}\n")
        else:
            self._answer(HTTPStatus.OK, "ok\n")

    def _answer(self, status: HTTPStatus, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Probes come every few seconds and say nothing."""


@contextmanager
def probe_endpoint(port: int, checks: Mapping[str, Callable[[], bool]]) -> Iterator[int]:
    """Serve `/healthz` while the block lasts.

    Args:
        port: where; 0: any free one.
        checks: what must be well, by name; each is quick and may be called from any thread.

    Yields:
        The port.

    Raises:
        OSError: the port is taken.
    """
    handler = type("_Probes", (_Handler,), {"checks": dict(checks)})
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
