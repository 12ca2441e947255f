"""Numbers for the words of requests: principals, actions, keys.

Comes in: words. Goes out: small numbers, and from numbers the words that make sense. Never here: what else a request
says.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kms_eval.engine.action_words import action_name
from kms_eval.engine.evaluator import Evaluator
from kms_eval.errors import InputError
from kms_eval.world.names import refuse_stranger
from kms_eval.world.request import Request

Numbers = NDArray[np.int32]


class Vocabulary:
    """All words met so far. `principals` and `actions` have None in place of words that make no sense.

    `letters` counts the letters of all words, to bound memory.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self.principals: list[str | None] = []
        self.actions: list[str | None] = []
        self.keys: list[str | None] = []
        self.letters = 0
        self._evaluator = evaluator
        self._principal_numbers: dict[str | None, int] = {}
        self._action_numbers: dict[str | None, int] = {}
        self._key_numbers: dict[str | None, int] = {}

    def __len__(self) -> int:
        return max(len(self._principal_numbers), len(self._action_numbers), len(self._key_numbers))

    def of_principals(self, words: Sequence[str | None]) -> Numbers:
        """A number for each principal."""
        return np.array([self._principal(word) for word in words], np.int32)

    def of_actions(self, words: Sequence[str | None]) -> Numbers:
        """A number for each action, the same for all its spellings."""
        return np.array([self._action(word) for word in words], np.int32)

    def of_keys(self, words: Sequence[str | None]) -> Numbers:
        """A number for each key; None is a request that names none."""
        return np.array([self._key(word) for word in words], np.int32)

    def request(self, principal: int, action: int, key: int, asked: Request | None) -> Request | None:
        """The request `asked` with these words; None if one of them makes no sense."""
        who, what, which = self.principals[principal], self.actions[action], self.keys[key]
        if asked is None or who is None or what is None or which == "":
            return None
        return asked.again(who, what, which, asked.at)

    def _principal(self, word: str | None) -> int:
        number = self._principal_numbers.get(word)
        if number is None:
            number = self._principal_numbers[word] = len(self.principals)
            self.letters += len(word or "")
            self.principals.append(word if word and self._is_somebody(word) else None)
        return number

    def _is_somebody(self, word: str) -> bool:
        try:
            refuse_stranger(self._evaluator.world, self._evaluator.caller(word))
        except InputError:
            return False
        return True

    def _action(self, word: str | None) -> int:
        number = self._action_numbers.get(word)
        if number is None:
            name = self._name(word) if word else None
            if name not in self.actions:
                self.actions.append(name)
            number = self._action_numbers[word] = self.actions.index(name)
            self.letters += len(word or "")
        return number

    def _name(self, word: str) -> str | None:
        try:
            return action_name(word, allow_unknown=self._evaluator.allow_unknown_action)
        except InputError:
            return None

    def _key(self, word: str | None) -> int:
        number = self._key_numbers.get(word)
        if number is None:
            number = self._key_numbers[word] = len(self.keys)
            self.letters += len(word or "")
            self.keys.append(word)
        return number
