"""The gateway as a program of its own: settings, socket, server, an orderly end.

Only here, where nobody else owns the process, are the environment, `$HOME`, signals and root logging touched.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import anyio
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

from . import __version__
from .config import Config, load_config
from .errors import ConfigError
from .home import home_folder
from .logs.levels import LEVELS
from .logs.program import set_up_logging

if TYPE_CHECKING:
    from .gateway import Gateway

#: In-flight answers may take so long (seconds) after a stop was asked for.
SHUTDOWN_SECONDS = 10
#: Idle client connections are kept so long (seconds); five, the server's own default, cuts sessions (F17).
KEEP_ALIVE_SECONDS = 120

#: The header of `/health` that tells which of the gateways of this machine answers.
INSTANCE_HEADER = "x-ccr-instance"


class PortInUse(ConfigError):
    """Another program listens there."""


def config_path(args: Namespace, env: Mapping[str, str]) -> str | None:
    """The configuration file: the one somebody named, or the one at the usual place if it is there."""
    named = args.config or env.get("CCR_CONFIG")
    if named:
        return str(named)
    path = os.path.join(home_folder(env), "config.json")
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        pass  # it is there and cannot be read; whoever reads it says why
    return path


def load_settings(args: Namespace, env: Mapping[str, str]) -> Config:
    """The configuration with what flags and environment say about it: flag > environment > file > default.

    Raises `ConfigError`.
    """
    return load_config(config_path(args, env), env=env).model_copy(update=overrides(args, env))


def overrides(args: Namespace, env: Mapping[str, str]) -> dict[str, Any]:
    """What flags and environment say, by the fields of `Config`. Raises `ConfigError`."""
    found: dict[str, Any] = {}
    for key, flag, variable in (
        ("host", args.host, "HOST"),
        ("port", args.port, "PORT"),
        ("log_level", args.log_level, "LOG_LEVEL"),
        ("api_key", None, "APIKEY"),
        ("admin_key", None, "ADMIN_KEY"),
        ("custom_router", None, "CUSTOM_ROUTER_PATH"),
        ("log", None, "LOG"),
    ):
        if flag is not None:
            found[key] = flag
        elif value := env.get(variable, "").strip():
            found[key] = _from_environment(variable, value)
    return found


def _from_environment(variable: str, value: str) -> Any:
    if variable == "PORT":
        if not value.isascii() or not value.isdigit() or int(value) > 65535:
            raise ConfigError(f"environment variable PORT={value}: must be a number from 0 to 65535")
        return int(value)
    if variable == "LOG":
        return value.lower() not in ("false", "0", "no", "off")
    if variable == "LOG_LEVEL" and value.lower() not in LEVELS:
        raise ConfigError(f"environment variable LOG_LEVEL={value}: must be one of {', '.join(LEVELS)}")
    return value.lower() if variable == "LOG_LEVEL" else value


def is_loopback(host: str) -> bool:
    """Whether a host name can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def open_socket(config: Config) -> socket.socket:
    """The listening socket. Raises `ConfigError` when there can be none, or when it would be open to everybody."""
    host, port = config.host.strip("[]"), config.port
    if not is_loopback(host) and not (config.api_key or config.admin_key or config.client_keys):
        raise ConfigError(
            f"refusing to listen on {host} without a key: anybody who reaches it could use the providers; "
            "set APIKEY in the configuration or the environment, or listen on 127.0.0.1"
        )
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except (OSError, UnicodeError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise ConfigError(f"HOST {host}: {reason}; set HOST or --host to an address") from None
    try:
        if os.name == "posix":  # elsewhere the option would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as problem:
        listener.close()
        raise _bind_problem(problem, host, port) from None
    return listener


def _bind_problem(problem: OSError, host: str, port: int) -> ConfigError:
    if problem.errno == errno.EADDRINUSE:
        return PortInUse(
            f"port {port} on {host} is in use: stop the other program, or choose another with --port or PORT"
        )
    if problem.errno == errno.EACCES:
        return ConfigError(
            f"port {port} on {host} is not allowed for this user: choose one above 1023 with --port or PORT"
        )
    if problem.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"{host} is no address of this machine: set HOST or --host to one that is")
    return ConfigError(f"cannot listen on {host} port {port}: {problem.strerror}")


