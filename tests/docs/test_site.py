"""The documentation site builds, and nothing in it points nowhere."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

from commands import ROOT, documented

from trustdelta.benchmarks import registry
from trustdelta.benchmarks.base import Benchmark
from trustdelta.benchmarks.shared.check import check_one
from trustdelta.data import open_source


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Links between pages, their anchors and the references of the API resolve; every metric has its definition."""
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q", "-d", str(tmp_path / "trees")]
    done = subprocess.run(
        [*build, str(ROOT / "docs"), str(tmp_path / "site")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    definitions = html.unescape((tmp_path / "site/generated/metrics.html").read_text(encoding="utf-8"))
    missing = [m.title for b in registry.table().values() for m in b.metrics if m.title not in definitions]
    assert not missing
    assert not re.search(r"""(src|href)=["']https?://[^"']+\.(js|css|woff2?)["']""", definitions), "an asset from afar"


def test_the_tutorial_s_benchmark_is_proven() -> None:
    """The file that the tutorial shows is a whole benchmark: its counts and known answers hold."""
    page = (ROOT / "docs/tutorials/add-a-benchmark.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    module: dict[str, object] = {}
    exec(compile(code.group(1), "leap_years.py", "exec"), module)
    benchmark = module["BENCHMARK"]
    assert isinstance(benchmark, Benchmark)
    found = check_one(benchmark, open_source(None))
    assert (found.state, found.count, found.problems) == ("proven on data", 111, ())


def test_tutorials_show_commands() -> None:
    """Every tutorial can be followed by typing."""
    tutorials = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/tutorials").glob("*.md")}
    assert tutorials <= {call.page for call in documented("trustdelta")}


def test_the_readme_repeats_the_reproduction() -> None:
    """The table of the README has the numbers that the page of the reproduction has, row by row."""
    page = (ROOT / "docs/reproduce.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for row in ("a model against itself", "conversions"):
        shown = re.search(rf"^\| {row} \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) % \|$", readme, re.MULTILINE)
        found = re.search(rf"^\| {row} \| 400 \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", page, re.MULTILINE)
        assert shown is not None
        assert found is not None
        assert shown.groups() == found.groups()
