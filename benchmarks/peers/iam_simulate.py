"""iam-simulate (TypeScript): its fastest call, in a Node.js process that measures itself.

It is under the AGPL and stays at arm's length: a script of ours calls its public interface. The package is looked for
in the folder ``node_modules`` that ``KMS_EVAL_NODE_MODULES`` names, else in the global one of npm.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from benchmarks.peers.adapter import Answerer
from benchmarks.questions import ACCOUNT, Question

NAME = "iam-simulate"
CALL = "runUnsafeSimulation"

_PACKAGE = Path("@cloud-copilot", "iam-simulate")
_SCRIPT = Path(__file__).with_suffix(".mjs")


def available() -> str | None:
    """None if there is a Node.js and the package."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (_modules() / _PACKAGE).is_dir():
        return f"{_PACKAGE.as_posix()} is not installed (npm install it, KMS_EVAL_NODE_MODULES names the folder)"
    return None


def prepare(question: Question) -> Answerer:
    """The process of the engine, which runs until this one ends."""
    return _Node(question)


@cache
def _modules() -> Path:
    named = os.environ.get("KMS_EVAL_NODE_MODULES")
    if named:
        return Path(named).absolute()
    if shutil.which("npm") is None:
        return Path("node_modules").absolute()
    return Path(subprocess.run(["npm", "root", "-g"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


class _Node:
    def __init__(self, question: Question) -> None:
        self._process = subprocess.Popen(
            ["node", str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        asked = {
            "account": ACCOUNT,
            "keys": {name: {"arn": key.arn, "policy": key.policy} for name, key in question.keys.items()},
            "identity": dict(question.identity),
            "asks": [
                {"principal": ask.principal, "action": ask.action, "key": ask.key, "context": dict(ask.context)}
                for ask in question.asks
            ],
        }
        self._say(str(_modules()))
        self._answers: list[bool] = json.loads(self._told(json.dumps(asked)))

    def answers(self) -> list[bool]:
        return self._answers

    def seconds(self) -> float:
        return float(self._told("again"))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _told(self, line: str) -> str:
        self._say(line)
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            message = f"node ended: {self._process.wait()}"
            raise RuntimeError(message)
        return answer
