"""A report as the bytes that fit into a ConfigMap, and back; says what had to be left out."""

import gzip
import zlib
from collections.abc import Callable

from purreal_operator.objects.size import MOST_BYTES
from purreal_runner.measure.part import Distributions
from purreal_runner.report.model import Report
from purreal_runner.report.reading import NoReport, parse_report


def _without_pools(report: Report) -> Report:
    return report.model_copy(update={"pool": report.pool.model_copy(update={"pools": ()})})


def _without_cluster_details(report: Report) -> Report:
    details: dict[str, tuple[()]] = {"logs": (), "slowest": ()}
    on_cluster = report.on_cluster and report.on_cluster.model_copy(update=details)
    return report.model_copy(update={"on_cluster": on_cluster})


def _without_distributions(report: Report) -> Report:
    return report.model_copy(update={"distributions": Distributions()})


_SHORTER: tuple[tuple[str, Callable[[Report], Report]], ...] = (
    ("records of single pools", _without_pools),
    ("logs and slow traces", _without_cluster_details),
    ("histograms", _without_distributions),
)


def packed_report(report: Report, most_bytes: int = MOST_BYTES) -> bytes:
    """Pack a report, without its least needed parts if it would be too large.

    What was left out is said in the report itself (`on_cluster.truncated`).

    Raises:
        ValueError: even the shortest form is too large.
    """
    left_out: list[str] = []
    content = _packed(report)
    for name, shorten in _SHORTER:
        if len(content) <= most_bytes:
            break
        left_out.append(name)
        report = _saying(shorten(report), ", ".join(left_out))
        content = _packed(report)
    if len(content) > most_bytes:
        raise ValueError(f"the report has {len(content):,} bytes, more than {most_bytes:,}")
    return content


def _saying(report: Report, left_out: str) -> Report:
    on_cluster = report.on_cluster and report.on_cluster.model_copy(update={"truncated": left_out})
    return report.model_copy(update={"on_cluster": on_cluster})


def _packed(report: Report) -> bytes:
    return gzip.compress(report.to_json().encode(), mtime=0)


def unpacked_report(content: bytes, source: str = "the stored report") -> Report:
    """Read a stored report.

    Args:
        content: as it is stored.
        source: where it is from, for the error.

    Raises:
        NoReport: it is none, or one of another version.
    """
    try:
        text = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise NoReport(f"{source} is not packed as reports are: {error}") from error
    return parse_report(text, source)
