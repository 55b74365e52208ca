"""Owns the proof that a comparison shows what differs, and calls better only what is."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from purreal_runner.document import parse_threshold_expression
from purreal_runner.judge.facts import PoolFacts, RunFacts, TargetFacts
from purreal_runner.judge.generator import GeneratorFindings
from purreal_runner.measure import Merged
from purreal_runner.report.build import build_report
from purreal_runner.report.compare import compare
from purreal_runner.report.compare_text import ComparisonFormat, rendered_comparison
from purreal_runner.report.comparison import About, Change, Comparison, Trend
from purreal_runner.report.model import Latency, Report
from purreal_runner.report.on_cluster import OnCluster, RunnersUse, TargetUse


@pytest.fixture
def make(facts: Callable[..., RunFacts], merged: Callable[..., Merged]) -> Callable[..., Report]:
    def report(**changes: Any) -> Report:
        return build_report(facts(**changes), merged())

    return report


def change(comparison: Comparison, metric: str) -> Change:
    changes = (*comparison.results, *comparison.latencies, *comparison.pool)
    return next(each for each in changes if each.metric == metric)


def words(comparison: Comparison) -> list[str]:
    return [caveat.words for caveat in comparison.caveats]


def with_acquire(report: Report, p95: float | None) -> Report:
    latencies = report.latencies.model_copy(update={"acquire": Latency(p95=p95)})
    return report.model_copy(update={"latencies": latencies})


def with_throughput(report: Report, throughput: float) -> Report:
    return report.model_copy(update={"throughput": throughput})


def on_cluster(report: Report, **found: Any) -> Report:
    runners = found.pop("runners", RunnersUse(expected=3, reported=3))
    cluster = OnCluster(namespace="load", run=7, trace_id="a1", runners=runners, **found)
    return report.model_copy(update={"on_cluster": cluster})


def test_a_run_compared_with_itself_differs_in_nothing(good_report: Report) -> None:
    comparison = compare(good_report, good_report)

    assert comparison.caveats == ()
    changes = (*comparison.results, *comparison.latencies, *comparison.pool)
    assert {each.trend for each in changes} == {Trend.EQUAL}
    assert {each.difference for each in changes} == {0}


@pytest.mark.parametrize(
    ("before", "after", "trend"),
    [
        (0.010, 0.020, Trend.WORSE),
        (0.020, 0.010, Trend.BETTER),
        (0.010, 0.0101, Trend.EQUAL),
        (0.010, 0.0102, Trend.WORSE),
        (0.0, 0.010, Trend.WORSE),
        (None, 0.010, Trend.UNCLEAR),
        (0.010, None, Trend.UNCLEAR),
    ],
)
def test_a_latency_is_worse_when_longer_by_more_than_percentiles_can_tell(
    good_report: Report, before: float | None, after: float | None, trend: Trend
) -> None:
    comparison = compare(with_acquire(good_report, before), with_acquire(good_report, after))

    assert change(comparison, "AcquireP95").trend is trend


def test_a_difference_is_after_minus_before_and_a_share_of_before(good_report: Report) -> None:
    comparison = compare(with_throughput(good_report, 200.0), with_throughput(good_report, 150.0))

    throughput = change(comparison, "Throughput")
    assert (throughput.difference, throughput.relative) == (-50.0, -0.25)
    assert throughput.trend is Trend.WORSE


def test_nothing_is_a_share_of_zero(good_report: Report) -> None:
    comparison = compare(with_throughput(good_report, 0.0), with_throughput(good_report, 150.0))

    throughput = change(comparison, "Throughput")
    assert (throughput.difference, throughput.relative) == (150.0, None)
    assert throughput.trend is Trend.BETTER


def test_a_success_rate_is_exact_so_the_smallest_loss_is_worse(
    good_report: Report, bad_report: Report
) -> None:
    assert change(compare(good_report, bad_report), "SuccessRatio").trend is Trend.WORSE


def test_more_open_leases_are_neither_better_nor_worse(good_report: Report) -> None:
    more = good_report.pool.model_copy(update={"peak_open": 600})
    comparison = compare(good_report, good_report.model_copy(update={"pool": more}))

    assert change(comparison, "PeakOpen").difference == 57
    assert change(comparison, "PeakOpen").trend is Trend.UNCLEAR


@pytest.mark.parametrize(
    ("changes", "about", "said"),
    [
        ({"workers": 900}, About.LOAD, "workers: 500 before, 900 after"),
        ({"operations": None}, About.LOAD, "operations: 5,000 before, none after"),
        ({"warm_up_seconds": 1.0}, About.LOAD, "warm-up: 5 s before, 1 s after"),
        ({"scenario": "Burst"}, About.WORKLOAD, "workload: Sustained before, Burst after"),
        ({"faults": ("slow",)}, About.WORKLOAD, "faults: none before, slow after"),
        ({"seed": 43}, About.SEED, "seed: 42 before, 43 after"),
        ({"pools": 2}, About.POOL, "pools: 1 before, 2 after"),
        ({"processes": 2}, About.GENERATOR, "processes: 1 before, 2 after"),
        ({"loop": "uvloop"}, About.GENERATOR, "event loop: asyncio before, uvloop after"),
    ],
)
def test_every_other_setting_is_a_caveat(
    make: Callable[..., Report], changes: dict[str, Any], about: About, said: str
) -> None:
    comparison = compare(make(), make(**changes))

    [caveat] = comparison.caveats
    assert (caveat.about, caveat.words) == (about, said)


def test_each_limit_of_the_pool_that_is_another_is_a_caveat(make: Callable[..., Report]) -> None:
    other = make(pool=PoolFacts(60, 700, None, 60.0, 30.0, lend="Session"))

    assert words(compare(make(), other)) == [
        "min_size: 50 before, 60 after",
        "max_size: 600 before, 700 after",
        "max_lifetime: 300 s before, none after",
        "lend: Connection before, Session after",
    ]


@pytest.mark.parametrize("kind", ["url", "URL", "StatefulSet"])
def test_another_server_is_a_caveat_but_not_the_port_of_one_made_for_the_run(
    make: Callable[..., Report], kind: str
) -> None:
    target = TargetFacts("embedded", "surrealdb-3.2.4", "ws://127.0.0.1:8000")
    elsewhere = replace(target, endpoint="ws://127.0.0.1:9999")
    newer = replace(target, version="surrealdb-3.3.5")
    given, other = (TargetFacts(kind, "", f"wss://{name}:8000") for name in ("here", "there"))

    assert words(compare(make(target=target), make(target=elsewhere))) == []
    assert words(compare(make(target=target), make(target=newer))) == [
        "server: surrealdb-3.2.4 before, surrealdb-3.3.5 after"
    ]
    assert words(compare(make(target=given), make(target=other))) == [
        "address: wss://here:8000 before, wss://there:8000 after"
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interrupted": True}, "after: stopped before its end; the numbers are of what was done"),
        ({"error": "no such host"}, "after: no such host"),
    ],
)
def test_a_run_that_did_not_end_is_a_caveat(
    make: Callable[..., Report], changes: dict[str, Any], said: str
) -> None:
    comparison = compare(make(), make(**changes))

    assert words(comparison) == [said]
    assert not comparison.same_task


def test_a_run_without_measurements_has_no_numbers_to_compare(
    facts: Callable[..., RunFacts], good_report: Report
) -> None:
    comparison = compare(good_report, build_report(facts(), None))

    assert "after: nothing was measured" in words(comparison)
    assert change(comparison, "Throughput").after is None
    assert change(comparison, "PeakUsed").difference is None


def test_lost_runners_and_restarted_databases_are_caveats(good_report: Report) -> None:
    lost = RunnersUse(expected=3, reported=2, lost=(1,), lost_share=0.3333)
    disturbed = TargetUse(disturbed="a pod restarted")
    after = on_cluster(good_report, runners=lost, target=disturbed)

    assert words(compare(on_cluster(good_report), after)) == [
        "after: 1 runner lost, with 33.33 % of the load",
        "after: a pod restarted",
    ]


def test_a_kind_of_target_is_the_same_however_it_is_written(make: Callable[..., Report]) -> None:
    small, capital = (make(target=TargetFacts(kind)) for kind in ("embedded", "Embedded"))

    assert words(compare(small, capital)) == []


def test_a_run_on_a_cluster_and_one_outside_are_hard_to_compare(good_report: Report) -> None:
    assert words(compare(good_report, on_cluster(good_report))) == [
        "run: outside of a cluster before, on a cluster after"
    ]


def test_a_generator_that_was_the_limit_is_a_caveat(good_report: Report) -> None:
    busy = GeneratorFindings(saturated=True, sentence="it was busy")

    after = good_report.model_copy(update={"generator": busy})

    assert words(compare(good_report, after)) == ["after: it was busy"]


def test_with_another_load_nothing_is_called_better_or_worse(make: Callable[..., Report]) -> None:
    before, after = make(), with_throughput(make(workers=900), 900.0)

    throughput = change(compare(before, after), "Throughput")

    assert throughput.difference is not None
    assert throughput.difference > 0
    assert throughput.trend is Trend.UNCLEAR


def test_another_pool_does_not_keep_from_calling_it_better(make: Callable[..., Report]) -> None:
    after = with_throughput(
        make(pool=PoolFacts(50, 700, 300.0, 60.0, 30.0, lend="Connection")), 900.0
    )

    assert change(compare(make(), after), "Throughput").trend is Trend.BETTER


def test_a_threshold_with_another_limit_is_another_threshold(make: Callable[..., Report]) -> None:
    def limited(*limits: str) -> Report:
        return make(thresholds=tuple(map(parse_threshold_expression, limits)))

    comparison = compare(
        limited("success_ratio >= 99.9%", "acquire_p95 < 20ms"),
        limited("success_ratio >= 99.9%", "acquire_p95 < 10ms"),
    )

    same, only_before, only_after = comparison.thresholds
    assert same.before is not None
    assert same.after is not None
    assert (only_before.after, only_after.before) == (None, None)
    assert "one run only" in rendered_comparison(comparison, ComparisonFormat.TEXT)


def test_json_can_be_read_back(good_report: Report, bad_report: Report) -> None:
    comparison = compare(good_report, bad_report)

    text = rendered_comparison(comparison, ComparisonFormat.JSON)

    assert Comparison.model_validate_json(text) == comparison
    assert json.loads(text)["sameTask"] is True


TEXT = """\
 PASSED  before checkout-500: 2 thresholds met
 FAILED  after checkout-500: 1 of 2 thresholds missed

