"""A functional training corpus: the templates of functional_statements.tsv times a list of groups or of slurs.

Written for this project in the manner of HateCheck's functional tests (derogation, dehumanisation, threat, exclusion
against positive, neutral, denied, quoted and counter speech; abuse of persons against profanity, idioms and abuse of
things), so that a judge learns what is said, not that a group or a word is named.
No sentence is taken from any data set.
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


SLURS = (
    "faggot", "fag", "nigger", "spic", "wetback", "dyke", "retard", "coon", "kike", "paki", "beaner", "gook",
)  # fmt: skip
"""Slurs to insult with, and to quote and reject."""


def statements() -> list[Row]:
    """Every template with every third group or slur, in a fixed rotation; label 1 hateful or abusive, 0 not."""
    rows = []
    lines = Path(__file__).with_name("functional_statements.tsv").read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        label, template = line.split("\t")
        slurs = SLURS[index % 2 :: 2] if "{S}" in template else ("",)
        fillings = GROUPS[index % 3 :: 3] if "{G}" in template else slurs
        for filling in fillings:
            text = template.replace("{G}", filling).replace("{S}", filling)
            rows.append(Row("functional", filling, str(index), "", text, float(label)))
    return rows
