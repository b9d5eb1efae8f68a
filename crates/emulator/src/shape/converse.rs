//! The shapes of Converse, ConverseStream and CountTokens.

use super::Shape::{
    self, Blob, Boolean, Document, Enum, Integer, List, Number, Pattern, Structure, Text, Union,
};
use super::{Member, may, needs};

const ANY_LENGTH: usize = usize::MAX;

const STRING: Shape = Text { min: 0, max: ANY_LENGTH };
const NON_EMPTY: Shape = Text { min: 1, max: ANY_LENGTH };

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn is_tool_use_id(character: char) -> bool {
    is_name(character) || matches!(character, '.' | ':')
}

const TOOL_NAME: Shape = Pattern { min: 1, max: 64, alphabet: is_name, pattern: "[a-zA-Z0-9_-]+" };
const TOOL_USE_ID: Shape = Pattern { min: 1, max: 64, alphabet: is_tool_use_id, pattern: "[a-zA-Z0-9_.:-]+" };
const TOOL_STATUS: Shape = Enum(&["success", "error"]);

const S3_LOCATION: Shape =
    Structure(&[needs("uri", &Text { min: 1, max: 1024 }), may("bucketOwner", &STRING)]);
const BYTES: Member = may("bytes", &Blob);
const IN_S3: Member = may("s3Location", &S3_LOCATION);
const MEDIA_SOURCE: Shape = Union(&[BYTES, IN_S3]);

const IMAGE: Shape = Structure(&[
    needs("format", &Enum(&["png", "jpeg", "gif", "webp"])),
    needs("source", &MEDIA_SOURCE),
    may("error", &Document),
]);
const VIDEO: Shape = Structure(&[
    needs("format", &Enum(&["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"])),
    needs("source", &MEDIA_SOURCE),
]);
const AUDIO: Shape = Structure(&[
    needs(
        "format",
        &Enum(&[
            "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga",
            "pcm", "webm",
        ]),
    ),
    needs("source", &MEDIA_SOURCE),
    may("error", &Document),
]);
const CITATIONS_CONFIG: Shape = Structure(&[needs("enabled", &Boolean)]);
const DOCUMENT: Shape = Structure(&[
    may("format", &Enum(&["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"])),
    needs("name", &Text { min: 1, max: 200 }),
    needs(
        "source",
        &Union(&[
            BYTES,
            IN_S3,
            may("text", &STRING),
            may("content", &List { of: &Union(&[may("text", &STRING)]), min: 0, max: ANY_LENGTH }),
        ]),
    ),
    may("context", &STRING),
    may("citations", &CITATIONS_CONFIG),
]);
const SEARCH_RESULT: Shape = Structure(&[
    needs("source", &STRING),
    needs("title", &STRING),
    needs("content", &List { of: &Structure(&[needs("text", &STRING)]), min: 0, max: ANY_LENGTH }),
    may("citations", &CITATIONS_CONFIG),
]);
const CACHE_POINT: Shape = Structure(&[needs("type", &Enum(&["default"])), may("ttl", &Enum(&["5m", "1h"]))]);
const GUARD_CONTENT: Shape = Union(&[
    may(
        "text",
        &Structure(&[
            needs("text", &STRING),
            may(
                "qualifiers",
                &List { of: &Enum(&["grounding_source", "query", "guard_content"]), min: 0, max: ANY_LENGTH },
            ),
        ]),
    ),
    may("image", &Structure(&[needs("format", &Enum(&["png", "jpeg"])), needs("source", &Union(&[BYTES]))])),
]);
const REASONING: Shape = Union(&[
    may("reasoningText", &Structure(&[needs("text", &STRING), may("signature", &STRING)])),
    may("redactedContent", &Blob),
]);

