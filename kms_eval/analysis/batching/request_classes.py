"""Equivalence classes of the plain questions of a batch: questions about pairs of one class are decided once.

Comes in: words of requests by their numbers, and what a frame adds to them. Goes out: the class of a question; None for
one that has to be decided by itself. Never here: deciding, which pairs are in one class (`analysis.classes` knows).

A question is plain if it names the key itself, needs one permission on that key only, and contradicts no fact.
"""

from __future__ import annotations

from kms_eval.analysis.batching.vocabulary import Vocabulary
from kms_eval.analysis.classes.facts_read import of_the_caller, of_the_resource
from kms_eval.analysis.classes.pairs import PairClass, PairClasses
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import ON_ALIAS, ON_KEY, RETIRE_GRANT, UNPUBLISHED, bit_of
from kms_eval.engine.situation import ASSUMED_ROOT
from kms_eval.facts.condition_keys import canonical
from kms_eval.world.index import index_of
from kms_eval.world.request import Request

QuestionClass = tuple[int, int, tuple[int, ...]]
"""Frame, action, and all that policies say about the action in the class of the pair."""

_ON_ONE_KEY = ON_KEY & ~(ON_ALIAS | RETIRE_GRANT | UNPUBLISHED)
_MOST_PAIRS = 4_000_000


class RequestClasses:
    """Classes of questions whose words have the numbers of one vocabulary."""

    def __init__(self, evaluator: Evaluator, words: Vocabulary) -> None:
        self._evaluator = evaluator
        self._words = words
        self._pairs: PairClasses | None = None
        self._rows: dict[int, list[PairClass]] = {}
        self._keys: dict[int, int | None] = {}
        self._actions: dict[int, bool] = {}
        self._frames: dict[int, bool] = {}

    def of(self, frame: int, asked: Request | None, principal: int, action: int, key: int) -> QuestionClass | None:
        """The class of a question in a frame; `asked` is what the frame adds to these words."""
        plain = self._frames.get(frame)
        if plain is None:
            plain = self._frames[frame] = asked is not None and _is_plain(asked)
        if not plain or not self._is_on_one_key(action):
            return None
        place = self._place(key)
        if place is None:
            return None
        row = self._rows.get(principal)
        if row is None:
            row = self._row(principal)
        if not row:
            return None
        return frame, action, self._classes().about(row[place], bit_of(self._words.actions[action] or ""))

    def _is_on_one_key(self, action: int) -> bool:
        known = self._actions.get(action)
        if known is None:
            name = self._words.actions[action]
            # Whole calls, which are named without prefix, need more than one permission.
            known = self._actions[action] = name is not None and ":" in name and bool(bit_of(name) & _ON_ONE_KEY)
        return known

    def _place(self, key: int) -> int | None:
        if key in self._keys:
            return self._keys[key]
        text = self._words.keys[key]
        world = self._evaluator.world
        # What other names of a key mean depends on who asks, or they are aliases, which conditions may test.
        named = None if text is None else world.keys.get(text) or index_of(world).key_arns.get(text)
        place = self._keys[key] = self._classes().index[named] if named is not None else None
        return place

    def _row(self, principal: int) -> list[PairClass]:
        text = self._words.principals[principal]
        caller = self._evaluator.caller(text) if text is not None else None
        if len(self._rows) * len(self._evaluator.world.keys) >= _MOST_PAIRS:
            self._rows.clear()
        plain = caller is not None and not caller.stranger
        classes = self._classes()
        row = self._rows[principal] = classes.row(classes.asked(caller)) if caller is not None and plain else []
        return row

    def _classes(self) -> PairClasses:
        if self._pairs is None:
            self._pairs = PairClasses(self._evaluator, aliases=lambda _key: ())
        return self._pairs


def _is_plain(asked: Request) -> bool:
    """Whether a frame has nothing but context keys, and none that are facts of the caller or the resource."""
    special = (asked.session, asked.vpc_endpoint, asked.alias, asked.destination_key, asked.region, asked.grant,
               asked.via_grant)  # fmt: skip
    if any(each is not None for each in special):
        return False
    names = map(canonical, asked.context)
    return not any(of_the_caller(name) or of_the_resource(name) or name == ASSUMED_ROOT for name in names)
