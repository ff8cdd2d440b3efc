"""Django's users and groups as the callers of the gateway."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.core.signing import BadSignature, TimestampSigner
from django.db import close_old_connections
from django.http import HttpRequest, JsonResponse, parse_cookie

from ccr_middleware.access import Principal

#: Claude Code cannot log in; it sends a token that its user got from `/token`. Good for so long (seconds).
TOKEN_SECONDS = 30 * 24 * 3600
_signer = TimestampSigner(salt="ccr-token")


def token(request: HttpRequest) -> JsonResponse:
    """`/token`, for whoever is logged in: what to set ANTHROPIC_AUTH_TOKEN to."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": "log in first"}, status=401)
    return JsonResponse({"token": _signer.sign(str(request.user.pk))})


def user_of_token(authorization: str) -> Any:
    """The user a bearer token was made for, None when it is none of ours or too old."""
    try:
        key = _signer.unsign(authorization.removeprefix("Bearer "), max_age=TOKEN_SECONDS)
    except BadSignature:
        return None
    return get_user_model().objects.filter(pk=key, is_active=True).first()


def user_of_session(cookies: str) -> Any:
    """The user who is logged in to Django in this browser."""
    request = HttpRequest()
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)  # checks that the password has not changed since
    return user if user.is_authenticated and user.is_active else None


@sync_to_async
def authenticate(scope: Mapping[str, Any]) -> Principal | None:
    """Staff manages the gateway, the group `thinkers` may use the model that thinks."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    close_old_connections()
    user = user_of_token(headers.get(b"authorization", "")) or user_of_session(headers.get(b"cookie", ""))
    if user is None:
        return None
    groups = frozenset(user.groups.values_list("name", flat=True))
    return Principal(
        f"user:{user.pk}",
        user.get_username(),
        admin=user.is_staff,
        models=None if user.is_staff or "thinkers" in groups else ("demo,demo",),
        groups=groups,
        rpm=60,
    )