! one run each: only repeated runs tell a difference from chance
! reports don't tell their machine: compare runs of the same one

threshold                 before      after    difference  relative
SuccessRatio >= 99.9%    100 % ✓  99.30 % ✗  -0.70 points         -  now missed
AcquireP95 < 20ms      9.97 ms ✓  9.97 ms ✓             -         -  both met

results          before    after    difference  relative
success rate      100 %  99.30 %  -0.70 points         -  worse
throughput        204/s    204/s        -0.6/s    -0.3 %  equal
issued            1,000    1,000             -         -  equal
failed                0        0             -         -  equal
timed out             0        7            +7         -
"""


def test_text_has_verdicts_caveats_and_numbers_side_by_side(
    good_report: Report, bad_report: Report
) -> None:
    text = rendered_comparison(compare(good_report, bad_report), ComparisonFormat.TEXT)

    lines = "\n".join(line.rstrip() for line in text.splitlines())
    assert lines.startswith(TEXT)
    assert "wait for a lease p95  9.97 ms  9.97 ms" in lines


def test_what_a_caveat_is_about_is_said_once(make: Callable[..., Report]) -> None:
    comparison = compare(make(), make(scenario="Burst", workers=900, interrupted=True))

    text = rendered_comparison(comparison, ComparisonFormat.TEXT)

    assert "! workload: Sustained before, Burst after\n" in text
    assert "! load: workers: 500 before, 900 after\n" in text
    assert "! incomplete: after: stopped before its end" in text


def test_text_fits_into_80_columns(good_report: Report, bad_report: Report) -> None:
    text = rendered_comparison(compare(good_report, bad_report), ComparisonFormat.TEXT)

    assert max(map(len, text.splitlines())) <= 80


def test_a_hostile_name_means_itself_in_markdown(good_report: Report) -> None:
    hostile = good_report.model_copy(update={"name": "<img src=x> | [a](https://evil) `b`"})

    text = rendered_comparison(compare(hostile, hostile), ComparisonFormat.MARKDOWN)

    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    assert "<img" not in html
    assert "<a " not in html
    assert html.count("<table>") == 4
