"""Content blocks in the pivot: images, documents, what server tools did, and what nobody knows."""

import pytest

from .test_anthropic_request_messages import CACHE, PNG, PNG_PART, assistant, convert, text, user


def parts(*blocks):
    """The parts that blocks of a user message become."""
    (message,), losses = convert(user(*blocks))
    return message["content"], losses


def test_images():
    given = "data:image/jpeg;base64,BBBB"
    assert parts(
        {**PNG, "cache_control": CACHE},
        {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": given}},
    ) == (
        [
            {**PNG_PART, "cache_control": CACHE},
            {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
            {"type": "image_url", "image_url": {"url": given}},
        ],
        "",
    )


@pytest.mark.parametrize("kind", ["image", "document"])
def test_an_uploaded_file_is_reported_and_the_model_is_told(kind):
    (part,), losses = parts({"type": kind, "source": {"type": "file", "file_id": "file_9"}})
    assert "file_9" in part["text"]
    assert losses == f"{kind}.file=dropped"


def test_documents_that_stay_documents():
    base64 = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
    url = {"type": "url", "url": "https://x/y.pdf"}
    content, losses = parts(
        {"type": "document", "source": base64, "title": "Report", "context": "of May", "cache_control": CACHE},
        {"type": "document", "source": url, "title": None, "citations": {"enabled": True}},
    )
    pdf = {"type": "document", "media_type": "application/pdf"}
    assert content == [
        text("of May"),
        {**pdf, "url": "data:application/pdf;base64,JVBE", "title": "Report", "cache_control": CACHE},
        {**pdf, "url": "https://x/y.pdf"},
    ]
    assert losses == "document.citations=dropped"


def test_documents_that_are_text():
    content, losses = parts(
        {
            "type": "document",
            "source": {"type": "text", "data": "body"},
            "title": "T",
            "context": "C",
            "cache_control": CACHE,
        },
        {"type": "document", "source": {"type": "content", "content": "plain"}},
        {"type": "document", "source": {"type": "content", "content": [text("page 1"), PNG]}, "title": "U"},
    )
    assert content == [
        text("[document: T]\nC\nbody", cache_control=CACHE),
        text("[document]\nplain"),
        text("[document: U]"),
        text("page 1"),
        PNG_PART,
    ]
    assert losses == "document.text=emulated"


def test_a_search_result_is_told():
    block = {"type": "search_result", "title": "T", "source": "https://s", "content": [text("one"), text("two")]}
    assert parts(block) == ([text("[search result: T]\nhttps://s\none\ntwo")], "search_result=emulated")


def test_c25_a_block_nobody_knows_becomes_json_text():
    (part,), losses = parts({"type": "hologram", "depth": 3, "encrypted_x": "zzz", "cache_control": CACHE})
    assert part == text('{"type":"hologram","depth":3}', cache_control=CACHE)
    assert losses == "block.unknown=emulated"


def test_the_json_of_an_unknown_block_is_bounded():
    (part,), _ = parts({"type": "hologram", "data": "x" * 100_000})
    assert len(part["text"]) < 9_000
    assert part["text"].endswith("more characters)")


@pytest.mark.parametrize("kind", [None, 5, ["text"], {"a": 1}])
def test_a_block_without_a_type_is_no_reason_to_refuse(kind):
    (part,), losses = parts({"type": kind, "value": "kept"})
    assert "kept" in part["text"]
    assert losses == "block.unknown=emulated"


# -- server tools ------------------------------------------------------------------------------------------

SERVER_BLOCKS = {
    "[web search: rain]": {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "rain"}},
    "[web fetch: https://x]": {
        "type": "server_tool_use",
        "id": "s",
        "name": "web_fetch",
        "input": {"url": "https://x"},
    },
    '[code_execution: {"code":"1"}]': {
        "type": "server_tool_use",
        "id": "s",
        "name": "code_execution",
        "input": {"code": "1"},
    },
    "[web search results]\n1. T https://x (May)\n2.  https://y": {
        "type": "web_search_tool_result",
        "content": [
            {
                "type": "web_search_result",
                "title": "T",
                "url": "https://x",
                "page_age": "May",
                "encrypted_content": "zz",
            },
            {"type": "web_search_result", "url": "https://y"},
        ],
    },
    "[web search failed: max_uses_exceeded]": {
        "type": "web_search_tool_result",
        "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
    },
    "[web search: no results]": {"type": "web_search_tool_result", "content": []},
    "[code execution result: exit code 1]\nout\nerr": {
        "type": "code_execution_tool_result",
        "content": {"type": "code_execution_result", "stdout": "out", "stderr": "err", "return_code": 1, "content": []},
    },
    "[code execution result: exit code 0]\nls": {
        "type": "bash_code_execution_tool_result",
        "content": {"type": "bash_code_execution_result", "stdout": "ls", "stderr": "", "return_code": 0},
    },
    "[tools found: a, b]": {
        "type": "tool_search_tool_result",
        "content": {"tool_references": [{"tool_name": "a"}, {"tool_name": "b"}]},
    },
    '[MCP tool wiki/ask: {"q":1}]': {"type": "mcp_tool_use", "server_name": "wiki", "name": "ask", "input": {"q": 1}},
    "[MCP tool result] one\ntwo": {"type": "mcp_tool_result", "content": [text("one"), text("two")]},
    "[MCP tool error] bad": {"type": "mcp_tool_result", "content": "bad", "is_error": True},
    "Do it.": {"type": "advisor_tool_result", "content": {"type": "advisor_result", "text": "Do it."}},
    "[the advisor's answer is not readable here]": {
        "type": "advisor_tool_result",
        "content": {"type": "advisor_redacted_result", "encrypted_content": "zz"},
    },
    "So far.": {"type": "compaction", "content": "So far.", "encrypted_content": "zz"},
}


@pytest.mark.parametrize("told", SERVER_BLOCKS)
def test_what_server_tools_did_is_told_in_place(told):
    block = SERVER_BLOCKS[told]
    (message,), losses = convert(assistant(text("before"), block, text("after")))
    assert message["content"] == [text("before"), text(told), text("after")]
    assert losses == f"block.{block['type']}=emulated"


@pytest.mark.parametrize(
    "block", [{"type": "fallback", "from": {}, "to": {}}, {"type": "mcp_tool_listing", "tools": []}]
)
def test_bookkeeping_blocks_say_nothing(block):
    assert convert(assistant(text("x"), block)) == ([{"role": "assistant", "content": [text("x")]}], "")


@pytest.mark.parametrize(
    "kind", sorted({block["type"] for block in SERVER_BLOCKS.values()} | {"web_fetch_tool_result"})
)
@pytest.mark.parametrize("content", [None, 5, "x", [1], {"content": [2]}, [{"text": 3}]])
def test_a_strange_server_block_is_no_reason_to_refuse(kind, content):
    messages, _ = convert(user(text("hi")), assistant({"type": kind, "content": content, "input": content, "name": 3}))
    assert messages[0]["role"] == "user"


def test_a_fetched_page_keeps_its_document():
    document = {"type": "document", "source": {"type": "text", "data": "page"}, "title": "T"}
    block = {
        "type": "web_fetch_tool_result",
        "content": {"type": "web_fetch_result", "url": "https://x", "content": document},
    }
    (message,), _ = convert(assistant(block))
    assert message["content"] == [text("[web fetch result: https://x]"), text("[document: T]\npage")]


def test_a_file_for_the_container_is_reported():
    (part,), losses = parts({"type": "container_upload", "file_id": "file_1"})
    assert "file_1" in part["text"]
    assert losses == "container_upload=dropped"
