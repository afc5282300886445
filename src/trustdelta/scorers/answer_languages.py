r"""How twelve languages state an answer; English is in `answer_statements`.

One row a language. `states`: a noun for the answer, its verb, up to where the option stands; a group `no` in it is a
negation. `chooses`: "I choose". `filler`: words that may stand before the option. `confirms`, `denies`: what stands
behind an option that is, or is not, the answer. `contrast`: what leads from an excluded option to the right one.
`millions`: words of scale. A text in any other language states nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

GAP = r"[\s\"'(\[{$*:\-]"


@dataclass(frozen=True)
class Language:
    """Patterns of one language, for text in small letters and normal form."""

    code: str
    hints: tuple[str, ...]
    """A text without any of these states nothing in this language."""
    states: str
    chooses: str
    filler: str
    denies: str
    confirms: str
    contrast: str
    not_: str
    decimal_comma: bool = False

    @cached_property
    def statement(self) -> re.Pattern[str]:
        """What leads to an option."""
        return re.compile(rf"(?:{self.states}|{self.chooses})")

    @cached_property
    def before(self) -> re.Pattern[str]:
        """Filler with, perhaps, a negation (group `no`)."""
        return re.compile(rf"(?:{GAP}|(?P<no>{self.not_})|(?:{self.filler})){{0,30}}")

    @cached_property
    def opens_denied(self) -> re.Pattern[str]:
        """How a line opens that denies an option."""
        return re.compile(rf"{GAP}*(?:[\w']+ ){{0,3}}?(?:{self.not_})(?!\w)")

    @cached_property
    def after_denied(self) -> re.Pattern[str]:
        """Behind an option: it is not the answer."""
        return re.compile(self.denies)

    @cached_property
    def after_confirmed(self) -> re.Pattern[str]:
        """Behind an option: it is the answer."""
        return re.compile(self.confirms)

    @cached_property
    def to_other(self) -> re.Pattern[str]:
        """From an excluded option to the right one, up to that."""
        return re.compile(rf"[\s\"')\].,;:]*(?:{self.contrast})(?:{GAP}|(?:{self.filler})){{0,30}}")


LANGUAGES = (
    Language(
        "es",
        (
            "respuesta",
            "opción",
            "opcion",
            "alternativa",
            "correct",
            "resultado",
            "solución",
            "elijo",
            "escojo",
            "elegi",
            " sino ",
        ),
        states=r"\b(?:respuesta|opci[oó]n|alternativa|soluci[oó]n|elecci[oó]n|resultado|letra|(?:la|lo) correct[ao])"
        r"(?: (?!no\b|es\b)\w+){0,3}\s*(?:(?P<no>no )?(?:es|sería|será|debe ser|tiene que ser)\b\s*:?|[:=])",
        chooses=r"\b(?:elijo|escojo|elegiría|escogería|selecciono|me quedo con|opto por|diría)\b",
        filler=r"\b(?:la|el|un|una|opción|opcion|respuesta|alternativa|letra|número|que|es|de|igual a|aproximadamente"
        r"|unos)\b",
        denies=r"[\"')\]]*,? (?:no es|es incorrect|es fals|está mal)",
        confirms=r"[\"')\]]*,? es (?:la |lo )?(?:respuesta |opción )?(?:correct|adecuad|acertad)",
        contrast=r"sino(?: que)?\b|es\b|pero sí\b",
        not_=r"\b(?:no|ni)\b",
        decimal_comma=True,
    ),
    Language(
        "fr",
        (
            "réponse",
            "option",
            "choix",
            "solution",
            "résultat",
            "choisi",
            "proposition",
            "dirais",
            "opte",
            "lettre",
            " mais ",
        ),
        states=r"\b(?:réponse|option|choix|solution|résultat|proposition|lettre)(?: (?!est\b|n'|ne\b)\w+){0,3}\s*"
        r"(?:(?P<no>n'est (?:donc )?pas|ne serait pas|n'est ni)|(?:est|serait|sera|doit être|reste)\b\s*:?"
        r"|(?<=réponse)\s*[:=]|(?<=résultat)\s*[:=]|(?<=réponse finale)\s*[:=])",
        chooses=r"\bje (?:choisis|choisirais|sélectionne|réponds|dirais|prends|retiens)\b|\bj'(?:opte pour"
        r"|opterais pour)|\bc'est (?:donc )?(?:la |l')?(?:bonne )?(?:réponse|option|lettre)\b",
        filler=r"\bl'|\bd'|\bc'|\b(?:la|le|les|lettre|option|réponse|proposition|donc|que|de|environ|égale à|c'est)\b",
        denies=r"[\"')\]]*,? (?:n'est pas|est fau(?:x|sse)|est incorrect)",
        confirms=r"[\"')\]]*,? est (?:la )?(?:bonne |seule )?(?:réponse |option )?(?:correct|bonne|juste|exact"
        r"|adéquat)",
        contrast=r"mais(?: plutôt| bien)?\b|c'est\b|plutôt\b",
        not_=r"\b(?:pas|ni)\b",
        decimal_comma=True,
    ),
    Language(
        "de",
        (
            "antwort",
            "option",
            "lösung",
            "ergebnis",
            "wahl",
            "möglichkeit",
            "richtig",
            "korrekt",
            "wähle",
            "entscheide",
            "sondern",
        ),
        states=r"\b(?:antwort|antwortmöglichkeit|möglichkeit|option|lösung|ergebnis|wahl|richtig|korrekt)"
        r"(?: (?!ist\b|lautet\b|wäre\b)\w+){0,3}\s*(?:(?:ist|lautet|wäre|heißt|muss|kann nur)\b\s*:?"
        r"|(?<!option)\s*[:=])",
        chooses=r"\bich (?:wähle|nehme|würde|tippe auf|entscheide mich (?:daher |also )?für)\b|\bist (?:also |somit "
        r"|daher )?(?:die |das )?(?:richtige|korrekte) (?:antwort|option|lösung|ergebnis)\b",
        filler=r"\b(?:die|der|das|den|option|antwort|antwortmöglichkeit|buchstabe|also|somit|daher|damit|ungefähr|etwa"
        r"|rund|gleich|sagen|wählen)\b",
        denies=r"[\"')\]]*,? (?:ist (?:falsch|nicht|inkorrekt))",
        confirms=r"[\"')\]]*,? (?:ist )?(?:also |daher |somit )?(?:die |das )?(?:richtig|korrekt|zutreffend)",
        contrast=r"sondern\b|(?:es|sie|die (?:richtige )?antwort) ist\b",
        not_=r"\b(?:nicht|weder|noch|kein\w*)\b",
        decimal_comma=True,
    ),
    Language(
        "nl",
        ("antwoord", "juiste", "oplossing", "optie", "keuze", "kies", "maar", "uitkomst"),
        states=r"\b(?:antwoord|optie|oplossing|keuze|uitkomst|resultaat|juist|correct)"
        r"(?: (?!is\b|luidt\b|niet\b)\w+){0,3}\s*(?:(?:is|luidt|zou|moet)\b\s*:?|(?<!optie)\s*[:=])",
        chooses=r"\bik (?:kies|zou|ga|neem)(?: (?:dus|daarom))?(?: voor)?(?!\w)|\bis (?:dus |daarom )?(?:het |de )?"
        r"(?:juiste|correcte) (?:antwoord|optie|oplossing|keuze)\b",
        filler=r"\b(?:de|het|een|optie|antwoord|antwoordoptie|letter|dus|daarom|dan|zijn|ongeveer|circa|gelijk aan"
        r"|voor|kiezen)\b",
        denies=r"[\"')\]]*,? (?:is (?:fout|niet|onjuist|verkeerd))",
        confirms=r"[\"')\]]*,? is (?:dus |daarom )?(?:het |de )?(?:juist|correct|goede antwoord)",
        contrast=r"maar\b|(?:het|dat|de|het (?:juiste )?antwoord) is\b",
        not_=r"\b(?:niet|noch|geen)\b",
        decimal_comma=True,
    ),
    Language(
        "it",
        (
            "risposta",
            "opzione",
            "alternativa",
            "scelta",
            "soluzione",
            "risultato",
            "corrett",
            "giust",
            "scelgo",
            "direi",
            " ma ",
            "bensì",
        ),
        states=r"\b(?:risposta|opzione|alternativa|scelta|soluzione|risultato|lettera|(?:quell|l)a (?:corretta|giusta))"
        r"(?: (?!non\b|è\b)\w+){0,3}\s*(?:(?P<no>non )?(?:è|e'|sarebbe|sarà|deve essere)(?!\w)\s*:?|[:=])",
        chooses=r"\b(?:scelgo|sceglierei|seleziono|opto per|direi)\b",
        filler=r"\bl'|\b(?:la|il|lo|lettera|opzione|risposta|alternativa|numero|che|quindi|di|circa|pari a|è)\b",
        denies=r"[\"')\]]*,? (?:non è|è (?:sbagliat|errat|scorrett|fals))",
        confirms=r"[\"')\]]*,? è (?:la |quella )?(?:risposta |opzione )?(?:corrett|giust|esatt)",
        contrast=r"ma(?: bensì| è)?\b|bensì\b|è\b",
        not_=r"\b(?:non|né)\b",
        decimal_comma=True,
    ),
    Language(
        "pt",
        ("resposta", "opção", "alternativa", "escolha", "solução", "resultado", "corret", "cert", "escolho", " mas "),
        states=r"\b(?:resposta|opção|alternativa|escolha|solução|resultado|letra|a (?:correta|certa))"
        r"(?: (?!não\b|é\b)\w+){0,3}\s*(?:(?P<no>não )?(?:é|seria|será|deve ser|tem que ser)(?!\w)\s*:?|[:=])",
        chooses=r"\b(?:escolho|escolheria|seleciono|opto pela?|fico com|marco|diria)\b",
        filler=r"\b(?:a|o|um|uma|letra|opção|resposta|alternativa|número|que|portanto|de|cerca|aproximadamente"
        r"|igual|é)\b",
        denies=r"[\"')\]]*,? (?:não é|está errad|é (?:incorret|fals|errad))",
        confirms=r"[\"')\]]*,? (?:é|está) (?:a )?(?:resposta |opção |alternativa )?(?:corret|cert|adequad)",
        contrast=r"mas(?: sim)?\b|e sim\b|senão\b|é\b",
        not_=r"\b(?:não|nem)\b",
        decimal_comma=True,
    ),
    Language(
        "ru",
        ("ответ", "вариант", "решение", "результат", "выб", "итог", ", а "),
        states=r"\b(?:ответ|вариант|решение|результат|итог|выбор)\w*(?: (?!не\b|это\b|явля|будет\b)[а-яё]+){0,3}"
        r"(?P<no>,? не(?: является)?\b)?\s*(?:[:=—-]|явля\w+|это|будет|рав\w+)?",
        chooses=r"\b(?:выбираю|выберу|выбрал бы|я считаю, что это)\b",
        filler=r"\b(?:вариант|ответ|буква|пункт|под|номер|это|примерно|около)\b",
        denies=r"[\"')\]]*\s*(?:[—-]|это)?\s*(?:не (?:явля|верн|правильн|подход)|неверн|неправильн|ошибочн)",
        confirms=r"[\"')\]]*\s*(?:[—-]|это|является)?\s*(?:правильн|верн|подходит)",
        contrast=r"[аА]\b|но\b|это\b",
        not_=r"\b(?:не|ни)\b",
        decimal_comma=True,
    ),
    Language(
        "ar",
        ("إجابة", "اجابة", "جواب", "خيار", "الحل", "أختار", "اختيار", "نتيجة", " بل "),
        states=r"(?:الإجابة|الاجابة|إجابتي|الجواب|جوابي|الخيار|الحل|الاختيار|النتيجة)"
        r"(?: (?:الصحيحة?|النهائية?|المناسبة?|الأفضل|عن|على|السؤال|هذا|إذن))*\s*"
        r"(?P<no>ليست?|لا (?:يكون|تكون))?\s*(?:هو|هي|تكون|يكون|[:=])?",
        chooses=r"(?:سأختار|أختار|نختار)",
        filler=r"(?:الخيار|الحرف|الإجابة|رقم|هو|هي|حوالي|تقريبا)",
        denies=r"[\"')\]]*\s*(?:ليست?|غير صحيحة?|خاطئة?|خطأ)",
        confirms=r"[\"')\]]*\s*(?:هو|هي)?\s*(?:الإجابة|الجواب|الخيار)?\s*(?:الصحيحة?|صحيحة?)",
        contrast=r"بل(?: هو| هي)?|وإنما|ولكن",
        not_=r"(?:ليست?|لا)(?!\w)",
    ),
    Language(
        "hi",
        ("उत्तर", "जवाब", "विकल्प", "परिणाम", "चुन", "बल्कि"),
        states=r"(?:उत्तर|जवाब|विकल्प|परिणाम)\s*(?:है|होगा|होना चाहिए|[:=-])?",
        chooses=r"(?!)",
        filler=r"(?:विकल्प|अक्षर|लगभग|कि|है)",
        denies=r"[\"')\]]*\s*(?:सही )?(?:उत्तर |विकल्प )?(?:नहीं|गलत)",
        confirms=r"[\"')\]]*\s*(?:ही )?(?:सही|को? चुन)",
        contrast=r"(?:नहीं|है|,|\s)*\s*बल्कि|(?:नहीं|है|,|\s)*\s*लेकिन",
        not_=r"नहीं",
    ),
    Language(
        "zh",
        ("答案", "选", "選", "结果", "結果", "结论", "結論", "正确", "正確", "而是"),
        states=r"(?:答案|结果|結果|结论|結論|正确的?选项|正確的?選項)(?:应该|應該|应|應|当然|就|只能|必须|可能|最终|最終)*[\s\"']*"
        r"(?P<no>不是|并非|並非|不应是|不選|不选)?\s*(?:是|为|為|(?:选|選)(?![项項])|[:=]){0,3}",
        chooses=r"(?P<not_chosen>不|别|勿)?(?:选择|選擇|选定|选|選)(?![项項])(?:择|出)?",
        filler=r"(?:选项|選項|答案|第|字母|约|大约|大約|应该|應該|是)",
        denies=r"[\"')\]]*\s*(?:项|項|选项|選項)?\s*(?:是|为|為)?\s*(?:错|錯|不正确|不正確|不对|不對|不符|不是)",
        confirms=r"[\"')\]]*\s*(?:项|項|选项|選項)?\s*(?:是|为|為|最)?\s*(?:正确|正確|对的|對的|符合|合适|合適)",
        contrast=r"而?(?:应该是|應該是|应是|應是|应选|應選|是)|而",
        not_=r"(?:不是|并非|並非|不)",
    ),
    Language(
        "ja",
        ("答え", "正解", "回答", "解答", "正答", "答", "選", "正しい", "ではなく"),
        states=r"(?:答え|正解|回答|解答|正答|結論|答)(?:は|が|として|[:=])*",
        chooses=r"(?!)",
        filler=r"(?:選択肢|番号|記号|約|およそ|、)",
        denies=r"[\"')\]]*\s*番?\s*(?:では|じゃ|でも?は?)(?:なく|ない|ありません)|[\"')\]]*\s*番?\s*(?:は|が)(?:間違|誤り|不正解|正しくな)",
        confirms=r"[\"')\]]*\s*番?\s*(?:が|は)\s*(?:最も)?(?:正解|正しい|答え|適切|正答)|[\"')\]]*\s*番?\s*を(?:選|解答|回答)",
        contrast=r"(?:では|じゃ|で)(?:なく|ない|ありません)(?:て|、|。|\s)*(?:選択肢)?",
        not_=r"(?!)",
    ),
    Language(
        "ko",
        ("정답", "답", "해답", "결론", "선택", "맞", "아니라"),
        states=r"(?:정답|해답|답변|결론|답)(?:은|는|이|가)?\s*[:=]?",
        chooses=r"(?!)",
        filler=r"(?:선택지|보기|바로|약|번호)",
        denies=r"[\"')\]]*\s*번?\s*(?:이|가|은|는)\s*(?:아니|아닙|틀)",
        confirms=r"[\"')\]]*\s*번?\s*(?:이|가)\s*(?:정답|맞|옳|답)|[\"')\]]*\s*번?\s*(?:을|를)\s*(?:선택|고르|골)",
        contrast=r"번?\s*(?:이|가)\s*아니(?:라|고)",
        not_=r"(?!)",
    ),
)
HINTS = tuple((hint, language) for language in LANGUAGES for hint in language.hints)
ASCII_HINTS = tuple((hint, language) for hint, language in HINTS if hint.isascii())


def occurring(text: str, *, only_ascii: bool = False) -> list[Language]:
    """The languages of which any hint, or any of ASCII letters, occurs in a text in small letters."""
    hits: list[Language] = []
    for hint, language in ASCII_HINTS if only_ascii or text.isascii() else HINTS:
        if hint in text and (not hits or hits[-1] is not language):
            hits.append(language)
    return hits
