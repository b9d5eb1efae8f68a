"""Starts ministack, an AWS emulator by somebody else, on a free port of the loopback address.

Its own command binds a port that was chosen beforehand, and every address unless told otherwise. Here the socket is bound
first and handed over, so that there is no race and nothing else listens. The first line on stdout is the endpoint.
"""

import asyncio
import os
import socket

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
# ministack reads its settings when it is imported.
os.environ |= {
    "GATEWAY_PORT": str(port),
    "SERVICES": "bedrock,bedrock-runtime",
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "LOG_LEVEL": "WARNING",
}

from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack.app import app  # noqa: E402

config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.loglevel = "WARNING"
# The socket listens already: a client that comes before the server is ready waits in its queue.
print(f"ready at http://127.0.0.1:{port}", flush=True)
asyncio.run(serve(app, config))
