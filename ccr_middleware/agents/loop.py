"""The loop of one call that agents work on.

It stands between the attempts and the client's reply. To an attempt it is a reply: `wait`, `write`, … `end`. After each
attempt `next_body` runs what the model called and gives the request of the next round, until the answer is complete:

    loop = await start(agents, context, reply, memory)     # None: no agent works on this call
    body = loop.body
    while body is not None:
        ...                                                # one attempt with this body, its answer written to `loop`
        body = await loop.next_body()

An answer that passes unread has to be read for it: every `relay` must come with its events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from ..errors import GatewayError
from ..reply import Reply
from ..unified import Event, Json
from .body import add_round, with_free_choice
from .calls import Offered, refused, run_calls
from .context import AgentContext
from .memory import Kept, KeptRound, Memory, remember
from .rounds import Rounds
from .usage import added

log = logging.getLogger("ccr_middleware")

#: What a call is told that comes after the last round.
TOO_MANY_ROUNDS = "No more calls of this tool in this turn. Answer with what you know already."


class AgentLoop:
    """A reply for the rounds of one answer. `body`: the request of the current round; `rounds_limit`: how many rounds
    may use tools, after which the model is told to answer without them, and then no longer asked."""

    def __init__(
        self,
        body: Json,
        tools: Mapping[str, Offered],
        contexts: Sequence[AgentContext],
        reply: Reply,
        memory: Memory,
        rounds_limit: int,
    ) -> None:
        self.body = body
        self.round = 0
        self._tools = tools
        self._contexts = contexts
        self._reply = reply
        self._memory = memory
        self._limit = rounds_limit
        self._rounds = Rounds(tools.keys())
        self._kept: list[KeptRound] = []
        self._complete = False
        self._rounds.show_first(self._shown())

    @property
    def started(self) -> bool:
        """Whether anything of this round was said: from then on no other provider may be asked for it."""
        return self._rounds.said if self.round else self._reply.started

    @property
    def usage(self) -> Json:
        """The usage of all rounds that have ended, in Anthropic's form."""
        return self._rounds.usage(self._counted())

    # -- the reply of one attempt ------------------------------------------------------------------------

    def wait(self, opening: Callable[[], list[Event]]) -> None:
        """An attempt begins. In later rounds the client is waiting already, and the pings go on."""
        if self.round:
            self._rounds.next_round()
            return
        self._rounds.started_anew()
        self._reply.wait(lambda: self._rounds.feed(opening()))

    async def write(self, events: list[Event]) -> None:
        """Pass on what is the client's."""
        if passed := self._rounds.feed(events):
            await self._reply.write(passed)

    async def relay(self, data: bytes, events: list[Event]) -> None:
        """The same: no byte passes unread."""
        await self.write(events)

    async def end(self) -> None:
        """A round is complete; the answer is, when no agent was called."""
        self._rounds.close()
        if not self._rounds.calls:
            await self._finish()

    async def fail(self, error: GatewayError) -> None:
        """The answer broke off."""
        await self._reply.fail(error)

    def close(self) -> None:
        """Nothing will be written any more."""
        self._reply.close()

    # -- between the attempts ----------------------------------------------------------------------------

    async def next_body(self) -> Json | None:
        """Run what the model called, and give the request of the next round; None when the answer is complete.

        Cancelling it cancels the tools.
        """
        if self._complete:
            return None
        rounds = self._rounds
        if rounds.client_calls:
            await self._run()
            await self._finish()
            return None
        if self.round > self._limit:
            log.warning("the model goes on calling tools of agents after %d rounds, so its answer ends", self.round)
            await self._finish()
            return None
        results = await self._run()
        body = add_round(self.body, rounds.content, results)
        self.body = with_free_choice(body, self._tools)
        self.round += 1
        return self.body

    async def _run(self) -> list[Json]:
        """The results of the calls; what the tools show is shown."""
        rounds = self._rounds
        calls, end = [placed.block for placed in rounds.calls], rounds.index
        results = refused(calls, TOO_MANY_ROUNDS) if self.round >= self._limit else await run_calls(calls, self._tools)
        self._kept.append(KeptRound(tuple(rounds.calls), tuple(results), end))
        if events := rounds.show(self._shown()):
            await self._reply.write(events)
        return results

    def _shown(self) -> list[Json]:
        """What agents want the client to see, taken from them."""
        blocks: list[Json] = []
        for context in self._contexts:
            blocks += context.shown
            context.shown = []
        return blocks

    def _counted(self) -> Json:
        counted: Json = {}
        for context in self._contexts:
            counted = added(counted, context.usage)
        return counted

    async def _finish(self) -> None:
        """Say the end, and keep what the client does not know of an answer that it will go on with."""
        self._complete, self.body = True, {}
        rounds = self._rounds
        if self._kept and (client_calls := tuple(rounds.client_calls)):
            if len(self._kept) <= self.round:
                self._kept.append(KeptRound((), (), rounds.index))
            context = self._contexts[0]
            kept = Kept(rounds.index, client_calls, tuple(self._kept))
            remember(self._memory, context.session_id, context.body.get("messages"), kept)
        await self._reply.write(rounds.ending(self._counted()))
        await self._reply.end()
