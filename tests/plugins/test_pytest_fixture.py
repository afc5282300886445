"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from trustdelta.api import Audit

pytest_plugins = ["pytester"]

MODULE = "trustdelta.plugins.pytest_fixture"
INSTALLED = "trustdelta" in {e.name for e in entry_points(group="pytest11")}
PLUGIN = () if INSTALLED else ("-p", MODULE)

TESTS = """
RUN = {run!r}

def test_it_holds(trust_audit):
    trust_audit(RUN).holds()

def test_it_is_allowed(trust_audit):
    trust_audit(RUN).holds("trustdelta.yaml")

def test_the_verdict_is_there(trust_audit):
    assert trust_audit(RUN).verdict == "regressed"
"""
ALLOWED = """
require: [capability]
allow:
  - {dimension: safety, reason: known, expires: 2999-01-01}
  - {dimension: privacy, reason: known, expires: 2999-01-01}
"""


@pytest.fixture(scope="module")
def regressed(audit_of: Callable[[str], Audit]) -> str:
    """A finished run; made before a `pytester`, which forgets modules imported meanwhile (torch again crashes)."""
    return str(audit_of("sft").folder)


def test_a_regression_fails_in_words_and_a_policy_allows_it(pytester: pytest.Pytester, regressed: str) -> None:
    """A finished run is loaded: the failure names metric, difference and margin, without a traceback."""
    pytester.makepyfile(TESTS.format(run=regressed))
    pytester.makefile(".yaml", trustdelta=ALLOWED)
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["regressed: * stop the gate*", "stops: safety, *margin*prompts*", "report: *report.html"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_an_audit_is_run(pytester: pytest.Pytester) -> None:
    """Two models are audited into a temporary folder with the settings given; what is inconclusive does not hold."""
    pytester.makepyfile(
        """
        def test_safety(trust_audit):
            found = trust_audit(
                "organism:instruct", "organism:rl", benchmarks=("world_arithmetic",), prompts_per_metric=12, drift=False
            )
            assert found.audit.folder.joinpath("report.html").is_file()
            found.holds()
        """
    )
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["not_measurable: *"])


def test_a_damaged_run_is_an_error_of_one_line(pytester: pytest.Pytester) -> None:
    """A folder without a verdict says what to do."""
    pytester.makepyfile("def test_run(trust_audit):\n    trust_audit('nowhere')")
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FolderError: nowhere: found no verdict.json*"])


def test_the_plugin_costs_other_tests_nothing() -> None:
    """Loading it imports no module that is slow to import."""
    code = (
        f"import sys, pytest; before = set(sys.modules); import {MODULE}\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)\n"
        "raise SystemExit(str(new) if new - {'trustdelta'} else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
