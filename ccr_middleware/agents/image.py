"""The image agent: eyes for models that have none.

Where `Router.image` is set, a new image is answered by that model itself (the routing rule `image`). This agent serves
the turns behind it, whose history holds the image, and with `force_use_image_agent` the first one too: the model gets
`[Image #1]` in the place of each image and a tool to have the image looked at.
"""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, PositiveInt

from ..config.rules import texts_of
from ..jsonio import dumps, dumps_str, loads
from ..lenient import as_list, dicts, text_of
from ..transformers.base import NoOptions
from ..unified import Json
from .base import Agent, Tool, ToolError
from .body import add_instructions
from .context import AgentContext
from .pictures import Gallery, Marking, Picture, has_images

_INSTRUCTIONS = (
    "You cannot see images. Where the conversation has one there is a reference such as [Image #1] instead. To learn "
    "what is on it call the tool analyzeImage with the numbers of the images and with what you want to know; say "
    "everything that matters for it in the task, since whoever looks knows nothing of this conversation. Never guess "
    "what an image shows, and speak to the user as if you had seen it yourself."
)
_LOOK = (
    "You look at images for a model that cannot see. Do exactly the task that is given, from what is visible: quote "
    "texts word for word, give positions and colours where they matter, and say so when something cannot be made out."
)

#: Of what is known of an image this much is told again, the newest first (characters).
_KNOWN_CHARACTERS = 4_000


class ImageOptions(NoOptions):
    """`can_see`: targets (`provider,model`, with `*`) whose models see images themselves. `max_tokens`: how long a
    description may become. `timeout_seconds`: how long it may take."""

    can_see: list[str] = Field(default_factory=list)
    max_tokens: PositiveInt = 4096
    timeout_seconds: float = Field(default=120.0, gt=0)


class Region(BaseModel):
    """A part of an image."""

    name: str = Field(default="", description="what it is")
    x: float
    y: float
    w: float
    h: float
    units: Literal["px", "pct"] = Field(default="px", description="pixels or percent")


def _as_list(value: Any) -> Any:
    value = value if isinstance(value, list) else [value]
    return [str(item) if isinstance(item, int) else item for item in value]


class Look(BaseModel):
    """What is to be found out, and where."""

    images: Annotated[list[str], BeforeValidator(_as_list)] = Field(
        alias="imageId", min_length=1, description='the numbers of the images, such as ["1", "2"]'
    )
    task: str = Field(min_length=1, description="what is to be found out, complete in itself")
    regions: list[Region] = Field(default_factory=list, description="the parts to look at, when not the whole")


class AnalyzeImage(Tool):
    """Has another model look at images."""

    name = "analyzeImage"
    description = "Looks at images of this conversation and tells what they show."
    input = Look

    def __init__(self, options: ImageOptions) -> None:
        self.timeout_seconds = options.timeout_seconds
        self._max_tokens = options.max_tokens

    async def run(self, arguments: Look, context: AgentContext) -> str:
        """What the images show. One task about the same images is given once."""
        gallery: Gallery = context.kept["gallery"]
        numbers = [_number(text, gallery) for text in arguments.images]
        pictures = {number: gallery.pictures[number] for number in numbers}
        key = _key(list(pictures.values()), arguments, context)
        answer = context.notes.get(key)
        if answer is None:
            answer = _text(await context.ask(self._request(pictures, arguments, context)))
            context.notes.put(key, answer)
        for picture in pictures.values():
            _note(picture, arguments.task, answer, context)
        return answer

    def _request(self, pictures: dict[int, Picture], arguments: Look, context: AgentContext) -> Json:
        content: list[Json] = []
        for number, picture in pictures.items():
            content += [{"type": "text", "text": f"[Image #{number}]"}, picture.block]
        task = f"Task: {arguments.task}"
        if arguments.regions:
            task += f"\nOnly these regions: {dumps_str([region.model_dump() for region in arguments.regions])}"
        return {
            "model": _vision_model(context),
            "max_tokens": self._max_tokens,
            "system": _LOOK,
            "messages": [{"role": "user", "content": [*content, {"type": "text", "text": task}]}],
            "stream": False,
        }


