//! Mocks of the two traits, for tests that say beforehand what is called: with the feature `mock`.
//!
//! Both are made by [mockall](https://docs.rs/mockall): every method has an `expect_…`, a call that nobody expects panics,
//! and so does an expected one that did not come by the time the mock is dropped. Where it only matters what is answered,
//! [`crate::scripted`] is less to write.
//!
//! ```
//! use outcrop_core::mock::MockModelProvider;
//! use outcrop_core::{Content, ModelProvider, ModelProviderExt, Response};
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let mut future = std::pin::pin!(future);
//! #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
//! #     loop { if let std::task::Poll::Ready(out) = future.as_mut().poll(&mut cx) { return out } }
//! # }
//!
//! let mut provider = MockModelProvider::new();
//! provider.expect_generate().withf(|request| request.model == "any-model").once().returning(|_| {
//!     let mut response = Response::default();
//!     response.content = vec![Content::text("Rayleigh scattering.")];
//!     Ok(response)
//! });
//! assert_eq!(block_on(provider.ask("any-model", "Why is the sky blue?")).unwrap(), "Rayleigh scattering.");
//! ```

use crate::{
    Capabilities, EmbedRequest, Embeddings, EventStream, ModelCatalog, ModelId, ModelProvider, ProviderId,
    Query, Request, Response, Result, Snapshot, TokenCount,
};

mockall::mock! {
    /// A [`ModelProvider`] that answers as a test says. It is no layer: there is no provider inside it.
    #[derive(Debug)]
    pub ModelProvider {}

    #[async_trait::async_trait]
    impl ModelProvider for ModelProvider {
        fn id(&self) -> &ProviderId;
        fn capabilities(&self, model: &ModelId) -> Capabilities;
        async fn stream(&self, request: &Request) -> Result<EventStream>;
        async fn generate(&self, request: &Request) -> Result<Response>;
        async fn count_tokens(&self, request: &Request) -> Result<TokenCount>;
        async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings>;
    }
}

mockall::mock! {
    /// A [`ModelCatalog`] that lists what a test says.
    #[derive(Debug)]
    pub ModelCatalog {}

    #[async_trait::async_trait]
    impl ModelCatalog for ModelCatalog {
        fn id(&self) -> &ProviderId;
        async fn snapshot(&self, query: &Query) -> Result<Snapshot>;
    }
}
