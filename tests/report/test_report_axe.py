"""The pages in a real Chromium under axe-core: no serious finding, on a phone and a laptop, light and dark.

axe-core is no part of the project: `npm pack axe-core && tar xf axe-core-*.tgz`, TRUSTDELTA_AXE=package/axe.min.js.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import browser
from report_fixtures import EXTRAS, RESULT

from trustdelta.records import Dimension
from trustdelta.report import run_list
from trustdelta.report.html import render
from trustdelta.report.run_list import ListedRun
from trustdelta.report.studies.page import render as render_study
from trustdelta.report.studies.records import Contrast, MethodRow
from trustdelta.report.studies.side_by_side import render_html
from trustdelta.report.verdict_json import dumps
from trustdelta.study.compare_runs import side_by_side

CHROMIUM, AXE = browser(), Path(os.environ.get("TRUSTDELTA_AXE") or "absent")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: apt-get install chromium"),
    pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: npm pack axe-core, and TRUSTDELTA_AXE=…/axe.min.js"),
]
RUN = """axe.run(document).then(found => {
  const told = document.createElement('pre'); told.id = 'axe-told';
  told.textContent = JSON.stringify({passed: found.passes.length, violations: found.violations.map(
    v => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)])});
  document.body.appendChild(told) })"""


def pages(folder: Path) -> dict[str, str]:
    """The audit's report with every fold and text, audits side by side, a study with methods, and a list of runs."""
    for name, fingerprint in (("a", "same"), ("b", "same"), ("c", "other")):
        (folder / name).mkdir()
        changed = replace(RESULT, baseline=replace(RESULT.baseline, fingerprint=fingerprint))
        (folder / name / "verdict.json").write_text(dumps(changed), "utf-8")
    found = side_by_side([folder / name for name in "abc"])
    safety = Dimension.SAFETY
    study = replace(
        found.groups[0],
        methods=(MethodRow("strict", "sft", safety, 3, 3, 0.1, 0.0, 0.2, 0.05, -0.1, 0.3),),
        contrasts=(Contrast("strict", safety, "sft", "rl", True, 3, 3, 0.1, 0.25, 0.25, reason="descriptive"),),
        correlations={safety: 0.4},
    )
    return {
        "report": render(RESULT, replace(EXTRAS, include_text=True)),
        "comparison": render_html(found),
        "study": render_study(study),
        "runs": run_list.render([ListedRun("a", RESULT), ListedRun("b", None, "torn")])[0],
    }


def examined(page: str, folder: Path, *switches: str) -> dict[str, list[list[object]]]:
    """What axe says of a page, folds open; its policy, which forbids scripts, is dropped in this copy alone."""
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("<details", "<details open")
    axe = AXE.read_text("utf-8").replace("</script", "<\\/script")
    (folder / "page.html").write_text(
        page.replace("</body>", f"<script>{axe}</script><script>{RUN}</script></body>"), "utf-8"
    )
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    own = f"--user-data-dir={folder}/profile"
    words = [str(CHROMIUM), *flags, own, *switches, (folder / "page.html").as_uri()]
    dom = subprocess.run(words, capture_output=True, text=True, timeout=180, check=True).stdout
    told = re.search(r'<pre id="axe-told">(.*?)</pre>', dom, re.DOTALL)
    assert told, "axe did not finish"
    found: dict[str, list[list[object]]] = json.loads(html.unescape(told.group(1)))
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", ["500,844", "1366,900"], ids=["phone", "laptop"])
def test_no_serious_finding(size: str, dark: bool, tmp_path: Path) -> None:
    """Axe examines each page and finds nothing serious or critical."""
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    for name, page in pages(tmp_path).items():
        found = examined(page, tmp_path, f"--window-size={size}", *scheme)
        assert found["passed"], name
        serious = [v for v in found["violations"] if v[0] in ("serious", "critical")]
        assert serious == [], name


def test_the_examination_sees_faults(tmp_path: Path) -> None:
    """The same examination of a page with pale text and a nameless picture has serious findings."""
    page = '<html lang="en"><title>x</title><body><p style="color:#ccc">pale</p><img src="x"></body></html>'
    found = examined(page, tmp_path, "--window-size=1366,900")
    assert {v[1] for v in found["violations"] if v[0] in ("serious", "critical")} >= {"color-contrast", "image-alt"}
