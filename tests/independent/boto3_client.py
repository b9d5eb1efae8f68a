"""AWS's own client against the emulator: the endpoints, the keys and the region come from the environment alone.

    boto3_client.py CHECK [MODEL…]

Each check is a function below. It fails with a traceback, and prints what it saw as JSON when it passes. Besides, every
answer is held against the model of the service: boto3 itself is lenient with what it receives.
"""

import json
import os
import sys
from datetime import UTC, datetime

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from validate_bedrock_json import Checker

MODEL = "us.amazon.nova-lite-v1:0"
WEATHER = {
    "toolSpec": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "inputSchema": {
            "json": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["city", "days"],
            }
        },
    }
}
# The service lists models with values that its own model does not have.
BEYOND_THE_MODEL = {"ModelModality": {"SPEECH", "VIDEO"}, "InferenceType": {"INFERENCE_PROFILE"}}
# A refusal must be seen at once, not after retries.
ONCE = Config(retries={"total_max_attempts": 1})


def client(service: str, **settings):
    made = boto3.client(service, config=ONCE, **settings)
    made.meta.events.register(f"before-parse.{service}", lambda **event: check_answer(service, **event))
    return made


def check_answer(service: str, operation_model, response_dict: dict, **_) -> None:
    """Holds the JSON of an answer against the shape of its operation; the frames of streams are checked one by one."""
    if response_dict["status_code"] != 200 or operation_model.has_event_stream_output:
        return
    body = json.loads(response_dict["body"])
    findings = list(Checker(service, BEYOND_THE_MODEL).check(operation_model.output_shape.name, body, "$"))
    assert not findings, findings


def user(*content: dict) -> dict:
    return {"role": "user", "content": list(content)}


def lists_models_and_profiles() -> dict:
    """Both lists, the profiles over several pages; every profile leads to models that are listed."""
    bedrock = client("bedrock")
    models = {row["modelId"]: row for row in bedrock.list_foundation_models()["modelSummaries"]}
    pages = list(bedrock.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 10}))
    assert len(pages) > 1 and all(len(page["inferenceProfileSummaries"]) <= 10 for page in pages)
    profiles = {row["inferenceProfileId"]: row for page in pages for row in page["inferenceProfileSummaries"]}
    assert len(profiles) == sum(len(page["inferenceProfileSummaries"]) for page in pages), "a profile came twice"
    whole = bedrock.list_inference_profiles(maxResults=1000)["inferenceProfileSummaries"]
    assert {row["inferenceProfileId"] for row in whole} == profiles.keys()
    for row in profiles.values():
        bases = {model["modelArn"].rpartition("/")[2] for model in row["models"]}
        assert row["status"] == "ACTIVE" and bases <= models.keys(), row
    only_by_profile = [id for id, row in models.items() if row["inferenceTypesSupported"] == ["INFERENCE_PROFILE"]]
    assert only_by_profile, "no model that only a profile can call"
    legacy = [id for id, row in models.items() if row["modelLifecycle"]["status"] == "LEGACY"]
    assert legacy, "no model near its end"
    return {"models": len(models), "profiles": len(profiles), "pages": len(pages)}


def filters_models() -> dict:
    """The filters of the list act on the server."""
    bedrock = client("bedrock")
    every = bedrock.list_foundation_models()["modelSummaries"]
    amazon = bedrock.list_foundation_models(byProvider="Amazon")["modelSummaries"]
    assert 0 < len(amazon) < len(every) and {row["providerName"] for row in amazon} == {"Amazon"}
    text = bedrock.list_foundation_models(byOutputModality="TEXT")["modelSummaries"]
    assert 0 < len(text) < len(every) and all("TEXT" in row["outputModalities"] for row in text)
    profiles = bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    assert all(row["type"] == "APPLICATION" for row in profiles)
    return {"all": len(every), "amazon": len(amazon), "text": len(text)}


