//! What a caller hears of an answer.

use outcrop_core::{
    Collected, Collector, Error, Event, EventStream, Laws, ModelProvider, Request, Response, Result, next,
};

use super::Notes;

/// What a caller heard.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The answer, or what came of it, and why it is not whole.
    pub(crate) collected: Collected,
    /// How it was asked for.
    pub(crate) way: Way,
    /// Whether an answer began. Of a whole answer nobody knows.
    pub(crate) began: bool,
}

/// How an answer was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Stream,
    Whole,
}

impl Way {
    /// The method of the trait.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Whole => "generate",
        }
    }
}

impl Heard {
    pub(crate) fn error(&self) -> Option<&Error> {
        self.collected.error.as_ref()
    }

    fn refused(way: Way, error: Error) -> Self {
        let response = Response::default();
        Self { collected: Collected { response, error: Some(error) }, way, began: false }
    }
}

/// A stream, read to its end under the laws.
pub(crate) async fn stream(notes: &Notes, provider: &dyn ModelProvider, request: &Request) -> Heard {
    notes.waits("for `stream` to resolve");
    let mut stream = match provider.stream(request).await {
        Ok(stream) => stream,
        Err(error) => return Heard::refused(Way::Stream, error),
    };
    let collected = Listening::new(notes).read(&mut stream).await;
    Heard { collected, way: Way::Stream, began: true }
}

/// The same, giving way to others after each event.
pub(crate) async fn in_turns(notes: &Notes, provider: &dyn ModelProvider, request: &Request) -> Heard {
    notes.waits("for all calls at once");
    let mut stream = match provider.stream(request).await {
        Ok(stream) => stream,
        Err(error) => return Heard::refused(Way::Stream, error),
    };
    let mut listening = Listening::new(notes);
    while listening.next(&mut stream).await.is_some() {
        tokio::task::yield_now().await;
    }
    Heard { collected: listening.collector.finish(), way: Way::Stream, began: true }
}

/// A whole answer.
pub(crate) async fn whole(notes: &Notes, provider: &dyn ModelProvider, request: &Request) -> Heard {
    notes.waits("for `generate` to resolve");
    match provider.generate(request).await {
        Ok(response) => {
            Heard { collected: Collected { response, error: None }, way: Way::Whole, began: true }
        }
        Err(error) => Heard::refused(Way::Whole, error),
    }
}

/// Somebody who reads a stream and knows the laws.
#[derive(Debug)]
pub(crate) struct Listening<'a> {
    notes: &'a Notes,
    laws: Laws,
    collector: Collector,
    /// The text so far.
    pub(crate) text: String,
}

impl<'a> Listening<'a> {
    pub(crate) fn new(notes: &'a Notes) -> Self {
        Self { notes, laws: Laws::default(), collector: Collector::new(), text: String::new() }
    }

    /// The next item, or `None` if the stream is over or broke a law: there is no sense in reading on.
    pub(crate) async fn next(&mut self, stream: &mut EventStream) -> Option<Result<Event>> {
        self.notes.waits("for the next event of the stream");
        let item = next(stream).await;
        let verdict = match &item {
            Some(item) => self.laws.check(item),
            None => self.laws.finish(),
        };
        if let Err(violation) = verdict {
            self.notes.add(format!("breaks a law of streams: {violation}"));
            return None;
        }
        let item = item?;
        if let Ok(Event::Delta { delta: outcrop_core::Delta::Text { text }, .. }) = &item {
            self.text.push_str(text);
        }
        self.collector.push(item.clone());
        Some(item)
    }

    async fn read(mut self, stream: &mut EventStream) -> Collected {
        while self.next(stream).await.is_some() {}
        self.collector.finish()
    }
}
