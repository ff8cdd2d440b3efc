"""Which project of Claude Code a request belongs to, and the `Router` that counts there."""

from .cwd import working_directory
from .projects import ProjectRouter, Projects, open_projects

__all__ = ["ProjectRouter", "Projects", "open_projects", "working_directory"]
