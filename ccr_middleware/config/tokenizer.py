"""How the tokens of a provider's models are counted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .section import Section

#: The encodings of tiktoken; all of them ship with the package. The first is what counts where nothing is set.
ENCODINGS = ("cl100k_base", "o200k_base", "o200k_harmony", "p50k_base", "p50k_edit", "r50k_base", "gpt2")

RequestFormat = Literal["standard", "openai", "anthropic", "custom"]


class Tokenizer(Section):
    """One way of counting. Whatever fails in it is counted by `fallback`: no request fails for a number.

    - `type`: `tiktoken` (an `encoding`), `huggingface` (a `path` to a tokenizer.json, or the tokenizer of a `model`)
      or `api` (an endpoint at `url`).
    - `model`: `huggingface`: the repository; `api`: the model named to the endpoint, None: the one being counted for.
    - `allow_download`: whether a `huggingface` model may be fetched; else it must be in the hub's local cache.
    - `api_key`: of the endpoint, or the hub's token; `headers`: added to the endpoint's request.
    - `request_format`: what the endpoint is sent (see `tokens.endpoint`); `response_field`: the dotted path of the
      number in its answer, None: `token_count` or `input_tokens`.
    - `timeout_seconds`: how long a request waits for the endpoint, or for a tokenizer that is being loaded.
    - `fallback`: the encoding to count with where this fails, None (and `tiktoken`, as CCR v2 has it): `cl100k_base`.
    - `factor`: calibration, what every count is multiplied with.
    """

    type: Literal["tiktoken", "huggingface", "api"] = "tiktoken"
    encoding: str = ENCODINGS[0]
    model: str | None = None
    path: str | None = None
    allow_download: bool = False
    url: str | None = None
    api_key: str = Field(default="", repr=False)
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    request_format: RequestFormat = "standard"
    response_field: str | None = None
    timeout_seconds: float = Field(default=5.0, gt=0)
    fallback: str | None = None
    factor: float = Field(default=1.0, gt=0)


class Tokenizers(Section):
    """The tokenizers of one provider: for single models by name, and for the rest."""

    default: Tokenizer | None = None
    models: dict[str, Tokenizer] = Field(default_factory=dict)

    def of(self, model: str) -> Tokenizer | None:
        """The tokenizer of a model, its name in any case; None: nothing is set for it."""
        exact = self.models.get(model)
        if exact is not None or not self.models:
            return exact or self.default
        wanted = model.strip().lower()
        return next((found for name, found in self.models.items() if name.lower() == wanted), self.default)

    def all(self) -> tuple[Tokenizer, ...]:
        """Every tokenizer that is set."""
        return (*((self.default,) if self.default else ()), *self.models.values())
