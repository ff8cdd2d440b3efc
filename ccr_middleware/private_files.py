"""Files for nobody else's eyes, written whole or not at all. What is here blocks: it is for threads and commands."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

#: What the name of a file begins with that is still being written.
DRAFT = ".writing-"


def write_private(path: str | os.PathLike[str], data: bytes, *, durable: bool = False) -> None:
    """Put a file in the place of another (or of none), mode 0600: at every moment it is the old or the new one.

    `durable`: it outlives a power failure too. The folder must exist. Raises OSError.
    """
    name = os.fspath(path)
    handle, draft = tempfile.mkstemp(prefix=DRAFT, dir=os.path.dirname(name) or ".")  # 0600, of a name nobody knows
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(draft, name)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise
