"""A bar is shown only where a person watches."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from kms_eval.doors.cli.output import Output
from kms_eval.doors.cli.progress import tracking


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def output(*, quiet: bool = False) -> Output:
    made = Output(None, None, {})
    made.obey(quiet=quiet, color=None)
    return made


@pytest.mark.parametrize("stream", [StringIO(), Terminal()])
def test_everything_is_passed_on_and_a_bar_is_for_terminals(monkeypatch: pytest.MonkeyPatch, stream: StringIO) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(tracking("Asking", output())(["a", "b"])) == ["a", "b"]
    assert ("Asking" in stream.getvalue()) is stream.isatty()


def test_without_a_stream_for_errors_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert list(tracking("Asking", output())([1])) == [1]


def test_whoever_wants_quiet_sees_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(tracking("Asking", output(quiet=True))([1])) == [1]
    assert stream.getvalue() == ""
