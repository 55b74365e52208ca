"""Sends what was measured to the operator, and knows for certain whether a final was stored.

OpenTelemetry's own encoder makes the messages; its exporters do not send them. Their `export()`
says SUCCESS or FAILURE and nothing else: it retries 429, 502, 503 and 504 by itself for ten
seconds, sleeping in a thread that can't be cancelled, takes a redirect for success, reads no
`partial_success`, and hides the status. A runner has to tell "not stored yet" from "will never be
taken" and from "stored", has a deadline of its own, and must drop a live export that is late.
"""

import asyncio
import gzip
import logging
import time
from collections.abc import Callable, Sequence
from random import Random

import aiohttp
from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)

from purreal_runner.measure import Part
from purreal_runner.measure.sampled import SampledSpan
from purreal_runner.otlp.encode import encode
from purreal_runner.otlp.identity import PodIdentity, trace_of
from purreal_runner.otlp.spans import to_sdk_spans
from purreal_runner.pod.client import in_words, refusal
from purreal_runner.pod.clock import pause

_LIVE_SECONDS = 2.0
"""A live export that takes longer is given up: the next one holds all that this one says."""

_FINAL_SECONDS = 15.0
"""One try of the final export: the operator stores it before it answers."""

_LONGEST_RETRY_AFTER_SECONDS = 10.0
_NEVER = frozenset({400, 413, 415, 422})
"""The same bytes will be refused again; all else, a strange token too, may pass."""

_HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}

_log = logging.getLogger(__name__)


class NotStored(Exception):
    """The operator has not acknowledged the final export, and will not."""


class _NotNow(Exception):
    """One try failed; `after` says how long the operator wants to be left alone, in seconds."""

    def __init__(self, words: str, after: float | None = None) -> None:
        super().__init__(words)
        self.after = after


class Exporter:
    """Sends OTLP over HTTP.

    Args:
        session: shows the token.
        operator_url: where the receiver is.
        identity: who sends.
        clock: monotonic seconds.
        random: scatters the tries of many runners.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        operator_url: str,
        identity: PodIdentity,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        self._session = session
        self._url = operator_url
        self._identity = identity
        self._clock = clock
        self._random = random or Random()

    async def live(self, parts: Sequence[Part]) -> bool:
        """Sends what was measured so far, once.

        Returns:
            Whether it arrived. If not it is dropped: the next one is cumulative.
        """
        return await self._once("metrics", self._metrics(parts, final=False))

    async def spans(self, spans: Sequence[SampledSpan]) -> bool:
        """Sends sampled spans, once; returns whether they arrived. If not they are dropped."""
        if not spans:
            return True
        sdk_spans = to_sdk_spans(spans, trace_of(self._identity.run_id), self._identity)
        message = bytes(encode_spans(sdk_spans).SerializeToString())
        return await self._once("traces", message)

    async def final(self, parts: Sequence[Part], deadline: float) -> None:
        """Sends everything, in one request, again and again until the operator has stored it.

        Args:
            parts: of all pools of this pod.
            deadline: when to give up, on the clock.

        Raises:
            NotStored: the deadline passed, or the operator will never take it; says why.
        """
        message = self._metrics(parts, final=True)
        attempt = 0
        while True:
            left = deadline - self._clock()
            try:
                await self._post("metrics", message, max(1.0, min(_FINAL_SECONDS, left)))
            except _NotNow as error:
                attempt += 1
                wait = min(error.after or 0.0, _LONGEST_RETRY_AFTER_SECONDS)
                wait = max(wait, pause(attempt, self._random))
                if self._clock() + wait >= deadline:
                    raise NotStored(f"the results could not be delivered: {error}") from error
                _log.warning("the final export is tried again in %.1f s: %s", wait, error)
                await asyncio.sleep(wait)
            else:
                return

    def _metrics(self, parts: Sequence[Part], *, final: bool) -> bytes:
        return bytes(encode_metrics(encode(parts, self._identity, final=final)).SerializeToString())

    async def _once(self, signal: str, message: bytes) -> bool:
        try:
            await self._post(signal, message, _LIVE_SECONDS)
        except (_NotNow, NotStored) as error:
            _log.debug("an export of %s is dropped: %s", signal, error)
            return False
        return True

    async def _post(self, signal: str, message: bytes, seconds: float) -> None:
        try:
            async with self._session.post(
                f"{self._url}/v1/{signal}",
                data=gzip.compress(message, compresslevel=6),
                headers=_HEADERS,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds),
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _NotNow(f"the operator does not answer: {in_words(error)}") from error
        if response.status in _NEVER:
            raise NotStored(str(refusal(response.status, body)))
        if response.status != 200:
            after = _seconds(response.headers.get("Retry-After"))
            raise _NotNow(str(refusal(response.status, body)), after)
        if signal == "metrics":
            _require_whole(body)


def _require_whole(body: bytes) -> None:
    """Refuses an acknowledgement of a part only.

    Raises:
        NotStored: the operator has left something out.
        _NotNow: somebody else has answered.
    """
    try:
        answer = ExportMetricsServiceResponse.FromString(body)
    except DecodeError as error:
        raise _NotNow("what answered is no OTLP receiver") from error
    if answer.partial_success.rejected_data_points:
        raise NotStored(f"the operator left out a part: {answer.partial_success.error_message}")


def _seconds(retry_after: str | None) -> float | None:
    """The header's number of seconds; its other form, a date, needs clocks that agree."""
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() else None
