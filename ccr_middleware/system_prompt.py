"""`REWRITE_SYSTEM_PROMPT`: the beginning of Claude Code's system prompt, replaced by the text of a file."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

from .lenient import as_dict, as_list, text_of
from .threads import AllHanging, Threads
from .unified import Json
from .watched import WatchedFile

log = logging.getLogger("ccr_middleware")

_ENV = "<env>"

#: How long what was read is believed, and how long a request waits for the disk.
CHECK_SECONDS = 1.0
LOOK_SECONDS = 2.0

#: A larger file is no prompt.
MAX_BYTES = 1024 * 1024


def rewrite_system_prompt(body: Json, text: str) -> Json:
    """The request with `text` in place of what stands before `<env>` in its system prompt (CCR v2's §3.2).

    The prompt is the first text block behind the first one that has an `<env>`: the second block of Claude Code 2.0,
    the third of 2.1, where a billing line comes before. A request without such a block is given back as it is, and the
    given one is never changed.
    """
    system = as_list(body.get("system"))
    for index, block in enumerate(system[1:], 1):
        prompt = text_of(as_dict(block).get("text"))
        if _ENV in prompt:
            rewritten = {**block, "text": f"{text}{_ENV}{prompt.rpartition(_ENV)[2]}"}
            return {**body, "system": [*system[:index], rewritten, *system[index + 1 :]]}
    return body


class PromptFile:
    """The file of a configuration. It is read in a thread, and again only when it changes.

    Relative paths begin at `folder`; `clock` counts seconds.
    """

    def __init__(self, path: str, folder: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._shown = path
        full_path = os.path.abspath(os.path.join(folder, os.path.expanduser(path)))
        self._file: WatchedFile[str] = WatchedFile(full_path, str, MAX_BYTES)
        self._clock = clock
        self._text: str | None = None
        self._until = float("-inf")
        self._told = False
        self._threads = Threads("ccr-prompt", 2)

    async def text(self) -> str | None:
        """The text, None when there is no file that can be read, which is warned about once. Never raises."""
        if self._clock() >= self._until:
            self._until = self._clock() + CHECK_SECONDS
            try:
                self._text = await self._threads.run(self._file.read, timeout_seconds=LOOK_SECONDS)
            except (TimeoutError, AllHanging):
                log.warning("REWRITE_SYSTEM_PROMPT: %s does not answer; the last text is used", self._shown)
            self._warn_if_missing()
        return self._text

    def _warn_if_missing(self) -> None:
        if self._text is None and not self._told:
            log.warning("REWRITE_SYSTEM_PROMPT: %s cannot be read; system prompts stay as they are", self._shown)
        self._told = self._text is None
