//! What a scenario does: a request, what the upstream makes of it, and what to look at.

use outcrop_core::{Block, Content, Delta, DocumentSource, Request, StopReason, SystemContent, Tool, Usage};

use crate::needle::Needle;
use crate::{Answer, Fault, Feature, Reply, Script, Step};

/// One call, or one after the other, and what to look at.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// What tells it from the other acts of its scenario; empty if there is one only.
    pub(crate) label: String,
    pub(crate) request: Request,
    pub(crate) script: Script,
    pub(crate) drive: Drive,
    /// What must have come to the upstream, in this order if that is said.
    pub(crate) arrives: Vec<Needle>,
    pub(crate) in_order: bool,
}

/// How the provider is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Drive {
    /// A stream, read to its end, and the same as a whole answer.
    Answer,
    /// The stream is dropped at its first delta.
    DropStream,
    /// The call is dropped while the upstream is silent: nothing may have resolved until then.
    DropCall,
    /// A call for a whole answer is dropped while the upstream is silent.
    DropWhole,
    /// What came is read, nothing more may come, and the stream is dropped.
    ReadAndDrop,
    /// The conversation goes on after the answer, with results for all calls of tools.
    GoOn,
    /// One call for each answer, all of them at once on one provider, each with a prompt of its own.
    AtOnce,
    /// The provider cannot do what the request asks for: it says so, and sends none of it.
    Disclaimed(Feature),
    CountTokens,
    Embed,
    Snapshot,
    /// What the provider says of the model, against the manifest.
    Capabilities,
}

impl Act {
    pub(crate) fn new(request: Request, answer: impl Into<Answer>) -> Self {
        Self {
            label: String::new(),
            request,
            script: Script::new(answer),
            drive: Drive::Answer,
            arrives: Vec::new(),
            in_order: false,
        }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn drive(mut self, drive: Drive) -> Self {
        self.drive = drive;
        self
    }

    pub(crate) fn arrives(mut self, needle: Needle) -> Self {
        self.arrives.push(needle);
        self
    }

    pub(crate) const fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    pub(crate) fn then(mut self, answer: impl Into<Answer>) -> Self {
        self.script = self.script.then(answer);
        self
    }

    /// What a provider and its fake must be able to do. Worked out rather than written down: nothing can be run by
    /// mistake that the manifest disclaims.
    pub(crate) fn needs(&self) -> Vec<Feature> {
        let mut needs = Vec::new();
        if let Drive::Disclaimed(_) = self.drive {
            return needs;
        }
        of_request(&self.request, &mut needs);
        for answer in &self.script.answers {
            of_answer(answer, &mut needs);
        }
        match self.drive {
            Drive::Snapshot => needs.push(Feature::Catalog),
            Drive::CountTokens => needs.push(Feature::TokenCounting),
            Drive::Embed => needs.push(Feature::Embeddings),
            _ => {}
        }
        needs
    }
}

fn of_request(request: &Request, needs: &mut Vec<Feature>) {
    if request.system.iter().any(|content| matches!(content, SystemContent::Text(_))) {
        needs.push(Feature::System);
    }
    if request.tools.iter().any(|tool| matches!(tool, Tool::Spec(_))) {
        needs.push(Feature::Tools);
    }
    for content in request.messages.iter().flat_map(|message| &message.content) {
        match content {
            Content::Image(_) => needs.push(Feature::Images),
            Content::Document(document) if matches!(document.source, DocumentSource::Bytes(_)) => {
                needs.push(Feature::Documents);
            }
            _ => {}
        }
    }
}

fn of_answer(answer: &Answer, needs: &mut Vec<Feature>) {
    match answer {
        Answer::Refuse(fault) => of_fault(fault, Feature::Refusal(fault.kind), needs),
        Answer::Reply(reply) => of_reply(reply, needs),
        Answer::TokenCount { .. } => needs.push(Feature::TokenCounting),
        Answer::Embeddings { .. } => needs.push(Feature::Embeddings),
        Answer::Silence => {}
    }
}

fn of_fault(fault: &Fault, feature: Feature, needs: &mut Vec<Feature>) {
    needs.push(feature);
    if fault.retry_after_seconds.is_some() {
        needs.push(Feature::RetryAfter);
    }
}

fn of_reply(reply: &Reply, needs: &mut Vec<Feature>) {
    let mut open = Vec::new();
    let mut calls = 0_u32;
    for step in &reply.steps {
        match step {
            Step::Open { index, block } => {
                open.push(*index);
                if matches!(block, Block::ToolUse { .. }) {
                    calls += 1;
                    needs.push(if calls > 1 { Feature::ParallelTools } else { Feature::Tools });
                }
                if open.len() > 1 {
                    needs.push(Feature::Interleaving);
                }
            }
            Step::Delta { delta, .. } => match delta {
                Delta::Reasoning { .. } => needs.push(Feature::Reasoning),
                Delta::Signature { .. } => needs.push(Feature::ReasoningSignature),
                Delta::Redacted { .. } => needs.push(Feature::RedactedReasoning),
                _ => {}
            },
            Step::Close { index } => open.retain(|it| it != index),
            Step::End { stop_reason, usage } => {
                if *stop_reason != StopReason::EndTurn {
                    needs.push(Feature::Stop(stop_reason.clone()));
                }
                needs.extend(usage.iter().flat_map(of_usage));
            }
            Step::Fail(fault) => of_fault(fault, Feature::Failure(fault.kind), needs),
            Step::HangUp | Step::Stall => {}
        }
    }
}

fn of_usage(usage: &Usage) -> Vec<Feature> {
    let cached = usage.cache_read_tokens + usage.cache_write_tokens() > 0;
    if cached { vec![Feature::Usage, Feature::CacheUsage] } else { vec![Feature::Usage] }
}