const INDEX: Shape = Integer { min: 0 };
const TEXTS: Shape = List { of: &Union(&[may("text", &STRING)]), min: 0, max: ANY_LENGTH };
/// Where in a document or search result: which one, and from where to where.
const fn span(of_what: &'static str) -> [Member; 3] {
    [may(of_what, &INDEX), may("start", &INDEX), may("end", &INDEX)]
}
static IN_DOCUMENT: [Member; 3] = span("documentIndex");
static IN_SEARCH_RESULT: [Member; 3] = span("searchResultIndex");
static IN_DOCUMENT_SHAPE: Shape = Structure(&IN_DOCUMENT);
static IN_SEARCH_RESULT_SHAPE: Shape = Structure(&IN_SEARCH_RESULT);
static CITATION_LOCATION: Shape = Union(&[
    may("web", &Structure(&[may("url", &STRING), may("domain", &STRING)])),
    may("documentChar", &IN_DOCUMENT_SHAPE),
    may("documentPage", &IN_DOCUMENT_SHAPE),
    may("documentChunk", &IN_DOCUMENT_SHAPE),
    may("searchResultLocation", &IN_SEARCH_RESULT_SHAPE),
]);
static CITATION: Shape = Structure(&[
    may("title", &STRING),
    may("source", &STRING),
    may("sourceContent", &TEXTS),
    may("location", &CITATION_LOCATION),
]);
static CITATIONS_CONTENT: Shape =
    Structure(&[may("content", &TEXTS), may("citations", &List { of: &CITATION, min: 0, max: ANY_LENGTH })]);

const TOOL_USE: Shape = Structure(&[
    needs("toolUseId", &TOOL_USE_ID),
    needs("name", &TOOL_NAME),
    needs("input", &Document),
    may("type", &Enum(&["server_tool_use"])),
]);
const TOOL_RESULT: Shape = Structure(&[
    needs("toolUseId", &TOOL_USE_ID),
    needs("content", &List { of: &TOOL_RESULT_CONTENT, min: 0, max: ANY_LENGTH }),
    may("status", &TOOL_STATUS),
    may("type", &STRING),
]);
const TOOL_RESULT_CONTENT: Shape = Union(&[
    may("json", &Document),
    may("text", &STRING),
    may("image", &IMAGE),
    may("document", &DOCUMENT),
    may("video", &VIDEO),
    may("searchResult", &SEARCH_RESULT),
]);

const CONTENT_BLOCK: Shape = Union(&[
    may("text", &STRING),
    may("image", &IMAGE),
    may("document", &DOCUMENT),
    may("video", &VIDEO),
    may("audio", &AUDIO),
    may("toolUse", &TOOL_USE),
    may("toolResult", &TOOL_RESULT),
    may("guardContent", &GUARD_CONTENT),
    may("cachePoint", &CACHE_POINT),
    may("reasoningContent", &REASONING),
    may("citationsContent", &CITATIONS_CONTENT),
    may("searchResult", &SEARCH_RESULT),
    may("toolAddition", &Document),
    may("toolRemoval", &Document),
]);
const MESSAGE: Shape = Structure(&[
    needs("role", &Enum(&["user", "assistant", "system"])),
    needs("content", &List { of: &CONTENT_BLOCK, min: 0, max: ANY_LENGTH }),
]);
const MESSAGES: Shape = List { of: &MESSAGE, min: 0, max: ANY_LENGTH };
const SYSTEM: Shape = List {
    of: &Union(&[
        may("text", &NON_EMPTY),
        may("guardContent", &GUARD_CONTENT),
        may("cachePoint", &CACHE_POINT),
    ]),
    min: 0,
    max: ANY_LENGTH,
};

