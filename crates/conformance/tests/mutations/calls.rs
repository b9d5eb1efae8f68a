//! Breakages of calls, of what is sent, and of everything beside the events.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use outcrop_core::{
    Content, Embeddings, Error, ErrorKind, EventStream, ModelProvider, Request, Result, Retry, Support,
    SystemContent, Text, TokenCount, Tool, collect, next, replay,
};

use super::broken::{Call, How};

fn request(request: fn(&mut Request)) -> How {
    How { request: Some(request), ..How::default() }
}

fn refusal(refusal: fn(Error) -> Error) -> How {
    How { refusal: Some(refusal), ..How::default() }
}

fn call(call: Call) -> How {
    How { call: Some(call), ..How::default() }
}

fn keep(request: &mut Request, keeps: fn(&Content) -> bool) {
    for message in &mut request.messages {
        message.content.retain(keeps);
    }
}

pub(crate) fn forgets_a_turn() -> How {
    request(|request| {
        if request.messages.len() > 1 {
            request.messages.remove(1);
        }
    })
}

pub(crate) fn turns_turns_around() -> How {
    request(|request| request.messages.reverse())
}

pub(crate) fn truncates_the_prompt() -> How {
    request(|request| {
        for content in request.messages.iter_mut().flat_map(|message| &mut message.content) {
            if let Content::Text(Text { text }) = content {
                text.truncate(65_536);
            }
        }
    })
}

pub(crate) fn forgets_the_system_prompt() -> How {
    request(|request| request.system.retain(|content| !matches!(content, SystemContent::Text(_))))
}

pub(crate) fn forgets_what_tools_are_for() -> How {
    request(|request| {
        for tool in &mut request.tools {
            if let Tool::Spec(tool) = tool {
                tool.description = None;
            }
        }
    })
}

pub(crate) fn drops_images() -> How {
    request(|request| keep(request, |content| !matches!(content, Content::Image(_))))
}

pub(crate) fn drops_documents() -> How {
    request(|request| keep(request, |content| !matches!(content, Content::Document(_))))
}

pub(crate) fn drops_tool_results() -> How {
    request(|request| keep(request, |content| !matches!(content, Content::ToolResult(_))))
}

pub(crate) fn drops_reasoning() -> How {
    request(|request| keep(request, |content| !matches!(content, Content::Reasoning(_))))
}

pub(crate) fn drops_signatures() -> How {
    request(|request| {
        for content in request.messages.iter_mut().flat_map(|message| &mut message.content) {
            if let Content::Reasoning(reasoning) = content {
                reasoning.signature = None;
            }
        }
    })
}

pub(crate) fn does_not_classify_refusals() -> How {
    refusal(|error| Error::new(ErrorKind::Unexpected, error.message().to_owned()))
}

pub(crate) fn loses_the_advice_on_retrying() -> How {
    refusal(|error| error.with_retry(Retry::Never))
}

pub(crate) fn loses_the_wait() -> How {
    refusal(|error| error.with_retry(Retry::Backoff))
}

pub(crate) fn tells_errors_in_many_lines() -> How {
    refusal(|error| Error::new(error.kind(), "it\nfailed").with_retry(error.retry()))
}

/// A stream whose call is made when somebody reads it.
struct Late<F>(F);

impl<F: Future<Output = Result<EventStream>> + Unpin> futures_core::Stream for Late<F> {
    type Item = Result<outcrop_core::Event>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        match std::task::ready!(std::pin::Pin::new(&mut self.0).poll(cx)) {
            Ok(_) => std::task::Poll::Ready(None),
            Err(error) => std::task::Poll::Ready(Some(Err(error))),
        }
    }
}

/// Promises a stream, and calls when somebody reads it.
pub(crate) fn calls_late() -> How {
    call(|inner, request| {
        Box::pin(async move {
            let call: BoxFuture<'static, _> = Box::pin(async move { inner.stream(&request).await });
            Ok(Box::pin(Late(call)) as EventStream)
        })
    })
}

/// The error of a refusal is the first item of a stream.
pub(crate) fn refuses_in_the_stream() -> How {
    call(|inner, request| {
        Box::pin(async move {
            match inner.stream(&request).await {
                Ok(stream) => Ok(stream),
                Err(error) => {
                    let script = outcrop_core::scripted::Script::default().fail(error);
                    outcrop_core::scripted::Scripted::new([script]).stream(&request).await
                }
            }
        })
    })
}

pub(crate) fn retries() -> How {
    call(|inner, request| {
        Box::pin(async move {
            match inner.stream(&request).await {
                Err(_) => inner.stream(&request).await,
                answered => answered,
            }
        })
    })
}

