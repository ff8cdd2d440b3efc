"""The options of `token-speed`, in the names of CCR v2.

{reporter: ["console", "temp-file"],
 outputHandlers: [{type: "webhook", config: {url: "https://stats.example.org/ccr"}}],
 outputOptions: {format: "json", prefix: "speed"}}
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from ...statusline.speed_file import FOLDER, PREFIX
from ...transformers.base import NoOptions

Reporter = Literal["console", "temp-file", "webhook"]


class ConsoleConfig(NoOptions):
    """The log: at which level. `colors` is taken and has no effect, since colours are the log's own affair."""

    colors: bool = True
    level: Literal["log", "info", "warn", "error", "debug"] = "log"


class FileConfig(NoOptions):
    """A file per session: `<folder for temporary files>/<subdirectory>/<prefix>-<session>.<extension>`.

    `subdirectory` may be an absolute path too. `include_timestamp`: a file per call instead, its time in milliseconds
    behind the session.
    """

    subdirectory: str = FOLDER
    extension: str = Field(default="json", pattern=r"^\w*$")
    include_timestamp: bool = False
    prefix: str = Field(default=PREFIX, pattern=r"^[\w-]+$")


class CustomAuth(NoOptions):
    """A header of its own."""

    header: str = Field(min_length=1)
    value: str = Field(repr=False)


class Auth(NoOptions):
    """How a web address is told who sends: a token, a user with a password, or a header of its own."""

    type: Literal["bearer", "basic", "custom"] = Field(validation_alias="type")
    token: str = Field(default="", repr=False)
    username: str = ""
    password: str = Field(default="", repr=False)
    custom: CustomAuth | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Auth:
        needed = {"bearer": ("token",), "basic": ("username", "password"), "custom": ("custom",)}[self.type]
        if missing := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f'type "{self.type}" needs {" and ".join(missing)}')
        return self


class Retry(NoOptions):
    """How often a record is sent, and how long is waited in between: twice as long each time if `exponential`."""

    max_attempts: PositiveInt = 3
    backoff_ms: NonNegativeFloat = 1000
    exponential: bool = True


class WebhookConfig(NoOptions):
    """A web address that is sent each record. `silent`: failures are no warnings in the log."""

    url: str = Field(pattern=r"^https?://")
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    auth: Auth | None = None
    retry: Retry = Field(default_factory=Retry)
    silent: bool = False


class ConsoleHandler(NoOptions):
    """Output to the log."""

    type: Literal["console"] = Field(default="console", validation_alias="type")
    enabled: bool = True
    config: ConsoleConfig = Field(default_factory=ConsoleConfig)


class FileHandler(NoOptions):
    """Output to a file."""

    type: Literal["temp-file", "file"] = Field(default="temp-file", validation_alias="type")
    enabled: bool = True
    config: FileConfig = Field(default_factory=FileConfig)


class WebhookHandler(NoOptions):
    """Output to a web address."""

    type: Literal["webhook"] = Field(default="webhook", validation_alias="type")
    enabled: bool = True
    config: WebhookConfig


Handler = ConsoleHandler | FileHandler | WebhookHandler


class OutputOptions(NoOptions):
    """How records are written: as JSON, as a line of text, or as Markdown; with their time, behind a prefix, with what
    else. `timeout`: how long a web address is waited for, in milliseconds."""

    format: Literal["json", "text", "markdown"] = "json"
    timestamp: bool = True
    prefix: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    timeout: PositiveFloat = 30_000


def _reporters(value: object) -> object:
    """One name or several, `file` for `temp-file`."""
    names = [value] if isinstance(value, str) else value
    return [("temp-file" if name == "file" else name) for name in names] if isinstance(names, list | tuple) else names


class TokenSpeedOptions(NoOptions):
    """Where what is measured goes.

    - `reporter`: kinds of outputs with their usual settings; without it and without `output_handlers` the log and the
      file. `output_handlers`: outputs with settings of their own.
    - `interval_seconds`: how often the file is written while an answer comes. The others get finished calls only.
    """

    reporter: Annotated[tuple[Reporter, ...], BeforeValidator(_reporters)] | None = None
    output_handlers: tuple[Annotated[Handler, Field(discriminator="type")], ...] = ()
    output_options: OutputOptions = Field(default_factory=OutputOptions)
    interval_seconds: PositiveFloat = 1.0

    @model_validator(mode="after")
    def _has_an_address(self) -> TokenSpeedOptions:
        if "webhook" in (self.reporter or ()) and not any(one.type == "webhook" for one in self.output_handlers):
            raise ValueError('the reporter "webhook" needs its address: outputHandlers: [{type: "webhook", config: …}]')
        return self

    def handlers(self) -> list[Handler]:
        """The outputs in use: those with settings, and the usual ones of other kinds."""
        kinds = {"temp-file" if one.type == "file" else one.type for one in self.output_handlers}
        usual = self.reporter if self.reporter is not None else () if kinds else ("console", "temp-file")
        makers: dict[str, type[ConsoleHandler] | type[FileHandler]] = {
            "console": ConsoleHandler,
            "temp-file": FileHandler,
        }
        added = [makers[name]() for name in dict.fromkeys(usual) if name not in kinds]
        return [*(one for one in self.output_handlers if one.enabled), *added]
