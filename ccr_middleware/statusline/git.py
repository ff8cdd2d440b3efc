"""The branch of a folder, read from git's own files: starting git takes longer than all the rest."""

from __future__ import annotations

import os

_REF = "ref: refs/heads/"

#: In a repository with another storage of references, HEAD only says so.
_ELSEWHERE = ".invalid"


def branch_of(folder: str) -> str:
    """The branch that is checked out in a folder, "" when there is none (no repository, a detached head)."""
    git_dir = _git_dir(folder)
    if not git_dir:
        return ""
    head = _first_line(os.path.join(git_dir, "HEAD"))
    branch = head.removeprefix(_REF) if head.startswith(_REF) else ""
    return _asked(folder) if branch == _ELSEWHERE else branch


def _git_dir(folder: str) -> str:
    """Git's folder for a folder or one of those above it. Worktrees and submodules have a file that names it."""
    above = os.path.abspath(folder) if folder else ""
    while above:
        path = os.path.join(above, ".git")
        if os.path.isdir(path):
            return path
        if os.path.isfile(path):
            named = _first_line(path)
            return os.path.join(above, named.removeprefix("gitdir: ")) if named.startswith("gitdir: ") else ""
        above = os.path.dirname(above) if os.path.dirname(above) != above else ""
    return ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline(4096).strip()
    except OSError:
        return ""


def _asked(folder: str) -> str:
    """What git itself says, within half a second."""
    import subprocess

    try:
        answer = subprocess.run(
            ["git", "branch", "--show-current"], cwd=folder, capture_output=True, timeout=0.5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode("utf-8", "replace").strip()