/// Asks twice to be on the safe side.
pub(crate) fn asks_twice() -> How {
    call(|inner, request| {
        Box::pin(async move {
            drop(inner.stream(&request).await);
            inner.stream(&request).await
        })
    })
}

thread_local! {
    /// What a provider keeps that takes itself to be called once at a time. A scenario has a thread of its own.
    static LAST: RefCell<Option<Request>> = const { RefCell::new(None) };
}

/// Keeps what it is to send where the next call does, and is not the only one when it sends it.
pub(crate) fn sends_the_last_request() -> How {
    call(|inner, request| {
        Box::pin(async move {
            LAST.replace(Some(request.clone()));
            tokio::task::yield_now().await;
            let last = LAST.with_borrow(Clone::clone);
            inner.stream(last.as_ref().unwrap_or(&request)).await
        })
    })
}

/// Does not wait for an upstream that takes its time.
pub(crate) fn is_impatient() -> How {
    call(|inner, request| {
        Box::pin(async move {
            let limit = Duration::from_millis(20);
            let answered = tokio::time::timeout(limit, inner.stream(&request)).await;
            answered.unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "too slow")))
        })
    })
}

/// Reads the stream in a task that nobody stops.
fn detached(inner: Arc<dyn ModelProvider>, request: Request) -> BoxFuture<'static, Result<EventStream>> {
    Box::pin(async move {
        let mut stream = inner.stream(&request).await?;
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(item) = next(&mut stream).await {
                // Whether somebody still listens is not looked at.
                tell.send(item).ok();
            }
        });
        Ok(Box::pin(Told(told)) as EventStream)
    })
}

struct Told(tokio::sync::mpsc::UnboundedReceiver<Result<outcrop_core::Event>>);

impl futures_core::Stream for Told {
    type Item = Result<outcrop_core::Event>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

pub(crate) fn ignores_that_it_is_dropped() -> How {
    call(detached)
}

/// The call itself runs in a task that nobody stops.
pub(crate) fn ignores_that_the_call_is_dropped() -> How {
    How {
        generate: Some(|inner, request| {
            Box::pin(async move {
                let task = tokio::spawn(async move { collect(inner.stream(&request).await?).await });
                task.await.map_err(|_| Error::new(ErrorKind::Unexpected, "the task is gone"))?
            })
        }),
        ..How::default()
    }
}

/// Gives the answer when it is over.
pub(crate) fn buffers_the_answer() -> How {
    call(|inner, request| {
        Box::pin(async move {
            let answer = collect(inner.stream(&request).await?).await?;
            let events = replay(answer).into_iter().skip(1);
            let script =
                events.fold(outcrop_core::scripted::Script::new(), outcrop_core::scripted::Script::event);
            outcrop_core::scripted::Scripted::new([script]).stream(&request).await
        })
    })
}

/// After the last item the stream is never over.
pub(crate) fn never_ends() -> How {
    call(|inner, request| {
        Box::pin(async move {
            let mut stream = inner.stream(&request).await?;
            let mut script = outcrop_core::scripted::Script::default();
            while let Some(item) = next(&mut stream).await {
                script = match item {
                    Ok(event) => script.event(event),
                    Err(error) => script.fail(error),
                };
            }
            outcrop_core::scripted::Scripted::new([script.silence()]).stream(&request).await
        })
    })
}

/// Holds the thread and not only the task.
pub(crate) fn blocks_its_thread() -> How {
    call(|_, _| {
        Box::pin(async {
            loop {
                std::thread::park();
            }
        })
    })
}

pub(crate) fn answers_otherwise_as_a_whole() -> How {
    How {
        whole: Some(|mut response| {
            response.content.truncate(1);
            response.content.push(Content::text("and so on"));
            response
        }),
        ..How::default()
    }
}

pub(crate) fn warns_only_as_a_whole() -> How {
    How {
        whole: Some(|mut response| {
            response.warnings.push(outcrop_core::Warning::new("rule", "something was adjusted"));
            response
        }),
        ..How::default()
    }
}

pub(crate) fn denies_what_it_can() -> How {
    How {
        capabilities: Some(|mut told| {
            told.tools = Support::No;
            told
        }),
        ..How::default()
    }
}

pub(crate) fn counts_nothing() -> How {
    How { count: Some(|_| TokenCount { input_tokens: 0 }), ..How::default() }
}

pub(crate) fn forgets_a_vector() -> How {
    How {
        embed: Some(|embeddings| Embeddings::new(embeddings.vectors.into_iter().skip(1).collect())),
        ..How::default()
    }
}

pub(crate) fn gives_no_numbers() -> How {
    How {
        embed: Some(|mut embeddings| {
            embeddings.vectors.iter_mut().flatten().for_each(|number| *number = f32::NAN);
            embeddings
        }),
        ..How::default()
    }
}
