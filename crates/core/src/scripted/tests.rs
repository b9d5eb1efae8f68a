//! Scripts are lawful, and the provider behaves as one.

use super::*;
use crate::{Checked, Layer, ModelProviderExt, next};

fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a script never waits"),
    }
}

fn events(script: Script) -> Vec<Result<Event>> {
    let provider = Scripted::new([script]);
    let mut stream: EventStream = Box::pin(Checked::new(now(provider.stream(&Request::new("m"))).unwrap()));
    std::iter::from_fn(|| now(next(&mut stream))).collect()
}

#[test]
fn a_script_with_everything_keeps_the_laws() {
    let script = Script::new()
        .reasoning("a")
        .reasoning("b")
        .text("c")
        .text("d")
        .tool_call("1", "f", &["{", "}"])
        .text("e")
        .end();
    let events: Vec<_> = events(script).into_iter().map(Result::unwrap).collect();
    let opened = events.iter().filter(|event| matches!(event, Event::Open { .. })).count();
    assert_eq!(opened, 4);
    assert!(matches!(events.last(), Some(Event::End(_))));
}

#[test]
fn a_script_may_fail_before_and_within_the_answer() {
    let refused = Scripted::new([Script::refuse(Error::new(ErrorKind::Throttled, "no"))]);
    assert_eq!(now(refused.stream(&Request::new("m"))).err().unwrap().kind(), ErrorKind::Throttled);
    let broken = events(Script::new().text("x").fail(Error::new(ErrorKind::Unavailable, "gone")));
    assert_eq!(broken.last().unwrap().as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn requests_are_kept_and_a_call_too_many_is_an_error() {
    let provider = Scripted::new([Script::new().text("x").end()]);
    assert_eq!(now(provider.ask("m", "hello there")).unwrap(), "x");
    assert_eq!(now(provider.ask("m", "again")).unwrap_err().kind(), ErrorKind::Unexpected);
    assert_eq!(provider.requests().len(), 2);
    assert_eq!(now(provider.count_tokens(&provider.requests()[0])).unwrap().input_tokens, 2);
}

#[test]
fn find_walks_through_layers() {
    #[derive(Debug)]
    struct Wrapped(Arc<dyn ModelProvider>);
    #[async_trait]
    impl ModelProvider for Wrapped {
        fn id(&self) -> &ProviderId {
            self.0.id()
        }
        fn capabilities(&self, model: &ModelId) -> Capabilities {
            self.0.capabilities(model)
        }
        async fn stream(&self, request: &Request) -> Result<EventStream> {
            self.0.stream(request).await
        }
        fn inner(&self) -> Option<&dyn ModelProvider> {
            Some(&*self.0)
        }
    }
    struct Wrap;
    impl Layer for Wrap {
        fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
            Arc::new(Wrapped(inner))
        }
    }
    let stack = Wrap.layer(Wrap.layer(Arc::new(Scripted::new([]).with_id("deep"))));
    assert_eq!(stack.find::<Scripted>().unwrap().id(), &"deep");
    assert!(stack.find::<Wrapped>().is_some());
}
