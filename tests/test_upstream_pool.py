"""The pool of the adapter over httpx, with connections that only count what is done to them."""

import asyncio
from collections.abc import Awaitable, Callable

import anyio
import httpcore
import pytest

from ccr_middleware.upstream import PoolSettings
from ccr_middleware.upstream.pool import Lease, Pool

HERE, THERE = ("https://here:443", None), ("https://there:443", None)


class Connection:
    """A connection whose answer is complete (`idle`) or not, and which the provider may have closed (`expired`)."""

    def __init__(self) -> None:
        self.idle = True
        self.expired = False
        self.closings = 0

    def is_idle(self) -> bool:
        return self.idle

    def has_expired(self) -> bool:
        return self.expired

    async def aclose(self) -> None:
        self.closings += 1
        self.idle = False
        await asyncio.sleep(0)


def run(scenario: Callable[[Pool], Awaitable[None]], **settings: int) -> None:
    """Run a scenario with a pool of its own."""

    async def main() -> None:
        await scenario(Pool(PoolSettings(**settings)))

    asyncio.run(main())


async def take(pool: Pool, route: tuple[str, None] = HERE, timeout_seconds: float = 0.01) -> Lease:
    return await pool.take(route, Connection, timeout_seconds)


def test_the_one_used_last_on_a_route_comes_first() -> None:
    async def scenario(pool: Pool) -> None:
        first, second, other = await take(pool), await take(pool), await take(pool, THERE)
        for lease in (first, second, other):
            await lease.end()
        again = [(await take(pool)).connection for _ in range(3)]
        assert again[:2] == [second.connection, first.connection]
        assert again[2] not in (first.connection, second.connection, other.connection)

    run(scenario)


def test_a_full_pool_is_waited_for() -> None:
    async def scenario(pool: Pool) -> None:
        lease = await take(pool)
        with pytest.raises(httpcore.PoolTimeout):
            await take(pool)
        waiting = asyncio.create_task(take(pool, timeout_seconds=5))
        await asyncio.sleep(0)
        assert not waiting.done()
        await lease.end()
        assert (await waiting).connection is lease.connection

    run(scenario, max_connections=1)


def test_ending_twice_makes_room_for_one() -> None:
    async def scenario(pool: Pool) -> None:
        lease = await take(pool)
        await lease.end()
        await lease.end()
        await take(pool)
        with pytest.raises(httpcore.PoolTimeout):
            await take(pool)

    run(scenario, max_connections=1)


def test_too_many_idle_ones_are_closed_the_oldest_first() -> None:
    async def scenario(pool: Pool) -> None:
        leases = [await take(pool) for _ in range(4)]
        for lease in leases:
            await lease.end()
        assert [lease.connection.closings for lease in leases] == [1, 1, 0, 0]

    run(scenario, max_keep_alive=2)


def test_idle_ones_that_are_too_old_are_closed_when_another_is_given_back() -> None:
    async def scenario(pool: Pool) -> None:
        old, used = await take(pool, THERE), await take(pool)
        await old.end()
        old.connection.expired = True
        await used.end()
        assert (old.connection.closings, used.connection.closings) == (1, 0)

    run(scenario)


def test_an_idle_one_elsewhere_makes_room_for_a_new_one() -> None:
    async def scenario(pool: Pool) -> None:
        elsewhere = await take(pool, THERE)
        await elsewhere.end()
        busy = await take(pool)
        assert elsewhere.connection.closings == 0
        await take(pool)
        assert (elsewhere.connection.closings, busy.connection.closings) == (1, 0)

    run(scenario, max_connections=2)


def test_one_that_the_provider_closed_is_not_used_again() -> None:
    async def scenario(pool: Pool) -> None:
        leases = [await take(pool) for _ in range(3)]
        for lease in leases:
            await lease.end()
        for lease in leases[1:]:
            lease.connection.expired = True
        assert (await take(pool)).connection is leases[0].connection
        assert [lease.connection.closings for lease in leases] == [0, 1, 1]

    run(scenario)


@pytest.mark.parametrize("cancelled", [False, True])
def test_one_with_an_answer_not_read_to_its_end_is_closed(cancelled: bool) -> None:
    async def scenario(pool: Pool) -> None:
        lease = await take(pool)
        lease.connection.idle = False
        with anyio.CancelScope() as scope:
            if cancelled:
                scope.cancel()
            await lease.end()
        assert lease.connection.closings == 1
        assert (await take(pool)).connection is not lease.connection

    run(scenario, max_connections=1)


def test_closing_the_pool_closes_all_and_it_may_be_used_again() -> None:
    async def scenario(pool: Pool) -> None:
        busy, idle = await take(pool), await take(pool, THERE)
        await idle.end()
        await pool.aclose()
        assert (busy.connection.closings, idle.connection.closings) == (1, 1)
        await busy.end()
        assert (await take(pool)).connection is not busy.connection
        assert (await take(pool, THERE)).connection is not idle.connection

    run(scenario, max_connections=2)
