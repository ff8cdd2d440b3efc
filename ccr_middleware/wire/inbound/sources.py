"""Where an answer has its facts from: the citations of its text, or what its searches found."""

from __future__ import annotations

from typing import NamedTuple

from ...lenient import dicts, text_of
from ...unified import Json


class Source(NamedTuple):
    """A web page, and the stretch of the answer that rests on it, in characters of all its text."""

    url: str
    title: str
    start: int
    end: int
    quote: str = ""


class Sources:
    """Collects the sources of one answer. Results of a search count only when nothing in the text cites any."""

    def __init__(self) -> None:
        self._cited: list[Source] = []
        self._found: list[Source] = []

    def cite(self, citation: Json, start: int, end: int) -> None:
        """A citation of the text between the two places. One of a document, which has no URL, is passed over."""
        url = text_of(citation.get("url"))
        source = Source(url, text_of(citation.get("title")), start, end, text_of(citation.get("cited_text")))
        if url and source not in self._cited:
            self._cited.append(source)

    def find(self, block: Json, at: int) -> None:
        """The results in a block `web_search_tool_result`, which came at this place of the text."""
        for result in dicts(block.get("content")):
            if url := text_of(result.get("url")):
                self._found.append(Source(url, text_of(result.get("title")), at, at))

    def all(self) -> list[Source]:
        """The sources to name."""
        return self._cited or self._found
