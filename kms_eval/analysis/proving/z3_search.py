"""What automata cannot decide, because values of one condition key are compared with those of another: z3 decides it.

Comes in: literals with policy variables that requests fill in. Goes out: a model, a proof, or why there is neither.
Never here: anything that can be decided without z3, which comes with the extra `proofs`, and is imported here and
nowhere else. Each test is one regular expression, the union of its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

from kms_eval.analysis.proving.automata import Clause, Pattern, Symbols, Token
from kms_eval.analysis.proving.domains import Domain
from kms_eval.analysis.proving.patterns import TEXT_TYPES, OutOfReachError, patterns_of
from kms_eval.engine.conditions import Test
from kms_eval.language.variables import Lookup, Template, Variable

TIME_LIMIT: Final = 2_000
"""Milliseconds after which z3 gives up."""

Wanted = tuple[Test, bool, bool]
"""A test, whether it has to hold, and in the generous reading or not."""


class NotProvedError(Exception):
    """z3 is not installed, or it did not answer; the message says which."""


@dataclass(slots=True)
class Z3Search:
    """One question. `domains` gives the domain of an open key, `lookup` the text of one that is not open."""

    domains: Callable[[str], Domain]
    lookup: Lookup
    is_open: Callable[[str], bool]
    absent: frozenset[str]
    fixed: Mapping[str, tuple[str, ...]]
    _z3: Any = field(init=False)
    _keys: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    _formulas: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self._z3 = import_module("z3")
        except ImportError:
            raise NotProvedError("z3 would settle it: pip install 'kms-eval[proofs]'") from None

    def answer(self, wanted: Sequence[Wanted]) -> dict[str, tuple[str, ...] | None] | None:
        """Values that meet what is wanted, as far as z3 can be told it; None is a proof that there are none.

        Raises NotProvedError.
        """
        for test, holds, generous in wanted:
            said = self._literal(test, generous=generous, holds=holds)
            if said is not None:
                self._formulas.append(said)
        z3 = self._z3
        solver = z3.Solver()
        solver.set("timeout", TIME_LIMIT)
        solver.add(*self._formulas)
        found = solver.check()
        if found == z3.unsat:
            return None
        if found != z3.sat:
            raise NotProvedError(f"z3 gave no answer within {TIME_LIMIT // 1000} seconds")
        model = solver.model()
        return {
            key: (model.eval(text, model_completion=True).as_string(),) if z3.is_true(model.eval(present)) else None
            for key, (present, text) in self._keys.items()
        }

    def _key(self, key: str) -> tuple[Any, Any]:
        """Variables for whether the key is present and for its value."""
        known = self._keys.get(key)
        if known is None:
            z3 = self._z3
            present, text = z3.Bool(f"present:{key}"), z3.String(f"value:{key}")
            known = self._keys[key] = (present, text)
            if key in self.absent:
                self._formulas.append(z3.Not(present))
            elif key in self.fixed or not self.is_open(key):
                value = self.fixed[key][0] if key in self.fixed else self.lookup(key)
                self._formulas += [z3.Not(present)] if value is None else [present, text == z3.StringVal(value)]
            else:
                self._formulas += [z3.Implies(present, self._in(text, clause)) for clause in self.domains(key).clauses]
        return known

    def _literal(self, test: Test, *, generous: bool, holds: bool) -> Any:
        """The literal as a formula; None if it cannot be expressed, so that it counts as met."""
        z3 = self._z3
        present, text = self._key(test.key)
        if_absent = test.holds(None, self.lookup, generous=generous) is holds
        if test.operator.type == "Null" or not test.values:
            if_present = test.holds(("x",), self.lookup, generous=generous) is holds
            return z3.If(present, z3.BoolVal(if_present), z3.BoolVal(if_absent))
        if test.operator.type not in TEXT_TYPES or self.domains(test.key).multi_valued:
            return None
        inner = generous is not test.operator.negated
        positive = test.operator.negated is not holds
        matches = self._matches(test, text, inner=inner, positive=positive)
        if matches is None:
            return None
        return z3.If(present, matches if positive else z3.Not(matches), z3.BoolVal(if_absent))

    def _matches(self, test: Test, text: Any, *, inner: bool, positive: bool) -> Any:
        """The formula that the value is one of the test's; None if that cannot be expressed."""
        z3 = self._z3
        try:
            patterns = patterns_of(
                test, self.lookup, generous=inner, but=lambda value: _has_open_variables(value, self.is_open)
            )
        except OutOfReachError:
            return None
        found = [self._in(text, Clause(patterns))] if patterns else []
        for value in test.values:
            if _has_open_variables(value, self.is_open):
                if inner and positive and test.operator.wildcards:
                    return None  # wildcards in the value of a variable may count (Z27)
                filled = self._filled(test, value, text, wild=positive)
                if filled is None:
                    return None
                found.append(filled)
        return z3.Or(*found) if found else z3.BoolVal(val=False)

    def _filled(self, test: Test, template: Template, text: Any, *, wild: bool) -> Any:
        z3 = self._z3
        pieces, needed = [], []
        for part in template.parts:
            if isinstance(part, Variable):
                if part.multi_valued:
                    return z3.BoolVal(val=False)
                present, value = self._key(part.key)
                if part.default is None:
                    needed.append(present)
                    pieces.append(value)
                else:
                    pieces.append(z3.If(present, value, z3.StringVal(part.default)))
            elif isinstance(part, tuple):
                pieces.append(z3.StringVal(part[0]))
            elif test.operator.type == "ARN" or test.operator.parse is str.lower:
                return None
            elif test.operator.wildcards and set(part) & set("*?"):
                if not wild:
                    return None
                pieces += self._wild(part, needed)
            else:
                pieces.append(z3.StringVal(part))
        whole = z3.Concat(*pieces) if len(pieces) > 1 else pieces[0]
        return z3.And(*needed, text == whole)

    def _wild(self, part: str, needed: list[Any]) -> Iterator[Any]:
        """The pieces of a text; each wildcard becomes a variable."""
        z3 = self._z3
        for letter in part:
            if letter in "*?":
                run = z3.String(f"run:{len(self._formulas)}:{len(needed)}:{id(part)}")
                needed.append(z3.Length(run) == 1 if letter == "?" else z3.Length(run) >= 0)
                yield run
            else:
                yield z3.StringVal(letter)

    def _in(self, text: Any, clause: Clause) -> Any:
        z3 = self._z3
        options = [self._expression(pattern) for pattern in clause.patterns]
        if not options:
            return z3.BoolVal(not clause.inside)
        inside = z3.InRe(text, z3.Union(*options) if len(options) > 1 else options[0])
        return inside if clause.inside else z3.Not(inside)

    def _expression(self, pattern: Pattern) -> Any:
        z3 = self._z3
        parts = [self._token(token) for token in pattern] or [z3.Re("")]
        return z3.Concat(*parts) if len(parts) > 1 else parts[0]

    def _token(self, token: Token) -> Any:
        one = self._symbols(token.symbols)
        return self._z3.Star(one) if token.repeated else one

    def _symbols(self, symbols: Symbols) -> Any:
        z3 = self._z3
        any_one = z3.AllChar(z3.ReSort(z3.StringSort()))
        listed = [z3.Re(character) for character in sorted(symbols.characters)]
        if not listed:
            return any_one
        among = z3.Union(*listed) if len(listed) > 1 else listed[0]
        return z3.Intersect(any_one, z3.Complement(among)) if symbols.all_but else among


def _has_open_variables(value: object, is_open: Callable[[str], bool]) -> bool:
    return isinstance(value, Template) and any(map(is_open, value.keys))
