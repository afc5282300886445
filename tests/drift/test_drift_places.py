"""Where drift sits: sums by position and by token add up, and the most drifted span is found."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from drift_fixtures import llama, texts

from trustdelta.drift.comparable import Comparability, Level
from trustdelta.drift.forward import state_reader
from trustdelta.drift.localisation import Survey, drifted_span, position_sums, survey
from trustdelta.drift.measure import measure
from trustdelta.drift.parts import POSITIONS, Span, position_name, position_of
from trustdelta.drift.sources import LiveStates
from trustdelta.drift.sums import ChangeSums, Method, TokenSums
from trustdelta.drift.texts import DriftOptions, DriftText
from trustdelta.pipeline.drift.chunks import Chunk
from trustdelta.pipeline.drift.places import classes, places_of, positions, store_places, token_class
from trustdelta.records import Arm, Finish, Response
from trustdelta.records.state import drift_places
from trustdelta.store import DriftRow, Store


@pytest.fixture(scope="module")
def found() -> Survey:
    """Everything kept of five texts under two random models."""
    sources = tuple(LiveStates(state_reader(llama(seed).model), 80) for seed in (0, 1))
    options = DriftOptions(80, changed=3)
    return survey((sources[0], sources[1]), texts(5), Comparability(Level.EXACT), options, "kl_candidate_to_baseline")


def test_a_survey_holds_the_sums_that_measuring_gives(found: Survey) -> None:
    """The rows by part are those of `measure`, whatever else is kept."""
    assert found.rows == measure(llama(0), llama(1), texts(5), DriftOptions(80))


def test_changes_are_of_every_position(found: Survey) -> None:
    """Three tokens at each position are listed; what tokens gain and lose is within the total variation's bounds."""
    positions = sum(row.tokens for row in found.rows if row.part == "all")
    assert sum(c.positions for c in found.changes.values()) == 3 * positions
    assert max(c.responses for c in found.changes.values()) <= 5
    for total in (sum(c.gained for c in found.changes.values()), sum(c.lost for c in found.changes.values())):
        assert 0 < total <= positions


