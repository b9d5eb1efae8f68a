"""Checks JSON bodies against the model of the service that ships with botocore.

    validate_bedrock_json.py < bodies.jsonl

One body a line, as {"service": "bedrock-runtime", "shape": "ConverseRequest", "body": {...}}. Checked are types, required
and unknown members, unions (exactly one member), enums, lengths, ranges and patterns. Members that travel in the path,
the query or a header are not expected in the body. Every finding is a line on stdout; the last line says how many bodies
were checked. Exits with 1 if there is a finding, and with 2 if there is nothing to check.
"""

import base64
import binascii
import functools
import json
import re
import sys
from collections.abc import Iterator

from botocore.loaders import Loader

# What is wrong: one line each, with the place as a path from the root `$` of the body.
Findings = Iterator[str]

ISO_8601 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


@functools.cache
def shapes(service: str) -> dict:
    """All shapes of the newest model of a service."""
    return Loader().load_service_model(service, "service-2")["shapes"]


class Checker:
    """Checks values against the shapes of one service.

    `more` are values of enums, by the name of their shape, that the service sends although its model does not list them.
    """

    def __init__(self, service: str, more: dict[str, set[str]] | None = None):
        self.shapes = shapes(service)
        self.more = more or {}
        self.by_type = {
            "structure": self.structure,
            "list": self.list,
            "map": self.map,
            "string": self.string,
            "blob": self.blob,
            "integer": self.integer,
            "long": self.integer,
            "float": self.number,
            "double": self.number,
            "boolean": self.boolean,
            "timestamp": self.timestamp,
        }

    def check(self, name: str, value: object, path: str) -> Findings:
        shape = self.shapes[name]
        # A type that this program does not know is an error of the program: better a traceback than a silent pass.
        yield from self.by_type[shape["type"]](name, shape, value, path)

    def structure(self, name: str, shape: dict, value: object, path: str) -> Findings:
        if shape.get("document"):
            return
        if not isinstance(value, dict):
            yield f"{path}: expected an object of {name}, got {kind(value)}"
            return
        in_body = {
            member.get("locationName", member_name): member["shape"]
            for member_name, member in shape.get("members", {}).items()
            if "location" not in member
        }
        present = [key for key in value if value[key] is not None]
        for key in value.keys() - in_body.keys():
            yield f"{path}.{key}: not a member of {name}"
        for member_name in shape.get("required", []):
            member = shape["members"][member_name]
            wire_name = member.get("locationName", member_name)
            if "location" not in member and wire_name not in present:
                yield f"{path}: {wire_name} is missing, {name} requires it"
        if shape.get("union") and len(present) != 1:
            yield f"{path}: the union {name} takes exactly one member, got {present}"
        for key in present:
            if key in in_body:
                yield from self.check(in_body[key], value[key], f"{path}.{key}")

    def list(self, name: str, shape: dict, value: object, path: str) -> Findings:
        if not isinstance(value, list):
            yield f"{path}: expected a list of {name}, got {kind(value)}"
            return
        yield from in_range(name, shape, len(value), "length", path)
        for index, item in enumerate(value):
            yield from self.check(shape["member"]["shape"], item, f"{path}[{index}]")

    def map(self, name: str, shape: dict, value: object, path: str) -> Findings:
        if not isinstance(value, dict):
            yield f"{path}: expected a map of {name}, got {kind(value)}"
            return
        yield from in_range(name, shape, len(value), "size", path)
        for key, item in value.items():
            yield from self.check(shape["key"]["shape"], key, f"{path}<key {key!r}>")
            yield from self.check(shape["value"]["shape"], item, f"{path}.{key}")

    def string(self, name: str, shape: dict, value: object, path: str) -> Findings:
        if not isinstance(value, str):
            yield f"{path}: expected a string for {name}, got {kind(value)}"
            return
        yield from in_range(name, shape, len(value), "length", path)
        if "enum" in shape:
            if value not in shape["enum"] and value not in self.more.get(name, ()):
                yield f"{path}: {value!r} is none of {name}: {', '.join(shape['enum'])}"
        elif "pattern" in shape and not re.fullmatch(shape["pattern"], value):
            yield f"{path}: {value!r} does not match the pattern of {name}: {shape['pattern']}"

    def blob(self, name: str, shape: dict, value: object, path: str) -> Findings:
        try:
            length = len(base64.b64decode(value, validate=True))
        except (binascii.Error, TypeError, ValueError):
            yield f"{path}: expected base64 for {name}"
        else:
            yield from in_range(name, shape, length, "bytes", path)

    def integer(self, name: str, shape: dict, value: object, path: str) -> Findings:
        if isinstance(value, bool) or not isinstance(value, int):
            yield f"{path}: expected an integer for {name}, got {kind(value)}"
        else:
            yield from in_range(name, shape, value, "value", path)

    def number(self, name: str, shape: dict, value: object, path: str) -> Findings:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{path}: expected a number for {name}, got {kind(value)}"
        else:
            yield from in_range(name, shape, value, "value", path)

    def boolean(self, name: str, _shape: dict, value: object, path: str) -> Findings:
        if not isinstance(value, bool):
            yield f"{path}: expected a boolean for {name}, got {kind(value)}"

    def timestamp(self, name: str, shape: dict, value: object, path: str) -> Findings:
        # Seconds since 1970, unless the shape says otherwise.
        if shape.get("timestampFormat") != "iso8601":
            yield from self.number(name, shape, value, path)
        elif not isinstance(value, str) or not re.fullmatch(ISO_8601, value):
            yield f"{path}: expected an ISO 8601 time for {name}, got {value!r}"


def in_range(name: str, shape: dict, number: float, what: str, path: str) -> Findings:
    if "min" in shape and number < shape["min"]:
        yield f"{path}: {what} {number} is below {shape['min']}, the least of {name}"
    if "max" in shape and number > shape["max"]:
        yield f"{path}: {what} {number} is above {shape['max']}, the most of {name}"


def kind(value: object) -> str:
    return {dict: "object", list: "list", str: "string", type(None): "null"}.get(type(value), type(value).__name__)


def main() -> int:
    checked = findings = 0
    for line in filter(str.strip, sys.stdin):
        entry = json.loads(line)
        checked += 1
        found = list(Checker(entry["service"]).check(entry["shape"], entry["body"], "$"))
        findings += len(found)
        if found:
            print(f"{entry['shape']} {json.dumps(entry['body'])}", *found, sep="\n  ")
    print(f"{checked} bodies checked, {findings} findings")
    if not checked:
        return 2
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
