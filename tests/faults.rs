//! Everything that can go wrong on the way, acted out by the emulator: each failure has its kind and its exit code,
//! keeps the service's words and request id, and is never taken for a success.

mod interrupted;
mod recovered;
mod refused;
mod retried;
mod withheld;

use serde_json::{Value, json};

use crate::support::{Emulator, Finished, Outcrop, members};

/// A model that is called as it is named and answers in text alone.
const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// The answer that the faults below break: long enough for some deltas.
const PROMPT: &str = "Why is the sky blue?";

/// `outcrop ask -m MODEL PROMPT ARGS…`, with as many attempts as said and next to no wait between them.
fn ask(emulator: &Emulator, attempts: u32, args: &[&str]) -> Outcrop {
    let attempts = format!("models.providers.\"amazon-bedrock\".retry.attempts={attempts}");
    let delay = "models.providers.\"amazon-bedrock\".retry.maxDelay=0.01";
    let usual = ["ask", "-m", MODEL, PROMPT, "--set", &attempts, "--set", delay];
    Outcrop::new(usual.iter().chain(args)).via(emulator)
}

/// Makes every call of ConverseStream go wrong in this way, or only so many.
#[track_caller]
fn break_streams(emulator: &Emulator, fault: &Value, times: Option<u32>) {
    let mut rule = json!({ "match": { "operation": "ConverseStream" }, "fault": fault });
    if let Some(times) = times {
        rule["times"] = times.into();
    }
    emulator.scenario(&json!({ "rules": [rule] }));
}

/// What a fault must lead to.
struct Failure {
    /// The row's name, for whoever reads the failure of a test.
    name: &'static str,
    /// In the notation of the emulator's scenarios.
    fault: Value,
    kind: &'static str,
    exit: i32,
    /// The service's own code, if it gave one.
    code: Option<&'static str>,
    /// The HTTP status, if it was one of an error.
    status: Option<u16>,
    /// What the message must hold: the service's own words, where it said something.
    words: &'static str,
    /// What one of the hints must hold.
    hint: &'static str,
    /// Settings for this row, beyond the usual.
    set: Option<&'static str>,
    /// Whether the client could learn the request id before the fault.
    request_id: bool,
}

impl Failure {
    fn new(name: &'static str, kind: &'static str, exit: i32, fault: Value) -> Self {
        Self {
            name,
            fault,
            kind,
            exit,
            code: None,
            status: None,
            words: "",
            hint: "",
            set: None,
            request_id: true,
        }
    }

    /// The service's own code and words.
    fn says(self, code: &'static str, words: &'static str) -> Self {
        Self { code: Some(code), words, ..self }
    }

    fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    fn with_hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    fn with_setting(self, set: &'static str) -> Self {
        Self { set: Some(set), ..self }
    }

    /// The fault comes before the head of the response, and with it the request id, reaches the client.
    fn before_the_head(self) -> Self {
        Self { request_id: false, ..self }
    }

    fn run(&self, emulator: &Emulator, mode: &[&str]) -> Finished {
        break_streams(emulator, &self.fault, None);
        let setting = self.set.map(|set| ["--set", set]);
        ask(emulator, 1, &mode.iter().copied().chain(setting.into_iter().flatten()).collect::<Vec<_>>()).run()
    }

    /// Acts the fault out for every way to read an answer, and says what was not as it must be.
    fn check(&self, emulator: &Emulator, whole: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: &str, run: &Finished| {
            if !holds {
                wrong.push(format!("{}: {what}\n{run:#?}", self.name));
            }
        };
        let before = emulator.requests().len();

        let run = self.run(emulator, &["--json"]);
        let request_id =
            emulator.requests().last().map_or(Value::Null, |request| request["requestId"].clone());
        must(run.code == Some(self.exit), &format!("exits with {}", self.exit), &run);
        must(run.stdout.is_empty(), "prints nothing as if it were an answer", &run);
        must(run.stderr.lines().count() == 1, "prints one object on stderr", &run);
        let error: Value = serde_json::from_str(&run.stderr).unwrap_or_default();
        let error = &error["error"];
        let fields = error.is_object().then(|| members(error));
        let documented =
            ["causes", "code", "hints", "kind", "message", "overflow", "partial", "requestId", "status"];
        must(fields.as_deref() == Some(&documented), "has the documented fields", &run);
        let part = &error["partial"];
        let whole_part = whole.starts_with(part["text"].as_str().unwrap_or_default());
        must(whole_part && (part.is_null() || part["stopReason"] == "interrupted"), "has what came", &run);
        must(error["kind"] == self.kind, &format!("is {}", self.kind), &run);
        must(error["code"] == json!(self.code), "keeps the service's code", &run);
        must(error["status"] == json!(self.status), "keeps the status", &run);
        let message = error["message"].as_str().unwrap_or_default();
        must(!message.is_empty() && message.contains(self.words), "keeps the service's words", &run);
        must(error["hints"].to_string().contains(self.hint), "has its hint", &run);
        let kept = if self.request_id { request_id } else { Value::Null };
        must(error["requestId"] == kept, &format!("keeps the request id {kept}"), &run);

        let run = self.run(emulator, &[]);
        must(run.code == Some(self.exit), &format!("exits with {} as text too", self.exit), &run);
        must(run.stderr.contains(self.words), "shows the service's words", &run);
        // What came is shown, and nothing else.
        let partial = run.stdout.strip_suffix('\n').unwrap_or(&run.stdout);
        must(whole.starts_with(partial) && partial.len() < whole.len(), "shows a part of the answer", &run);

        let run = self.run(emulator, &["--events"]);
        must(run.code == Some(self.exit), &format!("exits with {} as events too", self.exit), &run);
        must(!run.stdout.contains(r#""event":"end""#), "does not end as if it were whole", &run);

        must(emulator.requests().len() == before + 3, "is tried once a run", &run);
        wrong
    }
}

/// Checks every row and shows all that are wrong at once.
#[track_caller]
fn check(table: &[Failure]) {
    let emulator = Emulator::start();
    let whole = ask(&emulator, 1, &[]).run().succeeds().stdout;
    let wrong: Vec<_> = table.iter().flat_map(|row| row.check(&emulator, whole.trim_end())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
