"""The whole room in one command: ``python app.py --config FILE --host --port``; the parts run as processes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dashboard.config.loader import load_config
from dashboard.errors import ConfigError
from dashboard.ports import port

CONFIG = Path(__file__).resolve().with_name("config.yaml")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("--config", type=Path, default=CONFIG, help="the city (default: config.yaml beside app.py)")
    found.add_argument("--host", help="instead of web.host")
    found.add_argument("--port", type=port, help="instead of web.port")
    return found


def main() -> int:
    given = parser().parse_args()
    from dashboard.listening import loopback_only
    from dashboard.supervisor import Supervisor

    changes = {name: value for name in ("host", "port") if (value := getattr(given, name)) is not None}
    try:
        config = load_config(given.config)
        config = config.model_copy(update={"web": config.web.model_copy(update=changes)})
        loopback_only(config.web.host)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return Supervisor(config, given.config, lambda line: print(line, flush=True)).run()  # noqa: T201


def server() -> Any:
    """The web process for another ASGI server: ``uvicorn --factory app:server --timeout-graceful-shutdown 1``, with
    the cache in LIVEROOM_REDIS_URL and a collector beside it. Wherever it is bound, it answers on loopback only."""
    from dashboard.commands_serve import room_of

    return room_of(load_config(CONFIG))


if __name__ == "__main__":
    sys.exit(main())
