"""The configuration file on disk: read with a revision, written as a whole or not at all.

Beside `config.json` there may be its last three versions (`config.json.2026-01-31T10-20-30-123Z.bak`, named as CCR v2
names them) and `.config.json.lock`. A new version is written to `.config.json.<number>.tmp` and takes the place of the
old one in a single step, so a reader sees one or the other, and so does whoever comes after a crash.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count

from ..errors import BadRequest, ConfigError, Conflict, GatewayError
from .document import MAX_BYTES
from .file_lock import locked

#: How many earlier versions are kept.
BACKUPS = 3
#: The revision of a file that is not there.
MISSING = "missing"

#: What a file system says where one file cannot take the place of another: it is mounted by itself (Docker's
#: `-v ./config.json:/config.json`), or open elsewhere on Windows.
_NOT_REPLACEABLE = frozenset({errno.EBUSY, errno.EXDEV})

_numbers = count()


def revision_of(data: bytes) -> str:
    """What tells one version of a file from another: sixteen hex digits."""
    return hashlib.sha256(data).hexdigest()[:16]


class ConfigFile:
    """A configuration file. A link stays a link; what it points to is written.

    `now` is the clock that backups are named by.
    """

    def __init__(self, path: str | os.PathLike[str], *, now: Callable[[], datetime] | None = None) -> None:
        self.path = os.path.abspath(os.path.expanduser(os.fspath(path)))
        self._now = now or (lambda: datetime.now(UTC))

    def read(self) -> tuple[str, str]:
        """The text and its revision. Raises FileNotFoundError when there is no file, ConfigError when it is none."""
        data = self._data()
        if data is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", self.path)
        try:
            return data.decode("utf-8"), revision_of(data)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ConfigError(f"{self.path}: line {line}: is not UTF-8; save the file with UTF-8 encoding") from None

    def revision(self) -> str:
        """The revision of what is there now."""
        data = self._data()
        return MISSING if data is None else revision_of(data)

    def why_not_writable(self) -> str | None:
        """What keeps the file from being written as far as can be told beforehand, None: nothing."""
        try:
            self._check_writable(os.path.realpath(self.path))
        except GatewayError as error:
            return error.message
        return None

    def write(self, text: str, if_match: str | None = None) -> str:
        """Write a new version, which only the owner may read, and return its revision.

        The version before becomes a backup. Text that is already there is not written again. Raises Conflict when
        the file is not at the revision `if_match` (`*`: at any), GatewayError when it cannot be written, BadRequest
        for a text that is too large.
        """
        data = _encoded(text)
        target = os.path.realpath(self.path)
        self._check_writable(target)
        with self._explained(target):
            _make_directories(os.path.dirname(target))
            with locked(_hidden(target, "lock")):
                self._write(target, data, if_match)
        return revision_of(data)

    def _write(self, target: str, data: bytes, if_match: str | None) -> None:
        """Write while nobody else does."""
        present = self._data()
        if if_match is not None:
            _check_revision(present, if_match.strip().removeprefix("W/").strip('"'))
        _remove_leftovers(target)
        if present == data:
            os.chmod(target, 0o600)
            return
        with _written(target, data) as temporary:
            if present is not None:
                self._back_up(target, present)
            _replace(target, temporary, data)

    def _back_up(self, target: str, data: bytes) -> None:
        """Keep the version that is about to go. By now the new one has found room on the disk."""
        moment = self._now().astimezone(UTC)
        while os.path.exists(name := f"{target}.{_stamp(moment)}.bak"):
            moment += timedelta(milliseconds=1)
        with _written(name, data, like=target) as temporary:
            os.replace(temporary, name)
        for old in sorted(_backups(target), reverse=True)[BACKUPS:]:
            with suppress(FileNotFoundError):
                os.remove(old)

    def _data(self) -> bytes | None:
        try:
            with open(self.path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(f"{self.path}: cannot be read ({reason}); correct its rights, or name another") from None
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{self.path}: is larger than {MAX_BYTES} bytes; name the configuration file")
        return data

    def _check_writable(self, target: str) -> None:
        """Refuse what the owner has made read-only, although a new file could take its place."""
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise _unwritable(f"{target}: is read-only; make it writable for the user of this process (chmod u+w)")
        directory = os.path.dirname(target)
        while not os.path.exists(directory) and os.path.dirname(directory) != directory:
            directory = os.path.dirname(directory)
        if not os.path.isdir(directory):
            raise _unwritable(f"{directory}: is no directory; remove it, or name another file")
        if not os.access(directory, os.W_OK | os.X_OK):
            fix = "give the user of this process the right to write in it"
            raise _unwritable(f"{directory}: nothing can be written in this directory; {fix}")

    @contextmanager
    def _explained(self, target: str) -> Iterator[None]:
        """Errors of the system in words."""
        try:
            yield
        except OSError as error:
            raise _unwritable(f"{target}: cannot be written ({error.strerror or error}); {_fix(error)}") from None


def _encoded(text: str) -> bytes:
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadRequest("configuration: holds half a character, which no file can; take it out") from None
    if len(data) > MAX_BYTES:
        raise BadRequest(f"configuration: is larger than {MAX_BYTES} bytes; make it smaller")
    return data


def _check_revision(present: bytes | None, wanted: str) -> None:
    revision = MISSING if present is None else revision_of(present)
    if wanted != revision and not (wanted == "*" and present is not None):
        raise Conflict("the configuration was changed since it was read; read it again, and make your changes there")


@contextmanager
def _written(target: str, data: bytes, like: str | None = None) -> Iterator[str]:
    """A file with this content that is to be the target; its owner is that of `like`, or of the target so far."""
    temporary = _hidden(target, f"{os.getpid()}-{next(_numbers)}.tmp")
    try:
        _write_new(temporary, data, _owner(like or target))
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.remove(temporary)


def _replace(target: str, temporary: str, data: bytes) -> None:
    """Put a file in the place of another, or of none."""
    try:
        os.replace(temporary, target)
    except OSError as error:
        if error.errno not in _NOT_REPLACEABLE:
            raise
        _overwrite(target, data)
    _sync_directory(os.path.dirname(target))


def _write_new(path: str, data: bytes, owner: tuple[int, int] | None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.chmod(path, 0o600)  # whatever the umask is
        if owner is not None:
            _give_to(file.fileno(), path, *owner)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _overwrite(path: str, data: bytes) -> None:
    """Write into the file itself, where it cannot be replaced. Its backup is there should this be cut off."""
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    os.chmod(path, 0o600)


def _owner(path: str) -> tuple[int, int] | None:
    """User and group of a file, None when it is not there or nobody owns files."""
    if not hasattr(os, "chown"):
        return None
    with suppress(FileNotFoundError):
        found = os.stat(path)
        return found.st_uid, found.st_gid
    return None


def _give_to(descriptor: int, path: str, user: int, group: int) -> None:
    """Keep the owner. Raises OSError when that is not allowed: the owner could read the file no more."""
    found = os.fstat(descriptor)
    if found.st_gid != group:
        with suppress(PermissionError):
            os.fchown(descriptor, -1, group)
    if found.st_uid != user:
        try:
            os.fchown(descriptor, user, -1)
        except PermissionError:
            raise OSError(errno.EPERM, "it belongs to another user", path) from None


def _sync_directory(path: str) -> None:
    """Have the new name on disk too, where directories can be opened for that."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _make_directories(path: str) -> None:
    """Make a directory and those above it that are missing, for their owner alone."""
    if path and not os.path.isdir(path):
        _make_directories(os.path.dirname(path))
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)


