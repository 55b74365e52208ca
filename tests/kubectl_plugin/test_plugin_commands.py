"""Whole commands against an API server: what is sent and printed, and the exit code."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.cli.main import main as purreal
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.formats import FILE_NAMES, Format
from tests.kubectl_plugin.api_server import (
    CORE,
    NO_SUCH_PATH,
    TESTS,
    ApiServer,
    refusal,
    write_kubeconfig,
)
from tests.kubectl_plugin.conftest import Plugin
from tests.kubectl_plugin.stored import active, ended, packed, resource, small_report

SHOP = f"{TESTS}/shop"
DOCUMENT = """\
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: shop}
spec:
  load: {closed: {workers: 5}, stop: {operations: 1000}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "loadtest.yaml"
    path.write_text(DOCUMENT)
    return path


def joins_and_ends(server: ApiServer, verdict: str = "Passed", **more: Any) -> None:
    """A run is on, is joined, and comes to its end."""
    over = resource(ended(run=3, verdict=verdict, **more))
    server.answer("GET", SHOP, (200, resource(active(run=3))))
    server.answer("PATCH", SHOP, (200, resource(active(run=3))))
    server.watch = [resource(active(run=3)), over]
    server.keep_report(3, packed(small_report(Verdict(verdict))))


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("Passed", 0),
        ("Completed", 0),
        ("Failed", 99),
        ("Inconclusive", 98),
        ("Cancelled", 105),
        ("Error", 1),
    ],
)
def test_a_run_is_reported_as_locally_and_gates_by_its_exit_code(
    plugin: Plugin, server: ApiServer, file: Path, verdict: str, code: int
) -> None:
    joins_and_ends(server, verdict)

    done = plugin("run", str(file), "--wait")

    assert done.code == code
    assert done.out.startswith(f" {verdict.upper()}  shop: 1 threshold met")
    assert "issued     1,000" in done.out
    assert f"shop run 3: {verdict}: 1 threshold met" in done.err


def test_a_run_without_wait_is_started_and_left(
    plugin: Plugin, server: ApiServer, file: Path
) -> None:
    server.answer("PATCH", SHOP, (200, resource()))

    done = plugin("run", str(file))

    assert done.code == 0
    assert done.out == (
        "a run of shop was asked for; follow it: kubectl purreal watch shop -n team\n"
    )
    (sent,) = server.bodies("PATCH")
    assert sent["spec"]["load"] == {"closed": {"workers": 5}, "stop": {"operations": 1000}}


def test_a_report_is_kept_in_every_format(
    plugin: Plugin, server: ApiServer, file: Path, tmp_path: Path
) -> None:
    joins_and_ends(server)
    folder = tmp_path / "new" / "reports"

    done = plugin("run", str(file), "--wait", "-o", "json", "--report-dir", str(folder))

    assert json.loads(done.out)["verdict"] == "Passed"
    assert {path.name for path in folder.iterdir()} == set(FILE_NAMES.values())


def test_a_folder_that_can_not_be_written_is_found_out_before_the_run(
    plugin: Plugin, server: ApiServer, file: Path
) -> None:
    done = plugin("run", str(file), "--wait", "--report-dir", str(file / "below a file"))

    assert done.code == 2
    assert "can't be made: Not a directory" in done.err
    assert server.asked == []


