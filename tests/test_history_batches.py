"""The thread behind history and log files: everything once, in order, whatever comes together."""

import random
import threading
import time

import pytest

from ccr_middleware import batches
from ccr_middleware.batches import BatchWriter


class Written(BatchWriter[tuple[str, int]]):
    """Remembers what it is given, and notices when two threads write at once."""

    def __init__(self, **limits):
        super().__init__("test", **limits)
        self.items, self.batches, self.rests, self.lost, self.together = [], [], [], 0, 0
        self._busy = False

    def _write(self, items, lost):
        self.together += self._busy
        self._busy = True
        self.items += items
        self.batches.append(len(items))
        self.lost += lost
        self._busy = False

    def _rest(self, *, closing):
        self.together += self._busy
        self.rests.append(closing)


def wait_until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("seed", range(5))
def test_every_item_is_written_once_and_in_order(monkeypatch, seed):
    """While the thread ends for lack of work again and again, and others flush and close."""
    monkeypatch.setattr(batches, "IDLE_SECONDS", 0.001)
    writer = Written(size=7, seconds=0.0005)

    def work(name):
        chance = random.Random(f"{seed} {name}")
        for number in range(300):
            writer.put((name, number), hurry=chance.random() < 0.1)
            if chance.random() < 0.05:
                time.sleep(0.002)
            if chance.random() < 0.02:
                assert writer.flush()
            if chance.random() < 0.01:
                writer.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert writer.together == 0
    assert len(writer.items) == 900
    for name in "abc":
        assert [number for own, number in writer.items if own == name] == list(range(300))


def test_what_comes_close_together_is_one_batch_and_a_full_batch_does_not_wait():
    writer = Written(size=100, seconds=60.0)
    for number in range(100):
        writer.put(("a", number))
    wait_until(lambda: len(writer.items) == 100)
    assert writer.batches == [100]
    writer.put(("b", 1))
    assert writer.flush()
    assert writer.batches == [100, 1]
    writer.close()


def test_a_thread_without_work_ends_and_lets_go(monkeypatch):
    monkeypatch.setattr(batches, "IDLE_SECONDS", 0.01)
    writer = Written(seconds=0.001)
    for turn in (1, 2):
        writer.put(("a", turn))
        wait_until(lambda turn=turn: writer.rests == [False] * turn)
        assert writer._thread is None
    assert writer.items == [("a", 1), ("a", 2)]


def test_closing_tells_that_it_is_the_end():
    writer = Written()
    writer.close()  # nothing has begun
    writer.put(("a", 1))
    writer.close()
    assert writer.rests == [True]
    assert writer.items == [("a", 1)]


def test_the_oldest_are_dropped_and_counted():
    writer = Written(max_items=10, seconds=60.0)
    writer._alone.acquire()  # a disk that does not come back
    for number in range(25):
        writer.put(("a", number))
    writer._alone.release()
    assert writer.flush()
    assert [number for _, number in writer.items] == list(range(15, 25))
    assert (writer.dropped, writer.lost) == (15, 15)
    writer.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_ends_nothing():
    class Faulty(Written):
        def _write(self, items, lost):
            super()._write(items, lost)
            if items[0][1] == 1:
                raise RuntimeError("a fault")

    writer = Faulty()
    writer.put(("a", 1))
    assert writer.flush()
    writer.put(("a", 2))
    assert writer.flush()
    assert writer.items == [("a", 1), ("a", 2)]
    writer.close()
