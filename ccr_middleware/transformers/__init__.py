"""Transformers: edits on the way to and from one provider. This is what one's own are written with."""

from .base import NoOptions as NoOptions
from .base import Stage as Stage
from .base import TransformContext as TransformContext
from .base import Transformer as Transformer
from .base import UpstreamRequest as UpstreamRequest