def test_a_github_job_gets_its_summary_and_annotations_beside_the_report(
    plugin: Plugin,
    server: ApiServer,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    joins_and_ends(server, "Inconclusive")
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    done = plugin("run", str(file), "--wait", "-o", "json")

    assert json.loads(done.out)["name"] == "shop"
    assert "\n::error title=shop%3A Inconclusive::1 threshold met\n" in done.err
    assert "shop" in summary.read_text()


def test_reports_of_runs_and_of_files_are_compared(
    plugin: Plugin, server: ApiServer, tmp_path: Path
) -> None:
    earlier = ended(run=1)["history"][0]
    server.answer("GET", SHOP, (200, resource(ended(run=2, earlier=(earlier,)))))
    server.keep_report(1, packed(small_report(p95=0.002)))
    server.keep_report(2, packed(small_report(p95=0.004)))
    file = tmp_path / "local.json"
    file.write_text(small_report(p95=0.002).to_json())

    for before in ("shop:1", str(file)):
        done = plugin("compare", before, "shop", "-o", "json")
        (p95,) = [
            each for each in json.loads(done.out)["latencies"] if each["metric"] == "QueryP95"
        ]
        assert (p95["before"], p95["after"]) == (0.002, 0.004)


def test_two_files_are_compared_without_a_cluster(
    plugin: Plugin, server: ApiServer, tmp_path: Path
) -> None:
    file = tmp_path / "local.json"
    file.write_text(small_report().to_json())

    done = plugin("compare", str(file), str(file))

    assert done.code == 0
    assert "query p95" in done.out
    assert server.asked == []


def test_a_file_that_is_no_report_is_named(plugin: Plugin, file: Path) -> None:
    done = plugin("compare", str(file), "shop")

    assert done.code == 104
    assert f"{file} is not JSON" in done.err


def test_a_run_without_a_report_says_why(plugin: Plugin, server: ApiServer, file: Path) -> None:
    joins_and_ends(server, "Error", report=False, message="the target is in use by other")

    done = plugin("run", str(file), "--wait")

    assert done.code == 1
    assert done.out == ""
    assert "Error: the target is in use by other; there is no report of it" in done.err


def test_a_report_that_is_gone_takes_nothing_from_the_verdict(
    plugin: Plugin, server: ApiServer, file: Path
) -> None:
    joins_and_ends(server, "Failed")
    del server.answers["GET", f"{CORE}/configmaps/shop-3-report"]

    done = plugin("run", str(file), "--wait")

    assert done.code == 99
    assert "the report of run 3 of shop, ConfigMap shop-3-report, is gone" in done.err


@pytest.mark.parametrize(
    ("options", "code"), [((), 0), (("-o", "junit"), 1), (("--report-dir",), 1)]
)
def test_a_report_that_is_gone_fails_who_counts_on_it(
    plugin: Plugin,
    server: ApiServer,
    file: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    code: int,
) -> None:
    joins_and_ends(server)
    del server.answers["GET", f"{CORE}/configmaps/shop-3-report"]
    folder = (str(tmp_path / "reports"),) if options == ("--report-dir",) else ()

    done = plugin("run", str(file), "--wait", *options, *folder)

    assert (done.code, done.out) == (code, "")
    assert "Passed" in done.err


def test_a_run_that_does_not_end_in_time_goes_on(
    plugin: Plugin, server: ApiServer, file: Path
) -> None:
    joins_and_ends(server)
    server.watch = []

    done = plugin("run", str(file), "--wait", "--timeout", "0.1s")

    assert done.code == 102
    assert "the run of shop did not end within 0.1 s (--timeout); it goes on" in done.err


@pytest.mark.parametrize(
    "text", ["kind: Pod\n", DOCUMENT + "---\n" + DOCUMENT, "spec: {pool: 1}\n"]
)
def test_an_invalid_document_is_refused_as_by_validate(
    plugin: Plugin, server: ApiServer, file: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text)
    purreal(["validate", str(file)])
    expected = capsys.readouterr().err

    done = plugin("run", str(file))

    assert (done.code, done.err) == (104, expected)
    assert server.asked == []


def test_a_target_that_only_a_local_run_has_is_refused(plugin: Plugin, file: Path) -> None:
    file.write_text(DOCUMENT + "  target: {type: Embedded}\n")

    done = plugin("run", str(file))

    assert done.code == 104
    assert done.err == f"{file}:6: spec.target.type: Embedded works with `purreal run` only\n"


def test_a_document_may_come_from_standard_input(
    plugin: Plugin, server: ApiServer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer("PATCH", SHOP, (200, resource()))

    with file.open() as text:
        monkeypatch.setattr("sys.stdin", text)
        done = plugin("run", "-")

    assert done.code == 0
    assert server.bodies("PATCH")[0]["metadata"]["name"] == "shop"


def test_wrong_standard_input_is_named(
    plugin: Plugin, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"\xff\xff")

    with file.open() as text:
        monkeypatch.setattr("sys.stdin", text)
        done = plugin("run", "-")

    assert (done.code, done.err) == (104, "standard input:1: is not UTF-8 text\n")


@pytest.mark.parametrize("option", [["--timeout", "5m"], ["--report-dir", "."], ["-o", "json"]])
def test_what_is_about_the_end_needs_waiting_for_it(
    plugin: Plugin,
    server: ApiServer,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: list[str],
) -> None:
    monkeypatch.chdir(file.parent)

    done = plugin("run", str(file), *option)

    assert done.code == 2
    assert "needs --wait" in done.err
    assert server.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["status"],
        ["status", "Not_A_Name"],
        ["run", "x.yaml", "--wait", "--timeout", "soon"],
        ["report", "shop", "zero"],
        ["report", "shop", "-o", "pdf"],
        ["compare", "shop", "shop:x"],
        ["completion", "cmd"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error_of_one_line(
    plugin: Plugin, arguments: list[str]
) -> None:
    done = plugin(*arguments)

    assert done.code == 2
    assert done.err.count("\n") == 1
    assert done.err.startswith("kubectl purreal")


def test_a_repeat_is_asked_for(plugin: Plugin, server: ApiServer) -> None:
    server.answer("GET", SHOP, (200, resource(ended(run=3))))
    server.answer("PATCH", SHOP, (200, resource(ended(run=3))))

    done = plugin("rerun", "poolloadtest.purreal.dev/shop")

    assert done.code == 0
    assert list(server.bodies("PATCH")[0]["metadata"]["annotations"]) == ["purreal.dev/rerun-at"]


def test_watching_a_run_that_is_over_reports_it(plugin: Plugin, server: ApiServer) -> None:
    server.answer("GET", SHOP, (200, resource(ended(run=3, verdict="Failed"))))
    server.keep_report(3, packed(small_report(Verdict.FAILED)))

    done = plugin("watch", "shop")

    assert done.code == 99
    assert done.out.startswith(" FAILED  shop")


@pytest.mark.parametrize("form", list(Format))
def test_a_report_is_printed_in_every_format(
    plugin: Plugin, server: ApiServer, form: Format
) -> None:
    server.answer("GET", SHOP, (200, resource(ended(run=3))))
    server.keep_report(3, packed(small_report()))

    done = plugin("report", "shop", "-o", form)

    assert done.code == 0
    assert "shop" in done.out


def test_the_report_of_an_earlier_run_is_printed(plugin: Plugin, server: ApiServer) -> None:
    earlier = tuple(ended(run=run)["history"][0] for run in (2, 1))
    server.answer("GET", SHOP, (200, resource(ended(run=3, earlier=earlier))))
    server.keep_report(2, packed(small_report(Verdict.FAILED)))

    done = plugin("report", "shop", "2", "-o", "json")

    assert json.loads(done.out)["verdict"] == "Failed"


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (b"something else", "is not packed as reports are"),
        (packed(small_report())[:-20] + b"x" * 20, "is not packed as reports are"),
        (gzip.compress(b"{}", mtime=0), "is no report"),
        (
            gzip.compress(b'{"verdict": "Passed", "schemaVersion": 9}', mtime=0),
            "is a report of schema version 9",
        ),
    ],
)
def test_what_is_no_report_of_this_version_is_refused_with_what_it_is(
    plugin: Plugin, server: ApiServer, stored: bytes, said: str
) -> None:
    server.answer("GET", SHOP, (200, resource(ended(run=3))))
    server.keep_report(3, stored)

    done = plugin("report", "shop")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"kubectl purreal: the report in ConfigMap shop-3-report {said}")


