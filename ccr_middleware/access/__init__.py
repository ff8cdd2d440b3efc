"""Who calls, what they may, and how much: keys, sessions, the host's own users, origins, limits (docs/access.md)."""

from .principal import Principal

__all__ = ["Principal"]
