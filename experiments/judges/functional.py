"""A functional training corpus for group hatred: the templates of functional_statements.tsv times a list of groups.

Written for this project in the manner of HateCheck's functional tests (derogation, dehumanisation, threat, exclusion
against positive, neutral, denied, quoted and counter speech), so that a judge learns what is said of a group, not that
a group is named. No slurs; no sentence is taken from any data set.
"""

from __future__ import annotations

from pathlib import Path

from judges.data import Row

GROUPS = (
    "women", "men", "black people", "black men", "white people", "asians", "chinese people", "koreans", "mexicans",
    "latinos", "immigrants", "refugees", "foreigners", "muslims", "arabs", "middle easterners", "jews", "jewish people",
    "christians", "hindus", "gay people", "gay men", "lesbians", "bisexual people", "trans people", "trans women",
    "lgbtq people", "disabled people", "blind people", "deaf people", "people in wheelchairs", "autistic people",
    "people with mental illness", "people with down syndrome", "native americans", "indigenous people", "africans",
    "indians", "romani people", "old people", "poor people", "fat people", "feminists", "catholics",
)  # fmt: skip
PLAIN = (
    "my neighbours", "these people", "teachers", "cyclists", "tourists", "my cats", "the players", "students",
)  # fmt: skip


def statements() -> list[Row]:
    """Every template with every third group, in a fixed rotation; label 1 hateful, 0 not."""
    rows = []
    lines = Path(__file__).with_name("functional_statements.tsv").read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        label, template = line.split("\t")
        for group in GROUPS[index % 3 :: 3]:
            text = template.replace("{G}", group)
            rows.append(Row("functional", group, str(index), "", text, float(label)))
    return rows
