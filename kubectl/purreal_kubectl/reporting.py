"""Gets the report of a run from the cluster or a file, and hands it to the runner's renderers."""

from pathlib import Path

from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.deciding.run_of import finished_run
from purreal_kubectl.failure import Failure
from purreal_operator.results.fitting import unpacked_report
from purreal_operator.status.model import FinishedRun
from purreal_operator.status.reading import status_of
from purreal_runner.exit_codes import ExitCode
from purreal_runner.report.formats import write_folder
from purreal_runner.report.model import Report
from purreal_runner.report.reading import NoReport, read_report


async def report_of_test(cluster: Cluster, namespace: str, name: str, run: int | None) -> Report:
    """Read the report of one of a test's finished runs; None: of the last one.

    Raises:
        Failure: there is none, or none that this version can read.
        ClusterError: it can't be read now.
    """
    status = status_of(await cluster.test(namespace, name))
    if run is None and not status.history:
        raise Failure(f"no run of {name} is over yet")
    number = status.history[0].run if run is None else run
    return await stored_report(cluster, namespace, name, finished_run(status, number, name))


async def stored_report(cluster: Cluster, namespace: str, name: str, run: FinishedRun) -> Report:
    """Read the report of a finished run.

    Raises:
        Failure: there is none, or none that this version can read.
        ClusterError: it can't be read now.
    """
    if run.report is None:
        raise Failure(f"run {run.run} of {name} has no report: {run.verdict}: {run.message}")
    where = run.report.config_map
    content = await cluster.report_bytes(namespace, where, run.report.key)
    if content is None:
        raise Failure(f"the report of run {run.run} of {name}, ConfigMap {where}, is gone")
    try:
        return unpacked_report(content, f"the report in ConfigMap {where}")
    except NoReport as error:
        raise Failure(str(error)) from error


def report_in_file(path: Path) -> Report:
    """Read a report that was written as JSON.

    Raises:
        Failure: there is none.
    """
    try:
        return read_report(path)
    except NoReport as error:
        raise Failure(str(error), ExitCode.INVALID_DOCUMENT) from error


def keep(report: Report, folder: Path) -> None:
    """Write a report in all formats into a folder.

    Raises:
        Failure: the folder can't be written.
    """
    try:
        write_folder(report, folder)
    except OSError as error:
        where = error.filename or folder
        raise Failure(f"{where} can't be written: {error.strerror}") from error
