"""A shell on a terminal of its own, in a home of its own: what is typed, and what is then run.

Comes in: keys. Goes out: the words with which `kms-eval` was run, and all that the screen was sent.
Nothing here sleeps: everything waits for the terminal, at most `PATIENCE` seconds.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 30.0
"""Seconds until a shell that says nothing is given up: many more than it takes."""

PROMPT = "ready> "
_BEGIN, _END = "<run with>", "<end>"

# Completing is left to the program; where a line is run, its words are shown instead.
_STAND_IN = f"""\
#!/bin/sh
[ -z "$_KMS_EVAL_COMPLETE" ] || exec '{sys.executable}' -m kms_eval "$@"
printf '%s' '{_BEGIN}'
for word; do printf '<%s>' "$word"; done
printf '%s\\n' '{_END}'
"""

# Has the terminal of its input control it, as a login does, and becomes the shell.
_LOGIN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Start:
    """How a shell is started so that it reads the files of the home folder, and what sets its prompt there."""

    words: tuple[str, ...]
    file: str
    text: str


STARTS: Mapping[str, Start] = {
    "bash": Start(("bash", "-i"), ".bashrc", f"PS1='{PROMPT}'; bind 'set enable-bracketed-paste off'\n"),
    "zsh": Start(("zsh", "-i"), ".zshrc", f"PS1='{PROMPT}'; unsetopt prompt_cr prompt_sp; unset zle_bracketed_paste\n"),
    "fish": Start(
        ("fish", "-i"),
        ".config/fish/config.fish",
        f"function fish_prompt; printf '%s' '{PROMPT}'; end; set fish_greeting; set fish_autosuggestion_enabled 0\n",
    ),
}


class Terminal:
    """A shell that has `kms-eval` complete as `--install-completion` leaves it."""

    def __init__(self, shell: str, home: Path) -> None:
        start = STARTS[shell]
        program = home / "bin" / "kms-eval"
        program.parent.mkdir(parents=True)
        program.write_text(_STAND_IN)
        program.chmod(0o755)
        (home / start.file).parent.mkdir(parents=True, exist_ok=True)
        (home / start.file).write_text(start.text)
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in {"LANG", "LC_ALL", "PYTHONPATH", "PYTHONSAFEPATH"}
        }
        environment |= {
            "HOME": str(home),
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "TERM": "dumb",
        }
        subprocess.run(
            [sys.executable, "-m", "kms_eval", "--install-completion", shell],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip
        self._terminal, end = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, *start.words],
            cwd=home, env=environment, stdin=end, stdout=end, stderr=end, start_new_session=True,
        )  # fmt: skip
        os.close(end)
        self.screen = ""
        self._seen = 0
        self.wait_for(PROMPT)

    def run(self, keys: str) -> str:
        """Type the keys and Enter; the words that `kms-eval` was run with, each in angle brackets."""
        self.type(keys + "\r")
        self.wait_for(_BEGIN)
        words = self.wait_for(_END)
        self.wait_for(PROMPT)
        return words

    def type(self, keys: str) -> None:
        """Type the keys."""
        os.write(self._terminal, keys.encode())

    def wait_for(self, text: str) -> str:
        """What the terminal is sent up to the text, which has to come."""
        end = time.monotonic() + PATIENCE
        while (found := self.screen.find(text, self._seen)) < 0:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"nothing came after {self.screen[self._seen :]!r}"
            self.screen += os.read(self._terminal, 65536).decode("utf-8", "replace")
        said = self.screen[self._seen : found]
        self._seen = found + len(text)
        return said

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)
