use std::collections::BTreeSet;

use outcrop_core::{Event, Laws, Start, StopReason};

use super::*;
use crate::act::Drive;
use crate::{Answer, Feature, Script};

fn manifest() -> Manifest {
    Manifest::new("example", "m")
}

/// Every feature that a scenario needs, by name.
fn needs() -> Vec<(&'static str, Feature)> {
    let of = |scenario: &Scenario| {
        let needs: Vec<_> = scenario.acts(&manifest()).iter().flat_map(Act::needs).collect();
        needs.into_iter().map(|need| (scenario.name, need)).collect::<Vec<_>>()
    };
    SCENARIOS.iter().flat_map(of).collect()
}

#[test]
fn scenarios_have_names_of_their_own_sentences_and_acts() {
    let names: BTreeSet<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    assert_eq!(names.len(), SCENARIOS.len());
    for scenario in SCENARIOS {
        assert!(scenario.what.ends_with('.'), "{}", scenario.name);
        let acts = scenario.acts(&manifest());
        let labels: BTreeSet<&str> = acts.iter().map(|act| act.label.as_str()).collect();
        assert!(!acts.is_empty() && labels.len() == acts.len(), "{}", scenario.name);
    }
}

#[test]
fn what_a_script_says_keeps_the_grammar() {
    for act in SCENARIOS.iter().flat_map(|scenario| scenario.acts(&manifest())) {
        for answer in &act.script.answers {
            let Answer::Reply(reply) = answer else { continue };
            let mut laws = Laws::default();
            laws.check(&Ok(Event::Start(Start::default()))).unwrap();
            let events = reply.steps.iter().filter_map(|step| match step {
                crate::Step::Open { index, block } => {
                    Some(Event::Open { index: *index, block: block.clone() })
                }
                crate::Step::Delta { index, delta } => {
                    Some(Event::Delta { index: *index, delta: delta.clone() })
                }
                crate::Step::Close { index } => Some(Event::Close { index: *index }),
                _ => None,
            });
            for event in events {
                laws.check(&Ok(event)).unwrap();
            }
        }
    }
}

#[test]
fn every_kind_of_error_that_an_upstream_can_have_is_acted_out_before_and_inside_an_answer() {
    // These are the caller's own, or the provider's.
    let ours = [ErrorKind::Unsupported, ErrorKind::Config, ErrorKind::Cancelled, ErrorKind::Unexpected];
    let needs: Vec<Feature> = needs().into_iter().map(|(_, need)| need).collect();
    for kind in ErrorKind::ALL.iter().filter(|kind| !ours.contains(kind)) {
        assert!(needs.contains(&Feature::Refusal(*kind)), "{kind:?} before an answer");
        assert!(needs.contains(&Feature::Failure(*kind)), "{kind:?} inside an answer");
    }
}

#[test]
fn every_feature_is_needed_by_a_scenario() {
    let needs: Vec<Feature> = needs().into_iter().map(|(_, need)| need).collect();
    for feature in [
        Feature::System,
        Feature::Reasoning,
        Feature::ReasoningSignature,
        Feature::RedactedReasoning,
        Feature::Tools,
        Feature::ParallelTools,
        Feature::Interleaving,
        Feature::Images,
        Feature::Documents,
        Feature::Usage,
        Feature::CacheUsage,
        Feature::RetryAfter,
        Feature::Stop(StopReason::MaxTokens),
        Feature::TokenCounting,
        Feature::Embeddings,
        Feature::Catalog,
    ] {
        assert!(needs.contains(&feature), "{feature}");
    }
}

#[test]
fn a_scenario_needs_what_it_is_named_for() {
    let needed =
        |name: &str| needs().into_iter().filter(|it| it.0 == name).map(|it| it.1).collect::<Vec<_>>();
    assert_eq!(needed("text"), []);
    assert_eq!(needed("no_usage"), []);
    assert_eq!(needed("images"), [Feature::Images]);
    assert_eq!(needed("refused_throttled"), [Feature::Refusal(ErrorKind::Throttled)]);
    assert_eq!(needed("catalog"), [Feature::Catalog]);
    assert!(needed("interleaved_tool_calls").contains(&Feature::Interleaving));
    assert!(!needed("parallel_tool_calls").contains(&Feature::Interleaving));
}

#[test]
fn a_hang_up_anywhere_takes_what_the_manifest_has_and_no_more() {
    let poor = manifest().lacks(Feature::Tools, "none").lacks(Feature::Reasoning, "none");
    let scenario = SCENARIOS.iter().find(|it| it.name == "hang_up_anywhere").unwrap();
    let acts = scenario.acts(&poor);
    assert!(acts.iter().all(|act| act.needs().is_empty()));
    assert_eq!(acts.len(), 4, "open, two pieces, close");
    assert!(scenario.acts(&manifest()).len() > 12);
}

#[test]
fn an_input_that_is_disclaimed_needs_nothing() {
    let poor = manifest().lacks(Feature::Images, "none");
    let scenario = SCENARIOS.iter().find(|it| it.name == "images").unwrap();
    let act = scenario.acts(&poor).remove(0);
    assert_eq!(act.drive, Drive::Disclaimed(Feature::Images));
    assert_eq!(act.needs(), []);
}

#[test]
fn scripts_are_data() {
    for act in SCENARIOS.iter().flat_map(|scenario| scenario.acts(&manifest())) {
        let json = serde_json::to_string(&act.script).unwrap();
        assert_eq!(serde_json::from_str::<Script>(&json).unwrap(), act.script, "{}", act.label);
    }
}
