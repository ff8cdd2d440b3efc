"""The history of a whole gateway, asked through its own endpoints."""

import asyncio

from ccr_middleware.testing import Answer, FakeProvider, ask, fake_gateway, get
from ccr_middleware.testing.answers import Usage

ADMIN = {"ADMIN_KEY": "the-admin-key"}
HEADERS = {"x-api-key": "the-admin-key"}


def test_a_call_is_in_the_history_with_what_became_of_it(tmp_path):
    async def run():
        provider = FakeProvider([Answer(text="Hello", usage=Usage(100, 20)), Answer(error=500)])
        gateway = fake_gateway(
            provider,
            **ADMIN,
            data_dir=str(tmp_path),
            history={"bodies": "all"},
            prices={"fake,*": {"input": 2, "output": 10}},
        )
        assert (await ask(gateway, "Hi", headers=HEADERS)).text == "Hello"
        assert (await ask(gateway, "Hi", headers=HEADERS)).error
        page = (await get(gateway, "/api/requests", headers=HEADERS)).json()
        failed, good = page["requests"]
        assert (good["status"], good["error"], good["provider"], good["model"]) == (200, None, "fake", "test-model")
        assert (good["asked_model"], good["scenario"], good["stream"]) == ("claude-sonnet-4-5", "default", True)
        assert (good["input_tokens"], good["output_tokens"], good["cost"]) == (100, 20, 0.0004)
        assert 0 < good["first_token_seconds"] <= good["total_seconds"]
        assert [one["status"] for one in failed["attempts"]] == [500]
        assert failed["status"] >= 500
        assert failed["error"]
        whole = (await get(gateway, f"/api/requests/{good['id']}", headers=HEADERS)).json()
        assert '"Hi"' in whole["request_body"]
        assert "message_stop" in whole["response_body"]
        totals = (await get(gateway, "/api/usage", headers=HEADERS)).json()["totals"]
        assert (totals["requests"], totals["errors"]) == (2, 1)
        assert (await get(gateway, "/api/logs/files", headers=HEADERS)).json() == []
        await gateway.aclose()

    asyncio.run(run())


def test_c47_history_and_logs_are_for_whoever_manages_the_gateway():
    """They are refused to clients, and without a provider too."""
    paths = (
        "/api/requests",
        "/api/requests/req_1",
        "/api/requests/stream",
        "/api/usage",
        "/api/logs",
        "/api/logs/files",
    )

    async def run():
        gateway = fake_gateway(FakeProvider([]), **ADMIN, APIKEY="a-clients-key")
        for path in paths:
            for headers in ({}, {"x-api-key": "a-clients-key"}):
                reply = await get(gateway, path, headers=headers)
                assert reply.status in (401, 403), (path, reply.body)
        await gateway.aclose()

    asyncio.run(run())
