# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What a run's figures become: goals and tables."""
import pytest

import charts
import goals
import report
from figures import OURS, SHARP
from goals import Goal

COSTS = {OURS: {"a": {"cpu_ms": 10}, "b": {"cpu_ms": 5}},
         SHARP: {"a": {"cpu_ms": 20}, "b": {"cpu_ms": 40}}}


def test_ratio_is_the_other_by_ours():
    """Twice the CPU is 2x, image by image, and those not asked for stay out."""
    assert goals.cpu_ratios(COSTS, SHARP) == [2, 8]
    assert goals.cpu_ratios(COSTS, SHARP, lambda path: path == "b") == [8]


def test_rate_is_ours_by_the_other():
    section = {"gray": {OURS: {"4": {"per_second": 60}}, SHARP: {"4": {"per_second": 20}}}}
    assert goals.rate_ratio(section, "gray", SHARP) == pytest.approx(3)
    assert goals.rate_ratio(section, "0.5", SHARP) is None


def test_rate_of_nothing_answered_is_no_ratio():
    """Neither infinitely better than nobody, nor infinitely worse where we answered nothing."""
    section = {"gray": {OURS: {"4": {"per_second": 60}}, SHARP: {"4": {"per_second": 0}}}}
    assert goals.rate_ratio(section, "gray", SHARP) is None


@pytest.mark.parametrize("goal, expected", [
    (Goal("", 4, 4.0), "yes"),
    (Goal("", 4, 3.99), "**no**"),
    (Goal("", 4, 3.9, 4.1), "CPU **no**, requests/s yes"),
    (Goal("", 4, 4.1, 4.2), "yes"),
    (Goal("", 4, rate=3), "**no**"),
    (Goal("", 8, 7.9, most=True), "yes"),
    (Goal("", 8, 8.1, most=True), "**no**"),
    (Goal("", 0, -0.004), "yes"), # shown as 0.00
    (Goal("", 0, -0.004, digits=4), "**no**"),
    (Goal("", 0.9, 0.95, 1.9, possible=1.1), "CPU yes, requests/s disturbed"),
    (Goal("", 0.9, 1.2, 1.9, possible=1.1), "disturbed"),
])
def test_verdict(goal, expected):
    assert goal.verdict() == expected


def test_cells():
    assert Goal("gray", 5, 11.987, None).cells() == ["gray", ">= 5x", "11.99x", "", "yes"]
    assert Goal("rest", 80, 33, unit=" MiB", most=True).cells() == [
        "rest", "<= 80 MiB", "33.00 MiB", "", "yes"]


def test_quality_difference_is_ours_less_the_peers():
    results = {"quality": {"a": {"0.5": {OURS: [40, 0.99], SHARP: [39, 0.98]}},
                           "b": {"0.5": {OURS: [35, 0.97], SHARP: [36, 0.98]}}}}
    assert goals.differences(results, SHARP, "0.5", 0) == {"a": 1, "b": -1}
    assert goals.differences(results, SHARP, "0.5", 1) == pytest.approx({"a": 0.01, "b": -0.01})


def test_worst_of_all_is_in_the_goals():
    """One bad photograph at one factor is not averaged away."""
    ours, peers = [40, 0.99], {name: [39, 0.98] for name in goals.PEERS}
    bad = {**peers, SHARP: [40.25, 0.98]}
    results = {"quality": {"a": {"0.5": {OURS: ours, **peers}, "0.25": {OURS: ours, **bad}},
                           "b": {"0.5": {OURS: ours, **peers}, "0.25": {OURS: ours, **peers}}}}
    rows = {goal.what: goal for goal in goals.quality(results)}
    worst = rows["PSNR beside sharp, the worst photograph"]
    assert worst.cpu == pytest.approx(-0.25) and worst.verdict() == "**no**"
    mean = rows["PSNR beside sharp, the worst mean of a factor"]
    assert mean.cpu == pytest.approx(0.375) and mean.verdict() == "yes"


def test_table():
    assert report.table(["a", "b"], [[1, "x"], [2, ""]]) == (
        "| a | b |\n| --- | --- |\n| 1 | x |\n| 2 |  |")


def test_chart_beside_others(tmp_path):
    """A group for each operation and each job that somebody else does too; bars by ours, and what they mean."""
    results = {"cpu": {"few": {operation: COSTS for operation in ("gray", "0.5", "0.25")}},
               "jobs": {"a job": COSTS, "ours alone": {OURS: COSTS[OURS]}},
               "settings": {"date": "2026-01-02", "machine": "a machine"}}
    charts.beside(results, tmp_path)
    text = (tmp_path / "beside.svg").read_text()
    assert text.count("<rect") == 1 + 2 * 4 and text.count("font-weight") == 4
    assert ">a job<" in text and "ours alone" not in text and "2026-01-02" in text
    assert text.count("28.3 ms, 4.0x") == 4 and text.count(">7.1 ms<") == 4


def test_exact_where_every_image_is():
    results = {"quality": {"a": {"gray": {OURS: [None, 1]}}, "b": {"gray": {OURS: [None, 1]}}}}
    assert report.mean_quality(results, "gray", OURS) == ["exact", "1.0000"]
    assert report.mean_quality(results, "gray", SHARP) == ["", ""]
