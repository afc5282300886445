"""In which language is a text written? By script where a script has one language, else by py3langid (139 languages).

Conservative: a short text, code, names and numbers have no language. English is recognised by its function words, so
that the identifier is hardly ever asked. A scorer declares in `reads` which languages it judges; `unread` names the
language of a text that it does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from functools import cache, lru_cache
from typing import Any

VERSION = "1"
LEAST = ((40, 6, 0.8), (20, 4, 0.95))
"""Latin letters, words and the probability from which they have a language: a short text must be surer."""
LEAST_SIGNS = 6
"""Letters of another script that are enough to tell it."""
JOINED_CHARS = 80
"""Lines shorter than this are joined to the next one."""
ENGLISH_SHARE, ENGLISH_LEAST = 0.22, 4
"""Share and count of English function words that make a piece English."""
PIECES, PIECE_CHARS = 12, 400
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|<[^<>\n]{1,60}>|\\[a-zA-Z]+|[_*#|~=^$\\]+", re.S)
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_ENGLISH = """
the of and to in is that it for was on are as with his they at be this from or had by not but what all were we
when your can said there an each which she do how their if will up other about out many then them these so
some her would make him into has more no way could my than been who its now did get you i he me us our because
does don't it's i'm cannot can't should have
"""
ENGLISH = frozenset(_ENGLISH.split())
"""Function words that are frequent in English and not in its relatives."""
OTHER = re.compile(r"[\u0370-\u1dff\u2e80-\ud7ff\uf900-\uffdc]+")
"""Letters that are not Latin."""
SCRIPTS: tuple[tuple[str, str, int], ...] = (
    ("ja", r"[\u3041-\u30ff\u31f0-\u31ff]", 3), ("zh", r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]", 3),
    ("ko", r"[\uac00-\ud7a3\u1100-\u11ff]", 3), ("ru", r"[\u0400-\u052f]", 1),
    ("ar", r"[\u0600-\u06ff\u0750-\u077f]", 1),
    ("he", r"[\u0590-\u05ff]", 1), ("hi", r"[\u0900-\u097f]", 1), ("bn", r"[\u0980-\u09ff]", 1),
    ("pa", r"[\u0a00-\u0a7f]", 1), ("gu", r"[\u0a80-\u0aff]", 1), ("or", r"[\u0b00-\u0b7f]", 1),
    ("ta", r"[\u0b80-\u0bff]", 1), ("te", r"[\u0c00-\u0c7f]", 1), ("kn", r"[\u0c80-\u0cff]", 1),
    ("ml", r"[\u0d00-\u0d7f]", 1), ("si", r"[\u0d80-\u0dff]", 1), ("th", r"[\u0e00-\u0e7f]", 1),
    ("lo", r"[\u0e80-\u0eff]", 1), ("my", r"[\u1000-\u109f]", 1), ("ka", r"[\u10a0-\u10ff]", 1),
    ("am", r"[\u1200-\u137f]", 1), ("km", r"[\u1780-\u17ff]", 1), ("hy", r"[\u0530-\u058f]", 1),
    ("el", r"[\u0370-\u03ff]", 1),
)  # fmt: skip
"""Script by its commonest language, its letters, and how many Latin letters one of them stands for."""
SHARED = {
    "ru": frozenset({"ru", "uk", "bg", "hr", "mk", "be", "kk", "ky", "tg"}),
    "ar": frozenset({"ar", "fa", "ur", "ps", "ckb", "sdh", "ug"}),
    "hi": frozenset({"hi", "mr", "ne"}),
    "zh": frozenset({"zh", "ja"}),
}
"""Scripts of several languages, which the identifier tells apart."""
NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian",
    "bn": "Bengali", "ca": "Catalan", "cs": "Czech or Slovak", "cy": "Welsh", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gu": "Gujarati", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi",
    "hr": "Serbo-Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian or Malay", "ig": "Igbo",
    "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "jv": "Javanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer",
    "kn": "Kannada", "ko": "Korean", "la": "Latin", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian",
    "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi", "my": "Burmese", "ne": "Nepali",
    "nl": "Dutch", "no": "Norwegian or Danish", "or": "Odia", "pa": "Punjabi", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "si": "Sinhala", "sl": "Slovenian",
    "so": "Somali", "sq": "Albanian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu",
    "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese",
    "xh": "Xhosa", "yo": "Yoruba", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
VARIETIES = {
    "pcm": "en", "wuu": "zh", "yue": "zh", "ary": "ar", "arz": "ar", "ms": "id", "bs": "hr", "sr": "hr", "nn": "no",
    "da": "no", "sk": "cs", "gl": "pt",
}  # fmt: skip
"""Languages that short texts do not tell from another one; their chances are added."""
RANKED = 6
NO_LANGUAGE = "zxx"


@cache
def _scripts() -> tuple[tuple[str, re.Pattern[str], int], ...]:
    return tuple((code, re.compile(pattern), weight) for code, pattern, weight in SCRIPTS)


@cache
def _identifier() -> Any:
    """py3langid's classifier with probabilities; loaded once, when first asked."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=4096)