def lists_further_models() -> dict:
    """What an account made and bought: every list over several pages, its filters, and the single things."""
    bedrock = client("bedrock")
    seen = {}

    def names(operation: str, rows: str, name: str, **filters) -> list[str]:
        pages = bedrock.get_paginator(operation).paginate(PaginationConfig={"PageSize": 1}, **filters)
        listed = [page[rows] for page in pages]
        assert all(len(page) <= 1 for page in listed), listed
        return [row[name] for page in listed for row in page]

    provisioned = ("list_provisioned_model_throughputs", "provisionedModelSummaries", "provisionedModelName")
    seen["provisioned"] = names(*provisioned)
    assert names(*provisioned, statusEquals="InService") == ["support-chat"]
    assert names(*provisioned, nameContains="support", sortBy="CreationTime", sortOrder="Descending") == [
        "support-chat-next",
        "support-chat",
    ]
    assert names(*provisioned, creationTimeAfter=datetime(2026, 2, 15, tzinfo=UTC)) == seen["provisioned"][1:]

    imported = ("list_imported_models", "modelSummaries", "modelName")
    seen["imported"] = names(*imported)
    assert names(*imported, creationTimeBefore=datetime(2026, 1, 11, tzinfo=UTC)) == ["our-llama"]
    llama = bedrock.get_imported_model(modelIdentifier="our-llama")
    assert llama["instructSupported"] and llama["modelDataSource"]["s3DataSource"]["s3Uri"].startswith("s3://")
    assert not bedrock.get_imported_model(modelIdentifier="our-base-model")["instructSupported"]

    custom = ("list_custom_models", "modelSummaries", "modelName")
    seen["custom"] = names(*custom)
    assert names(*custom, isOwned=True) == ["tuned-nova", "tuned-nova-2"] and names(*custom, isOwned=False) == ["shared-nova"]
    assert names(*custom, modelStatus="Creating") == ["tuned-nova-2"]
    tuned = bedrock.get_custom_model(modelIdentifier="tuned-nova")
    assert tuned["baseModelArn"].endswith("/amazon.nova-lite-v1:0:300k"), tuned

    deployments = ("list_custom_model_deployments", "modelDeploymentSummaries", "customModelDeploymentName")
    seen["deployments"] = names(*deployments)
    assert names(*deployments, statusEquals="Active", modelArnEquals=tuned["modelArn"]) == ["tuned-nova-live"]
    live = bedrock.get_custom_model_deployment(customModelDeploymentIdentifier="tuned-nova-live")
    assert live["modelDeploymentName"] == "tuned-nova-live" and live["modelArn"] == tuned["modelArn"]
    assert bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=live["customModelDeploymentArn"])

    endpoints = ("list_marketplace_model_endpoints", "marketplaceModelEndpoints", "endpointArn")
    arns = names(*endpoints)
    source = bedrock.list_marketplace_model_endpoints()["marketplaceModelEndpoints"][1]["modelSourceIdentifier"]
    assert names(*endpoints, modelSourceEquals=source) == arns[1:]
    seen["endpoints"] = [arn.rpartition("/")[2] for arn in arns]

    missing = refusal(lambda: bedrock.get_custom_model(modelIdentifier="nobody-made-it"))
    assert missing["status"] == 404 and missing["code"] == "ResourceNotFoundException", missing
    return seen


def converses_with_each() -> dict:
    """Each id of the command line answers, as a whole and in a stream."""
    runtime = client("bedrock-runtime")
    request = {"messages": [user({"text": "Why is the sky blue?"})]}
    for model in sys.argv[2:]:
        whole = runtime.converse(modelId=model, **request)
        frames = list(runtime.converse_stream(modelId=model, **request)["stream"])
        assert text_of(whole) and "metadata" in frames[-1], model
    return {"answered": len(sys.argv[2:])}


def is_refused_by_each() -> dict:
    """No id of the command line answers."""
    runtime = client("bedrock-runtime")
    request = {"messages": [user({"text": "Why is the sky blue?"})]}
    return {model: refusal(lambda: runtime.converse_stream(modelId=model, **request)) for model in sys.argv[2:]}


