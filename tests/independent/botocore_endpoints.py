"""Where AWS's own client sends what it would send: nothing leaves this program.

    botocore_endpoints.py < rows.json

Reads a list of `{"environment": {NAME: VALUE}, "entry": {KEY: VALUE}}`: what a program is started with, files that
variables name included, and what a provider entry says on top of it. Prints a list with one `{"runtime", "control"}` for
each: `{"url": BASE_URL}`, or `{"error": TEXT}` where the rules refuse.

botocore finds the endpoint, FIPS and dual stack, and evaluates the rules of the service. Past it goes only what stands
between the two: an older table of endpoints that knows no dual stack in some partitions, and the habit of keeping FIPS
and dual stack from the rules where there is an endpoint of one's own, so that the rules cannot refuse it.
"""

import json
import os
import sys

from botocore.config import Config
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader
from botocore.session import Session

# By plane: the service, the setting that names an endpoint for it, and the path of the call that is tried.
PLANES = {
    "runtime": ("bedrock-runtime", "baseUrl", "/model/any/converse"),
    "control": ("bedrock", "controlBaseUrl", "/foundation-models"),
}
# By parameter of the rules: the setting, and what botocore calls it.
VARIANTS = {
    "AWS::UseFIPS": ("useFipsEndpoint", "use_fips_endpoint"),
    "AWS::UseDualStack": ("useDualstackEndpoint", "use_dualstack_endpoint"),
}
# What goes wrong must be seen at once, not after retries.
ONCE = Config(retries={"total_max_attempts": 1})


class Sent(Exception):
    """Raised in the place of sending."""

    def __init__(self, url: str):
        super().__init__(url)
        self.url = url


def send(request, **_):
    raise Sent(request.url)


def call(plane: str, client) -> None:
    if plane == "runtime":
        client.converse(modelId="any", messages=[{"role": "user", "content": [{"text": "hello"}]}])
    else:
        client.list_foundation_models()


def wanted(session: Session, entry: dict) -> dict:
    """FIPS and dual stack as the rules take them; the client itself is asked for neither."""
    parameters = {}
    for parameter, (key, name) in VARIANTS.items():
        said = entry.get(key)
        parameters[parameter] = bool(session.get_config_variable(name)) if said is None else said
        session.set_config_variable(name, False)
    return parameters


def seen(plane: str, session: Session, base_url: str | None, parameters: dict) -> dict:
    """Where a call of this plane goes."""
    service, _, path = PLANES[plane]
    try:
        client = session.create_client(service, config=ONCE, endpoint_url=base_url)
        events = client.meta.events
        events.register("before-endpoint-resolution", lambda builtins, **_: builtins.update(parameters))
        events.register("before-send", send)
        call(plane, client)
    except Sent as sent:
        assert sent.url.endswith(path), sent.url
        return {"url": sent.url.removesuffix(path)}
    except (EndpointProviderError, ValueError) as error:
        return {"error": str(error)}
    raise AssertionError("the call sent nothing")


def main() -> None:
    rows = json.load(sys.stdin)
    # Reads the models of the services once for all rows.
    loader = Loader()
    own = dict(os.environ)
    results = []
    for row in rows:
        os.environ.clear()
        os.environ.update(own | row["environment"])
        session = Session()
        session.register_component("data_loader", loader)
        entry = row["entry"]
        parameters = wanted(session, entry)
        urls = {plane: entry.get(key) for plane, (_, key, _) in PLANES.items()}
        results.append({plane: seen(plane, session, url, parameters) for plane, url in urls.items()})
    print(json.dumps(results))


if __name__ == "__main__":
    main()
