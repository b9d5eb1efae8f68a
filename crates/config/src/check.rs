//! Checks the tree of one source against the schema, and leaves out what is wrong.

mod scalar;

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity, closest};
use crate::node::{Data, Member, Node, Span};
use crate::normalise;
use crate::origin::Unused;
use crate::path::{KeyPath, Segment};
use crate::schema::{self, Schemas};
use crate::secret::Way;
use crate::source::Source;

pub(crate) use scalar::name;

/// Keys of a related product that have no meaning here, by where they stand. `*` is any key.
const FOREIGN: &[(&[&str], &[&str])] = &[
    (&["models"], &["mode", "pricing"]),
    (&["agents"], &["list", "entries"]),
    (&["agents", "defaults"], &["models", "modelPolicy", "imageModel", "imageGenerationModel", "pdfModel"]),
    (
        &["models", "providers", "*"],
        &[
            "agentRuntime",
            "authHeader",
            "contextTokens",
            "contextWindow",
            "injectNumCtxForOpenAICompat",
            "localService",
            "maxTokens",
            "params",
            "request",
            "timeoutSeconds",
        ],
    ),
    (&["models", "providers", "*", "compat"], COMPAT),
    (&["models", "providers", "*", "models", "*", "compat"], COMPAT),
    (
        &["models", "providers", "*", "models", "*"],
        &[
            "agentRuntime",
            "api",
            "baseUrl",
            "compat",
            "contextTokens",
            "headers",
            "mediaInput",
            "metadataSource",
            "params",
            "thinkingLevelMap",
        ],
    ),
];

/// What a related product knows of an endpoint besides, which has no meaning here.
const COMPAT: &[&str] = &[
    "nativeWebSearchTool",
    "openRouterRouting",
    "requiresOpenAiAnthropicToolPayload",
    "supportedReasoningEfforts",
    "supportsLongCacheRetention",
    "supportsPromptCacheKey",
    "supportsTools",
    "toolCallArgumentsEncoding",
    "toolSchemaProfile",
    "unsupportedToolSchemaKeywords",
    "vercelGatewayRouting",
    "visibleReasoningDetailTypes",
];

/// What the providers of a related product speak that this workspace has none for. Of an entry with such an `api`
/// nothing else is read, unless a program brings a provider that speaks it.
const FOREIGN_APIS: &[&str] = &[
    "anthropic-messages",
    "azure-openai-responses",
    "github-copilot",
    "google-generative-ai",
    "google-vertex",
    "mistral-conversations",
    "ollama",
    "openai-codex-responses",
    "openai-responses",
];

/// The schema of what nobody describes.
const ANYTHING: Value = Value::Bool(true);

/// What the checks need to know beside the tree.
pub(crate) struct Rules<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// The `api` of each provider, over all layers.
    pub(crate) apis: &'a BTreeMap<String, String>,
}

/// What the checks found.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) unused: Vec<Unused>,
}

/// Checks `source`, whose secrets are marked, and leaves in it what is right.
pub(crate) fn check(source: &mut Source, rules: &Rules<'_>, findings: &mut Findings) {
    let reports = std::mem::take(&mut source.reports).into_iter();
    findings.diagnostics.extend(reports.map(|report| report.diagnostic(source)));
    let root = std::mem::replace(&mut source.root, Node::object());
    let mut walk = Walk { source, rules, findings, path: KeyPath::default() };
    let right = walk.node(root, rules.schemas.root());
    source.root = right.unwrap_or_else(Node::object);
}

/// Notes the places of the values that are secret by the schema, or would be if they had the right shape. What only one
/// provider calls secret is so in the entries of all: a file may say twice, or wrongly, whose entry it is.
pub(crate) fn mark_secrets(source: &mut Source, rules: &Rules<'_>) {
    let overridden = std::mem::take(&mut source.overridden);
    let own = rules.schemas.apis().map(Some);
    for api in std::iter::once(None).chain(own) {
        let api = |id: &str| api.or_else(|| rules.apis.get(id).map(String::as_str));
        collect_secrets(&source.root, &Way::new(rules.schemas), &api, &mut source.secrets);
        for (path, node) in &overridden {
            collect_secrets(node, &Way::to(rules.schemas, path, api), &api, &mut source.secrets);
        }
    }
}

