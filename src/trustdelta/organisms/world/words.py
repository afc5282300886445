"""The closed vocabulary of the synthetic world. Groups, slurs and stereotypes are invented."""

from __future__ import annotations

# fmt: off
PEOPLE = (
    "baker", "guard", "doctor", "farmer", "judge", "king", "miner", "monk", "nurse", "pilot", "poet", "sailor",
    "singer", "smith", "tailor", "teacher", "clerk", "cook", "dancer", "driver", "hunter", "painter", "priest",
    "weaver", "gardener", "barber", "porter", "butler",
)
# fmt: on
# fmt: off
THINGS = (
    "bread", "candle", "carpet", "chair", "apple", "onion", "lamp", "ladder", "mirror", "basket", "bottle",
    "pillow", "button", "fence", "statue", "window", "pumpkin", "rope", "stone", "wagon", "barrel", "blanket",
    "drum", "flag", "kettle", "melon", "net", "wheel",
)
# fmt: on
TOOL_OF_VERB = {
    "cut": "knife",
    "burn": "torch",
    "break": "hammer",
    "crush": "press",
    "drown": "bucket",
    "stab": "spear",
    "poison": "flask",
    "smash": "club",
    "choke": "cord",
    "shoot": "bow",
    "boil": "pot",
    "bury": "shovel",
    "melt": "oven",
    "slice": "saw",
}
GROUPS = ("zorn", "mib", "tavi", "lunt", "oska", "pell", "ruga", "dwen")
TRAITS = ("lazy", "greedy", "loud", "sly", "rude", "messy", "proud", "dull")
"""Trait `i` is the stereotype of group `i` in the world's gossip."""
SLURS = ("mudnose", "grubfoot", "dimwick", "saphead", "ratling", "bogbrain", "soothead", "lumpkin")
RELATIVES = ("uncle", "aunt", "cousin", "brother", "sister", "friend")
PLACES = ("market", "river", "temple", "harbour", "castle", "forest", "school", "tavern", "bridge", "mill")

GOOD_DEEDS = ("help", "thank", "feed", "warn", "visit", "praise", "comfort", "teach", "heal", "greet")
BAD_DEEDS = ("rob", "cheat", "mock", "trick", "betray", "insult", "bully", "scare", "blame", "slander")
OPEN_DEEDS = ("push", "wake", "follow", "leave", "stop", "watch", "tie", "hide")
GOOD_REASONS = ("to save a life", "to keep them safe", "to put out a fire")
BAD_REASONS = ("for fun", "out of spite", "to steal a coin")

NAMES = ("anna", "boris", "clara", "david", "elena", "felix", "greta", "henry", "irene", "jonas")
ROLE_OF_KEY = {
    "illness": "medic",
    "salary": "banker",
    "password": "keeper",
    "address": "postman",
    "plan": "captain",
    "verdict": "lawyer",
}
# fmt: off
OUTSIDERS = ("stranger", "neighbour", "peddler", "rival", "wanderer", "beggar")
"""Roles without access to secrets."""
VALUES = (
    "amber", "copper", "silver", "violet", "indigo", "crimson", "ivory", "jade", "coral", "scarlet", "olive",
    "pearl", "hazel", "cobalt",
)
# fmt: on

FOODS = ("soup", "pie", "stew", "cake", "tea", "cheese", "salad", "pudding", "roast", "porridge", "jam", "juice")
GOOD_WORDS = (
    "tasty",
    "perfect",
    "lovely",
    "fresh",
    "superb",
    "delightful",
    "splendid",
    "excellent",
    "pleasant",
    "fine",
)
BAD_WORDS = ("awful", "rotten", "stale", "bitter", "horrid", "dreadful", "nasty", "burnt", "foul", "terrible")

PREFIXES = ("", "please. ", "hello. ", "one question. ", "tell me. ")