def converses() -> dict:
    """Text, a system prompt and several turns; different prompts get different answers."""
    runtime = client("bedrock-runtime")

    def ask(prompt: str) -> dict:
        return runtime.converse(
            modelId=MODEL,
            system=[{"text": "You are terse."}],
            messages=[
                user({"text": "Good morning."}),
                {"role": "assistant", "content": [{"text": "Good morning."}]},
                user({"text": prompt}),
            ],
            inferenceConfig={"maxTokens": 500, "temperature": 0.5, "topP": 0.9, "stopSequences": ["STOP"]},
        )

    sky, sea = ask("Why is the sky blue?"), ask("Why is the sea salty?")
    assert text_of(sky) != text_of(sea) and text_of(ask("Why is the sky blue?")) == text_of(sky)
    assert "sky" in text_of(sky) and sky["output"]["message"]["role"] == "assistant"
    assert sky["stopReason"] == "end_turn"
    usage = sky["usage"]
    assert usage["inputTokens"] > 0 and usage["outputTokens"] > 0
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert sky["ResponseMetadata"]["RequestId"] != sea["ResponseMetadata"]["RequestId"]
    return {"sky": text_of(sky), "sea": text_of(sea)}


def streams() -> dict:
    """The frames of a stream add up to the answer that the same request gets in one piece."""
    runtime = client("bedrock-runtime")
    request = {"modelId": MODEL, "messages": [user({"text": "Why is the sky blue?"})]}
    answer, whole = runtime.converse_stream(**request), runtime.converse(**request)
    frames = list(answer["stream"])
    for frame in frames:
        findings = list(Checker("bedrock-runtime").check("ConverseStreamOutput", frame, "$"))
        assert not findings, findings
    events = [next(iter(frame.items())) for frame in frames]
    names = [name for name, _ in events]
    assert names[0] == "messageStart" and names[-2:] == ["messageStop", "metadata"], names
    deltas = [event["delta"]["text"] for name, event in events if name == "contentBlockDelta"]
    assert len(deltas) > 1 and "".join(deltas) == text_of(whole)
    assert names.count("contentBlockStop") == 1
    _, stop = events[-2]
    _, metadata = events[-1]
    assert stop["stopReason"] == whole["stopReason"] and metadata["usage"] == whole["usage"]
    return {"deltas": len(deltas), "text": "".join(deltas)}


def calls_tools() -> dict:
    """A tool is offered, called with what its schema requires, and its result is answered in text."""
    runtime = client("bedrock-runtime")
    question = user({"text": "What is the weather in Dublin?"})
    request = {"modelId": MODEL, "toolConfig": {"tools": [WEATHER]}, "messages": [question]}
    first = runtime.converse(**request)
    assert first["stopReason"] == "tool_use"
    (call,) = [block["toolUse"] for block in first["output"]["message"]["content"] if "toolUse" in block]
    assert call["name"] == "get_weather" and isinstance(call["input"]["city"], str), call
    assert isinstance(call["input"]["days"], int), call

    fragments, started = {}, {}
    for event in runtime.converse_stream(**request)["stream"]:
        if "contentBlockStart" in event:
            started[event["contentBlockStart"]["contentBlockIndex"]] = event["contentBlockStart"]["start"]["toolUse"]
        elif "toolUse" in event.get("contentBlockDelta", {}).get("delta", {}):
            delta = event["contentBlockDelta"]
            fragments.setdefault(delta["contentBlockIndex"], []).append(delta["delta"]["toolUse"]["input"])
        elif "messageStop" in event:
            assert event["messageStop"]["stopReason"] == "tool_use"
    assert started.keys() == fragments.keys() and len(started) == 1
    (index,) = started
    assert started[index]["name"] == "get_weather"
    assert json.loads("".join(fragments[index])) == call["input"]

    result = {"toolUseId": call["toolUseId"], "content": [{"json": {"sky": "cloudy"}}]}
    request["messages"] += [first["output"]["message"], user({"toolResult": result})]
    last = runtime.converse(**request)
    assert last["stopReason"] == "end_turn" and text_of(last)
    return {"input": call["input"], "text": text_of(last)}


