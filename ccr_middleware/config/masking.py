"""Configurations shown without their secrets, and taken back with them.

A mask looks like `***…w9Qz·5f0c91ab`: the last characters of a long secret, and eight hex digits that tell one secret
from another. The digits are a keyed hash, so nobody can find the secret by trying. A mask says which secret it stands
for and not where it stood, so entries may move and be renamed while they are masked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as chance
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from ..errors import BadRequest
from .places import Path, show_path
from .secret_places import Place, Span, spans_in_comment, without_overlaps
from .style import quoted
from .syntax import Node, SyntaxProblem, Tree, parse

#: The form of every mask.
MASK = re.compile(r"\*\*\*(?:…[\w.~+/=-]{4})?·[0-9a-f]{8}")
#: What else is taken for a mask where a key belongs: other parts of the gateway, and people, hide keys so.
_STARS = re.compile(r"\s*[*•·]{3,}\s*")

#: Only of longer secrets the end is shown (characters).
_LONG = 20
_SHOWN = re.compile(r"[\w.~+/=-]{4}", re.ASCII)
#: Shorter ones are not looked for elsewhere: they would be found in words.
_FINDABLE = 6


class _Written(NamedTuple):
    """Something secret in a text: `text[start:end]` is masked as `shown`."""

    start: int
    end: int
    shown: str
    value: Any


class Masks:
    """The masks of one gateway.

    `key` is what they depend on; by default one of chance, so that masks hold until the process ends. Processes that
    serve one configuration together need the same.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or chance.token_bytes(32)

    def mask(self, secret: object) -> str:
        """What stands for a secret, a text or a number."""
        kind = "text" if isinstance(secret, str) else "number"
        text = str(secret)
        digest = hmac.new(self._key, f"{kind}:{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]
        end = f"…{text[-4:]}" if len(text) >= _LONG and _SHOWN.fullmatch(text[-4:]) else ""
        return f"***{end}·{digest}"

    # -- documents -------------------------------------------------------------------------------------------

    def masked(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A document as written, its secrets masked; placeholders are shown."""
        shown: dict[str, Any] = _each_leaf(document, Place(), (), lambda value, place, _: self._shown(value, place))
        return shown

    def resolved(self, document: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
        """A document with its placeholders filled in: masked is also each text with one of these secrets in it."""
        known = sorted((secret for secret in secrets if secret), key=len, reverse=True)

        def shown(value: Any, place: Place, _: Path) -> Any:
            masked = self._shown(value, place)
            for secret in known if isinstance(masked, str) and not MASK.fullmatch(masked) else ():
                masked = masked.replace(secret, self.mask(secret))
            return masked

        result: dict[str, Any] = _each_leaf(document, Place(), (), shown)
        return result

    def restored(self, document: Mapping[str, Any], original: Mapping[str, Any]) -> dict[str, Any]:
        """A document with every mask replaced by the secret of the original that it stands for.

        Raises BadRequest for a mask that stands for none of them, and for one where no secret belongs: it would be
        shown there.
        """
        known = self._known(original)
        result: dict[str, Any] = _each_leaf(
            document, Place(), (), lambda value, place, path: self._restored(value, place, known, show_path(path))
        )
        return result

    def _shown(self, value: Any, place: Place) -> Any:
        if isinstance(value, str):
            return self._with_masks(value, place.spans(value))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.mask(value) if is_number and place.holds != "plain" else value

    def _with_masks(self, text: str, spans: list[Span]) -> str:
        for start, end in reversed(spans):
            text = text[:start] + self.mask(text[start:end]) + text[end:]
        return text

    def _known(self, original: Mapping[str, Any]) -> dict[str, Any]:
        """What the masks of a document stand for."""
        known: dict[str, Any] = {}

        def add(value: Any, place: Place, _: Path) -> None:
            if isinstance(value, str):
                for start, end in place.spans(value):
                    self._add(known, value[start:end])
            elif place.holds != "plain" and isinstance(value, int | float):
                self._add(known, value)

        _each_leaf(original, Place(), (), add)
        return known

    def _add(self, known: dict[str, Any], secret: Any) -> None:
        mask = self.mask(secret)
        if known.setdefault(mask, secret) != secret:  # one in four thousand million; then neither is known
            known[mask] = None

    def _restored(self, value: Any, place: Place, known: Mapping[str, Any], where: str) -> Any:
        if not isinstance(value, str) or value in known.values():
            return value
        if (whole := known.get(value)) is not None and place.holds != "plain":
            return whole
        if place.holds != "plain" and _STARS.fullmatch(value):
            raise _refused(where)

        restored, secrets = "", []
        at = 0
        for found in MASK.finditer(value):
            if known.get(found[0]) is None:
                raise _refused(where)
            restored += value[at : found.start()] + str(known[found[0]])
            secrets.append((len(restored) - len(str(known[found[0]])), len(restored)))
            at = found.end()
        restored += value[at:]
        spans = place.spans(restored)
        if not all(any(start <= a and b <= end for start, end in spans) for a, b in secrets):
            raise BadRequest(f"{where}: a masked key can only stand where a key belongs; enter the value again")
        return restored

    # -- texts -----------------------------------------------------------------------------------------------

    def masked_text(self, text: str) -> str:
        """The text of a configuration with its secrets masked, those in comments too, and nothing else changed."""
        for found in reversed(self._secrets_of(text)):
            text = text[: found.start] + found.shown + text[found.end :]
        return text

    def restored_text(self, text: str, original: str) -> str:
        """The text with every mask replaced by what it stood for in the original text.

        A text that cannot be parsed is returned as it is: it cannot be used anyway. Raises BadRequest as `restored`.
        """
        try:
            tree = parse(text)
        except SyntaxProblem:
            return text
        secrets = self._secrets_of(original)
        known: dict[str, Any] = {}
        for found in secrets:
            if not _is_quoted(found):
                known[found.shown] = found.value
        self._learn(known, original)
        as_written = {found.shown: original[found.start : found.end] for found in secrets if _is_quoted(found)}
        edits = [*self._restored_values(text, tree, known, as_written), *self._restored_comments(text, tree, known)]
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def _learn(self, known: dict[str, Any], original: str) -> None:
        """Add what the values of a text hold."""
        try:
            root = parse(original).root
        except SyntaxProblem:
            return
        if isinstance(root.value, dict):
            known |= self._known(root.value)

    def _restored_values(
        self, text: str, tree: Tree, known: Mapping[str, Any], as_written: Mapping[str, str]
    ) -> list[tuple[int, int, str]]:
        edits = []
        for node, place, path in _leaves(tree.root, Place(), ()):
            if not isinstance(node.value, str):
                continue
            restored = self._restored(node.value, place, known, show_path(path))
            if restored is not node.value and restored != node.value:
                written = text[node.start : node.end]
                new = quoted(restored, written[0]) if isinstance(restored, str) else str(restored)
                edits.append((node.start, node.end, as_written.get(written, new)))
        return edits

    def _restored_comments(self, text: str, tree: Tree, known: Mapping[str, Any]) -> list[tuple[int, int, str]]:
        """Masks in comments; one that stands for nothing is left, since nobody reads it."""
        return [
            (found.start(), found.end(), str(known[found[0]]))
            for start, end in tree.comments
            for found in MASK.finditer(text, start, end)
            if known.get(found[0]) is not None
        ]

    def _secrets_of(self, text: str) -> list[_Written]:
        """Everything secret in a text, in order: values with their quotes, and parts of comments."""
        try:
            tree = parse(text)
        except SyntaxProblem:
            secret_texts = (str(found.value) for found in self._in_comment(text, 0, []))
            parts = self._in_comment(text, 0, _findable(secret_texts))
            return [found._replace(value=_read(found.value)) for found in parts]
        found: list[_Written] = []
        secrets: set[str] = set()
        for node, place, _ in _leaves(tree.root, Place(), ()):
            shown = self._shown(node.value, place)
            if shown is not node.value and shown != node.value:
                is_text = isinstance(node.value, str)
                found.append(_Written(node.start, node.end, quoted(shown, text[node.start] if is_text else '"'), None))
                secrets.update(node.value[a:b] for a, b in (place.spans(node.value) if is_text else ()))
        for start, end in tree.comments:
            found += self._in_comment(text[start:end], start, _findable(secrets))
        return sorted(found)

    def _in_comment(self, comment: str, at: int, secrets: list[str]) -> list[_Written]:
        spans = spans_in_comment(comment)
        for secret in secrets:
            spans += [found.span() for found in re.finditer(re.escape(secret), comment)]
        parts = ((start, end, comment[start:end]) for start, end in without_overlaps(spans))
        return [_Written(at + start, at + end, self.mask(part), part) for start, end, part in parts]


def _findable(secrets: Iterable[str]) -> list[str]:
    return sorted({secret for secret in secrets if len(secret) >= _FINDABLE}, key=len, reverse=True)


def _read(written: str) -> str:
    """What a part of a quoted text says."""
    for quote in "\"'":
        with suppress(SyntaxProblem):
            return str(parse(quote + written + quote).root.value)
    return written


def _is_quoted(found: _Written) -> bool:
    return found.value is None


def _refused(where: str) -> BadRequest:
    return BadRequest(f"{where}: this is a mask, not a key; enter the key again")


def _each_leaf(value: Any, place: Place, path: Path, change: Callable[[Any, Place, Path], Any]) -> Any:
    """A copy of a JSON value with `change` applied to all that is no object and no list."""
    if isinstance(value, Mapping):
        return {key: _each_leaf(item, place.member(str(key)), (*path, str(key)), change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_each_leaf(item, place, (*path, index), change) for index, item in enumerate(value)]
    return change(value, place, path)


def _leaves(node: Node, place: Place, path: Path) -> list[tuple[Node, Place, Path]]:
    """Every value of a text that is no object and no list, in order."""
    if node.kind == "scalar":
        return [(node, place, path)]
    found = []
    for index, entry in enumerate(node.entries):
        inner = place.member(entry.key) if node.kind == "object" else place
        found += _leaves(entry.node, inner, (*path, entry.key if node.kind == "object" else index))
    return found
