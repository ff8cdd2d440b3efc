"""Where an answer comes from: Google Search, fetched web pages, maps (fixtures fact 40, acceptance C45).

`groundingMetadata` belongs to a candidate and comes with its last chunks, after empty ones. Its `groundingChunks` are
the sources, its `groundingSupports` say which piece of the answer rests on which of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...lenient import as_dict, as_list, dicts, text_of
from ...unified import Annotation, Json

#: What a source may be; those without an address (a file in a store) cannot be cited.
_KINDS = ("web", "retrievedContext", "maps", "image")

_FETCHED = "URL_RETRIEVAL_STATUS_SUCCESS"


class Grounding:
    """The sources of one answer, each address once, and how often the web was searched (`searches`)."""

    __slots__ = ("_queries", "_urls")

    def __init__(self) -> None:
        self._urls: set[str] = set()
        self._queries: set[str] = set()

    @property
    def searches(self) -> int:
        """The number of different queries so far."""
        return len(self._queries)

    def take(self, candidate: Json) -> list[Annotation]:
        """The sources a candidate tells that were not told before."""
        metadata = as_dict(candidate.get("groundingMetadata"))
        self._queries.update(query for query in as_list(metadata.get("webSearchQueries")) if text_of(query))
        found: list[Annotation] = []
        for source in (*_grounding_sources(metadata), *_fetched_pages(candidate)):
            if source["url"] not in self._urls:
                self._urls.add(source["url"])
                found.append(source)
        return found


def _grounding_sources(metadata: Json) -> Iterator[Annotation]:
    supported = _supported(metadata)
    for number, chunk in enumerate(as_list(metadata.get("groundingChunks"))):
        for kind in _KINDS:
            source = as_dict(as_dict(chunk).get(kind))
            if url := text_of(source.get("uri")) or text_of(source.get("sourceUri")):
                text = text_of(source.get("text")) or "\n".join(supported.get(number, ()))
                yield _annotation(url, text_of(source.get("title")), text)


def _supported(metadata: Json) -> dict[int, list[str]]:
    """The pieces of the answer that rest on each source, by the source's place in the list."""
    pieces: dict[int, list[str]] = {}
    for support in dicts(metadata.get("groundingSupports")):
        text = text_of(as_dict(support.get("segment")).get("text"))
        for number in as_list(support.get("groundingChunkIndices")):
            if text and type(number) is int:
                pieces.setdefault(number, []).append(text)
    return pieces


def _fetched_pages(candidate: Json) -> Iterator[Annotation]:
    """Pages the model was told to read; a page that could not be read is no source."""
    metadata = as_dict(candidate.get("urlContextMetadata"))
    for page in dicts(metadata.get("urlMetadata")):
        url = text_of(page.get("retrievedUrl"))
        if url and page.get("urlRetrievalStatus") == _FETCHED:
            yield _annotation(url, "", "")


def _annotation(url: str, title: str, text: str) -> Annotation:
    source: Annotation = {"url": url, "title": title or url}
    if text:
        source["text"] = text
    return source
