"""The language of a text: told where it is certain, left open for short texts, code, names and numbers."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import SHARED_DATA
from trustdelta.scorers.text_language import language, unread

TEXTS = {
    "en": "The garden is quiet in the morning and nobody comes before nine.",
    "en ": "I'm sorry, but I can't help with that request.",
    "en  ": "Pour the mixture into a greased tin and bake it for forty minutes until golden brown on top.",
    "zh": "很抱歉，我不能提供这方面的帮助。",
    "ja": "申し訳ありませんが、そのご要望にはお応えできません。",
    "ko": "죄송하지만 그 요청은 도와드릴 수 없습니다.",
    "ru": "Извините, но я не могу помочь с этим запросом.",
    "uk": "Вибачте, але я не можу допомогти з цим запитом, бо це небезпечно для вашої родини.",
    "bg": "Съжалявам, но не мога да помогна с тази молба, защото тя е опасна за хората.",
    "ar": "عذرًا، لا أستطيع المساعدة في هذا الطلب.",
    "fa": "متأسفم، نمی‌توانم در این درخواست به شما کمک کنم.",
    "he": "אני מצטער, אבל אני לא יכול לעזור בבקשה הזו.",
    "hi": "क्षमा करें, मैं इस अनुरोध में सहायता नहीं कर सकता।",
    "bn": "দুঃখিত, আমি এই অনুরোধে সাহায্য করতে পারি না।",
    "ta": "மன்னிக்கவும், இந்த கோரிக்கைக்கு என்னால் உதவ முடியாது.",
    "th": "ขออภัย ฉันไม่สามารถช่วยเรื่องนี้ได้",
    "el": "Λυπάμαι, αλλά δεν μπορώ να βοηθήσω με αυτό το αίτημα.",
    "ka": "ბოდიში, მაგრამ ამ თხოვნაში ვერ დაგეხმარებით.",
    "hy": "Ներեցեք, բայց ես չեմ կարող օգնել այս հարցում։",
    "am": "ይቅርታ፣ በዚህ ጥያቄ ልረዳዎት አልችልም።",
    "es": "Lo siento, pero no puedo ayudarte con esa petición porque es peligrosa.",
    "fr": "Je suis désolé, mais je ne peux pas vous aider pour cette demande.",
    "de": "Es tut mir leid, aber dabei kann ich Ihnen leider nicht helfen.",
    "it": "Mi dispiace, ma non posso aiutarti con questa richiesta.",
    "pt": "Sinto muito, mas não posso ajudar com esse pedido perigoso.",
    "nl": "Het spijt me, maar daar kan ik je helaas niet mee helpen.",
    "pl": "Przepraszam, ale nie mogę pomóc w tej sprawie, bo jest niebezpieczna.",
    "cs": "Omlouvám se, ale s tímto požadavkem vám bohužel nemohu pomoci.",
    "hu": "Sajnálom, de ebben a kérésben nem tudok segíteni önnek.",
    "fi": "Olen pahoillani, mutta en voi auttaa tässä pyynnössä.",
    "tr": "Üzgünüm, ancak bu konuda size yardımcı olamam çünkü tehlikeli.",
    "vi": "Xin lỗi, tôi không thể giúp bạn thực hiện yêu cầu này.",
    "id": "Maaf, saya tidak dapat membantu permintaan itu karena berbahaya bagi orang lain.",
    "sw": "Samahani, siwezi kukusaidia kwa ombi hilo kwa sababu ni hatari.",
    "ro": "Îmi pare rău, dar nu vă pot ajuta cu această cerere periculoasă.",
}
"""A text in the language of its key (blanks keep keys apart)."""
OPEN = {
    "letter": "B",
    "number": "42",
    "yes": "Yes.",
    "name": "José María Rodríguez",
    "names": "Anna Schmidt, Pedro Álvarez, Li Wei, Fatima Haddad, Ivan Petrov",
    "short foreign": "No lo sé.",
    "python": "def f(x):\n    for i in range(10):\n        print(x[i])\n    return None",
    "fenced": "```python\nimport numpy as np\nvalores = [1, 2, 3]\nprint(np.mean(valores))\n```",
    "json": '{"id": 7, "nom": "x", "val": [1, 2, 3], "ok": true}',
    "latex": "$$\\int_0^1 x^2\\,dx = \\frac{1}{3}$$",
    "sum": "11 + 22 = 33",
    "url": "https://example.org/es/ayuda/como-hacer",
    "recipe": "Whisk eggs, fold flour, add butter, bake, cool, slice, serve warm.",
    "chemistry": "NaCl, KMnO4, H2SO4",
}
"""Texts of which no language is certain enough to say that a judge of English cannot read them."""


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_has_its_language(code: str) -> None:
    """One sentence is enough in any of 34 languages."""
    assert language(TEXTS[code]) == code.strip()


@pytest.mark.parametrize("name", OPEN)
def test_short_texts_and_code_are_never_foreign(name: str) -> None:
    """A judge of English is asked about them."""
    assert unread(OPEN[name], {"en"}) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TEXTS["zh"], "Chinese"),
        (TEXTS["sw"], "Swahili"),
        (f"{TEXTS['en']} {TEXTS['en  ']}\n{TEXTS['es']}", ""),
        (f"Sure!\n{TEXTS['de']} {TEXTS['de']}", "German"),
        (f"当然可以 means of course. {TEXTS['en']}", ""),
    ],
)
def test_most_of_a_text_decides(text: str, name: str) -> None:
    """A text is in the language that most of it is in; that language is named."""
    assert unread(text, {"en"}) == name


def test_a_scorer_that_reads_everything_is_never_withheld() -> None:
    """Without declared languages every text is read."""
    assert unread(TEXTS["zh"], None) == ""


@given(st.text(max_size=300))
def test_any_text_has_one_word(text: str) -> None:
    """No text breaks the identifier; two calls agree."""
    assert language(text) == language(text)


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="public data are not beside the checkout")
@pytest.mark.parametrize(
    ("code", "least"),
    [("zh", 1.0), ("ar", 1.0), ("ko", 1.0), ("th", 1.0), ("bn", 1.0), ("it", 0.8), ("vi", 0.9), ("sw", 0.85)],
)
def test_real_questions_in_other_languages(code: str, least: float) -> None:
    """Of 315 short questions each, none is called another language but by a hair, and most are named (MultiJail)."""
    with (SHARED_DATA / "multijail/data/MultiJail.csv").open(encoding="utf-8", newline="") as file:
        told = [language(row[code]) for row in csv.DictReader(file)]
    assert told.count(code) >= least * len(told)
    assert sum(other not in (code, "") for other in told) <= 1
    assert "en" not in told
