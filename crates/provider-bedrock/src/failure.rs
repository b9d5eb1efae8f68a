//! Failures of the runtime plane.

use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_sdk_bedrockruntime::operation::converse::ConverseError;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::operation::invoke_model::InvokeModelError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::event_stream::RawMessage;
use outcrop_aws::{Call, error_from_sdk};
use outcrop_core::Error;

/// A failed Converse call.
pub(crate) fn converse(error: SdkError<ConverseError, HttpResponse>) -> Error {
    let original_status = match error.as_service_error() {
        Some(ConverseError::ModelErrorException(model)) => status(model.original_status_code),
        _ => None,
    };
    error_from_sdk(&Call { original_status, ..Call::new("Converse") }, error)
}

/// A failed InvokeModel call.
pub(crate) fn invoke_model(error: SdkError<InvokeModelError, HttpResponse>) -> Error {
    let original_status = match error.as_service_error() {
        Some(InvokeModelError::ModelErrorException(model)) => status(model.original_status_code),
        _ => None,
    };
    error_from_sdk(&Call { original_status, ..Call::new("InvokeModel") }, error)
}

/// A ConverseStream call that failed before its stream began.
pub(crate) fn converse_stream(error: SdkError<ConverseStreamError, HttpResponse>) -> Error {
    let (original_status, original_message) = match error.as_service_error() {
        Some(ConverseStreamError::ModelErrorException(model)) => (status(model.original_status_code), None),
        Some(ConverseStreamError::ModelStreamErrorException(model)) => {
            (None, model.original_message().map(str::to_owned))
        }
        _ => (None, None),
    };
    let original_message = original_message.as_deref();
    error_from_sdk(&Call { original_status, original_message, ..Call::new("ConverseStream") }, error)
}

/// A failure inside a stream. `answering`: it is known to be one of the service's.
pub(crate) fn in_stream(
    error: SdkError<ConverseStreamOutputError, RawMessage>,
    request_id: Option<&str>,
    answering: bool,
) -> Error {
    // Once the head of the reply is there, a connection that breaks is an answer that was interrupted.
    let answering = answering || matches!(error, SdkError::DispatchFailure(_));
    let code = error.as_service_error().and_then(exception_code);
    let original_message = match error.as_service_error() {
        Some(ConverseStreamOutputError::ModelStreamErrorException(model)) => {
            model.original_message().map(str::to_owned)
        }
        _ => None,
    };
    let original_message = original_message.as_deref();
    // Most frames carry no id of their own; the one of the HTTP answer holds for the whole stream.
    let own_id = error.as_service_error().and_then(|error| error.meta().request_id()).map(str::to_owned);
    let request_id = own_id.as_deref().or(request_id);
    let call = Call { request_id, code, original_message, answering, ..Call::new("ConverseStream") };
    error_from_sdk(&call, error)
}

/// The name of an exception frame, which the SDK keeps in its type only.
const fn exception_code(error: &ConverseStreamOutputError) -> Option<&'static str> {
    Some(match error {
        ConverseStreamOutputError::InternalServerException(_) => "InternalServerException",
        ConverseStreamOutputError::ModelStreamErrorException(_) => "ModelStreamErrorException",
        ConverseStreamOutputError::ValidationException(_) => "ValidationException",
        ConverseStreamOutputError::ThrottlingException(_) => "ThrottlingException",
        ConverseStreamOutputError::ServiceUnavailableException(_) => "ServiceUnavailableException",
        _ => return None,
    })
}

fn status(original: Option<i32>) -> Option<u16> {
    original.and_then(|status| u16::try_from(status).ok())
}

#[cfg(test)]
mod tests;
