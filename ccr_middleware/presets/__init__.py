"""Presets: configurations of their own under `/preset/<name>`, which ask for what they need (keys, models).

A preset is a folder with a `manifest.json`; docs/presets.md describes it.

Everything here that touches the disk blocks: it is for worker threads and the command line.
"""

from __future__ import annotations

from .library import Presets

__all__ = ["Presets"]
