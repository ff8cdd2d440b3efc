"""The counts of texts seen before."""

from __future__ import annotations

from .parts import Text


class CountCache:
    """Token counts by hash and length of the text; the texts themselves are not kept.

    A client sends its whole history with every request (R-7), so all but the newest texts are found here. Python's
    string hash is 64 bits with a random key per process: no client can make two texts collide. (It hashes the bytes
    in memory, so texts of wide and of narrow characters can share one, but then not the length.)

    Bounded by two generations of half the size: what is used goes to the young one, and when that is full it becomes
    the old one, and what was not used since is gone. That keeps what is in use at the price of one look-up.

    Safe from several threads: each step is one operation on a dict, and a race loses entries, never mixes them up.
    """

    def __init__(self, max_entries: int) -> None:
        self._generation_size = max(1, max_entries // 2)
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, text: Text) -> int | None:
        """The count of `text`, or None."""
        known, missing = self.look_up([text])
        return None if missing else known

    def look_up(self, texts: list[Text]) -> tuple[int, list[Text]]:
        """The sum of the counts that are known, and the texts whose count is not."""
        total = 0
        missing: list[Text] = []
        for text in texts:
            key = hash(text) ^ len(text)
            count = self._young.get(key)
            if count is None:
                count = self._old.pop(key, None)
                if count is None:
                    missing.append(text)
                    continue
                self._put(key, count)
            total += count
        return total, missing

    def put(self, text: Text, count: int) -> None:
        """Remember the count of `text`."""
        self._put(hash(text) ^ len(text), count)

    def _put(self, key: int, count: int) -> None:
        young = self._young
        young[key] = count
        if len(young) >= self._generation_size:
            self._old, self._young = young, {}