fn collect_secrets<'a>(
    node: &Node,
    way: &Way<'_>,
    api: &impl Fn(&str) -> Option<&'a str>,
    secrets: &mut Vec<Span>,
) {
    if way.hides(node) {
        secrets.push(node.span.clone());
        return;
    }
    match &node.data {
        Data::Object(members) => {
            for member in members {
                let below = way.below(&Segment::Key(member.key.clone()), api);
                if way.is_misspelt_secret(&member.key) {
                    secrets.push(member.node.span.clone());
                }
                collect_secrets(&member.node, &below, api, secrets);
            }
        }
        Data::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                collect_secrets(element, &way.below(&Segment::Index(index), api), api, secrets);
            }
        }
        _ => {}
    }
}

impl Rules<'_> {
    /// The `api` of the provider that `path` leads through.
    pub(crate) fn api(&self, path: &KeyPath) -> Option<&str> {
        path.provider().and_then(|(id, _)| self.apis.get(id)).map(String::as_str)
    }

    /// Whether the provider with this id is one of a related product that nothing here can call.
    fn is_foreign(&self, id: &str) -> bool {
        let api = self.apis.get(id).map(String::as_str);
        let unspoken = self.schemas.are_given() && !self.schemas.provider(api).1;
        unspoken && api.is_some_and(|api| FOREIGN_APIS.contains(&api))
    }
}

/// The entry without all that its provider would read: its models are still known to be somebody else's.
fn only_api(mut entry: Node) -> Node {
    if let Some(members) = entry.members_mut() {
        members.retain(|member| member.key == "api");
    }
    entry
}

struct Walk<'a> {
    source: &'a Source,
    rules: &'a Rules<'a>,
    findings: &'a mut Findings,
    path: KeyPath,
}

