"""One snapshot: makes the calls in parallel, and a folder that is complete or does not exist.

Comes in: sessions of boto3, one for each account. Goes out: files. Never here: which calls there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from kms_eval.doors.pulling import calls
from kms_eval.doors.pulling.calls import Call
from kms_eval.errors import Fault, InputError, Location

THREADS = 8
_ATTEMPTS = 10
_TOLD_EACH = 100
"""Parts of a snapshot (a key, the identities of an account) after which progress is reported."""
_NOTHING_THERE = frozenset({"AWSOrganizationsNotInUseException"})
"""Error codes that say that there is nothing to show, not that access was denied."""


class Snapshot:
    """A snapshot in the making, in a temporary folder beside its final one."""

    def __init__(self, folder: Path, *, resume: bool, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.partial = folder.with_name(f"{folder.name}.partial")
        self.failed: list[dict[str, str]] = []
        self.accounts: list[str] = []
        self.made = 0
        self.kept = 0
        self._say = say
        self._lock = Lock()
        if folder.exists():
            raise InputError(Fault("is there already", Location(str(folder)), "name another folder, or remove it"))
        if self.partial.exists() and not resume:
            raise InputError(
                Fault(
                    "is there from a pull that did not end", Location(str(self.partial)), calls.ADVICE_BEFORE_RESUMING
                )
            )
        self.partial.mkdir(parents=True, exist_ok=True)

    def take(self, sessions: Sequence[Any], regions: tuple[str, ...]) -> None:
        """Make the calls for all accounts in parallel, and keep their responses."""
        accounts = {
            str(each.client("sts", config=_config()).get_caller_identity()["Account"]): each for each in sessions
        }
        self.accounts += accounts
        with ThreadPoolExecutor(THREADS) as pool:
            work: list[Future[None]] = []
            waiting: list[Future[list[Future[None]]]] = []
            for account, session in accounts.items():
                asked = _Account(self, account, session)
                work += [pool.submit(asked.identities), pool.submit(asked.organization)]
                waiting += [pool.submit(asked.region, region, pool) for region in regions]
            work += [key for region in waiting for key in region.result()]
            for number, each in enumerate(work, 1):
                each.result()
                if number % _TOLD_EACH == 0:
                    self._say(f"{number} of {len(work)} parts: {self.made} calls, {len(self.failed)} refused")

    def finish(self, regions: tuple[str, ...]) -> None:
        """Record what was called and what was refused, and give the folder its final name."""
        record = {
            "kms_eval_snapshot": 1,
            "taken": datetime.now(UTC).isoformat(timespec="seconds"),
            "accounts": self.accounts,
            "regions": list(regions),
            "calls": self.made,
            "failed": sorted(self.failed, key=lambda failed: tuple(failed.values())),
        }
        _write(self.partial / "snapshot.json", record)
        self.partial.rename(self.folder)

    def pages(self, account: str, client: Any, call: Call, **names: str) -> list[Mapping[str, Any]]:
        """The response to a call, page by page, from an earlier pull or from AWS, and then kept; empty if refused."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        file, parameters = call.filled(**names)
        path = self.partial / account / file
        if path.is_file():
            with self._lock:
                self.kept += 1
            return _read(path)
        try:
            pages = list(_asked(client, call, parameters))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "Unknown"))
            if code not in _NOTHING_THERE:
                self._refused(account, call, code, names)
            return []
        except (BotoCoreError, ResponseParserError) as error:
            # The latter if something on the way, such as a sign-in page, answers in place of AWS.
            self._refused(account, call, type(error).__name__, names)
            return []
        _write(path, pages[0] if len(pages) == 1 else pages)
        with self._lock:
            self.made += 1
        return pages

    def _refused(self, account: str, call: Call, code: str, names: Mapping[str, str]) -> None:
        with self._lock:
            self.made += 1
            self.failed.append(
                {"service": call.service, "operation": call.operation, "account": account, "code": code, **names}
            )


class _Account:
    def __init__(self, snapshot: Snapshot, account: str, session: Any) -> None:
        self._snapshot = snapshot
        self._account = account
        self._session = session
        self._lock = Lock()

    def _client(self, service: str, region: str | None = None) -> Any:
        with self._lock:  # making clients of one session is not safe for threads
            return self._session.client(service, region_name=region, config=_config())

    def _pages(self, client: Any, call: Call, **names: str) -> list[Mapping[str, Any]]:
        return self._snapshot.pages(self._account, client, call, **names)

    def identities(self) -> None:
        """The caller's identity, and all of IAM."""
        self._pages(self._client("sts"), calls.IDENTITY)
        self._pages(self._client("iam"), calls.DETAILS)

    def organization(self) -> None:
        """The organization, the path to this account, and all policies."""
        client = self._client("organizations")
        if not self._pages(client, calls.ORGANIZATION):
            return
        self._pages(client, calls.ROOTS)
        self._pages(client, calls.ACCOUNTS)
        child = self._account
        while not child.startswith("r-"):
            parents = [
                each["Id"] for page in self._pages(client, calls.PARENTS, child=child) for each in page["Parents"]
            ]
            if not parents:
                break
            child = parents[0]
        for kind in calls.POLICY_TYPES:
            for page in self._pages(client, calls.POLICIES, type=kind):
                for policy in page["Policies"]:
                    self._pages(client, calls.POLICY, policy=policy["Id"])
                    self._pages(client, calls.TARGETS, policy=policy["Id"])

    def region(self, region: str, pool: ThreadPoolExecutor) -> list[Future[None]]:
        """The endpoints, aliases and keys of a Region; the keys in parallel."""
        self._pages(self._client("ec2", region), calls.ENDPOINTS, region=region)
        client = self._client("kms", region)
        self._pages(client, calls.ALIASES, region=region)
        keys = [each["KeyId"] for page in self._pages(client, calls.KEYS, region=region) for each in page["Keys"]]
        return [pool.submit(self._key, client, region, key) for key in keys]

    def _key(self, client: Any, region: str, key: str) -> None:
        for call in calls.OF_KEY:
            self._pages(client, call, region=region, key=key)


def _config() -> Any:
    from botocore.config import Config

    return Config(retries={"mode": "standard", "max_attempts": _ATTEMPTS}, max_pool_connections=THREADS * 2)


def _asked(client: Any, call: Call, parameters: dict[str, str]) -> Iterator[Mapping[str, Any]]:
    if client.can_paginate(call.method):
        pages = client.get_paginator(call.method).paginate(**parameters)
    else:
        pages = [getattr(client, call.method)(**parameters)]
    for page in pages:
        yield {name: value for name, value in page.items() if name != "ResponseMetadata"}


def _read(path: Path) -> list[Mapping[str, Any]]:
    value = json.loads(path.read_text(encoding="utf-8"))
    return value if isinstance(value, list) else [value]


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(json.dumps(value, indent=1, default=str) + "\n", encoding="utf-8")
    unfinished.replace(path)