const INFERENCE_CONFIG: Shape = Structure(&[
    may("maxTokens", &Integer { min: 1 }),
    may("temperature", &Number { min: 0.0, max: 1.0 }),
    may("topP", &Number { min: 0.0, max: 1.0 }),
    may("stopSequences", &List { of: &NON_EMPTY, min: 0, max: 2500 }),
]);
const TOOL: Shape = Union(&[
    may(
        "toolSpec",
        &Structure(&[
            needs("name", &TOOL_NAME),
            may("description", &NON_EMPTY),
            needs("inputSchema", &Union(&[may("json", &Document)])),
            may("strict", &Boolean),
        ]),
    ),
    may("systemTool", &Structure(&[needs("name", &TOOL_NAME)])),
    may("cachePoint", &CACHE_POINT),
]);
const TOOL_CONFIG: Shape = Structure(&[
    needs("tools", &List { of: &TOOL, min: 1, max: ANY_LENGTH }),
    may(
        "toolChoice",
        &Union(&[
            may("auto", &Structure(&[])),
            may("any", &Structure(&[])),
            may("tool", &Structure(&[needs("name", &TOOL_NAME)])),
        ]),
    ),
]);
const GUARDRAIL_TRACE: Shape = Enum(&["enabled", "disabled", "enabled_full"]);
const GUARDRAIL_CONFIG: Shape = Structure(&[
    may("guardrailIdentifier", &Text { min: 0, max: 2048 }),
    may("guardrailVersion", &STRING),
    may("trace", &GUARDRAIL_TRACE),
]);
const GUARDRAIL_STREAM_CONFIG: Shape = Structure(&[
    may("guardrailIdentifier", &Text { min: 0, max: 2048 }),
    may("guardrailVersion", &STRING),
    may("trace", &GUARDRAIL_TRACE),
    may("streamProcessingMode", &Enum(&["sync", "async"])),
]);
const OUTPUT_CONFIG: Shape = Structure(&[
    may(
        "textFormat",
        &Structure(&[
            needs("type", &Enum(&["json_schema"])),
            needs(
                "structure",
                &Union(&[may(
                    "jsonSchema",
                    &Structure(&[
                        needs("schema", &STRING),
                        may("name", &STRING),
                        may("description", &STRING),
                    ]),
                )]),
            ),
        ]),
    ),
    may("effort", &Text { min: 0, max: 16 }),
]);

const PERFORMANCE_CONFIG: Shape = Structure(&[may("latency", &Enum(&["standard", "optimized"]))]);
const SERVICE_TIER: Shape = Structure(&[needs("type", &Enum(&["priority", "default", "flex", "reserved"]))]);

const PROMPT_VARIABLES: Shape = Shape::Objects { of: &Union(&[may("text", &STRING)]) };

const fn request(guardrail: &'static Shape) -> [Member; 13] {
    [
        may("messages", &MESSAGES),
        may("system", &SYSTEM),
        may("inferenceConfig", &INFERENCE_CONFIG),
        may("toolConfig", &TOOL_CONFIG),
        may("guardrailConfig", guardrail),
        may("additionalModelRequestFields", &Document),
        may("promptVariables", &PROMPT_VARIABLES),
        may("additionalModelResponseFieldPaths", &List { of: &Text { min: 1, max: 256 }, min: 0, max: 10 }),
        may("requestMetadata", &Shape::Map { max: 16, longest: 256 }),
        may("performanceConfig", &PERFORMANCE_CONFIG),
        may("serviceTier", &SERVICE_TIER),
        may("outputConfig", &OUTPUT_CONFIG),
        // The SDKs send the id in the path only; a copy in the body is overlooked by the service.
        may("modelId", &STRING),
    ]
}

/// The body of Converse.
pub(crate) static CONVERSE: Shape = {
    static MEMBERS: [Member; 13] = request(&GUARDRAIL_CONFIG);
    Structure(&MEMBERS)
};

/// The body of ConverseStream.
pub(crate) static CONVERSE_STREAM: Shape = {
    static MEMBERS: [Member; 13] = request(&GUARDRAIL_STREAM_CONFIG);
    Structure(&MEMBERS)
};

/// The body of CountTokens.
pub(crate) static COUNT_TOKENS: Shape = Structure(&[needs(
    "input",
    &Union(&[
        may("invokeModel", &Structure(&[needs("body", &Blob)])),
        may(
            "converse",
            &Structure(&[
                may("messages", &MESSAGES),
                may("system", &SYSTEM),
                may("toolConfig", &TOOL_CONFIG),
                may("additionalModelRequestFields", &Document),
            ]),
        ),
    ]),
)]);
