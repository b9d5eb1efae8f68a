//! Answers that a guardrail or a filter stopped: they have an end, and are no success.

use serde_json::json;

use super::ask;
use crate::support::Emulator;

#[test]
fn what_came_of_a_filtered_answer_is_printed_and_it_fails() {
    for reason in ["guardrail_intervened", "content_filtered", "refusal"] {
        let emulator = Emulator::start();
        let reply = json!({ "content": [{ "text": "I would rather not." }], "stopReason": reason });
        emulator.scenario(&json!({ "rules": [{ "reply": reply }] }));
        for mode in [&[][..], &["--no-stream"]] {
            let run = ask(&emulator, 1, mode).run().exits_with(7);
            assert_eq!(run.stdout, "I would rather not.\n", "{reason} {mode:?}");
            let request_id = emulator.requests().last().unwrap()["requestId"].as_str().unwrap().to_owned();
            assert!(run.stderr.contains(reason) && run.stderr.contains(&request_id), "{}", run.stderr);
        }
        let run = ask(&emulator, 1, &["--json"]).run().exits_with(7);
        let (answer, error) = (run.json(), run.error_json());
        assert_eq!((&answer["stopReason"], &answer["text"]), (&json!(reason), &json!("I would rather not.")));
        assert_eq!((&error["error"]["kind"], &error["error"]["code"]), (&json!("Filtered"), &json!(reason)));
        assert_eq!(error["error"]["requestId"], answer["requestId"]);
        assert_eq!(emulator.requests().len(), 3, "it is not tried again");
    }
}
