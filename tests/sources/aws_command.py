"""A command `aws` for scripts under test: each call is made by boto3 in the process of the test."""

from __future__ import annotations

import json
import socketserver
import threading
from pathlib import Path
from typing import Any

_CLIENT = """#!{bash}
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%s\\n' "$#" "$@" >&3
read -r code <&3
if [ "$code" = 0 ]; then cat <&3; else cat <&3 >&2; fi
exit "$code"
"""


class AwsCommand:
    """The command, in `folder`; `asked` has its calls, `refused` the operations that it is refused."""

    def __init__(self, folder: Path, bash: str, session: Any, endpoint: str) -> None:
        self.asked: list[list[str]] = []
        self.refused: set[str] = set()
        self._session, self._endpoint = session, endpoint
        self._clients: dict[tuple[str, str | None], Any] = {}
        folder.mkdir()
        command = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = [self.rfile.readline().decode().rstrip("\n") for _ in range(int(self.rfile.readline()))]
                code, text = command.answer(words)
                self.wfile.write(f"{code}\n{text}".encode())

        self.server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        path = folder / "aws"
        path.write_text(_CLIENT.format(bash=bash, port=self.server.server_address[1]), encoding="utf-8")
        path.chmod(0o755)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, words: list[str]) -> tuple[int, str]:
        """The exit code and the output of a call, as the AWS CLI gives them."""
        self.asked.append(words)
        service, operation, *rest = words
        options = dict(zip(rest[::2], rest[1::2], strict=True))
        output, query = options.pop("--output"), options.pop("--query", None)
        client = self._client(service, options.pop("--region", None))
        if operation in self.refused:
            return 254, "An error occurred (AccessDenied) when calling the operation: no\n"
        given = {_parameter(name): value for name, value in options.items()}
        method = operation.replace("-", "_")
        if client.can_paginate(method):
            found = client.get_paginator(method).paginate(**given).build_full_result()
        else:
            found = getattr(client, method)(**given)
        found.pop("ResponseMetadata", None)
        if query is not None:
            found = _found(found, query)
        if output == "json":
            return 0, json.dumps(found, indent=4, default=str) + "\n"
        return 0, ("\t".join(map(str, found)) if isinstance(found, list) else str(found)) + "\n"

    def _client(self, service: str, region: str | None) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.client(
                service, region_name=region, endpoint_url=self._endpoint
            )
        return self._clients[service, region]


def _parameter(option: str) -> str:
    """``--key-id`` as the API calls it, ``KeyId``."""
    return "".join(word.capitalize() for word in option.removeprefix("--").split("-"))


def _found(value: Any, query: str) -> Any:
    """What a query of the script finds: ``Account``, ``Policies[].Id``, ``Parents[0].Id``."""
    for step in query.replace("[", ".[").split("."):
        if step == "[]":
            continue
        if step.startswith("["):
            value = value[int(step[1:-1])]
        else:
            value = [each[step] for each in value] if isinstance(value, list) else value[step]
    return value
