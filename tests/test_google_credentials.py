"""Google's access tokens: from a service account's key, once however many ask, and renewed in time."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ccr_middleware import Gateway
from ccr_middleware.config.schema import Vertex
from ccr_middleware.credentials.access import VertexAccess
from ccr_middleware.credentials.tokens import Token, TokenCache
from ccr_middleware.errors import UpstreamError
from ccr_middleware.testing import FakeProvider, FakeServer, check_error, json_answer

from .support.gateway import ask, body
from .test_platforms import GEMINI_ANSWER, VERTEX, providers


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def account(private_key: str, token_url: str) -> dict[str, str]:
    """What is in a service account's key file."""
    return {
        "type": "service_account",
        "project_id": "key-project",
        "private_key_id": "1",
        "private_key": private_key,
        "client_email": "gateway@key-project.iam.gserviceaccount.com",
        "token_uri": token_url + "/token",
    }


GRANT = json_answer({"access_token": "ya29.fetched", "expires_in": 3600, "token_type": "Bearer"})


def test_a_service_account_file_gives_a_token_and_a_project(tmp_path: Path, private_key: str) -> None:
    with FakeServer([GRANT]) as google:
        file = tmp_path / "key.json"
        file.write_text(json.dumps(account(private_key, google.url)))
        transport = FakeProvider(lambda exchange: json_answer(GEMINI_ANSWER))
        fields = {"api_base_url": VERTEX, "api_key": "unused", "transformer": {"use": ["vertex-gemini"]}}
        app = Gateway(providers(**fields, vertex={"credentials": str(file)}), transport=transport)

        async def ask_all() -> list[int]:
            replies = await asyncio.gather(*(ask(app, body(stream=False)) for _ in range(10)))
            return [reply.status for reply in replies]

        assert run(ask_all()) == [200] * 10
        assert len(google.exchanges) == 1
        assert b"grant_type=urn" in google.exchanges[0].body
    assert {request.headers["authorization"] for request in transport.requests} == {"Bearer ya29.fetched"}
    assert "/projects/key-project/locations/us-east5/" in transport.requests[0].url


def test_the_environment_names_the_file(tmp_path: Path, private_key: str) -> None:
    with FakeServer([GRANT]) as google:
        file = tmp_path / "key.json"
        file.write_text(json.dumps(account(private_key, google.url)))
        access = VertexAccess({"GOOGLE_APPLICATION_CREDENTIALS": str(file)})
        granted = run(access.get(VERTEX, "", Vertex(project="mine")))
    assert granted.headers == {"authorization": "Bearer ya29.fetched"}
    assert granted.place == ("mine", "us-east5")


def test_a_key_may_stand_in_the_configuration(private_key: str) -> None:
    with FakeServer([GRANT]) as google:
        settings = Vertex(credentials=account(private_key, google.url))
        granted = run(VertexAccess({}).get(VERTEX, "", settings))
    assert granted.place.project == "key-project"


def test_credentials_that_cannot_be_used_are_told_without_their_content(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text('{"type": "service_account", "private_key": "SECRET"}')
    for path in (tmp_path / "none.json", file):
        with pytest.raises(UpstreamError, match=r"Google credentials \(") as caught:
            run(VertexAccess({}).get(VERTEX, "", Vertex(project="p", credentials=str(path))))
        assert "SECRET" not in str(caught.value)


def test_google_refusing_is_told_and_tried_again_with_the_next_request(tmp_path: Path, private_key: str) -> None:
    refused = json_answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
    with FakeServer([refused, GRANT]) as google:
        transport = FakeProvider(json_answer(GEMINI_ANSWER))
        fields = {"api_base_url": VERTEX, "api_key": "unused", "transformer": {"use": ["vertex-gemini"]}}
        document = providers(**fields, vertex={"credentials": account(private_key, google.url)})
        app = Gateway(document, transport=transport)
        first = run(ask(app, body(stream=False)))
        assert first.status == 500
        assert "invalid_grant" in check_error(first.body)["message"]
        assert run(ask(app, body(stream=False))).status == 200


# -- the cache ---------------------------------------------------------------------------------------------


class Issuer:
    """Gives out numbered tokens that hold an hour."""

    def __init__(self) -> None:
        self.now = 0.0
        self.given = 0
        self.failing = False

    async def fetch(self) -> Token:
        await asyncio.sleep(0)
        self.given += 1
        if self.failing:
            raise UpstreamError("no token today", status=500)
        return Token(f"token-{self.given}", 3600.0)

    def cache(self) -> TokenCache:
        return TokenCache(self.fetch, lambda: self.now)


def test_a_token_is_fetched_once_for_all_who_ask() -> None:
    issuer = Issuer()
    cache = issuer.cache()

    async def many() -> list[str]:
        return await asyncio.gather(*(cache.get() for _ in range(50)))

    assert set(run(many())) == {"token-1"}
    assert issuer.given == 1


def test_a_token_is_renewed_early_while_the_old_one_is_used() -> None:
    issuer = Issuer()
    cache = issuer.cache()

    async def use() -> list[str]:
        seen = [await cache.get()]
        issuer.now = 3400.0
        seen.append(await cache.get())
        await asyncio.sleep(0.01)
        return [*seen, await cache.get()]

    assert run(use()) == ["token-1", "token-1", "token-2"]


def test_a_failed_early_renewal_hurts_nobody_until_the_token_has_expired() -> None:
    issuer = Issuer()
    cache = issuer.cache()

    async def use() -> None:
        await cache.get()
        issuer.now, issuer.failing = 3400.0, True
        assert await cache.get() == "token-1"
        await asyncio.sleep(0.01)
        issuer.now = 3599.0
        with pytest.raises(UpstreamError, match="no token today"):
            await cache.get()
        issuer.failing = False
        assert (await cache.get()).startswith("token-")

    run(use())


def test_a_caller_that_leaves_does_not_take_the_fetch_with_it() -> None:
    issuer = Issuer()
    cache = issuer.cache()

    async def use() -> str:
        impatient = asyncio.create_task(cache.get())
        patient = asyncio.create_task(cache.get())
        await asyncio.sleep(0)
        impatient.cancel()
        return await patient

    assert run(use()) == "token-1"


def test_loops_one_after_the_other_share_the_token() -> None:
    issuer = Issuer()
    cache = issuer.cache()
    assert run(cache.get()) == run(cache.get()) == "token-1"
