"""What has to be known of a platform before a request can be addressed: a token, a project, a location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..config.schema import Vertex
from ..errors import UpstreamError
from ..jsonio import dumps_str
from ..wire.platforms import Place, place_in
from .google import GoogleCredentials, Granted

#: Where each model family is served when nobody says.
DEFAULT_LOCATION = "global"

PROJECT_VARIABLES = ("GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID")
LOCATION_VARIABLES = ("GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION")
FILE_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"

#: How Google's keys and tokens begin. Anything else under `api_key` is a leftover of CCR v2, which demanded some text.
_API_KEYS = ("AIza", "AQ.")
_TOKENS = ("ya29.", "eyJ")


class Access(NamedTuple):
    """The header with the credential, and where to go with it."""

    headers: Mapping[str, str]
    place: Place


class VertexAccess:
    """Access to Vertex AI for all providers of a gateway; credentials are shared by those that name the same file."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._credentials: dict[str, GoogleCredentials] = {}

    async def get(self, base_url: str, api_key: str, settings: Vertex, *, key_is_token: bool = False) -> Access:
        """Raises `UpstreamError` that says what is missing. `key_is_token`: whatever the key looks like."""
        place = self._place(base_url, settings)
        if api_key.startswith(_API_KEYS) and not key_is_token:
            return Access({"x-goog-api-key": api_key}, place if place.project else Place())
        if key_is_token or api_key.startswith(_TOKENS):
            return Access({"authorization": f"Bearer {api_key}"}, _complete(place))
        granted = await self.granted(settings)
        place = place._replace(project=place.project or granted.project)
        return Access({"authorization": f"Bearer {granted.token}"}, _complete(place))

    async def granted(self, settings: Vertex) -> Granted:
        """A token of the credentials that the settings name, fetched where there is none. Raises `UpstreamError`."""
        source = settings.credentials or self._env.get(FILE_VARIABLE, "")
        name = source if isinstance(source, str) else dumps_str(source)
        credentials = self._credentials.setdefault(name, GoogleCredentials(source))
        return await credentials.get()

    def _place(self, base_url: str, settings: Vertex) -> Place:
        named = place_in(base_url)
        project = settings.project or named.project or self._variable(PROJECT_VARIABLES)
        location = settings.location or named.location or self._variable(LOCATION_VARIABLES)
        return Place(project, location or DEFAULT_LOCATION)

    def _variable(self, names: tuple[str, ...]) -> str:
        return next((value for name in names if (value := self._env.get(name))), "")


def _complete(place: Place) -> Place:
    if not place.project:
        text = f"Vertex needs a project: set vertex.project of the provider, or {PROJECT_VARIABLES[0]}"
        raise UpstreamError(text, status=500, should_retry=False)
    return place