def _remove_leftovers(target: str) -> None:
    """Remove what writers that were killed have left."""
    directory, name = os.path.split(target)
    leftover = re.compile(rf"\.{re.escape(name)}(?:\.\d{{4}}-[\dTZ-]+\.bak)?\.\d+-\d+\.tmp")
    for entry in os.listdir(directory):
        if leftover.fullmatch(entry):
            with suppress(FileNotFoundError):
                os.remove(os.path.join(directory, entry))


def _backups(target: str) -> Iterator[str]:
    """The backups of a file, and nothing that is only called like one."""
    directory, name = os.path.split(target)
    backup = re.compile(re.escape(name) + r"\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.bak")
    return (os.path.join(directory, entry) for entry in os.listdir(directory) if backup.fullmatch(entry))


def _stamp(moment: datetime) -> str:
    """A time as CCR v2 writes it: ISO 8601 with `-` for `:` and `.`."""
    return moment.strftime("%Y-%m-%dT%H-%M-%S-") + f"{moment.microsecond // 1000:03d}Z"


def _hidden(target: str, end: str) -> str:
    directory, name = os.path.split(target)
    return os.path.join(directory, f".{name}.{end}")


def _fix(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room on the disk"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "run the gateway as the owner of the file, or give it the right to write there"
    return "see to it, or name another file"


def _unwritable(message: str) -> GatewayError:
    return GatewayError(message, should_retry=False)
