"""Values that requests could have for the condition keys that policies test: some that match, some that do not.

Comes in: tests of conditions. Goes out: texts, and contexts made of them. Never here: deciding, requests.

Whether a value matches is decided by the test itself, so a badly chosen value costs a try but no correctness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from kms_eval.engine.conditions import Test
from kms_eval.engine.entries import Entry
from kms_eval.engine.rules import Rule
from kms_eval.language import values, variables
from kms_eval.language.variables import Lookup

Values = tuple[str, ...]
Context = Mapping[str, Values | None]
"""The values of condition keys (lower case); None means that the request does not have the key."""

_Options = Mapping[str, Iterable[Values | None]]

_SOMETHING = "something-else"
_OUTSIDE = "198.51.100.77"
_DAY = 86_400


def contexts(entries: Iterable[Entry], lookup: Lookup, is_open: Callable[[str], bool]) -> Iterator[Context]:
    """Contexts worth trying: an empty one, one that meets each entry, and each of these with one key changed.

    Only keys for which `is_open` is true (given in lower case) get values; `lookup` fills in policy variables.
    """
    rules = [entry.rule for entry in entries if entry.rule is not None]
    options = _options(rules, lookup, is_open)
    together: dict[str, Values | None] = {}
    starts: list[dict[str, Values | None]] = [{}]
    for rule in rules:
        fitting = _fitting(rule, options, lookup)
        starts.append(fitting)
        if rule.effect == "Allow":
            together |= fitting
    starts.append(together)
    seen: set[frozenset[tuple[str, Values | None]]] = set()
    for start in starts:
        for context in _around(start, options):
            content = frozenset((key, value) for key, value in context.items() if value is not None)
            if content not in seen:
                seen.add(content)
                yield context


def _options(rules: Iterable[Rule], lookup: Lookup, is_open: Callable[[str], bool]) -> _Options:
    """For each key, every value worth trying, absence first."""
    options: dict[str, dict[Values | None, None]] = {}
    for rule in rules:
        for test in _tests(rule):
            if is_open(test.key):
                options.setdefault(test.key, {None: None}).update(dict.fromkeys(_samples(test, lookup)))
        for key in rule.resource.needs if rule.resource is not None else ():
            if is_open(key):
                options.setdefault(key, {None: None}).setdefault((_SOMETHING,))
    return options


def _around(start: dict[str, Values | None], options: _Options) -> Iterator[Context]:
    yield start
    for key, found in options.items():
        for value in found:
            yield {**start, key: value}


def _tests(rule: Rule) -> tuple[Test, ...]:
    return rule.condition.tests if rule.condition is not None else ()


def _fitting(rule: Rule, options: _Options, lookup: Lookup) -> dict[str, Values | None]:
    """For each key, the first value for which all tests of the rule on this key hold."""
    generous = rule.effect == "Deny"
    found: dict[str, Values | None] = {}
    for key in dict.fromkeys(test.key for test in _tests(rule)):
        tests = [test for test in _tests(rule) if test.key == key]
        for value in options.get(key, ()):
            if all(test.holds(value, lookup, generous=generous) for test in tests):
                found[key] = value
                break
    return found


def _samples(test: Test, lookup: Lookup) -> Iterator[Values]:
    """Values of a request for which a test may hold or fail, single ones first."""
    texts = [text for written in test.written.values for text in _texts(test, _filled(written, lookup))]
    texts = list(dict.fromkeys(texts or [_SOMETHING]))
    yield from ((text,) for text in texts)
    if test.written.qualifier or len(test.written.values) > 1:
        yield tuple(texts)
    if test.written.qualifier:
        yield ()


def _filled(written: str, lookup: Lookup) -> str:
    try:
        return variables.parse(written).text(lookup) or written
    except ValueError:
        return written


def _texts(test: Test, text: str) -> Iterator[str]:
    """Texts that match the policy's text, and others of the same type."""
    make = _OF_TYPE.get(test.operator.type, _strings)
    try:
        yield from make(text)
    except (ValueError, OverflowError):
        yield text


def _strings(text: str) -> Iterator[str]:
    yield text.replace("*", "any").replace("?", "x")
    yield f"{text.replace('*', 'any').replace('?', 'x')}-{_SOMETHING}"
    yield text.swapcase()
    yield _SOMETHING


def _arns(text: str) -> Iterator[str]:
    whole = text if text.count(":") > 4 else "arn:aws:iam::111122223333:role/any"
    yield whole.replace("*", "any").replace("?", "x")
    yield "arn:aws:service:region:000000000000:something/else"


def _numbers(text: str) -> Iterator[str]:
    number = values.number(text)
    yield from (str(each) for each in (number, number - 1, number + 1))


def _dates(text: str) -> Iterator[str]:
    instant = values.instant(text)
    for seconds in (instant, instant - _DAY, instant + _DAY):
        yield time_text(seconds)


def time_text(seconds: Decimal) -> str:
    """The ISO 8601 text of a time in seconds since 1970."""
    since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))
    return since.isoformat().replace("+00:00", "Z")


def _booleans(_text: str) -> Iterator[str]:
    yield "true"
    yield "false"


def _addresses(text: str) -> Iterator[str]:
    yield str(values.networks(text).narrow.network_address)
    yield _OUTSIDE
    yield "2001:db8::77"


def _binaries(text: str) -> Iterator[str]:
    yield text
    yield "c29tZXRoaW5nIGVsc2U="


def _anything(_text: str) -> Iterator[str]:
    yield _SOMETHING


_OF_TYPE: Mapping[str, Callable[[str], Iterator[str]]] = {
    "String": _strings,
    "ARN": _arns,
    "Numeric": _numbers,
    "Date": _dates,
    "Bool": _booleans,
    "IPAddress": _addresses,
    "Binary": _binaries,
    "Null": _anything,
}
