//! What a model is, takes, gives and can do.

use std::collections::BTreeSet;

use super::About;
use crate::facts::row::{CacheMode, Flags, Kind, Modality};

/// How much larger the limit of one source must be than that of every other to be disbelieved.
const OUTLIER: u32 = 3;

impl About<'_> {
    pub(super) fn kind(&self) -> Result<Kind, String> {
        let Some(row) = self.litellm().into_iter().next() else {
            let speaks = self.entry().is_some_and(super::Entry::speaks);
            return Ok(if speaks { Kind::SpeechToSpeech } else { Kind::Chat });
        };
        let mode: Option<String> = row.get("mode");
        match mode.as_deref() {
            Some("chat" | "responses") => Ok(Kind::Chat),
            Some("embedding") => Ok(Kind::Embedding),
            Some("image_generation") => Ok(Kind::ImageGeneration),
            Some("image_edit") => Ok(Kind::ImageEdit),
            Some("realtime") => Ok(Kind::SpeechToSpeech),
            Some("rerank") => Ok(Kind::Rerank),
            other => Err(format!("`{}`: LiteLLM has the mode {other:?}, which is new", self.base)),
        }
    }

    /// Converse is an operation of the runtime, for chat. Exceptions are decided in the overrides.
    pub(super) fn converse(&self, kind: Kind) -> bool {
        kind == Kind::Chat && !self.is_mantle_only()
    }

    pub(super) fn name(&self) -> Option<String> {
        let catalogues = [&self.catalogues.models_dev, &self.catalogues.omp, &self.catalogues.pi];
        let listed = catalogues.into_iter().find_map(|rows| self.bare(rows)?.name.clone());
        listed.or_else(|| self.entry()?.name().map(str::to_owned))
    }

    pub(super) fn context_window(&self) -> Option<u32> {
        let others = [
            self.bare(&self.catalogues.models_dev).and_then(|row| row.context_window),
            self.bare(&self.catalogues.omp).and_then(|row| row.context_window),
            self.bare(&self.catalogues.pi).and_then(|row| row.context_window),
            self.entry().and_then(|entry| entry.context_window),
        ];
        limit(self.tokens("max_input_tokens"), &others)
    }

    /// Nothing for a model that gives scores.
    pub(super) fn max_output_tokens(&self, kind: Kind) -> Option<u32> {
        let others = [
            self.bare(&self.catalogues.models_dev).and_then(|row| row.max_output_tokens),
            self.bare(&self.catalogues.omp).and_then(|row| row.max_output_tokens),
            self.bare(&self.catalogues.pi).and_then(|row| row.max_output_tokens),
        ];
        limit(self.tokens("max_output_tokens"), &others).filter(|_| kind != Kind::Rerank)
    }

    fn tokens(&self, field: &str) -> Option<u32> {
        self.litellm().first()?.get(field)
    }

    /// Everything that any source has it take.
    pub(super) fn input(&self, kind: Kind) -> Vec<Modality> {
        let mut found = BTreeSet::new();
        for row in self.described() {
            found.insert(Modality::Text);
            found.extend((kind == Kind::ImageEdit).then_some(Modality::Image));
            let flags = [
                ("supports_vision", Modality::Image),
                ("supports_image_input", Modality::Image),
                ("supports_embedding_image_input", Modality::Image),
                ("supports_pdf_input", Modality::Document),
                ("supports_video_input", Modality::Video),
                ("supports_audio_input", Modality::Audio),
            ];
            let says = |field: &str| row.get(field) == Some(true);
            found.extend(flags.into_iter().filter(|(field, _)| says(field)).map(|(_, modality)| modality));
            found.extend(row.get::<Vec<Modality>>("supported_modalities").unwrap_or_default());
        }
        found.extend(self.family_rows().flat_map(|row| &row.input));
        found.into_iter().collect()
    }

    /// Everything that any source has it give.
    pub(super) fn output(&self, kind: Kind) -> Vec<Modality> {
        let usual: &[Modality] = match kind {
            Kind::Chat => &[Modality::Text],
            Kind::Embedding => &[Modality::Embedding],
            Kind::Rerank => &[Modality::Score],
            Kind::ImageGeneration | Kind::ImageEdit => &[Modality::Image],
            Kind::SpeechToSpeech => &[Modality::Text, Modality::Audio],
        };
        let mut found = BTreeSet::new();
        for row in self.described() {
            found.extend(usual);
            found.extend(row.get::<Vec<Modality>>("supported_output_modalities").unwrap_or_default());
        }
        found.extend(self.family_rows().flat_map(|row| &row.output));
        found.into_iter().collect()
    }

    /// LiteLLM leaves the flag out of many rows: one row that says yes is enough, and silence is no answer.
    pub(super) fn reasoning(&self) -> Option<bool> {
        self.any("supports_reasoning").or_else(|| {
            let catalogues = [&self.catalogues.models_dev, &self.catalogues.omp, &self.catalogues.pi];
            catalogues.into_iter().find_map(|rows| self.bare(rows)?.reasoning)
        })
    }

    pub(super) fn tool_use(&self) -> Option<bool> {
        self.flag("supports_function_calling").or_else(|| self.bare(&self.catalogues.models_dev)?.tool_use)
    }

    /// Models that cache by themselves take no cache points: a source that says "no way to mark" says nothing about
    /// caching where another says that it caches.
    pub(super) fn prompt_caching(&self) -> Option<bool> {
        let flag = self.any("supports_prompt_caching");
        let mode = self.bare(&self.catalogues.omp).and_then(|row| row.recorded.as_ref()?.prompt_cache_mode);
        match (flag, mode) {
            (Some(true), _) | (_, Some(CacheMode::Explicit)) => Some(true),
            (flag, mode) => flag.or(mode.map(|_| false)),
        }
    }

    pub(super) fn prompt_cache_min_tokens(&self) -> Option<u32> {
        let recorded = || self.bare(&self.catalogues.omp)?.prompt_cache_min_tokens;
        self.described()
            .into_iter()
            .find_map(|row| row.get::<u32>("prompt_cache_min_tokens"))
            .or_else(recorded)
            .filter(|tokens| *tokens > 0)
    }

    /// The day that the bare id has. A row of one profile alone may be about that profile.
    pub(super) fn end_of_life(&self) -> Option<String> {
        self.litellm().first()?.get("deprecation_date")
    }

    pub(super) fn flags(&self) -> Flags {
        let rows = self.described();
        Flags {
            accepts_forced_tool_choice_any_or_tool: self.flag("supports_forced_tool_use"),
            accepts_output_config_effort: self.flag("supports_output_config"),
            accepts_temperature_top_p: self.flag("supports_sampling_params"),
            adaptive_thinking: self.flag("supports_adaptive_thinking"),
            assistant_prefill: self.flag("supports_assistant_prefill"),
            converse_output_config_json_schema: self.flag("supports_bedrock_native_structured_output"),
            converse_strict_tools: self.flag("bedrock_converse_supports_strict_tools"),
            effort_max: self.flag("supports_max_reasoning_effort"),
            effort_minimal: self.flag("supports_minimal_reasoning_effort"),
            effort_none: self.flag("supports_none_reasoning_effort"),
            effort_xhigh: self.flag("supports_xhigh_reasoning_effort"),
            native_structured_output_anthropic_style: self.flag("supports_native_structured_output"),
            output_config_effort_ceiling: rows
                .into_iter()
                .find_map(|row| row.get("bedrock_output_config_effort_ceiling")),
            thinking_always_on: self.flag("thinking_always_on"),
            tool_result_images: self.flag("supports_bedrock_converse_tool_result_images"),
            // What no catalogue records is for the overrides to say.
            ..Flags::default()
        }
    }

    /// A flag of LiteLLM, from the most telling row that has it.
    fn flag(&self, field: &str) -> Option<bool> {
        self.described().into_iter().find_map(|row| row.get(field))
    }

    /// Yes if any row says yes.
    fn any(&self, field: &str) -> Option<bool> {
        self.described().into_iter().filter_map(|row| row.get::<bool>(field)).max()
    }
}

/// LiteLLM's limit, else the first other; the smallest one where LiteLLM's is far above all others.
fn limit(first: Option<u32>, others: &[Option<u32>]) -> Option<u32> {
    let others = others.iter().flatten().copied().filter(|limit| *limit > 0);
    let Some(first) = first.filter(|limit| *limit > 0) else { return others.into_iter().next() };
    let alone = others.clone().all(|other| first / OUTLIER > other);
    if alone { others.min().or(Some(first)) } else { Some(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_stands_alone_far_above_is_not_believed() {
        assert_eq!(limit(Some(1_000_000), &[Some(204_608), None, Some(204_608)]), Some(204_608));
        assert_eq!(limit(Some(1_000_000), &[Some(128_000), Some(1_000_000)]), Some(1_000_000), "not alone");
        assert_eq!(limit(Some(10_000_000), &[Some(3_500_000)]), Some(10_000_000), "not far");
        assert_eq!(limit(Some(8192), &[Some(65_536)]), Some(8192), "the smaller one is the safe one");
        assert_eq!(limit(Some(8192), &[]), Some(8192));
        assert_eq!(limit(None, &[None, Some(4096), Some(1)]), Some(4096));
        assert_eq!(limit(Some(0), &[]), None);
    }
}
