"""What documents and options mean on this machine, and which flag a message names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.document import InvalidDocument, PoolLoadTest
from purreal_runner.document.enums import Scenario, WorkloadType
from purreal_runner.document.local import LocalRun, PythonFile, resolve_local
from purreal_runner.document.options import (
    LocalOptions,
    document_from_options,
    guide_pool_sizes,
    with_options,
)

Parse = Callable[..., PoolLoadTest]
URL_TARGET = "  target: {type: URL, url: {endpoint: 'wss://db:8000'}}\n"
SECRET_TARGET = (
    "  target: {type: URL, url: {endpoint: 'wss://db:8000', caRef: {name: a, key: b}}, "
    "auth: {level: Database, secretRef: {name: s}}}\n"
)
PYTHON_IN_IMAGE = "  workload: {type: Python, python: {file: /srv/load.py, function: go}}\n"
STATEFUL_SET = "  target: {type: StatefulSet, statefulSet: {name: surreal}}\n"
PYTHON = "  workload: {type: Python, python: {configMapRef: {name: a, key: b}, function: go}}\n"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("hush\nnot this\n")
    return path


def lines(call: Callable[[], Any]) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        call()
    return str(caught.value).splitlines()


@pytest.mark.parametrize("spec", ["", "  target: {type: Ephemeral}\n", "  target: {}\n"])
def test_a_target_of_our_own_is_an_engine_started_for_the_run(document: Parse, spec: str) -> None:
    target = resolve_local(document(spec), LocalOptions()).target

    assert (target.kind, target.endpoint, target.username) == ("embedded", None, None)
    assert (target.namespace, target.database, target.level) == ("purreal", "loadtest", "root")


@pytest.mark.parametrize("spec", ["", STATEFUL_SET, SECRET_TARGET])
def test_an_engine_on_the_command_line_stands_in_for_any_target(document: Parse, spec: str) -> None:
    assert resolve_local(document(spec), LocalOptions(engine="server")).target.kind == "server"


@pytest.mark.parametrize(
    ("spec", "engine"),
    [
        (STATEFUL_SET[:-2] + ", auth: {level: Database}}\n", "embedded"),
        (SECRET_TARGET, "server"),
        ("  target: {type: Embedded, auth: {level: Namespace}}\n", None),
    ],
)
def test_what_is_started_for_the_run_is_signed_in_to_as_its_root(
    document: Parse, spec: str, engine: Any
) -> None:
    assert resolve_local(document(spec), LocalOptions(engine=engine)).target.level == "root"


def test_a_certificate_authority_may_be_for_the_documents_own_address(
    document: Parse, password_file: Path
) -> None:
    options = LocalOptions(ca_file=Path("ca.pem"), password_file=password_file)

    assert resolve_local(document(SECRET_TARGET), options).target.ca_file == Path("ca.pem")


@pytest.mark.parametrize("address", ["ws://[::1]", "wss://[::1]:8000/rpc", "ws://db:65535"])
def test_an_address_that_can_be_one_is_taken(document: Parse, address: str) -> None:
    assert resolve_local(document(), LocalOptions(url=address)).target.endpoint == address


def test_the_endpoint_of_the_document_is_used(document: Parse) -> None:
    target = resolve_local(document(URL_TARGET), LocalOptions()).target

    assert (target.kind, target.endpoint) == ("url", "wss://db:8000")


def test_a_url_on_the_command_line_wins(document: Parse, password_file: Path) -> None:
    options = LocalOptions(url="ws://localhost:8000", password_file=password_file, database="d")

    target = resolve_local(document(SECRET_TARGET), options).target

    assert (target.kind, target.endpoint) == ("url", "ws://localhost:8000")
    assert (target.username, target.password, target.level) == ("root", "hush", "database")
    assert (target.namespace, target.database) == ("purreal", "d")


def test_a_password_is_in_no_repr(document: Parse, password_file: Path) -> None:
    options = LocalOptions(url="ws://a:hush@b", password_file=password_file)
    target = resolve_local(document(), LocalOptions(password_file=password_file)).target

    assert "hush" not in repr(target)
    assert "hush" not in repr(options)
    assert "hush" not in "".join(lines(lambda: resolve_local(document(), options)))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (STATEFUL_SET, ["spec.target.statefulSet", "--url ws://HOST:PORT"]),
        (PYTHON, ["spec.workload.python.configMapRef", "--workload FILE.py:FUNCTION"]),
        (PYTHON_IN_IMAGE, ["spec.workload.python.file", "--workload FILE.py:FUNCTION"]),
        (
            URL_TARGET.replace("}}", "}, auth: {secretRef: {name: s}}}"),
            ["spec.target.auth.secretRef", "--password-file FILE (and --user NAME)"],
        ),
    ],
)
def test_what_only_a_cluster_knows_is_missed_by_its_flag(
    document: Parse, spec: str, expected: list[str]
) -> None:
    name, flag = expected

    assert lines(lambda: resolve_local(document(spec), LocalOptions(), "loadtest.yaml")) == [
        f"loadtest.yaml: {name}: is read on a cluster only; here it needs {flag}"
    ]


def test_every_missing_flag_is_named_at_once(document: Parse) -> None:
    found = lines(lambda: resolve_local(document(SECRET_TARGET + PYTHON), LocalOptions()))

    assert [line.split("needs ")[1].split()[0] for line in found] == [
        "--password-file",
        "--ca-file",
        "--workload",
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (LocalOptions(url="http://a"), "--url: must be ws://HOST:PORT or wss://HOST:PORT"),
        (LocalOptions(url="ws://a", engine="server"), "--engine: starts a SurrealDB, but --url"),
        (LocalOptions(user="root"), "--user: needs --password-file FILE"),
        (LocalOptions(url="ws://a", ca_file=Path("ca")), "--ca-file: needs an encrypted address"),
        (LocalOptions(workload="a.py", scenario="burst"), "--workload: is an operation of its own"),
        (LocalOptions(workload="a.py:b-c"), "--workload: must be FILE.py or FILE.py:FUNCTION"),
        (LocalOptions(password_file=Path("missing")), "--password-file: can't be read: No such"),
        (LocalOptions(password_file=Path("/dev/null")), "--password-file: holds no password"),
        (LocalOptions(scenario="sustaned"), "--scenario: must be one of sustained, burst"),
        (LocalOptions(thresholds=("x < 1",)), "--threshold: there is no metric 'x'"),
        (LocalOptions(workers=0), "--workers: must be at least 1, not 0"),
        (LocalOptions(max_size=2), "--max-size: must be at least minSize: 2 is less than 5"),
        (LocalOptions(lend="Socket"), "--lend: must be"),
        (LocalOptions(acquire_timeout=0), "--acquire-timeout: must be at least 1, not 0"),
        (LocalOptions(operations=5, duration=5), "--duration: only one of operations and"),
        (LocalOptions(replicas=501), "--replicas: spec.runners: 501 × 1 = 501 pools need"),
        (LocalOptions(min_size=60), "--min-size: spec.pool.maxSize: must be at least minSize"),
        (LocalOptions(close_connection_every=0), "--close-connection-every: must be at least 1"),
        (
            LocalOptions(thresholds=("acquire_p95 < 1s",) * 33),
            "--threshold: spec.thresholds: must have at most 32 entries",
        ),
        (LocalOptions(url="ws://[::1"), "--url: can't be read as an address"),
        (LocalOptions(url="ws://:8000"), "--url: names no host"),
        (LocalOptions(url="ws://bücher:8000"), "--url: names a host of other characters than"),
        (LocalOptions(url="ws://[::ffff:1.2.3.4]"), "--url: can't be read as an address"),
        (LocalOptions(url="ws://h:99999999"), "--url: has no usable port"),
        (LocalOptions(url="ws://h:0"), "--url: has no usable port"),
        (LocalOptions(ca_file=Path("ca")), "--ca-file: is for a server that is there; add --url"),
        (LocalOptions(user=""), "--user: must not be empty"),
        (LocalOptions(workload=f"a.py:{'b' * 64}"), "--workload: must have at most 63"),
    ],
)
def test_a_wrong_option_is_named(document: Parse, options: LocalOptions, words: str) -> None:
    [line] = lines(lambda: resolve_local(document(), options))

    assert line.startswith(f"command line: {words}")


def test_options_change_the_document_and_leave_the_rest(document: Parse) -> None:
    original = document(
        "  pool: {maxSize: 70, minSize: 6}\n"
        "  workload: {scenario: Burst, seed: 9}\n"
        '  thresholds: [{metric: AcquireP95, below: 1s}, {metric: SuccessRatio, above: "9%"}]\n'
    )
    options = LocalOptions(
        scenario="churn",
        duration=7,
        workers=60,
        max_size=80,
        max_lifetime=0,
        close_connection_every=100,
        thresholds=("acquire_p95 < 20ms", "acquire_p95 > 1us"),
    )

    spec = with_options(original, options, "x").spec

    assert (spec.workload.scenario, spec.workload.seed) == (Scenario.CHURN, 9)
    assert (spec.load.stop.operations, spec.load.stop.duration_seconds) == (None, 7)
    assert (spec.workers, spec.pool.min_size, spec.pool.max_size) == (60, 6, 80)
    assert spec.pool.max_lifetime is None
    assert [fault.every_operations for fault in spec.faults] == [100]
    assert [one.expression for one in spec.thresholds] == [
        "success_ratio > 9%",
        "acquire_p95 < 20ms",
        "acquire_p95 > 1us",
    ]
    assert original.spec.workers == 500


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        ("load.py:work", PythonFile(Path("load.py"), "work")),
        ("dir/load.py", PythonFile(Path("dir/load.py"), "go")),
    ],
)
@pytest.mark.parametrize("spec", [PYTHON, PYTHON_IN_IMAGE])
def test_a_python_file_stands_in_for_the_clusters(
    document: Parse, spec: str, workload: str, expected: PythonFile
) -> None:
    run = resolve_local(document(spec), LocalOptions(workload=workload))

    assert run.python == expected
    assert run.document.spec.workload.python is not None
    assert run.document.spec.workload.python.function == expected.function


def test_a_python_file_replaces_a_scenario(document: Parse) -> None:
    run: LocalRun = resolve_local(document(), LocalOptions(workload="load.py", seed=3))

    assert run.document.spec.workload.type is WorkloadType.PYTHON
    assert run.document.spec.workload.seed == 3
    assert run.python == PythonFile(Path("load.py"), "simulate_work")


@pytest.mark.parametrize(
    ("workers", "sizes"), [(500, (50, 600)), (1000, (100, 1200)), (1, (1, 2)), (15, (2, 18))]
)
def test_pools_are_sized_as_the_guide_says(workers: int, sizes: tuple[int, int]) -> None:
    assert guide_pool_sizes(workers) == sizes


def test_options_alone_make_the_run_of_the_guide() -> None:
    document = document_from_options(LocalOptions(thresholds=("acquire_p95 < 20ms",)))

    assert document.metadata.name == "sustained"
    assert (document.spec.workers, document.spec.load.stop.operations) == (500, 5000)
    assert (document.spec.pool.min_size, document.spec.pool.max_size) == (50, 600)


@pytest.mark.parametrize(
    ("workload", "name"),
    [
        ("mine.py", "mine"),
        ("dir/My_Load.v2.py:work", "my-load-v2"),
        (f"{'a' * 39}_b.py", "a" * 39),
        ("_.py", "sustained"),
    ],
)
def test_a_run_of_a_python_file_alone_is_named_after_the_file(workload: str, name: str) -> None:
    assert document_from_options(LocalOptions(workload=workload)).metadata.name == name


def test_the_name_on_the_command_line_wins_over_the_name_of_the_file() -> None:
    document = document_from_options(LocalOptions(workload="mine.py", name="checkout"))

    assert document.metadata.name == "checkout"


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        (LocalOptions(workers=500, replicas=5), (10, 120)),
        (LocalOptions(workers=500, max_size=20), (20, 20)),
        (LocalOptions(workers=10, min_size=20), (20, 20)),
        (LocalOptions(workers=10, min_size=2, max_size=3), (2, 3)),
    ],
)
def test_each_pool_is_sized_for_its_share_unless_it_is_said(
    options: LocalOptions, sizes: tuple[int, int]
) -> None:
    pool = document_from_options(options).spec.pool

    assert (pool.min_size, pool.max_size) == sizes


@pytest.mark.parametrize("scenario", [scenario.value.lower() for scenario in Scenario])
def test_every_scenario_runs_without_a_file(scenario: str) -> None:
    document = document_from_options(LocalOptions(scenario=scenario))

    assert resolve_local(document, LocalOptions(scenario=scenario)).document == document


@pytest.mark.parametrize(
    "options", [LocalOptions(workers=0), LocalOptions(workers=200_000), LocalOptions(replicas=-3)]
)
def test_options_alone_that_are_wrong_are_named(options: LocalOptions) -> None:
    [line] = lines(lambda: document_from_options(options))

    assert line.startswith(("command line: --workers: must be", "command line: --replicas: must"))
