//! Replies that are none of Bedrock's: a proxy's login page has the status 200 too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use outcrop_aws::ForeignReply;

/// Content type of event streams.
pub(crate) const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";
/// Content type of everything else.
pub(crate) const JSON: &str = "application/json";

/// Refuses a successful reply of another content type before it is read: the SDK would take a web page for a damaged
/// frame or for an empty answer.
#[derive(Debug)]
pub(crate) struct Expects {
    content_type: &'static str,
    came: Arc<AtomicBool>,
}

impl Expects {
    pub(crate) fn new(content_type: &'static str) -> Self {
        Self { content_type, came: Arc::default() }
    }

    /// Becomes true once a reply says that it is of this content type.
    pub(crate) fn came(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.came)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Expects {
    fn name(&self) -> &'static str {
        "ExpectedContentType"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // A reply that does not say what it is gets the benefit of the doubt.
        let Some(content_type) = response.headers().get("content-type") else { return Ok(()) };
        if !response.status().is_success() {
            return Ok(());
        }
        if content_type.trim_start().to_ascii_lowercase().starts_with(self.content_type) {
            self.came.store(true, Ordering::Relaxed);
            return Ok(());
        }
        Err(Box::new(ForeignReply { content_type: content_type.to_owned() }))
    }
}
