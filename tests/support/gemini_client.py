"""Builders of what Gemini clients send, and what the gateway reads in it."""

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.wire.gemini.inbound.format import GEMINI_CLIENT

USER = {"role": "user", "parts": [{"text": "Hi"}]}


def read(*contents, **fields):
    """What was read of a request with these contents and fields, which a provider could be asked; and its losses."""
    losses = Losses()
    inbound = GEMINI_CLIENT.read({"contents": list(contents) or [USER], "model": "g", **fields}, losses)
    to_unified(inbound.body, Losses())  # what was read is a Messages request
    return inbound, losses


def messages(*contents):
    """The messages that these contents become."""
    return read(*contents)[0].body["messages"]


def config(**settings):
    """A request with these settings of generationConfig."""
    return read(generationConfig=settings)


def text(value):
    """A block of text, as Messages has it."""
    return {"type": "text", "text": value}


def model(*parts):
    """A content of the model."""
    return {"role": "model", "parts": list(parts)}


def user(*parts):
    """A content of the user."""
    return {"role": "user", "parts": list(parts)}


def called(name, **more):
    """A part with a call."""
    return {"functionCall": {"name": name, **more}}


def answered(name, response=None, **more):
    """A part with the response to a call."""
    return {"functionResponse": {"name": name, "response": response or {"output": "ok"}, **more}}