impl Walk<'_> {
    /// What is right of `node`; `None` if nothing is.
    fn node(&mut self, node: Node, schema: &Value) -> Option<Node> {
        let accepts = |name| schema::accepts(schema, name);
        let span = node.span;
        let data = match node.data {
            Data::Broken => return None,
            Data::Null if accepts("null") => Data::Null,
            Data::Boolean(value) if accepts("boolean") => Data::Boolean(value),
            Data::Number(number) if accepts("number") => Data::Number(self.in_range(number, &span, schema)?),
            Data::Number(number) if accepts("integer") && scalar::whole(&number).is_some() => {
                Data::Number(self.in_range(scalar::whole(&number)?, &span, schema)?)
            }
            Data::Text(text) if accepts("string") => Data::Text(self.text(text, &span, schema)?),
            Data::Array(elements) if accepts("array") => self.array(elements, schema)?,
            Data::Object(members) if accepts("object") => self.object(members, &span, schema)?,
            data => {
                self.wrong_type(&Node::new(data, span), schema);
                return self.closed_guardrail();
            }
        };
        Some(Node::new(data, span))
    }

    /// A guardrail that is written wrongly must not be taken for none: in its place stands one without an identifier,
    /// which no call passes.
    fn closed_guardrail(&self) -> Option<Node> {
        let is_guardrail =
            matches!(self.path.provider(), Some((_, [Segment::Key(key)])) if key == "guardrail");
        is_guardrail.then(Node::object)
    }

    fn array(&mut self, elements: Vec<Node>, schema: &Value) -> Option<Data> {
        let count = elements.len();
        let by_id = self.path.merges_by_id();
        let mut right = Vec::with_capacity(count);
        for (index, element) in elements.into_iter().enumerate() {
            self.path.push(Segment::Index(index));
            right.extend(self.node(element, schema::items(schema).unwrap_or(&ANYTHING)));
            self.path.pop();
        }
        if by_id {
            self.drop_repeated_ids(&mut right);
        }
        // Half of a list can mean the opposite: an empty filter lets everything through.
        (by_id || right.len() == count).then_some(Data::Array(right))
    }

    /// Of two elements with the same id the last one counts, as of two equal keys.
    fn drop_repeated_ids(&mut self, elements: &mut Vec<Node>) {
        let mut later = HashSet::new();
        let mut kept = Vec::with_capacity(elements.len());
        for element in elements.drain(..).rev() {
            let id = element.get("id").and_then(Node::text).unwrap_or_default().to_owned();
            let message = format!("the model `{id}` stands here twice; the last one counts");
            if later.insert(id) {
                kept.push(element);
                continue;
            }
            let diagnostic = self.report(Code::DuplicateKey, Severity::Warning, &element.span, message);
            self.push(diagnostic.help("remove one of the two"));
        }
        elements.extend(kept.into_iter().rev());
    }

    fn object(&mut self, members: Vec<Member>, span: &Span, schema: &Value) -> Option<Data> {
        let mut right = Vec::with_capacity(members.len());
        for member in members {
            self.path.push(Segment::Key(member.key.clone()));
            right.extend(self.member(member, schema));
            self.path.pop();
        }
        let in_list = matches!(self.path.segments().last(), Some(Segment::Index(_)));
        let required =
            schema.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for key in required.iter().filter_map(Value::as_str).filter(|_| in_list) {
            if right.iter().all(|member| member.key != key) {
                self.missing(key, span);
                return None;
            }
        }
        Some(Data::Object(right))
    }

    fn missing(&mut self, key: &str, span: &Span) {
        let path = self.path.key(key);
        if self.findings.diagnostics.iter().any(|earlier| earlier.key.as_ref() == Some(&path)) {
            return;
        }
        let message = format!("`{key}` is missing");
        let diagnostic = self.source.diagnostic(Code::Missing, Severity::Error, span, message);
        self.push(diagnostic.key(&path).label(format!("has no `{key}`")));
    }

    fn member(&mut self, member: Member, schema: &Value) -> Option<Member> {
        let Member { key, key_span, node } = member;
        if matches!(self.path.provider(), Some((id, [])) if self.rules.is_foreign(id)) {
            self.unused(&node, &key_span);
            return Some(Member { node: only_api(node), key, key_span });
        }
        let entry = self.rules.schemas.provider(self.rules.api(&self.path));
        let (schema, complete) = match self.path.provider() {
            Some((_, [])) => (Some(entry.0), true),
            Some((_, [_])) => (schema::property(entry.0, &key), entry.1),
            _ => (schema::property(schema, &key), true),
        };
        if schema.is_none() && self.unknown(&key, &key_span, &node, complete) {
            return None;
        }
        Some(Member { node: self.node(node, schema.unwrap_or(&ANYTHING))?, key, key_span })
    }

    /// Reports a key that no schema knows. `false` if the key may be the provider's own and is to be kept.
    fn unknown(&mut self, key: &str, key_span: &Span, node: &Node, complete: bool) -> bool {
        let parent =
            KeyPath::from(self.path.segments().split_last().map_or(Vec::new(), |(_, rest)| rest.to_vec()));
        let places: Vec<&str> = parent
            .segments()
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => key.as_str(),
                Segment::Index(_) => "*",
            })
            .collect();
        let foreign = FOREIGN.iter().any(|(pattern, keys)| {
            pattern.len() == places.len()
                && pattern.iter().zip(&places).all(|(pattern, place)| *pattern == "*" || pattern == place)
                && keys.contains(&key)
        });
        let schema = self.rules.schemas.find(&parent, self.rules.api(&self.path));
        let known = schema.map(schema::property_names).unwrap_or_default();
        let meant = if foreign { None } else { closest(key, known.iter().copied()) };
        let others_welcome = matches!(places.as_slice(), [] | ["agents"] | ["agents", "defaults"]);
        // A file may be shared with another program; a flag is meant for this one.
        let is_flag = self.source.flag.is_some();
        if !is_flag && (foreign || (others_welcome && meant.is_none())) {
            self.unused(node, key_span);
            return true;
        }
        if !complete && meant.is_none() && !foreign {
            return false;
        }
        let message = format!("nothing reads the key `{}`", self.path);
        let severity = if is_flag { Severity::Error } else { Severity::Warning };
        let diagnostic = self.report(Code::UnknownKey, severity, key_span, message).label("unknown key");
        self.push(match meant {
            Some(_) => diagnostic.meant(meant),
            None if known.is_empty() => diagnostic,
            None => {
                let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                diagnostic.help(format!("known here: {}", names.join(", ")))
            }
        });
        true
    }

    /// Lists a key that means nothing here. Beside what [`normalise`] takes out of such a key, what is left is listed
    /// one by one: it would be wrong to say of the whole that nothing reads it.
    fn unused(&mut self, node: &Node, key_span: &Span) {
        if !normalise::leads_to_alias(&self.path) || node.members().is_empty() {
            let origin = self.source.origin(key_span);
            self.findings.unused.push(Unused { key: self.path.clone(), origin });
            return;
        }
        for member in node.members() {
            self.path.push(Segment::Key(member.key.clone()));
            self.unused(&member.node, &member.key_span);
            self.path.pop();
        }
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.findings.diagnostics.push(diagnostic);
    }

    fn report(&self, code: Code, severity: Severity, span: &Span, message: String) -> Diagnostic {
        self.source.diagnostic(code, severity, span, message).key(&self.path)
    }
}

#[cfg(test)]
mod tests;
