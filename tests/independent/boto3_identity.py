"""Whom AWS's own client takes itself for: everything it goes by comes from environment and home.

Prints `{"method", "accessKeyId", "arn", "account", "region"}`: the link of botocore's chain that answered, the key that
it gave, whom STS takes its owner for, and the region of the session or null.
"""

import json

import boto3
from botocore.config import Config

# A refusal must be seen at once, not after retries.
ONCE = Config(retries={"total_max_attempts": 1})


def main() -> None:
    session = boto3.Session()
    credentials = session.get_credentials()
    assert credentials is not None, "boto3 finds no credentials"
    # Resolved once, so that key and identity cannot be of different ones.
    access_key_id = credentials.get_frozen_credentials().access_key
    sts = session.client("sts", region_name=session.region_name or "us-east-1", config=ONCE)
    caller = sts.get_caller_identity()
    seen = {
        "method": credentials.method,
        "accessKeyId": access_key_id,
        "arn": caller["Arn"],
        "account": caller["Account"],
        "region": session.region_name,
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
