"""Clients that speak OpenAI Responses (Codex CLI, the SDK's `client.responses`). No I/O."""
