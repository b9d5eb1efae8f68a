//! The service's errors, with its own codes, statuses and texts.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::json;

/// An error answer: what goes into the status line, the error header and the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    /// Seconds for the `retry-after` header.
    pub(crate) retry_after: Option<u32>,
    /// The front door of the service writes `Message` where the service itself writes `message`.
    front_door: bool,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self { status, code: code.into(), message: message.into(), retry_after: None, front_door: false }
    }

    /// 400: the request is not one that the service or the model takes.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationException", message)
    }

    /// 400: the service took the request, the model did not. The service quotes the model.
    pub(crate) fn from_model(message: impl AsRef<str>) -> Self {
        Self::validation(format!("The model returned the following errors: {}", message.as_ref()))
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
    }

    /// 403 of the signature check.
    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 403 of the API key check.
    pub(crate) fn api_key(message: impl Into<String>) -> Self {
        Self { front_door: true, ..Self::forbidden("AccessDeniedException", message) }
    }

    /// 404: no operation has this method and path.
    pub(crate) fn unknown_operation() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "UnknownOperationException",
            "The requested operation is not recognized by the service.",
        )
    }

    /// The same with a `retry-after` header, if there are seconds for it.
    pub(crate) fn with_retry_after(self, seconds: Option<u32>) -> Self {
        Self { retry_after: seconds, ..self }
    }

    /// The JSON body.
    pub(crate) fn body(&self) -> serde_json::Value {
        if self.front_door { json!({ "Message": self.message }) } else { json!({ "message": self.message }) }
    }

    /// The value of `x-amzn-errortype`, with the suffix that the service adds.
    pub(crate) fn header(&self) -> String {
        format!("{}:http://internal.amazon.com/coral/com.amazon.bedrock/", self.code)
    }
}
