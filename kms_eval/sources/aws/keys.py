"""What AWS KMS answers about keys: metadata, policies, aliases, grants and tags, put together by key.

Comes in: responses. Goes out: a table of `KeyFacts`. Never here: the structure of scenarios.
https://docs.aws.amazon.com/kms/latest/APIReference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kms_eval.errors import Fault, InputError
from kms_eval.formats.document import Place
from kms_eval.language import arn
from kms_eval.sources.aws.shown import KEY_ID, Shown

_PLAIN = re.compile(r"[^a-z0-9]+")

KeyName = tuple[str | None, str | None, str]
"""Account and Region, as far as they are known, and key id."""


class KeyFacts:
    """All that responses show about one key.

    `next_tokens` has the token with which an incomplete list of its grants or tags continues; `grants_place` is the
    place of the list that has all of its grants.
    """

    __slots__ = ("account", "aliases", "grants", "grants_place", "key_id", "metadata", "next_tokens", "partition",
                 "place", "policy", "region", "tags")  # fmt: skip

    def __init__(self, key_id: str, account: str | None, region: str | None, partition: str, shown: Shown) -> None:
        self.key_id = key_id
        self.account = account
        self.region = region
        self.partition = partition
        self.place = shown.place
        self.metadata: Shown | None = None
        self.policy: Shown | None = None
        self.aliases: dict[str, Shown] = {}
        self.grants: dict[str, Shown] | None = None
        self.grants_place: Place | None = None
        self.tags: tuple[dict[str, str], Shown] | None = None
        self.next_tokens: dict[str, str] = {}


class Keys:
    """The keys of all responses that were taken, by account, Region and id."""

    def __init__(self) -> None:
        self.table: dict[KeyName, KeyFacts] = {}
        self.alias_tokens: dict[tuple[str | None, str | None], str | None] = {}
        self.list_cut: dict[tuple[str | None, str | None], str] = {}
        self._by_id: dict[str, list[KeyFacts]] = {}
        self.only_of: set[KeyFacts] = set()
        self._listed: set[KeyFacts] = set()
        self._regions_listed: set[tuple[str | None, str | None]] = set()
        self.replaced: list[tuple[str, KeyFacts, Shown]] = []
        self.further_policies: list[tuple[str, Shown]] = []

    def metadata(self, response: Shown) -> None:
        """DescribeKey."""
        found = response.member("KeyMetadata")
        assert found is not None  # noqa: S101 - INVARIANT: by this member the response was recognised
        if not found.text("Arn"):
            key = self._by_name(found.needed("KeyId"), found, found.text("AWSAccountId"), None)
        else:
            key = self._by_arn(found.needed("Arn"), found)
        key.metadata = found
        key.place = found.place

    def shown(self, key_arn: str, shown: Shown) -> KeyFacts:
        """The key with that ARN, which another kind of source shows."""
        key = self._by_arn(key_arn, shown)
        self._listed.add(key)
        return key

    def list(self, response: Shown) -> None:
        """ListKeys."""
        token = response.next_token()
        for entry in response.items("Keys"):
            if text := entry.text("KeyArn"):
                key = self._by_arn(text, entry)
            else:
                key = self._by_name(entry.needed("KeyId"), entry, entry.account(), entry.region())
            self._listed.add(key)
            if token is None:
                self._regions_listed.add((key.account, key.region))
                self.list_cut.pop((key.account, key.region), None)
            else:
                self.list_cut[key.account, key.region] = token

    def aliases(self, response: Shown) -> None:
        """ListAliases, of a Region or of one key."""
        targets: set[KeyFacts] = set()
        where: set[tuple[str | None, str | None]] = set()
        for entry in response.items("Aliases"):
            parts = arn.parse(entry.text("AliasArn") or "")
            account, region = (parts.account, parts.region) if parts else (entry.account(), entry.region())
            where.add((account, region))
            target = entry.text("TargetKeyId")
            if target is None:  # reserved for an AWS service that has not made its key yet
                continue
            key = self._by_name(target, entry, account, region, parts.partition if parts else "aws")
            key.aliases[entry.needed("AliasName")] = entry
            targets.add(key)
        named = self.named(response)
        if named is not None or (
            len(targets) == 1 and not any(name.startswith("alias/aws/") for key in targets for name in key.aliases)
        ):
            self.only_of |= {named} if named is not None else targets
            return
        token = response.next_token()
        for place in where or {(response.account(), response.region())}:
            # A later page may be the last one.
            self.alias_tokens[place] = token

    def grants(self, response: Shown, *, of_principal: bool = False) -> None:
        """ListGrants of a key, or with `of_principal` ListRetirableGrants, which has only some of a key's grants."""
        entries = list(response.items("Grants"))
        by_key: dict[KeyFacts, dict[str, Shown]] = {}
        last: tuple[str | None, KeyFacts] | None = None
        for index, entry in enumerate(entries):
            text = entry.text("KeyId")
            if last is None or last[0] != text:
                last = (text, self._reference(text, entry) or self.owner(response))
            key = last[1]
            by_key.setdefault(key, {})[entry.text("GrantId") or f"grant-{index}"] = entry
        if not entries and not of_principal:
            by_key[self.owner(response)] = {}
        whole = len(by_key) == 1 and not of_principal
        for key, grants in by_key.items():
            token = response.next_token() if whole else "other grants of the key are not listed"
            continued = "grants" in key.next_tokens
            if key.grants is None or (whole and not continued):
                if key.grants is not None and not _equal(key.grants, grants):
                    self.replaced.append(("grants", key, response))
                key.grants = {}
                key.grants_place = response.place.at("Grants") if whole else None
            else:
                key.grants_place = None
            key.grants.update(grants)
            if token is None:
                key.next_tokens.pop("grants", None)
            elif whole or not continued:
                key.next_tokens["grants"] = token

    def policy(self, response: Shown) -> None:
        """GetKeyPolicy."""
        key = self.owner(response)
        name = response.text("PolicyName")
        if name not in (None, "default"):
            self.further_policies.append((name or "", response))
            return
        found = response.member("Policy")
        assert found is not None  # noqa: S101 - INVARIANT: by this member the response was recognised
        if key.policy is not None and key.policy.value != found.value:
            self.replaced.append(("policy", key, found))
        key.policy = found.document()

    def policy_names(self, response: Shown) -> None:
        """ListKeyPolicies: keys that are shared with AWS RAM have a policy of AWS RAM besides ``default``."""
        for name, place in response.texts("PolicyNames"):
            if name != "default":
                self.further_policies.append((name, Shown(name, place, response.names)))

    def tags(self, response: Shown) -> None:
        """ListResourceTags."""
        key = self.owner(response)
        tags = response.tags("Tags", "TagKey", "TagValue")
        before = key.tags[0] if key.tags is not None and "tags" in key.next_tokens else {}
        token = response.next_token()
        if token is None:
            key.next_tokens.pop("tags", None)
        else:
            key.next_tokens["tags"] = token
        key.tags = ({**before, **tags}, response)

    def owner(self, response: Shown) -> KeyFacts:
        """The key of a response that does not name it: the file or its folder is named after the key."""
        found = self.named(response)
        if found is not None:
            return found
        advice = "put the key id, its ARN or an alias into the name of the file or of its folder"
        raise InputError(Fault("does not say of which key it is", response.place.location(), advice))

    def named(self, response: Shown) -> KeyFacts | None:
        """The key that the file of a response, or else the nearest folder, is named after; None if none is."""
        account, region = response.account(), response.region()
        for name in reversed(response.names):
            if found := KEY_ID.search(name):
                return self._by_name(found.group(), response, account, region)
        for name in reversed(response.names):
            if (key := self._by_alias(name, account, region)) is not None:
                return key
        return None

    def __iter__(self) -> Iterator[KeyFacts]:
        """All keys, except those that only an alias names although all keys of the Region were listed without them."""
        for key in self.table.values():
            shown = key.metadata or key.policy or key.grants is not None or key in self._listed
            if shown or (key.account, key.region) not in self._regions_listed:
                yield key

    def _by_alias(self, name: str, account: str | None, region: str | None) -> KeyFacts | None:
        """The key with the longest alias that occurs in a name, in which other characters may replace slashes."""
        text = f"-{_PLAIN.sub('-', name.lower())}-"
        best: tuple[int, KeyFacts] | None = None
        for key in self.table.values():
            if (account or key.account) != key.account or (region or key.region) != key.region:
                continue
            for alias in key.aliases:
                plain = _PLAIN.sub("-", alias.removeprefix("alias/").lower()).strip("-")
                if f"-{plain}-" in text and (best is None or len(plain) > best[0]):
                    best = (len(plain), key)
        return best[1] if best else None

    def _reference(self, text: str | None, shown: Shown) -> KeyFacts | None:
        if text is None:
            return None
        return (
            self._by_arn(text, shown)
            if text.startswith("arn:")
            else self._by_name(text, shown, shown.account(), shown.region())
        )

    def _by_arn(self, text: str, shown: Shown) -> KeyFacts:
        parts = arn.parse(text)
        if parts is None or parts.service != "kms" or not parts.resource.startswith("key/"):
            raise InputError(Fault(f"`{text}` is no key ARN", shown.place.location()))
        key_id = parts.resource.removeprefix("key/")
        return self._by_name(key_id, shown, parts.account, parts.region, parts.partition)

    def _by_name(
        self, key_id: str, shown: Shown, account: str | None, region: str | None, partition: str = "aws"
    ) -> KeyFacts:
        """The key with that id in the account and Region, as far as these are known."""
        for key in self._by_id.get(key_id, ()):
            if (account is None or key.account in (None, account)) and (region is None or key.region in (None, region)):
                if (key.account, key.region) != (account or key.account, region or key.region):
                    key.account, key.region, key.partition = account or key.account, region or key.region, partition
                return key
        key = KeyFacts(key_id, account, region, partition, shown)
        self.table[account, region, key_id] = key
        self._by_id.setdefault(key_id, []).append(key)
        return key


def _equal(before: dict[str, Shown], after: dict[str, Shown]) -> bool:
    return {name: each.value for name, each in before.items()} == {name: each.value for name, each in after.items()}
