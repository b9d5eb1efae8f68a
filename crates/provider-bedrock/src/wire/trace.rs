//! The trace of an answer, as JSON in the service's own words: what guardrails found, and which model a router chose.
//!
//! The SDK's types cannot be written as JSON; here each says its members by the names of the service model. Counts that
//! the model calls required are zero where the service leaves them out: the SDK fills them in.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_bedrockruntime::types as sdk;
use serde_json::Value;

/// What can be said in JSON; `None` for nothing.
pub(crate) trait Said {
    fn json(self) -> Option<Value>;
}

impl<T: Said> Said for Option<T> {
    fn json(self) -> Option<Value> {
        self.and_then(Said::json)
    }
}

impl<T: Said> Said for Vec<T> {
    fn json(self) -> Option<Value> {
        Some(self.into_iter().filter_map(Said::json).collect())
    }
}

/// By ascending name: the SDK keeps no order, and the same answer has to come out the same each time.
impl<T: Said> Said for HashMap<String, T> {
    fn json(self) -> Option<Value> {
        let sorted: BTreeMap<_, _> = self.into_iter().collect();
        Some(sorted.into_iter().filter_map(|(name, value)| Some((name, value.json()?))).collect())
    }
}

macro_rules! plain {
    ($($kind:ty),+) => {
        $(impl Said for $kind {
            fn json(self) -> Option<Value> {
                Some(Value::from(self))
            }
        })+
    };
}

macro_rules! words {
    ($($kind:ident),+ $(,)?) => {
        $(impl Said for sdk::$kind {
            fn json(self) -> Option<Value> {
                Some(Value::from(self.as_str()))
            }
        })+
    };
}

