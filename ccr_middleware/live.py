"""The configuration at run time: its file is looked at while the gateway works, and saved to.

What is saved, or edited by hand, is in use from the next request on. What cannot be used changes nothing: the
configuration before it stays, and `error` says what is wrong.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from .config import Config
from .config.document import Document, parse_document
from .errors import BadRequest, ConfigError, Conflict, NotPermitted
from .threads import Threads
from .watched import Stamp, stamp_of

if TYPE_CHECKING:  # what is needed to save is loaded when somebody does
    from .config.files import ConfigFile
    from .config.masking import Masks
    from .config.problems import Problem

log = logging.getLogger("ccr_middleware")

#: The file is looked at so often (seconds) at most, and only when there are requests.
LOOK_SECONDS = 1.0

#: What a file that does not exist yet begins as.
EMPTY = "{}\n"


class Saved(NamedTuple):
    """What came of saving: the file's revision now, and what its configuration is warned about."""

    revision: str
    warnings: tuple[str, ...]


class LiveConfig:
    """The configuration of one gateway and the file it comes from.

    `use` makes a configuration of a document the one in use and returns it, or raises `ConfigError` and changes
    nothing; it is called in worker threads, never twice at once. `config` is the one in use at first; `path` its file,
    None: there is none, so that nothing can be saved. `env`: where variables are looked up. `mask_key`: makes the masks
    of several workers the same.
    """

    def __init__(
        self,
        path: str | None,
        config: Config,
        use: Callable[[Document], Config],
        env: Mapping[str, str],
        mask_key: bytes = b"",
    ) -> None:
        self.path = path
        self.error: str | None = None
        self.loaded_at = time.time()
        self._config = config
        self._env = env
        self._mask_key = mask_key
        self._use = use
        self._stamp: Stamp | None = stamp_of(path) if path else None
        self._look_at = time.monotonic() + LOOK_SECONDS
        self._changing = threading.Lock()
        self._threads = Threads("ccr-config", 4)

    @cached_property
    def file(self) -> ConfigFile | None:
        """The file, None when there is none."""
        from .config.files import ConfigFile

        return ConfigFile(self.path) if self.path else None

    @cached_property
    def masks(self) -> Masks:
        """What secrets are shown as."""
        from .config.masking import Masks

        return Masks(hashlib.sha256(b"ccr_masks\0" + self._mask_key).digest() if self._mask_key else None)

    @property
    def due(self) -> bool:
        """Whether it is time to look at the file."""
        return self.path is not None and time.monotonic() >= self._look_at

    def restored(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """A part of a document with the secrets of the configuration in use where it has their masks. Raises
        `BadRequest` for a mask of nothing that is there."""
        return self.masks.restored(part, self._config.raw)

    async def look(self) -> None:
        """Use the file if it has changed. Only whoever notices that waits for it."""
        assert self.path is not None
        self._look_at = time.monotonic() + LOOK_SECONDS
        if stamp_of(self.path) != self._stamp:
            await self._threads.run(self._reload)

    async def reload(self) -> None:
        """Use the file as it is now, changed or not; what it names is loaded anew."""
        if self.path is not None:
            await self._threads.run(self._reload)

    async def revision(self) -> str:
        """The revision of the file as it is now, "" when there is none."""
        return (await self.text())[1] if self.path is not None else ""

    async def writable(self) -> bool:
        """Whether the configuration can be saved."""
        file = self.file
        return file is not None and await self._threads.run(file.why_not_writable) is None

    async def text(self) -> tuple[str, str]:
        """The file's text and its revision. Raises `Conflict` when there is no file."""
        return await self._threads.run(self._read)

    async def save(self, wanted: Mapping[str, Any], if_match: str | None = None) -> Saved:
        """Make the file say this document, keeping comments, order and placeholders. Masks stand for what they hide.

        `if_match`: the revision that was read. Raises `Conflict`, `BadRequest` (with the problems as details),
        `NotPermitted`.
        """

        def edited(text: str) -> str:
            from .config.editing import edit_text

            return edit_text(text, self.masks.restored(wanted, _present(text)))

        return await self._threads.run(self._save, edited, if_match)

    async def save_text(self, wanted: str, if_match: str | None = None) -> Saved:
        """The same for a text, which is kept as it is but for the masks in it."""
        return await self._threads.run(self._save, lambda text: self.masks.restored_text(wanted, text), if_match)

    async def merge(self, changes: Mapping[str, Any], if_match: str | None = None) -> Saved:
        """The same for the changes alone, as RFC 7396 writes them: null removes a key."""

        def edited(text: str) -> str:
            from .config.editing import edit_text, patch

            present = _present(text)
            return edit_text(text, self.masks.restored(patch(present, changes), present))

        return await self._threads.run(self._save, edited, if_match)

    async def problems(self, wanted: Mapping[str, Any] | str) -> tuple[list[Problem], list[str]]:
        """What is wrong with a document or a text, and what it would be warned about; nothing is changed."""
        return await self._threads.run(self._problems, wanted)

    # -- in worker threads -------------------------------------------------------------------------------

    def _read(self) -> tuple[str, str]:
        if self.file is None:
            raise Conflict("this gateway was given its configuration by its host, so there is no file to save it to")
        try:
            return self.file.read()
        except FileNotFoundError:
            return EMPTY, ""

    def _problems(self, wanted: Mapping[str, Any] | str) -> tuple[list[Problem], list[str]]:
        from .config.problems import problems_of

        text = self._read()[0] if self.file is not None else EMPTY
        if isinstance(wanted, str):
            return problems_of(self.masks.restored_text(wanted, text), env=self._env)
        return problems_of(self.masks.restored(wanted, _present(text)), env=self._env)

    def _save(self, edited: Callable[[str], str], if_match: str | None) -> Saved:
        from .config.problems import Problem, problems_of

        with self._changing:
            text, revision = self._read()
            assert self.file is not None
            if if_match is not None and if_match != revision:
                raise Conflict("the configuration was changed by somebody else meanwhile; load it again")
            wanted = edited(text)
            problems, _ = problems_of(wanted, env=self._env)
            if problems:
                raise bad_configuration(problems)
            document = parse_document(wanted, source=self.file.path)
            self._check_code(document.value, text)
            try:
                self._config = self._use(document)
            except ConfigError as problem:
                raise bad_configuration([Problem("", str(problem), None, None)]) from None
            written = self.file.write(wanted, if_match=revision or None)
            self._loaded()
            return Saved(written, self._config.warnings)

    def _check_code(self, wanted: Mapping[str, Any], text: str) -> None:
        """Whoever manages the gateway over HTTP may not run code on its machine unless the file says so."""
        from .config.code_places import newly_named_code

        try:
            present = parse_document(text).value
        except ConfigError:
            present = {}  # broken by hand; then nothing is known to be allowed
        if present.get("allowCodeFromApi", present.get("allow_code_from_api")) is True:
            return
        if places := newly_named_code(wanted, present):
            raise NotPermitted(
                f"{', '.join(places)}: names code, a file or a folder, which may only be set in the file itself; "
                'write it there, or "allowCodeFromApi": true'
            )

    def _reload(self) -> None:
        with self._changing:
            assert self.path is not None
            self._stamp = stamp_of(self.path)
            try:
                text, _ = self._read()
                self._config = self._use(parse_document(text, name=self.path, source=self.path))
            except (ConfigError, OSError, UnicodeDecodeError) as problem:
                self.error = str(problem)
                log.error("the changed configuration is not used: %s", problem)
            except Exception as problem:
                self.error = f"the gateway failed on it: {type(problem).__name__}; its log tells why"
                log.exception("the changed configuration is not used")
            else:
                self._loaded()
                log.info("%s was changed and is in use", self.path)

    def _loaded(self) -> None:
        assert self.path is not None
        self.error = None
        self.loaded_at = time.time()
        self._stamp = stamp_of(self.path)


def _present(text: str) -> dict[str, Any]:
    """The document of the file as it is. Raises `Conflict` when somebody has broken it by hand."""
    try:
        return parse_document(text).value
    except ConfigError as problem:
        raise Conflict(f"the file was edited and cannot be read any more, so mend its text first: {problem}") from None


def bad_configuration(problems: list[Problem]) -> BadRequest:
    """The error for a configuration that cannot be used: the first problem as text, all of them as details."""
    first = problems[0]
    place = f"{first.path}: " if first.path and not first.message.startswith(first.path) else ""
    return BadRequest(f"{place}{first.message}", details={"problems": [problem._asdict() for problem in problems]})
