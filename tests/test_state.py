"""What a gateway remembers is bounded, by entries and by bytes."""

import sys

from ccr_middleware.state import MAX_REASONING_BYTES, Recent, State
from ccr_middleware.unified import Remembered


def test_recent_keeps_the_latest_keys() -> None:
    recent: Recent[int] = Recent(3)
    for number in range(5):
        recent.put(str(number), number)
    assert [recent.get(str(number)) for number in range(5)] == [None, None, 2, 3, 4]


def test_recent_lets_go_of_what_was_not_used_for_longest() -> None:
    recent: Recent[int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.get("a")
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_recent_is_bounded_by_weight() -> None:
    recent: Recent[str] = Recent(100, weigh=len, max_weight=10)
    for key in "abc":
        recent.put(key, "1234")
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (None, "1234", "1234")


def test_a_value_that_is_replaced_weighs_nothing_any_more() -> None:
    recent: Recent[str] = Recent(100, weigh=len, max_weight=10)
    recent.put("a", "1234")
    for _ in range(5):
        recent.put("b", "123456")
    assert (recent.get("a"), recent.get("b")) == ("1234", "123456")


def test_a_value_too_heavy_is_not_kept_and_does_not_count_later() -> None:
    recent: Recent[str] = Recent(100, weigh=len, max_weight=10)
    recent.put("a", "12345678901")
    assert recent.get("a") is None
    recent.put("b", "1234567890")
    assert recent.get("b") == "1234567890"


def test_remembered_reasoning_is_bounded_by_bytes() -> None:
    state = State(lambda prefix: prefix + "1")
    text = "\u4e2d" * 500_000  # two bytes each
    for number in range(100):
        state.reasoning.put(f"toolu_{number}", Remembered(text[number:], signature="s" * 1000))
    kept = [found for number in range(100) if (found := state.reasoning.get(f"toolu_{number}"))]
    held = sum(sys.getsizeof(one.text) + sys.getsizeof(one.signature) for one in kept)
    assert MAX_REASONING_BYTES * 0.9 < held <= MAX_REASONING_BYTES
    assert kept[-1].text == text[99:]