macro_rules! objects {
    ($($kind:ident { $($member:ident: $name:literal),* $(,)? })+) => {
        $(impl Said for sdk::$kind {
            fn json(self) -> Option<Value> {
                let members: [(&str, Option<Value>); _] = [$(($name, self.$member.json())),*];
                Some(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
            }
        })+
    };
}

plain! { String, bool, i32, i64, f64 }

words! {
    GuardrailAutomatedReasoningLogicWarningType,
    GuardrailContentFilterConfidence,
    GuardrailContentFilterStrength,
    GuardrailContentFilterType,
    GuardrailContentPolicyAction,
    GuardrailContextualGroundingFilterType,
    GuardrailContextualGroundingPolicyAction,
    GuardrailManagedWordType,
    GuardrailOrigin,
    GuardrailOwnership,
    GuardrailPiiEntityType,
    GuardrailSensitiveInformationPolicyAction,
    GuardrailTopicPolicyAction,
    GuardrailTopicType,
    GuardrailWordPolicyAction,
    PerformanceConfigLatency,
    ServiceTierType,
}

objects! {
    ConverseTrace { guardrail: "guardrail", prompt_router: "promptRouter" }
    ConverseStreamTrace { guardrail: "guardrail", prompt_router: "promptRouter" }
    PerformanceConfiguration { latency: "latency" }
    PromptRouterTrace { invoked_model_id: "invokedModelId" }
    ServiceTier { r#type: "type" }
    GuardrailTraceAssessment {
        model_output: "modelOutput",
        input_assessment: "inputAssessment",
        output_assessments: "outputAssessments",
        action_reason: "actionReason",
    }
    GuardrailAssessment {
        topic_policy: "topicPolicy",
        content_policy: "contentPolicy",
        word_policy: "wordPolicy",
        sensitive_information_policy: "sensitiveInformationPolicy",
        contextual_grounding_policy: "contextualGroundingPolicy",
        automated_reasoning_policy: "automatedReasoningPolicy",
        invocation_metrics: "invocationMetrics",
        applied_guardrail_details: "appliedGuardrailDetails",
    }
    GuardrailTopicPolicyAssessment { topics: "topics" }
    GuardrailTopic { name: "name", r#type: "type", action: "action", detected: "detected" }
    GuardrailContentPolicyAssessment { filters: "filters" }
    GuardrailContentFilter {
        r#type: "type",
        confidence: "confidence",
        filter_strength: "filterStrength",
        action: "action",
        detected: "detected",
    }
    GuardrailWordPolicyAssessment { custom_words: "customWords", managed_word_lists: "managedWordLists" }
    GuardrailCustomWord { r#match: "match", action: "action", detected: "detected" }
    GuardrailManagedWord { r#match: "match", r#type: "type", action: "action", detected: "detected" }
    GuardrailSensitiveInformationPolicyAssessment { pii_entities: "piiEntities", regexes: "regexes" }
    GuardrailPiiEntityFilter { r#match: "match", r#type: "type", action: "action", detected: "detected" }
    GuardrailRegexFilter { name: "name", r#match: "match", regex: "regex", action: "action", detected: "detected" }
    GuardrailContextualGroundingPolicyAssessment { filters: "filters" }
    GuardrailContextualGroundingFilter {
        r#type: "type",
        threshold: "threshold",
        score: "score",
        action: "action",
        detected: "detected",
    }
    GuardrailInvocationMetrics {
        guardrail_processing_latency: "guardrailProcessingLatency",
        usage: "usage",
        guardrail_coverage: "guardrailCoverage",
    }
    GuardrailUsage {
        topic_policy_units: "topicPolicyUnits",
        content_policy_units: "contentPolicyUnits",
        word_policy_units: "wordPolicyUnits",
        sensitive_information_policy_units: "sensitiveInformationPolicyUnits",
        sensitive_information_policy_free_units: "sensitiveInformationPolicyFreeUnits",
        contextual_grounding_policy_units: "contextualGroundingPolicyUnits",
        content_policy_image_units: "contentPolicyImageUnits",
        automated_reasoning_policy_units: "automatedReasoningPolicyUnits",
        automated_reasoning_policies: "automatedReasoningPolicies",
    }
    GuardrailCoverage { text_characters: "textCharacters", images: "images" }
    GuardrailTextCharactersCoverage { guarded: "guarded", total: "total" }
    GuardrailImageCoverage { guarded: "guarded", total: "total" }
    AppliedGuardrailDetails {
        guardrail_id: "guardrailId",
        guardrail_version: "guardrailVersion",
        guardrail_arn: "guardrailArn",
        guardrail_origin: "guardrailOrigin",
        guardrail_ownership: "guardrailOwnership",
    }
    GuardrailAutomatedReasoningPolicyAssessment { findings: "findings" }
    GuardrailAutomatedReasoningImpossibleFinding {
        translation: "translation",
        contradicting_rules: "contradictingRules",
        logic_warning: "logicWarning",
    }
    GuardrailAutomatedReasoningInvalidFinding {
        translation: "translation",
        contradicting_rules: "contradictingRules",
        logic_warning: "logicWarning",
    }
    GuardrailAutomatedReasoningSatisfiableFinding {
        translation: "translation",
        claims_true_scenario: "claimsTrueScenario",
        claims_false_scenario: "claimsFalseScenario",
        logic_warning: "logicWarning",
    }
    GuardrailAutomatedReasoningTranslationAmbiguousFinding {
        options: "options",
        difference_scenarios: "differenceScenarios",
    }
    GuardrailAutomatedReasoningValidFinding {
        translation: "translation",
        claims_true_scenario: "claimsTrueScenario",
        supporting_rules: "supportingRules",
        logic_warning: "logicWarning",
    }
    GuardrailAutomatedReasoningNoTranslationsFinding {}
    GuardrailAutomatedReasoningTooComplexFinding {}
    GuardrailAutomatedReasoningTranslationOption { translations: "translations" }
    GuardrailAutomatedReasoningTranslation {
        premises: "premises",
        claims: "claims",
        untranslated_premises: "untranslatedPremises",
        untranslated_claims: "untranslatedClaims",
        confidence: "confidence",
    }
    GuardrailAutomatedReasoningStatement { logic: "logic", natural_language: "naturalLanguage" }
    GuardrailAutomatedReasoningInputTextReference { text: "text" }
    GuardrailAutomatedReasoningScenario { statements: "statements" }
    GuardrailAutomatedReasoningRule { identifier: "identifier", policy_version_arn: "policyVersionArn" }
    GuardrailAutomatedReasoningLogicWarning { r#type: "type", premises: "premises", claims: "claims" }
}

impl Said for sdk::GuardrailAutomatedReasoningFinding {
    fn json(self) -> Option<Value> {
        let (name, finding) = match self {
            Self::Impossible(finding) => ("impossible", finding.json()),
            Self::Invalid(finding) => ("invalid", finding.json()),
            Self::NoTranslations(finding) => ("noTranslations", finding.json()),
            Self::Satisfiable(finding) => ("satisfiable", finding.json()),
            Self::TooComplex(finding) => ("tooComplex", finding.json()),
            Self::TranslationAmbiguous(finding) => ("translationAmbiguous", finding.json()),
            Self::Valid(finding) => ("valid", finding.json()),
            _ => {
                tracing::warn!("a kind of finding that is not known was left out");
                return None;
            }
        };
        Some([(name.to_owned(), finding?)].into_iter().collect())
    }
}
