"""What rules check: one policy in its world, with its key if it is a key policy.

Comes in: an evaluator, or a single policy. Goes out: subjects, and helpers for rules to inspect statements.
Never here: rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from kms_eval.documents.model import ConditionTest, Policy, PolicyKind, PrincipalEntry, Statement
from kms_eval.engine.evaluator import Evaluator
from kms_eval.engine.masks import BIT, covered
from kms_eval.errors import quoted
from kms_eval.facts.condition_keys import canonical
from kms_eval.facts.partitions import PARTITIONS
from kms_eval.formats.document import Place, SourceFile
from kms_eval.language import arn
from kms_eval.records import record
from kms_eval.world.model import Key, World, policies_of

_PUT_KEY_POLICY = BIT["kms:putkeypolicy"]
_MEMORY = Place(SourceFile("policy"))


@record
class Subject:
    """A policy to be checked. `key` is the key whose policy it is, None for other kinds.

    `alone`: there is no scenario around it, so that nothing else is known. `account` is that of the key, None where
    neither a source nor the policy itself tells it; of another policy, the account of the scenario.
    """

    policy: Policy
    evaluator: Evaluator
    key: Key | None = None
    alone: bool = False
    account: str | None = None

    @property
    def world(self) -> World:
        """Everything that exists around the policy."""
        return self.evaluator.world

    @property
    def place(self) -> Place:
        """The place of the policy."""
        return self.policy.place or _MEMORY

    def at(self, statement: Statement, *steps: str | int) -> Place:
        """The place of an element of a statement."""
        return self.place.at("Statement", statement.index, *steps)

    def test_at(self, statement: Statement, test: ConditionTest, *steps: int) -> Place:
        """The place of a test of a statement's condition, or of one of its values."""
        return self.at(statement, "Condition", written_operator(test), test.key, *steps)

    def statements(self, effect: str | None = None) -> Iterator[Statement]:
        """The statements that are known in full; only those with this effect if one is given."""
        for statement in self.policy.statements:
            if not statement.open and (effect is None or statement.effect == effect):
                yield statement


def every_test(subject: Subject, effect: str | None = None) -> Iterator[tuple[Statement, ConditionTest]]:
    """The tests of all statements that are known in full; only those with this effect if one is given."""
    for statement in subject.statements(effect):
        for test in statement.condition or ():
            yield statement, test


def written_operator(test: ConditionTest) -> str:
    """The operator as policies write it: ``ForAllValues:StringLikeIfExists``."""
    qualifier = f"{test.qualifier}:" if test.qualifier else ""
    return f"{qualifier}{test.operator}{'IfExists' if test.if_exists else ''}"


def called(statement: Statement) -> str:
    """The name of a statement: its Sid, else its position, counted from 1."""
    return f"statement {quoted(statement.sid)}" if statement.sid else f"statement {statement.index + 1}"


def actions_of(statement: Statement) -> int:
    """The published actions that a statement covers, as a mask."""
    if statement.actions is not None:
        return covered(statement.actions)
    if statement.not_actions:
        return covered(("*",)) & ~covered(statement.not_actions)
    return 0


def tests_on(statement: Statement, *keys: str) -> Iterator[ConditionTest]:
    """The tests of a statement on one of these condition keys (lower case; a family ends in ``/`` or ``:``)."""
    for test in statement.condition or ():
        name = canonical(test.key)
        if any(name == key or (key[-1] in "/:" and name.startswith(key)) for key in keys):
            yield test


def is_everyone(entry: PrincipalEntry) -> bool:
    """Whether an entry of a Principal element is the wildcard."""
    return entry.kind in {"*", "AWS"} and entry.value == "*"


def account_named(entry: PrincipalEntry) -> str | None:
    """The account of an entry of a Principal element; None for services and the wildcard."""
    if entry.kind != "AWS":
        return None
    parsed = arn.parse(entry.value)
    if parsed is not None:
        return parsed.account
    return entry.value if entry.value.isdecimal() else None


def of_other_partition(subject: Subject, entry: PrincipalEntry) -> bool:
    """Whether an entry is an ARN of a different partition from the key's, or of none: AWS refuses it."""
    parsed = arn.parse(entry.value) if entry.kind == "AWS" else None
    return parsed is not None and subject.key is not None and parsed.partition != subject.key.partition


def is_whole_account(entry: PrincipalEntry) -> bool:
    """Whether an entry is an account principal: its root ARN or its number."""
    if entry.kind != "AWS":
        return False
    parsed = arn.parse(entry.value)
    return entry.value.isdecimal() if parsed is None else parsed.resource == "root"


def subjects(evaluator: Evaluator, *, account_known: bool = True) -> Iterator[Subject]:
    """Every policy of a world: a key policy once for each of its keys, any other policy once.

    Where the account of the keys is only a placeholder, as no source tells it, it is taken from their policies.
    """
    of_keys = {key.policy for key in evaluator.world.keys.values()}
    for key in evaluator.world.keys.values():
        account = key.account if account_known else owner_of(key.policy)[0]
        yield Subject(key.policy, evaluator, key, account=account)
    for policy in policies_of(evaluator.world):
        if policy not in of_keys:
            yield Subject(policy, evaluator, account=evaluator.world.account)


def alone(policy: Policy) -> Subject:
    """A subject for a single policy. A key policy is given a key in the account that it names."""
    if policy.kind is not PolicyKind.KEY:
        return Subject(policy, Evaluator(_world("", {})), alone=True)
    account, partition, region = owner_of(policy)
    key_id = "00000000-0000-0000-0000-000000000000"
    where = region or "us-east-1"
    owner = account or "123456789012"
    key = Key("key", f"arn:{partition}:kms:{where}:{owner}:key/{key_id}", key_id, owner, where, policy, partition)
    return Subject(policy, Evaluator(_world(owner, {"key": key})), key, alone=True, account=account)


def owner_of(policy: Policy) -> tuple[str | None, str, str | None]:
    """Account, partition and Region of the key with this policy, as far as the policy tells; else None, ``aws``, None.

    The key is in the account that a Resource names, else in the only one whose account principal may change the policy,
    else in the only one whose account principal is allowed anything, else in the only one that is named.
    """
    changing: dict[str, str] = {}
    whole: dict[str, str] = {}
    named: dict[str, str] = {}
    for statement in policy.statements:
        for text in statement.resources or ():
            parsed = arn.parse(text)
            if parsed is not None and parsed.service == "kms" and parsed.account.isdecimal():
                return parsed.account, parsed.partition, parsed.region if "*" not in parsed.region else None
        for entry in statement.principals or ():
            account, parsed = account_named(entry), arn.parse(entry.value)
            if account is None or (parsed is not None and parsed.partition not in PARTITIONS):
                continue
            partition = named.setdefault(account, parsed.partition if parsed is not None else "aws")
            if statement.effect == "Allow" and is_whole_account(entry):
                whole.setdefault(account, partition)
                if not statement.condition and actions_of(statement) & _PUT_KEY_POLICY:
                    changing.setdefault(account, partition)
    for found in (changing, whole, named):
        first = next(iter(found.values()), None)
        # Principals of other partitions cannot use the key.
        here = {account: partition for account, partition in found.items() if partition == first}
        if len(here) == 1:
            ((account, partition),) = here.items()
            return account, partition, None
    return None, "aws", None


def _world(account: str, keys: dict[str, Key]) -> World:
    key = next(iter(keys.values()), None)
    region, partition = ("us-east-1", "aws") if key is None else (key.region, key.partition)
    return World(account=account or None, region=region, partition=partition, keys=keys, principals={})