def test_a_test_without_a_finished_run_has_no_report(plugin: Plugin, server: ApiServer) -> None:
    server.answer("GET", SHOP, (200, resource(active())))

    done = plugin("report", "shop")

    assert (done.code, done.err) == (1, "kubectl purreal: no run of shop is over yet\n")


def test_the_list_has_a_line_for_each_test(plugin: Plugin, server: ApiServer) -> None:
    items = [resource(ended(run=3)), resource(name="new")]
    server.answer("GET", TESTS, (200, {"items": items}))

    lines = plugin("list").out.splitlines()

    assert [line.split()[:4] for line in lines] == [
        ["NAME", "RUN", "PHASE", "VERDICT"],
        ["shop", "3", "Finished", "Passed"],
        ["new", "–", "–", "–"],
    ]


def test_the_list_of_all_namespaces_names_them(plugin: Plugin, server: ApiServer) -> None:
    server.answer("GET", "/apis/purreal.dev/v1alpha1/poolloadtests", (200, {"items": [resource()]}))

    assert plugin("list", "-A").out.splitlines()[1].split()[:2] == ["team", "shop"]


def test_an_empty_list_says_so(plugin: Plugin, server: ApiServer) -> None:
    server.answer("GET", TESTS, (200, {"items": []}))

    assert plugin("list").out == "no tests in team\n"


def test_the_namespace_may_stand_before_and_behind_the_command(
    plugin: Plugin, server: ApiServer
) -> None:
    for arguments in (["-n", "other", "list"], ["list", "-n", "other"]):
        assert "no namespace" not in plugin(*arguments).err

    paths = [path for _, path, _ in server.asked]
    assert paths == ["/apis/purreal.dev/v1alpha1/namespaces/other/poolloadtests"] * 2


def test_a_test_that_is_not_there_is_named(plugin: Plugin) -> None:
    done = plugin("status", "shop")

    assert done.code == 1
    assert done.err == "kubectl purreal: there is no PoolLoadTest shop in namespace team\n"


