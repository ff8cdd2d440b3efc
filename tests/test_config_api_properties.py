"""Random edits through the API, as pages make them: read, change, save with the revision that was read."""

import asyncio
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware import Gateway
from ccr_middleware.config.alignment import same
from ccr_middleware.config.document import parse_document
from ccr_middleware.testing import Answer, FakeProvider
from ccr_middleware.testing.asgi import request

from .support.json5_texts import Changes, Value, Writer
from .test_config_edit_properties import EDITS, comments_in

HEAD = """{
  // who answers
  "Providers": [
    { "name": "chat", "api_base_url": "http://chat.test/v1", "api_key": "${CHAT_KEY}", "models": ["m1"] }, // cheap
  ],
  "APIKEY": "a-secret-of-the-team",
  "Router": { "default": "chat,m1" },
  "somebodys_own": """


async def _edit(app: Any, change: Any) -> int:
    """Read the document, let it be changed, save it."""
    read = await request(app, "GET", "/api/config", headers=KEY)
    document = json.loads(read.body)
    change(document)
    saved = await request(app, "POST", "/api/config", document, headers={**KEY, "if-match": read.headers["etag"]})
    assert saved.status == 200, saved.body
    return saved.status


KEY = {"x-api-key": "a-secret-of-the-team"}


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_edits_through_the_api_keep_everything_else(seed: int) -> None:
    writer = Writer(seed)
    writer.eol = "\n"
    root = Value(is_object=True, entries=[writer.entry(1, True) for _ in range(3)])
    with TemporaryDirectory() as folder:
        path = Path(folder, "config.json")
        path.write_text(HEAD + writer.write(root) + "\n}\n", encoding="utf-8", newline="")
        app = Gateway(path, transport=FakeProvider(Answer(text="Hi")), env={"CHAT_KEY": "sk-chat"})
        changes = Changes(writer, root)
        for _ in range(EDITS):
            changes.change()
            wanted = root.plain()
            asyncio.run(_edit(app, lambda document, wanted=wanted: document.update(somebodys_own=wanted)))
            text = path.read_bytes().decode()
            assert same(parse_document(text).value["somebodys_own"], wanted)
            assert text.startswith(HEAD)
            left = comments_in(text)
            assert len(left) == len(set(left))
            assert set(left) >= set(root.comments())
            assert not re.search(r"\*\*\*", text), "a mask never reaches the file"
