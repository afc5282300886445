"""Renders records as HTML, Markdown, JSON, tables, JUnit XML, a job summary and a terminal table.

`html.render`, `markdown.render`, `terminal.render`, `verdict_json.dumps` and `loads`, `exports.csv_text` and
`latex_text` are pure functions of an AuditResult (and ReportExtras). `policy.decide` returns a GateDecision, which
`junit.render` and `summary.render` also take. Renderers are imported by name, so that importing this package is cheap.
"""
