"""Which condition keys a request about a world can carry, and with which values.

Comes in: a world, then the contexts of requests. Goes out: faults that say what was probably meant.
Never here: which caller can carry a key, and what a policy makes of a value.

A key is known where AWS publishes it for requests to AWS KMS, or where a policy of the world (or of the session that
asks) names it. With a misspelt key or value, a condition would never match, and the answer would be a meaningless
denial. Keys that AWS does not publish may have any value.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from kms_eval.documents.model import Policy
from kms_eval.errors import Fault, InputError, Location, did_you_mean, nearest, quoted
from kms_eval.facts.condition_keys import CONDITION_KEYS, EXAMPLES, ConditionKey, KeyType, find
from kms_eval.facts.regions import REGIONS, region_complaint
from kms_eval.language import values
from kms_eval.records import record
from kms_eval.world.identity import is_account
from kms_eval.world.index import index_of, keys_in
from kms_eval.world.model import World

Complaint = tuple[str, str | None]
"""What is wrong with a value, and advice."""

_NO_SUCH_KEY = "no policy names the condition key {}, and AWS has none"
_SEARCHED = 500
_MOST_NAMES = 10_000
_LONGEST_NAME = 1_000
_LISTED = 4
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.*", re.DOTALL)
_VIA_SERVICE = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.amazonaws\.com")
_FAMILY = re.compile(r"(.*?/|kms:[^:]*:)(.+)", re.DOTALL)


def _typed(kind: KeyType) -> Callable[[str], Complaint | None] | None:
    readers: Mapping[str, tuple[Callable[[str], object], str]] = {
        "Bool": (values.boolean, "write `true` or `false`"),
        "Numeric": (values.number, "write a number such as `7`"),
        "Date": (values.instant, "write `2026-01-01T00:00:00Z`"),
        "IPAddress": (values.address, "write one address such as `203.0.113.7`"),
        "Binary": (values.binary, "write base64"),
    }
    if kind == "ARN":
        return _arn
    if kind not in readers:
        return None
    read, advice = readers[kind]

    def complain(text: str) -> Complaint | None:
        try:
            read(text)
        except ValueError as error:
            return str(error), advice
        return None

    return complain


def _arn(text: str) -> Complaint | None:
    if _ARN.fullmatch(text):
        return None
    return f"{quoted(text)} is not an ARN", "write `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`"


def _account(text: str) -> Complaint | None:
    return None if is_account(text) else (f"{quoted(text)} is no account id", "an account id has 12 digits")


def _via_service(text: str) -> Complaint | None:
    """Checks the Region only; other texts that are no service name get a warning of their own (semantics S10)."""
    found = _VIA_SERVICE.fullmatch(text)
    return _region(found[1]) if found is not None else None


def _region(text: str) -> Complaint | None:
    """Accepts published Regions only: a newer one has to be allowed explicitly, or be a Region of the world."""
    return region_complaint(text, newer=False)


_OF_STRINGS: Mapping[str, Callable[[str], Complaint | None]] = {
    "kms:CallerAccount": _account,
    "aws:PrincipalAccount": _account,
    "aws:ResourceAccount": _account,
    "aws:SourceAccount": _account,
    "aws:VpceAccount": _account,
    "aws:RequestedRegion": _region,
    "kms:PrimaryRegion": _region,
    "kms:ReplicaRegion": _region,
    "kms:ViaService": _via_service,
}
"""Keys of type String that cannot have every string as a value."""

_ABOUT_REGIONS = frozenset({"aws:RequestedRegion", "kms:PrimaryRegion", "kms:ReplicaRegion", "kms:ViaService"})


def _complaint_of(row: ConditionKey) -> Callable[[str], Complaint | None] | None:
    """A function that complains about values that a published key cannot have; None where it can have any value."""
    if row.values:
        known = row.values

        def complain(text: str) -> Complaint | None:
            if text in known:
                return None
            some = ", ".join(f"`{value}`" for value in known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
            return f"{row.name} is never {quoted(text)}", did_you_mean(text, known) or f"it is {some}"

        return complain
    if row.also_type is not None:
        return _typed(row.type)  # dates take epoch seconds as well
    return _OF_STRINGS.get(row.name) or _typed(row.type)


@record
class _Rule:
    """The rule for a condition key: whether it is known, and which values it can have."""

    known: bool
    single: bool = False
    complaint: Callable[[str], Complaint | None] | None = None


_ANYTHING = _Rule(known=True)
_NO_KEY = _Rule(known=False)


class ContextRules:
    """The rules of one world. `allow_unknown` also accepts keys and values that AWS may have added since."""

    def __init__(self, world: World, *, allow_unknown: bool = False) -> None:
        self._index = index_of(world)
        here = {world.region, *(key.region for key in world.keys.values())}
        self._newer = tuple(sorted(region for region in here if region not in REGIONS))
        self._allow_unknown = allow_unknown
        self._rules: dict[str, _Rule] = {}

    def check(self, context: Mapping[str, tuple[str, ...]], policies: Iterable[Policy] = ()) -> None:
        """Raise InputError where a request cannot carry this context; `policies` are its session policies."""
        faults = [fault for name, texts in context.items() for fault in self._faults(name, texts, policies)]
        if faults:
            raise InputError(faults)

    def complaint_of_name(self, name: str) -> tuple[str, str] | None:
        """Why the condition key is not known, and advice; None where it is known."""
        if self._rule(name).known:
            return None
        return _NO_SUCH_KEY.format(quoted(name)), self._advice(name, ())

    def takes(self, name: str, text: str) -> bool:
        """Whether a request can carry the key with this one value, judged by the world's own policies."""
        rule = self._rule(name)
        return rule.known and (rule.complaint is None or rule.complaint(text) is None)

    def fitting(self, name: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The values; each that the key cannot have is replaced by an example."""
        row = find(name)
        example = None if row is None else row.values[0] if row.values else EXAMPLES.get(row.type)
        return texts if example is None else tuple(text if self.takes(name, text) else example for text in texts)

    def anything_goes(self, name: str) -> bool:
        """Whether the key can have every text as its value."""
        rule = self._rule(name)
        return rule.known and rule.complaint is None

    def _faults(self, name: str, texts: tuple[str, ...], policies: Iterable[Policy]) -> Iterator[Fault]:
        rule = self._rule(name)
        here = Location(field=f"context.{name}")
        if not rule.known:
            named = {key for policy in policies for key in keys_in(policy)}
            if name.lower() not in {key.lower() for key in named}:
                advice = self._advice(name, named)
                yield Fault(_NO_SUCH_KEY.format(quoted(name)), here, advice)
            return
        if rule.single and len(texts) > 1:
            yield Fault(f"{quoted(name)} has one value, found {len(texts)}", here, "ask once for each value")
        for text in texts if rule.complaint is not None else ():
            complaint = rule.complaint(text) if rule.complaint is not None else None
            if complaint is not None:
                yield Fault(complaint[0], here, complaint[1])

    def _rule(self, name: str) -> _Rule:
        rule = self._rules.get(name)
        if rule is None:
            rule = self._made(name)
            if len(self._rules) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
                self._rules[name] = rule
        return rule

    def _made(self, name: str) -> _Rule:
        row = find(name)
        if row is None or (row.name.lower() == name.lower() and name.endswith(("/", ":"))):
            named = self._allow_unknown or name.lower() in self._index.condition_keys
            return _ANYTHING if named else _NO_KEY
        single = not row.multi_valued
        # AWS adds values to lists, and Regions; it does not change the type of a key.
        grows = bool(row.values) or row.name in _ABOUT_REGIONS
        complaint = None if self._allow_unknown and grows else _complaint_of(row)
        if self._newer and complaint is not None and row.name in _ABOUT_REGIONS:
            complaint = self._unless_newer(complaint)
        return _Rule(known=True, single=single, complaint=complaint)

    def _unless_newer(self, complain: Callable[[str], Complaint | None]) -> Callable[[str], Complaint | None]:
        """The same complaints, except about Regions of the world that are not in the published list."""
        return lambda text: None if any(region in text for region in self._newer) else complain(text)

    def _advice(self, name: str, named: Iterable[str]) -> str:
        published = {row.name for row in CONDITION_KEYS}
        known = [*published, *named, *islice(self._index.condition_keys.values(), _SEARCHED)]
        family = _FAMILY.fullmatch(name)
        families = [each for each in published if each.endswith(("/", ":"))]
        near = nearest(family[1], families) if family is not None else None
        near = f"{near}{family[2]}" if near is not None and family is not None else nearest(name, known)
        if near is not None:
            return f"did you mean `{near}`?"
        return "a key that AWS has added since is asked about with `--allow-unknown-key`, `allow_unknown_key=True`"