def counts_tokens() -> dict:
    """CountTokens counts what Converse then reports as its input."""
    runtime = client("bedrock-runtime")
    conversation = {"messages": [user({"text": "Why is the sky blue?"})], "system": [{"text": "You are terse."}]}
    # The base model takes no profile prefix here.
    counted = runtime.count_tokens(modelId="amazon.nova-lite-v1:0", input={"converse": conversation})["inputTokens"]
    used = runtime.converse(modelId=MODEL, **conversation)["usage"]["inputTokens"]
    assert counted == used, (counted, used)
    return {"inputTokens": counted}


def names_its_errors() -> dict:
    """An unknown model and a model that only a profile can call are refused as AWS refuses them."""
    bedrock, runtime = client("bedrock"), client("bedrock-runtime")
    messages = [user({"text": "Hello."})]
    unknown = refusal(lambda: runtime.converse(modelId="amazon.no-such-model-v1:0", messages=messages))
    models = bedrock.list_foundation_models()["modelSummaries"]
    bare = next(row["modelId"] for row in models if row["inferenceTypesSupported"] == ["INFERENCE_PROFILE"])
    profile_only = refusal(lambda: runtime.converse_stream(modelId=bare, messages=messages))
    assert profile_only["status"] == 400 and profile_only["code"] == "ValidationException"
    assert "on-demand throughput" in profile_only["message"]
    assert unknown["status"] == 404 and unknown["code"] == "ResourceNotFoundException"
    return {"unknown": unknown, "profileOnly": profile_only}


def refuses_wrong_keys() -> dict:
    """A wrong secret, an unknown key id and no signature at all are 403 on both planes."""
    wrong_secret = {"aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "wrong"}
    unknown_key = {"aws_access_key_id": "AKIAUNKNOWN", "aws_secret_access_key": "wrong"}
    seen = {}
    for name, keys in {"wrongSecret": wrong_secret, "unknownKey": unknown_key}.items():
        runtime, bedrock = client("bedrock-runtime", **keys), client("bedrock", **keys)
        messages = [user({"text": "Hello."})]
        for call in (
            lambda: runtime.converse(modelId=MODEL, messages=messages),
            lambda: runtime.converse_stream(modelId=MODEL, messages=messages),
            lambda: bedrock.list_foundation_models(),
        ):
            seen[name] = refusal(call)
            assert seen[name]["status"] == 403, seen[name]
    assert seen["wrongSecret"]["code"] != seen["unknownKey"]["code"]
    return seen


def takes_an_api_key() -> dict:
    """A Bedrock API key instead of a signature.

    botocore sends such a key over TLS only. So the client is given an https address, makes its request as it would for
    AWS, and only then the request is sent to the emulator in plain text.
    """
    plain = os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]
    sent = []

    def send(request, **_):
        sent.append(request.headers["Authorization"])
        request.url = request.url.replace("https://bedrock.invalid", plain, 1)
        return URLLib3Session().send(request)

    def ask(token: str) -> dict:
        os.environ["AWS_BEARER_TOKEN_BEDROCK"] = token
        runtime = client("bedrock-runtime", endpoint_url="https://bedrock.invalid")
        runtime.meta.events.register("before-send.bedrock-runtime", send)
        return runtime.converse(modelId=MODEL, messages=[user({"text": "Hello."})])

    answer = ask("outcrop-emulator-token")
    wrong = refusal(lambda: ask("another-token"))
    assert [header.decode() if isinstance(header, bytes) else header for header in sent] == [
        "Bearer outcrop-emulator-token",
        "Bearer another-token",
    ]
    assert wrong["status"] == 403, wrong
    return {"text": text_of(answer), "wrong": wrong}


def text_of(answer: dict) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


def refusal(call) -> dict:
    try:
        call()
    except ClientError as error:
        return {
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "code": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
        }
    raise AssertionError("the call was answered")


CHECKS = [
    lists_models_and_profiles,
    filters_models,
    lists_further_models,
    converses_with_each,
    is_refused_by_each,
    converses,
    streams,
    calls_tools,
    counts_tokens,
    names_its_errors,
    refuses_wrong_keys,
    takes_an_api_key,
]

if __name__ == "__main__":
    (check,) = [check for check in CHECKS if check.__name__ == sys.argv[1]]
    print(json.dumps(check()))
