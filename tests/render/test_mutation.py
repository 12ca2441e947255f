"""A request as somebody would type it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kms_eval.render.mutation import request_as_command
from kms_eval.world.model import Session
from kms_eval.world.request import Request


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (Request("role/app", "kms:Decrypt"), "kms-eval can role/app kms:Decrypt"),
        (
            Request("role/app", "kms:CreateAlias", key="app", alias="alias/new", vpc_endpoint="vpce-1"),
            "kms-eval can role/app kms:CreateAlias --key app --alias alias/new --vpc-endpoint vpce-1",
        ),
        (
            Request("root", "kms:Decrypt", context={"aws:TagKeys": ("a b", "c"), "a:b": ()}),
            "kms-eval can root kms:Decrypt --context 'aws:TagKeys=a b' --context aws:TagKeys=c --context 'a:b[]'",
        ),
        (
            Request("root", "kms:Decrypt", encryption_context={"a": "1"}, at=datetime(2026, 1, 1, tzinfo=UTC)),
            "kms-eval can root kms:Decrypt --at 2026-01-01T00:00:00Z --encryption-context a=1",
        ),
        (
            Request("role/app", "kms:Decrypt", session=Session("s1", tags={"team": "blue"}, source_identity="me")),
            "kms-eval can role/app kms:Decrypt --session-name s1 --source-identity me --session-tag team=blue",
        ),
    ],
)
def test_a_request_becomes_a_command(request_: Request, command: str) -> None:
    assert request_as_command(request_) == command
