"""Builders of what chat clients send, and what the gateway reads in it."""

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.inbound.format import CHAT_CLIENT

USER = {"role": "user", "content": "Hi"}


def read(*messages, **fields):
    """What was read of a request with these messages and fields, which a provider could be asked; and its losses."""
    losses = Losses()
    inbound = CHAT_CLIENT.read({"model": "m", "messages": list(messages) or [USER], **fields}, losses)
    to_unified(inbound.body, Losses())  # what was read is a Messages request
    return inbound, losses


def lost(*messages, **fields):
    """The losses of a request, by feature."""
    return {loss.feature: loss.action for loss in read(*messages, **fields)[1]}


def text(value):
    """A block of text."""
    return {"type": "text", "text": value}


def call(identifier, name="Read", arguments="{}"):
    """A tool call of the history."""
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


def function(name, **more):
    """A tool."""
    return {"type": "function", "function": {"name": name, **more}}