def test_a_cluster_without_the_resource_is_told_from_one_without_the_test(
    plugin: Plugin, server: ApiServer
) -> None:
    server.answer("GET", SHOP, NO_SUCH_PATH)

    assert "this cluster does not know PoolLoadTests" in plugin("status", "shop").err


def test_a_missing_namespace_is_named(plugin: Plugin, server: ApiServer, file: Path) -> None:
    words = 'namespaces "team" not found'
    missing = refusal(404, "NotFound", words, name="team", kind="namespaces")
    server.answer("PATCH", SHOP, missing)

    assert "there is no namespace team" in plugin("run", str(file)).err


def test_a_missing_right_is_named(plugin: Plugin, server: ApiServer) -> None:
    words = 'User "me" cannot get resource "poolloadtests" in API group "purreal.dev"'
    server.answer("GET", SHOP, refusal(403, "Forbidden", words))

    done = plugin("status", "shop")

    assert done.code == 1
    assert words in done.err
    assert "a right is missing: docs/kubectl-plugin.md" in done.err


def test_expired_credentials_are_told_from_missing_rights(
    plugin: Plugin, server: ApiServer
) -> None:
    server.answer("GET", SHOP, refusal(401, "Unauthorized", "Unauthorized"))

    assert "the cluster does not know who asks" in plugin("status", "shop").err


def test_a_cluster_that_does_not_answer_is_named(
    plugin: Plugin, kubeconfig: Path, unused_tcp_port: int
) -> None:
    write_kubeconfig(kubeconfig, f"http://127.0.0.1:{unused_tcp_port}")

    done = plugin("status", "shop")

    assert done.code == 1
    assert "the API server can't be reached" in done.err
    assert "is the cluster running, and is it the right one?" in done.err


def test_a_context_that_is_not_there_is_named_with_those_that_are(plugin: Plugin) -> None:
    done = plugin("list", "--context", "elsewhere")

    assert done.code == 1
    assert "there is no context 'elsewhere'" in done.err
    assert "only: here, there" in done.err


def test_a_file_that_is_not_there_is_named(plugin: Plugin, tmp_path: Path) -> None:
    done = plugin("list", "--kubeconfig", str(tmp_path / "nothing"))

    assert done.code == 1
    assert f"there is no kubeconfig file {tmp_path / 'nothing'}" in done.err


def test_a_file_that_is_no_kubeconfig_is_named(plugin: Plugin, kubeconfig: Path) -> None:
    kubeconfig.write_text("[")

    done = plugin("list")

    assert done.code == 1
    assert f"the kubeconfig file {kubeconfig} can't be used" in done.err


def test_the_status_shows_thresholds_conditions_and_earlier_runs(
    plugin: Plugin, server: ApiServer
) -> None:
    threshold = {"expression": "acquire_p95 < 1ms", "observed": "2.10 ms", "met": False}
    condition = {
        "type": "Succeeded",
        "status": "False",
        "reason": "ThresholdsMissed",
        "message": "Failed: 1 of 1 missed",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-31T12:01:00.000Z",
    }
    status = ended(run=3, verdict="Failed", thresholds=[threshold], conditions=[condition])
    server.answer("GET", SHOP, (200, resource(status)))

    words = [" ".join(line.split()) for line in plugin("status", "shop").out.splitlines()]

    assert words[0] == "shop in team: run 3, Failed (ThresholdsMet): 1 threshold met"
    assert "MISSED acquire_p95 < 1ms 2.10 ms" in words
    assert "Succeeded False ThresholdsMissed Failed: 1 of 1 missed" in words
    assert any(line.startswith("3 Failed ThresholdsMet 523 100% 2.10ms –") for line in words)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ({"lend": "Auto"}, {"leases 4,000 at most, lend Auto"}),
        (
            {"lend": "Session", "peakLeases": 1500, "peakSockets": 8},
            {"leases 4,000 at most, peak 1,500, lend Session", "sockets 8 at most"},
        ),
    ],
    ids=["before the end", "at the end"],
)
def test_the_status_says_what_a_lease_is_and_how_many_sockets_there_were(
    plugin: Plugin, server: ApiServer, measured: dict[str, Any], expected: set[str]
) -> None:
    effective = {"pools": 4, "workersPerPool": 500, "maxLeases": 4000, "runSeconds": 60}
    server.answer("GET", SHOP, (200, resource(ended(effective=effective | measured))))

    words = [" ".join(line.split()) for line in plugin("status", "shop").out.splitlines()]

    assert "pools 4 × 500 workers" in words
    assert {line for line in words if line.startswith(("leases", "sockets"))} == expected


def test_the_version_is_told_without_a_cluster(plugin: Plugin) -> None:
    done = plugin("--version")

    assert done.code == 0
    assert done.out.startswith("kubectl purreal ")