def banner(config: Config, port: int, *, show_key: bool) -> str:
    """What is printed at the start: where it listens, what answers, and how to point Claude Code at it."""
    host = config.host.strip("[]")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    url = f"http://{host}:{port}"
    key = (config.api_key if show_key else "<your APIKEY>") if config.api_key else "any-text-will-do"
    if config.providers:
        answers = f"configuration: {config.source}"
    else:
        answers = "no provider is configured: the built-in demo model answers (no key, no internet)"
    return f"""ccr_middleware {__version__} listens on {url}
{answers}

Point Claude Code at it:
  export ANTHROPIC_BASE_URL={url}
  export ANTHROPIC_AUTH_TOKEN={key}
  claude
"""


def calm_garbage_collector() -> None:
    """Look for cycles less often, and never in what is loaded at the start.

    A request of a long conversation is tens of thousands of objects, all free of cycles; the interpreter's default is
    to stop and look after every 700 of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _nothing(config: Config, port: int) -> AbstractContextManager[None]:
    return nullcontext()


def serve(
    args: Namespace,
    env: Mapping[str, str],
    *,
    instance: str = "",
    while_listening: Callable[[Config, int], AbstractContextManager[None]] = _nothing,
) -> None:
    """Run until told to stop. Raises `ConfigError` when it cannot begin.

    `instance` is told by `/health`, so that others can be sure whom they talk to. `while_listening` is entered with
    the configuration and the port when nothing can fail any more, and left at the end.
    """
    config = load_settings(args, env)
    home = home_folder(env)
    set_up_logging(config, quiet=getattr(args, "quiet", False))
    try:
        import uvicorn
    except ImportError:
        raise ConfigError('running alone needs the extra "server": pip install "ccr_middleware[server]"') from None
    from .gateway import Gateway

    said = overrides(args, env)
    listener = open_socket(config)
    again = threading.Event()

    def restart() -> None:
        again.set()
        server.handle_exit(signal.SIGTERM, None)

    gateway = Gateway(
        config,
        env=env,
        lazy=True,
        adjust=lambda changed: changed.model_copy(update=said),
        home=home,
        local=is_loopback(config.host),
        restart=restart,
    )

    class Server(uvicorn.Server):
        """One that does not wait for streams that only its end would end."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            gateway.end_streams()
            super().handle_exit(sig, frame)

    server = Server(
        uvicorn.Config(
            _app(gateway, instance),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="on",
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        # The server listens to signals itself while it runs. Before, none may be missed, and at its end it raises
        # again what it got, which would be a violent end.
        signal.signal(number, server.handle_exit)
    # Beside the server's own start; a first request that comes sooner waits for it.
    threading.Thread(target=_warm_up, args=(bool(config.providers),), name="ccr-preload", daemon=True).start()
    port = listener.getsockname()[1]
    try:
        with while_listening(config, port):
            print(banner(config, port, show_key=sys.stdout.isatty()), flush=True)  # noqa: T201
            anyio.run(partial(server.serve, sockets=[listener]), backend_options={"use_uvloop": _has_uvloop()})
    finally:
        listener.close()
    if again.is_set():
        logging.shutdown()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _warm_up(asks_providers: bool) -> None:
    """Load what the first request would have to wait for, and then look at all that is loaded for the last time."""
    if asks_providers:
        from .upstream import preload

        preload()
    calm_garbage_collector()


def _app(gateway: Gateway, instance: str) -> ASGI3Application:
    """The gateway for a server that cancels what still runs at its end, and would log that as a fault."""

    async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        with suppress(asyncio.CancelledError):
            if scope["type"] == "http" and scope["path"] == "/health":
                send = _with_instance(send, instance)
            await gateway(scope, receive, send)

    return app


def _with_instance(send: ASGISendCallable, instance: str) -> ASGISendCallable:
    """Adds the header that tells one gateway from another."""

    async def sending(message: ASGISendEvent) -> None:
        if message["type"] == "http.response.start" and instance:
            message["headers"] = [*message["headers"], (INSTANCE_HEADER.encode(), instance.encode())]
        await send(message)

    return sending


def _has_uvloop() -> bool:
    try:
        import uvloop
    except ImportError:
        return False
    return uvloop is not None
