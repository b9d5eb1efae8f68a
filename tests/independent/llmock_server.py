"""Starts llmock, a server of chat completions by somebody else, on a free port of the loopback address.

What it shall do, call by call, is a list in JSON on the command line, in its own words. The first line on stdout is the
endpoint.
"""

import json
import sys
import threading

from llmock.scenarios import behavior_from_dict
from llmock.simulation import MockResponseSettings
from llmock.testing import LLMockServer

server = LLMockServer(responses=MockResponseSettings(response_style="echo"))
server.start()
for behaviour in json.loads(sys.argv[1]):
    server.state.scenarios.add(behavior_from_dict(behaviour))
print(f"ready at {server.url}", flush=True)
threading.Event().wait()