def ranked(text: str) -> tuple[tuple[str, float], ...]:
    """Codes of the likeliest languages, each with its probability, for a piece of text."""
    return tuple((str(code), float(probability)) for code, probability in _identifier().rank(text)[:RANKED])


@lru_cache(maxsize=4096)
def identified(text: str) -> tuple[str, float]:
    """Code of the likeliest language ("zxx": none) and its probability, for a piece of text."""
    chances: dict[str, float] = {}
    for code, probability in ranked(text):
        name = VARIETIES.get(code, code)
        chances[name] = chances.get(name, 0.0) + probability
    return max(chances.items(), key=lambda item: item[1])


@lru_cache(maxsize=4096)
def language(text: str) -> str:
    """Code of the language that most of a text is written in; "" where none has most of it, or none is certain."""
    plain = CODE.sub(" ", text)
    letters: Counter[str] = Counter()
    for piece in pieces(plain):
        code, weight = _piece_language(piece)
        letters[code] += weight
    code, most = letters.most_common(1)[0] if letters else ("", 0)
    return code if 2 * most > letters.total() else ""


def pieces(text: str) -> list[str]:
    """Lines of a text, short ones joined, long ones cut; PIECES of them at most, evenly spaced."""
    joined: list[str] = []
    for line in text.splitlines():
        if joined and len(joined[-1]) < JOINED_CHARS:
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    cut = [line[i : i + PIECE_CHARS] for line in joined for i in range(0, len(line), PIECE_CHARS)]
    step = max(1, -(-len(cut) // PIECES))
    return cut[::step]


def _piece_language(piece: str) -> tuple[str, int]:
    """The language of a piece and its letters, weighed by what one letter of the script says."""
    latin = len(LATIN.findall(piece))
    other = "" if piece.isascii() else "".join(OTHER.findall(piece))
    others = [(w * len(p.findall(other)), code) for code, p, w in _scripts()] if other else []
    most, script = max(others, default=(0, ""))
    total = sum(weight for weight, _ in others)
    if total > latin:
        return (_of_script(piece, script), total) if most >= LEAST_SIGNS else ("", total)
    return _of_words(piece, latin), latin


def _of_script(piece: str, script: str) -> str:
    if script not in SHARED:
        return script
    if script == "zh" and re.search(_scripts()[0][1], piece):
        return "ja"
    code, _ = identified(piece)
    return code if code in SHARED[script] else script


def _of_words(piece: str, latin: int) -> str:
    words = [word.lower().replace("’", "'") for word in WORD.findall(piece)]
    english = sum(word in ENGLISH for word in words)
    if english >= ENGLISH_LEAST and english >= ENGLISH_SHARE * len(words):
        return "en"
    needed = next((p for least, count, p in LEAST if latin >= least and len(words) >= count), None)
    if needed is None:
        return ""
    code, probability = identified(" ".join(words))
    return code if probability >= needed and code != NO_LANGUAGE else ""


def unread(text: str, reads: Collection[str] | None) -> str:
    """The name of a text's language where it is certain and not among those that are read; else "". None: any is."""
    if reads is None:
        return ""
    code = language(text)
    return "" if not code or code in reads else NAMES.get(code, f"a language with the code {code}")