@pytest.mark.parametrize("part", ["thought", "answer"])
def test_positions_add_up_to_their_part(found: Survey, part: str) -> None:
    """Nats and tokens over all ranges of positions are those of the part, text by text; the onset is the first four."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    onset: dict[str, float] = defaultdict(float)
    for row in found.positions:
        place = position_of(row.part)
        assert place is not None
        if place[0] == part:
            sums[row.key][0] += row.tokens
            sums[row.key][1] += row.kl_candidate_to_baseline_nats
            onset[row.key] += row.kl_candidate_to_baseline_nats if place[1] < 32 else 0.0
    for whole in found.rows:
        if whole.part == part:
            assert sums[whole.key][0] == whole.tokens
            assert sums[whole.key][1] == pytest.approx(whole.kl_candidate_to_baseline_nats)
        if whole.part == "onset" and part == "answer":
            assert onset[whole.key] == pytest.approx(whole.kl_candidate_to_baseline_nats)


def test_tokens_add_up_to_everything(found: Survey) -> None:
    """Over all tokens: as many as there are, and all nats of both directions."""
    whole = [row for row in found.rows if row.part == "all"]
    assert sum(t.tokens for t in found.tokens.values()) == sum(row.tokens for row in whole)
    for direction in ("kl_candidate_to_baseline_nats", "kl_baseline_to_candidate_nats"):
        total = sum(getattr(t, direction) for t in found.tokens.values())
        assert total == pytest.approx(sum(getattr(row, direction) for row in whole))
    counted = sum(len(set(t.response_token_ids)) for t in texts(5))
    assert sum(t.responses for t in found.tokens.values()) == counted


def drifting(nats: list[float]) -> Any:
    """A drift that is given."""
    return SimpleNamespace(
        kl_candidate_to_baseline_T=torch.tensor(nats, dtype=torch.float64),
        kl_baseline_to_candidate_T=torch.zeros(len(nats), dtype=torch.float64),
    )


def test_the_most_drifted_span_lies_in_the_answer() -> None:
    """Eight adjacent tokens with the most nats, none of them of the thought; all of them where the answer is short."""
    spans = (Span("thought", 0, 5), Span("answer", 5, 20))
    text = DriftText("a", (1,), tuple(range(20)), spans)
    nats = [9.0] * 5 + [0.1] * 5 + [2.0] * 4 + [0.1] * 6
    span = drifted_span(text, drifting(nats), "kl_candidate_to_baseline")
    assert span.start >= 5
    assert span.start <= 10 < 14 <= span.end
    assert span.nats == pytest.approx(8.4)
    short = DriftText("b", (1,), (1, 2), ())
    assert drifted_span(short, drifting([1.0, 2.0]), "kl_candidate_to_baseline").end == 2


def test_unsplit_responses_are_counted_from_their_first_token() -> None:
    """A response without parts has its positions under "all"."""
    rows = position_sums(DriftText("a", (1,), tuple(range(6))), drifting([1.0] * 6))
    assert [(r.part, r.tokens) for r in rows] == [("all@0", 4), ("all@4", 2)]


def test_names_of_positions_are_read_back() -> None:
    """Every range has a name that says where it begins; the last one is open."""
    for i, first in enumerate(POSITIONS):
        end = POSITIONS[i + 1] if i + 1 < len(POSITIONS) else None
        assert position_of(position_name("answer", i)) == ("answer", first, end)
    assert position_of("answer") is None


class Words:
    """A tokenizer that writes ids as words."""

    def decode(self, ids: Any) -> str:
        """Ids in brackets."""
        return "".join(f"<{i}>" for i in ids)


def test_places_are_kept_once_and_rare_tokens_are_not_named(found: Survey, tmp_path: Path) -> None:
    """A chunk that is measured again adds nothing; only tokens of five responses are shown, spans one per prompt."""
    responses = [Response(t.key, 0, "", Finish.STOP, token_ids=t.response_token_ids) for t in texts(5)]
    common = Survey(
        tokens={7: TokenSums(200, 5, 3.0, 1.0)},
        spans=found.spans,
        changes={8: ChangeSums(30, 6, 4.0, 1.0), 9: ChangeSums(90, 4, 50.0, 0.0)},
    )
    with Store(tmp_path, write=True, create=True) as store:
        for _ in range(2):
            store_places(store, Chunk(Arm.CANDIDATE, 0, responses), common, Words())
        places = places_of(store)
        kept = store.get(drift_places(Arm.CANDIDATE))
    assert kept["chunks"] == ["candidate-000000"]
    seven = next(t for t in places.tokens if t.token == "<7>")
    assert (seven.tokens, seven.responses) == (200, 5)
    assert seven.nats_per_token == pytest.approx(3 / 200)
    assert [(c.token, c.responses, c.gained, c.lost) for c in places.changes] == [("<8>", 6, 2.0, 0.5)]
    assert all(t.responses >= 5 for t in places.tokens)
    assert sorted(s.prompt_id for s in places.spans) == sorted(t.key for t in texts(5))
    assert [s.nats for s in places.spans] == sorted((s.nats for s in places.spans), reverse=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (" the", "words after a space"),
        ("ing", "words and parts of words without a space"),
        ("42", "numbers"),
        (" 7", "numbers"),
        ("?!", "punctuation"),
        ("\n\n", "white space"),
        ("</think>", "tags and special tokens"),
        ("<", "punctuation"),
    ],
)
def test_tokens_are_told_apart_by_kind(text: str, kind: str) -> None:
    """From the token's text alone."""
    assert token_class(text) == kind


def test_kinds_add_up_to_all_tokens() -> None:
    """Most of the nats first; shares add up to 1, in the direction of the text's author."""
    kept = {
        "1": [" a", 4, 2, 1.0, 9.0],
        "2": ["ing", 2, 2, 3.0, 0.0],
        "3": [" b", 6, 5, 2.0, 0.0],
        "4": ["7", 1, 1, 1.0, 0.5],
    }
    found = classes(Arm.CANDIDATE, kept)
    assert [(c.token, c.tokens, c.responses) for c in found] == [
        ("words after a space", 10, 5),
        ("words and parts of words without a space", 2, 2),
        ("numbers", 1, 1),
    ]
    assert sum(c.share for c in found) == pytest.approx(1.0)
    assert classes(Arm.BASELINE, kept)[0].nats_per_token == pytest.approx(0.9)


def test_a_place_counts_each_token_once_by_the_best_estimate(tmp_path: Path) -> None:
    """Several estimates of the same tokens are not added up, and one without the author's direction counts nothing."""
    place = position_name("answer", 0)
    with Store(tmp_path, write=True, create=True) as store:
        store.put_drift(
            [
                DriftRow("candidate", "p", 0, place, Method.K3.value, 4, 10, 2.0, None),
                DriftRow("candidate", "p", 0, place, Method.TOP_K.value, 4, 10, 1.0, 1.0),
                DriftRow("candidate", "q", 0, place, Method.K3.value, 4, 10, None, 8.0),
            ]
        )
        (only,) = positions(store, Arm.CANDIDATE)
    assert (only.tokens, only.nats_per_token) == (4, 0.5)
