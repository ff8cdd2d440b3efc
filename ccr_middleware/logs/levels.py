"""The names of levels, as the configuration has them."""

from __future__ import annotations

#: Our level names, and those of other programs, since `LOG_LEVEL` may be meant for them too.
LEVELS = {"fatal": 50, "error": 40, "warn": 30, "info": 20, "debug": 10, "trace": 5, "warning": 30, "critical": 50}

#: pino's numbers for them (https://getpino.io/#/docs/api?id=levels), which log files have.
PINO_LEVELS = {"trace": 10, "debug": 20, "info": 30, "warn": 40, "error": 50, "fatal": 60}
