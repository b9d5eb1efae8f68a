//! The laws of core, whatever comes.

use super::*;

fn frames() -> impl Strategy<Value = Vec<Value>> {
    let frame = prop_oneof![
        (0..3_u32).prop_map(|index| says(index, "word ")),
        (0..3_u32).prop_map(|index| says(index, "")),
        (0..3_u32).prop_map(|index| begins_tool(index, "id", "name")),
        (0..3_u32, prop_oneof!["\\{", "\\}", "\"a\":1"]).prop_map(|(index, json)| asks(index, &json)),
        (0..3_u32).prop_map(|index| thinks(index, &json!({ "text": "hm " }))),
        (0..3_u32).prop_map(|index| thinks(index, &json!({ "signature": "s" }))),
        (0..3_u32).prop_map(|index| delta(index, &json!({ "citation": { "title": "t" } }))),
        (0..3_u32).prop_map(ends),
        (0..3_u32).prop_map(ends),
        Just(stops("end_turn")),
        Just(stops("tool_use")),
        Just(stops("max_tokens")),
        Just(measured()),
        Just(json!({ "throttlingException": { "message": "slow down" } })),
    ];
    proptest::collection::vec(frame, 0..16)
}

proptest! {
    /// [`items`] fails if a law is broken.
    #[test]
    fn whatever_the_service_sends_the_laws_hold(frames in frames(), suppress in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(items(&frames, suppress));
    }
}
