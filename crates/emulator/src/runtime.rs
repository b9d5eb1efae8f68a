//! The runtime: Converse, ConverseStream, CountTokens, InvokeModel.

use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::embed::{self, Invoked};
use crate::error::ApiError;
use crate::guardrail::Guardrail;
use crate::json::{at, insert, text_at};
use crate::model::Model;
use crate::place::Place;
use crate::scenario::Reply;
use crate::shape;
use crate::state::State;
use crate::stream::{self, Frame};
use crate::{tokens, validate};

/// The runtime as one request sees it.
#[derive(Debug)]
pub(crate) struct Runtime<'a> {
    pub(crate) state: &'a State,
    pub(crate) place: Place<'a>,
    /// What a rule wants the model to say.
    pub(crate) reply: Option<Reply>,
}

impl Runtime<'_> {
    pub(crate) fn converse(&self, id: &str, body: &Value) -> Result<Value, ApiError> {
        shape::check(&shape::CONVERSE, body)?;
        let answer = self.answer(&self.place.resolve(id)?, body)?;
        let content: Vec<_> = answer.blocks.iter().map(answer::Block::to_json).collect();
        let mut response = json!({
            "output": { "message": { "role": "assistant", "content": content } },
            "stopReason": answer.stop_reason,
            "usage": answer.usage,
            "metrics": { "latencyMs": answer.latency_ms },
        });
        for (key, value) in [
            ("additionalModelResponseFields", answer.additional_fields),
            ("trace", answer.trace),
            ("performanceConfig", answer.performance_config),
            ("serviceTier", answer.service_tier),
        ] {
            insert(&mut response, key, value);
        }
        Ok(response)
    }

    pub(crate) fn converse_stream(&self, id: &str, body: &Value) -> Result<Vec<Frame>, ApiError> {
        shape::check(&shape::CONVERSE_STREAM, body)?;
        let model = self.place.resolve(id)?;
        if model.converses() && !model.streams() {
            return Err(ApiError::validation("The model is unsupported for streaming."));
        }
        let answer = self.answer(&model, body)?;
        Ok(match &self.reply {
            Some(Reply::Events(script)) => {
                self.state.thoughts.remember_events(&script.events);
                stream::scripted(script)
            }
            _ => stream::frames(&answer),
        })
    }

    fn answer(&self, model: &Model<'_>, body: &Value) -> Result<Answer, ApiError> {
        validate::check(model, body, self.place.region, &self.state.thoughts)?;
        let guardrail = Guardrail::of(&self.place, body)?;
        let reply = self.reply.as_ref().and_then(Reply::message);
        let assessment = guardrail.filter(|_| reply.is_none()).map(|guardrail| guardrail.assess(body));
        if let Some(blocked) = assessment.as_ref().filter(|it| it.blocks()) {
            return Ok(answer::blocked(body, blocked.trace()));
        }
        let mut prefixes = answer::usage::cached_prefixes(body);
        let shortest = model.fact(|facts| facts.prompt_caching.min_tokens).map_or(0, u64::from);
        prefixes.retain(|prefix| prefix.tokens >= shortest);
        let digests: Vec<_> = prefixes.iter().map(|prefix| prefix.digest).collect();
        let hits = self.state.remember_prefixes(&digests);
        let mut answer = answer::compose(model, body, reply, &prefixes, hits);
        if let Some(assessment) = assessment {
            answer.trace = assessment.trace();
        }
        self.state.thoughts.remember(body, &answer);
        Ok(answer)
    }

    /// Embeds. Other models than those of embeddings have Converse.
    pub(crate) fn invoke_model(&self, id: &str, body: &Value) -> Result<Invoked, ApiError> {
        embed::answer(&self.place.resolve(id)?, body)
    }

    /// Counts with the same rule as the usage of an answer. The service takes foundation models here, and no profiles.
    pub(crate) fn count_tokens(&self, id: &str, body: &Value) -> Result<Value, ApiError> {
        shape::check(&shape::COUNT_TOKENS, body)?;
        let model = self.place.resolve_for_counting(id)?;
        let input = at(body, "/input");
        let tokens = if let Some(encoded) = text_at(input, "/invokeModel/body") {
            tokens::of_bytes(encoded.len() / 4 * 3)
        } else {
            let thoughts = &self.state.thoughts;
            validate::check(&model, at(input, "/converse"), self.place.region, thoughts)?;
            answer::usage::input_tokens(at(input, "/converse"))
        };
        Ok(json!({ "inputTokens": tokens }))
    }
}
