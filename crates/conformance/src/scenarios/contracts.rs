//! The contract of the trait.

use super::answers::request;
use crate::act::{Act, Drive};
use crate::{Answer, Feature, Manifest, Reply};

pub(super) fn drop_call() -> Vec<Act> {
    vec![Act::new(request(), Answer::Silence).drive(Drive::DropCall)]
}

pub(super) fn drop_whole() -> Vec<Act> {
    vec![Act::new(request(), Answer::Silence).drive(Drive::DropWhole)]
}

pub(super) fn drop_stream() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hel").stall()).drive(Drive::DropStream)]
}

pub(super) fn deliver() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hel").text("lo").stall()).drive(Drive::ReadAndDrop)]
}

pub(super) fn capabilities() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hello").end()).drive(Drive::Capabilities)]
}

pub(super) fn count_tokens(manifest: &Manifest) -> Vec<Act> {
    let lacking = Act::new(request(), Reply::new().text("Hello").end());
    vec![if manifest.has(&Feature::TokenCounting) {
        Act::new(request(), Answer::TokenCount { input_tokens: 1_234 }).drive(Drive::CountTokens)
    } else {
        lacking.drive(Drive::Disclaimed(Feature::TokenCounting))
    }]
}

pub(super) fn embed(manifest: &Manifest) -> Vec<Act> {
    let lacking = Act::new(request(), Reply::new().text("Hello").end());
    vec![if manifest.has(&Feature::Embeddings) {
        let vectors = vec![vec![0.25, -0.5, 0.125], vec![1.0, 0.0, -1.0]];
        Act::new(request(), Answer::Embeddings { vectors }).drive(Drive::Embed)
    } else {
        lacking.drive(Drive::Disclaimed(Feature::Embeddings))
    }]
}

pub(super) fn catalog() -> Vec<Act> {
    vec![Act::new(request(), Reply::new().text("Hello").end()).drive(Drive::Snapshot)]
}
