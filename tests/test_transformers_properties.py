"""What holds for every transformer and any two of them: grammar, content, cuts, whole answers, many at once."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware.anthropic.fold import fold
from ccr_middleware.transformers.tools import EXIT_TOOL

from .support.transformers import NAMES, STAGED, Through, call, cut, make, pass_through, recut, shape, shown, told

Json = dict[str, Any]

#: An answer that no transformer has a reason to change.
PLAIN: list[Json] = [
    {"id": "x", "model": "m"},
    {"thinking": "let me "},
    {"thinking": "see", "signature": "sig"},
    {"text": "I "},
    {"text": "look < here", "usage": {"input": 9, "output": 1}},
    *call(0, "Read", '{"path"', ':"a"}'),
    *call(1, "Bash", '{"command":"ls"}'),
    {"text": " then"},
    {"annotations": [{"url": "https://a.example", "title": "A"}]},
    {"finish": "tool_calls"},
    {"usage": {"input": 9, "output": 20}},
]


@pytest.mark.parametrize("name", NAMES)
def test_t_2_an_empty_finish_and_the_usage_pass_every_transformer(name: str) -> None:
    for finish, stop in (("length", "max_tokens"), ("stop", "end_turn"), ("content_filter", "refusal")):
        chunks = [{"text": "half"}, {"finish": finish}, {"usage": {"input": 4, "output": 2}}]
        checked = told([name], chunks)
        assert (checked.text, checked.stop_reason, checked.usage["output_tokens"]) == ("half", stop, 2)


@pytest.mark.parametrize("first", NAMES)
def test_any_two_transformers_keep_grammar_and_content(first: str) -> None:
    expected = told([], PLAIN)
    assert len(expected.blocks) == 5
    for second in NAMES:
        checked = told([first, second], PLAIN)
        assert checked.message == expected.message, second


#: An answer in which each staged transformer finds what it is there for.
TANGLED = (
    "\n<reasoning_content>force<think>d</reasoning_content>\nso <think>why</think>\n\nI look.",
    [("Read", "{'path': 'a',}"), (EXIT_TOOL, '{"response": "the <think>hidden</think>\\n\\u00e9nd"}')],
)


def _tangled() -> list[Json]:
    text, calls = TANGLED
    deltas = [piece for i, (name, arguments) in enumerate(calls) for piece in call(i, name, arguments)]
    return [{"text": text}, *deltas, {"finish": "tool_calls"}, {"usage": {"input": 1, "output": 1}}]


@pytest.mark.parametrize("names", [*([n] for n in STAGED), *map(list, product(STAGED, STAGED)), STAGED, STAGED[::-1]])
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6))
@settings(max_examples=12, deadline=None)
def test_stages_do_not_care_how_an_answer_iscut(names: list[str], sizes: list[int]) -> None:
    chunks = _tangled()
    assert shape(told(names, recut(chunks, sizes))) == shape(told(names, chunks))


ALPHABET = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "<reasoning_content>", "</reasoning_content>", "<", "a", "\n", " ", "th", ">"]
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("name", ["forcereasoning", "extrathinktag"])
@given(text=ALPHABET, sizes=st.lists(st.integers(1, 5), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_tags_are_cut_anywhere(name: str, text: str, sizes: list[int]) -> None:
    cut = recut([{"text": text}], sizes)
    assert _joined(pass_through([name], cut)) == _joined(pass_through([name], [{"text": text}]))


def _joined(chunks: list[Json]) -> list[tuple[str, str]]:
    """Runs of one kind, joined."""
    out: list[tuple[str, str]] = []
    for chunk in chunks:
        ((kind, text),) = chunk.items()
        if out and out[-1][0] == kind:
            out[-1] = (kind, out[-1][1] + text)
        else:
            out.append((kind, text))
    return out


@pytest.mark.parametrize("names", [[], *([n] for n in STAGED), STAGED, STAGED[::-1]])
def test_a_whole_answer_equals_the_folded_stream(names: list[str]) -> None:
    text, calls = TANGLED
    deltas = [{"index": i, "id": f"call_{i:04}", "name": n, "arguments": a} for i, (n, a) in enumerate(calls)]
    whole = [{"text": text, "tool_calls": deltas, "finish": "tool_calls", "usage": {"input": 1, "output": 1}}]
    streamed = told(names, recut(_tangled(), [1, 4]))
    at_once = told(names, whole)
    assert at_once.blocks == streamed.blocks
    assert fold(at_once.events) == fold(streamed.events)


@pytest.mark.parametrize("name", NAMES)
def test_c43_answers_at_the_same_time_do_not_mix(name: str) -> None:
    step = make(name)
    before = dict(vars(step))
    ways = [Through([step]) for _ in range(200)]
    answers = [_numbered(number) for number in range(200)]
    got: list[list[Json]] = [[] for _ in ways]
    for turn in range(max(map(len, answers))):
        for number, way in enumerate(ways):
            got[number] += way.feed(*answers[number][turn : turn + 1])
    for number, way in enumerate(ways):
        alone = shape(told([step], answers[number]))
        assert shape(shown([*got[number], *way.finish()])) == alone
        assert str(number) in alone["text"]
    assert vars(step) == before


def _numbered(number: int) -> list[Json]:
    text = f"<reasoning_content>r{number}</reasoning_content>t{number}<think>k{number}</think>e"
    calls = [*call(0, "Read", f"{{'n': {number},", "}"), *call(1, EXIT_TOOL, f'{{"response": "x{number}', '"}')]
    return [*cut(text, 3 + number % 5), *calls, {"finish": "tool_calls"}]
