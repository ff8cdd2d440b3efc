"""Files of presets on the disk: whole or not at all, and for nobody else's eyes."""

from __future__ import annotations

import os
from pathlib import Path

#: What the names of folders begin with that are not (or no longer) presets.
HIDDEN = "."


def make_folder(path: Path) -> None:
    """A folder for this user only, with those it is in. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_staging(directory: Path) -> Path:
    """A new folder beside the presets, on the same disk, in which one is made ready. Raises OSError."""
    import tempfile

    make_folder(directory)
    return Path(tempfile.mkdtemp(prefix=f"{HIDDEN}staging-", dir=directory))


def put_in_place(staged: Path, target: Path) -> None:
    """Give a staged folder its name. What was there is gone afterwards, or is still there when this fails.

    Raises OSError.
    """
    if not target.exists():
        os.rename(staged, target)
        return
    old = make_staging(target.parent) / "old"
    os.rename(target, old)
    try:
        os.rename(staged, target)
    except OSError:
        os.rename(old, target)
        raise
    finally:
        remove(old.parent)


def remove(path: Path) -> None:
    """Delete a folder with everything in it, following no links; it need not be there."""
    import shutil

    shutil.rmtree(path, ignore_errors=True)
