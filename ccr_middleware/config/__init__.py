"""The configuration: its types (`schema`) and how it is read (`load`)."""

from .load import load_config
from .schema import Config, Provider, Router

__all__ = ["Config", "Provider", "Router", "load_config"]
