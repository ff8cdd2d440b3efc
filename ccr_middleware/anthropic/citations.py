"""Web sources of an answer, in the two forms Anthropic has: citations on a text block, or search results.

Providers tell their sources only at the end (fixtures fact 62), so a citation belongs to the whole text block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..jsonio import dumps_str
from ..unified import Annotation, Json

#: Ids of searches that were no searches of Anthropic's begin so; `lane` takes them out again.
SEARCH_ID_PREFIX = "srvtoolu_ccr"


def cite(sources: Iterable[Annotation]) -> Iterator[Json]:
    """One citation per source."""
    for source in sources:
        yield {
            "type": "web_search_result_location",
            "url": source["url"],
            "title": source["title"],
            "cited_text": source.get("text", ""),
            "encrypted_index": "",
        }


def search_blocks(sources: Iterable[Annotation], query: str, new_id: str) -> Iterator[tuple[Json, str]]:
    """The pair `server_tool_use` and `web_search_tool_result`, each with the arguments to stream into it."""
    search_id = SEARCH_ID_PREFIX + new_id.removeprefix("toolu_").replace("_", "")
    yield (
        {"type": "server_tool_use", "id": search_id, "name": "web_search", "input": {}},
        dumps_str({"query": query}),
    )
    results = [
        {
            "type": "web_search_result",
            "url": source["url"],
            "title": source["title"],
            "encrypted_content": "",
            "page_age": None,
        }
        for source in sources
    ]
    yield {"type": "web_search_tool_result", "tool_use_id": search_id, "content": results}, ""
