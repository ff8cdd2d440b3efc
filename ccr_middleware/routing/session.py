"""Which session of Claude Code a request belongs to (F9d, R11)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .. import jsonio
from ..lenient import as_dict, text_of
from ..unified import Json

#: Since 2.1.86; the second is another spelling in use.
_HEADERS = ("x-claude-code-session-id", "x-claude-session-id")

#: Ids become file names (`projects/*/<id>.jsonl`), so nothing that could lead elsewhere passes.
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def session_of(body: Json, headers: Mapping[str, str]) -> str:
    """The session id, or `""`. Header names are lower case.

    In order: the header; `metadata.user_id` as JSON text with `session_id` (since 2.1.78);
    `user_…_account_…_session_<id>` (before). An id that is no plain word counts as none.
    """
    for name in _HEADERS:
        if name in headers and (found := _plain(headers[name])):
            return found
    return _plain(_from_user_id(text_of(as_dict(body.get("metadata")).get("user_id"))))


def _from_user_id(user_id: str) -> str:
    if user_id.lstrip().startswith("{"):
        try:
            return text_of(as_dict(jsonio.loads(user_id)).get("session_id"))
        except ValueError:
            return ""
    return user_id.rpartition("_session_")[2] if "_session_" in user_id else ""


def _plain(text: str) -> str:
    text = text.strip()
    return text if _PLAIN_ID.fullmatch(text) else ""
