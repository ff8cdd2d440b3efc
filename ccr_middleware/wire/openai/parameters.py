"""Parameters of a request that chat completions and Responses know under the same names."""

from __future__ import annotations

import re
from hashlib import sha256

from ...losses import Losses
from ...unified import Json, ResponseFormat, UnifiedRequest
from ..omitted import omit_user
from ..parameters import report_fixed_sampling, report_service_tier
from .dialect import OpenAIDialect
from .functions import is_strict

#: OpenAI's limit for `user`, in characters; longer ones are hashed.
USER_LIMIT = 64


def sampling(request: UnifiedRequest, dialect: OpenAIDialect, losses: Losses) -> Json:
    """`temperature`, `top_p` and `top_k`."""
    if not dialect.sampling:
        report_fixed_sampling(request, losses)
        return {}
    fields: Json = {name: request[name] for name in ("temperature", "top_p") if name in request}
    if "top_k" in request:
        if dialect.top_k:
            fields["top_k"] = request["top_k"]
        else:
            losses.add("top_k", "dropped", "This provider knows no top_k.")
    return fields


def caller(request: UnifiedRequest, dialect: OpenAIDialect, losses: Losses) -> Json:
    """Who asks. The key of the prompt cache is the session (CCR #1688)."""
    fields: Json = {}
    user, session = request.get("user"), request.get("session_id")
    if user and dialect.user:
        fits = len(user) <= USER_LIMIT
        fields["user"] = user if fits else sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
    else:
        omit_user(request, losses)
    if session and dialect.prompt_cache_key:
        fields["prompt_cache_key"] = session
    report_service_tier(request, losses)
    return fields


def json_schema(wanted: ResponseFormat) -> Json:
    """The schema of a structured output, with a name that is taken and whether it is a strict one."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted["name"])[:64] or "answer"
    return {"name": name, "schema": wanted["schema"], "strict": is_strict(wanted["schema"])}