class ImageAgent(Agent[ImageOptions]):
    """Replaces images and offers `analyzeImage`, for targets that do not see."""

    name = "image"
    Options = ImageOptions

    def __init__(self, options: ImageOptions) -> None:
        super().__init__(options)
        self.tools = (AnalyzeImage(options),)

    def should_handle(self, context: AgentContext) -> bool:
        """Whether there are images, a model for them, and the target is another one that does not see."""
        route = context.config.router.image
        if not route or context.target in texts_of(route):
            return False
        forced = context.config.force_use_image_agent
        if context.scenario == "image" or (not forced and (context.sees or self._can_see(context))):
            return False
        return has_images(context.body.get("messages"))

    def _can_see(self, context: AgentContext) -> bool:
        target = context.target.lower()
        return any(fnmatchcase(target, pattern.lower()) for pattern in self.options.can_see)

    async def prepare(self, body: Json, context: AgentContext) -> Json:
        """References in the places of the images, and what they are about."""
        marking = Marking(lambda number, picture: _marker(number, picture, context))
        messages = marking.messages(body.get("messages"))
        context.kept["gallery"] = marking.gallery
        return add_instructions({**body, "messages": messages}, _INSTRUCTIONS)


def _vision_model(context: AgentContext) -> str:
    route = context.config.router.image
    assert route is not None
    return texts_of(route)[0]


def _number(text: str, gallery: Gallery) -> int:
    """The number in `1`, `#1` or `[Image #1]`. Raises `ToolError` for an image that is not there."""
    digits = "".join(filter(str.isdecimal, text))
    number = int(digits) if digits and len(digits) < 10 else 0
    if number not in gallery.pictures:
        known = ", ".join(map(str, gallery.pictures)) or "none"
        raise ToolError(f"there is no image {text!r}; the images are {known}")
    return number


def _text(message: Json) -> str:
    """What a message says. Raises `ToolError` for one that says nothing."""
    texts = [text_of(block.get("text")) for block in dicts(message.get("content")) if block.get("type") == "text"]
    if text := "\n".join(filter(None, texts)).strip():
        return text
    raise ToolError("the vision model answered with nothing")


# -- what is remembered ------------------------------------------------------------------------------------


def _key(pictures: list[Picture], arguments: Look, context: AgentContext) -> str:
    """The same images, task and model make the same key, whoever asks."""
    asked = [[picture.digest for picture in pictures], arguments.task, arguments.model_dump()["regions"]]
    return f"image {_vision_model(context)} {hashlib.sha256(dumps(asked)).hexdigest()}"


def _session_key(picture: Picture, context: AgentContext) -> str:
    return f"image {context.session_id} {picture.digest}"


def _note(picture: Picture, task: str, answer: str, context: AgentContext) -> None:
    """Keep for the session what was found out: the client's history will not have it."""
    if context.session_id:
        key = _session_key(picture, context)
        known = [entry for entry in as_list(loads(context.notes.get(key) or "[]")) if entry[0] != task]
        context.notes.put(key, dumps_str([*known, [task, answer]][-3:]))


def _marker(number: int, picture: Picture, context: AgentContext) -> str:
    """The text in the place of an image, with what the session has found out about it."""
    known = loads(context.notes.get(_session_key(picture, context)) or "[]") if context.session_id else []
    lines, left = [], _KNOWN_CHARACTERS
    for task, answer in reversed(known):
        line = f"{task}: {answer}"[:left]
        left -= len(line)
        lines += [line] if line else []
    told = "".join(f"\nKnown of it: {line}" for line in reversed(lines))
    return f"[Image #{number}]{told}"
