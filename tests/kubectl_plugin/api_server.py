"""An API server of a few answers: enough for whole commands, from arguments to output."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

Answer = tuple[int, Any]
TESTS = "/apis/purreal.dev/v1alpha1/namespaces/team/poolloadtests"
CORE = "/api/v1/namespaces/team"
NO_SUCH_PATH: Answer = (404, b"404 page not found\n")


def refusal(status: int, reason: str, message: str, **details: Any) -> Answer:
    """What the API server answers when it does not do what it was asked."""
    return status, {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message,
        "details": details,
        "code": status,
    }


NOT_FOUND = refusal(404, "NotFound", "not found", name="shop", kind="poolloadtests")


class ApiServer:
    """The answers, and what was asked.

    Attributes:
        answers: by method and path; of several the first is given first, the last one repeats.
        watch: the objects that every watch tells, one after the other.
        watch_may_end: set: a watch ends when it has told all; else it goes on until it is.
        on_change: called with the body of every change, before it is answered.
        asked: method, path and body of every request.
    """

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[Answer]] = {}
        self.watch: list[Mapping[str, Any]] = []
        self.watch_may_end = Event()
        self.watch_may_end.set()
        self.on_change: Callable[[Any], None] = lambda body: None
        self.asked: list[tuple[str, str, Any]] = []

    def answer(self, method: str, path: str, *answers: Answer) -> None:
        """Set what is answered."""
        self.answers[method, path] = list(answers)

    def keep_report(self, run: int, content: bytes) -> None:
        """Have a report in its ConfigMap."""
        name = f"shop-{run}-report"
        data = {"report.json.gz": b64encode(content).decode()}
        body = {"metadata": {"name": name, "uid": "u"}, "binaryData": data}
        self.answer("GET", f"{CORE}/configmaps/{name}", (200, body))

    def bodies(self, method: str) -> list[Any]:
        """The bodies of all requests of a method."""
        return [body for asked, _, body in self.asked if asked == method]

    def reply(self, method: str, path: str, body: Any) -> Answer:
        """What to answer; a path that nothing is set for is one that is not there."""
        self.asked.append((method, path, body))
        if method == "PATCH":
            self.on_change(body)
        found = self.answers.get((method, path))
        if found is None:
            return NOT_FOUND
        return found.pop(0) if len(found) > 1 else found[0]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may leave whenever they like."""


@contextmanager
def serving(server: ApiServer) -> Iterator[str]:
    """Serve while the block lasts; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if "watch" in parse_qs(parts.query):
                self._watch()
            else:
                self._answer("GET", parts.path, None)

        def _watch(self) -> None:
            self.send_response(200)
            self.end_headers()
            for one in server.watch:
                self.wfile.write(_json({"type": "MODIFIED", "object": one}) + b"\n")
            self.wfile.flush()
            server.watch_may_end.wait()

        def do_PATCH(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer("PATCH", urlsplit(self.path).path, body)

        def _answer(self, method: str, path: str, body: Any) -> None:
            status, content = server.reply(method, path, body)
            self._send(status, content if isinstance(content, bytes) else _json(content))

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are no news."""

    http = _Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        server.watch_may_end.set()
        http.shutdown()
        thread.join()
        http.server_close()


def write_kubeconfig(path: Path, address: str, contexts: Sequence[str] = ("here",)) -> None:
    """Write a file to connect by; all contexts lead to the same server, namespace `team`."""
    context = {"cluster": "c", "user": "u", "namespace": "team"}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": contexts[0],
        "clusters": [{"name": "c", "cluster": {"server": address}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": name, "context": context} for name in contexts],
    }
    path.write_text(yaml.safe_dump(content))


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()
