//! Many calls at once.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use outcrop_core::Request;

use super::hear::{self, Heard};
use super::{Stage, compare};
use crate::needle::{Body, Needle};

type Running<'a> = Pin<Box<dyn Future<Output = Heard> + 'a>>;

impl Stage<'_> {
    /// Makes one call for each answer of the script, and reads all of them in turns. Which call got which answer is told
    /// by where its prompt came in.
    pub(super) async fn at_once(&self) {
        let Some(wired) = self.wire().await else { return };
        let prompts: Vec<String> =
            (0..self.act.script.answers.len()).map(|call| format!("Say number {call}.")).collect();
        let requests = prompts.iter().map(|prompt| {
            let mut request = self.act.request.clone();
            request.messages.clear();
            request.user(prompt.as_str())
        });
        let requests: Vec<Request> = requests.collect();
        let calls = requests.iter().map(|request| -> Running<'_> {
            Box::pin(hear::in_turns(self.notes, &*wired.provider, request))
        });
        let heard = all(calls.collect()).await;
        let bodies: Vec<Body> = wired.upstream.received().into_iter().map(Body::new).collect();
        for (call, (prompt, heard)) in prompts.into_iter().zip(&heard).enumerate() {
            let needle = Needle::text("the prompt", prompt);
            let mut places = (0..).zip(&bodies).filter(|(_, body)| needle.find(body).is_some());
            let (first, again) = (places.next(), places.next());
            let Some((place, _)) = first else {
                self.notes
                    .add(format!("the prompt of call {call} of those at once did not come to the upstream"));
                continue;
            };
            if again.is_some() && !self.manifest.retries {
                self.notes
                    .add(format!("the prompt of call {call} of those at once came to the upstream again"));
            }
            let Some(answer) = self.act.script.answer(place) else { continue };
            for problem in compare::with_script(answer, heard, self.manifest.retries) {
                self.notes.add(format!("call {call} of those at once: {problem}"));
            }
        }
    }
}

/// Waits for all, at once.
async fn all(mut running: Vec<Running<'_>>) -> Vec<Heard> {
    let mut heard: Vec<Option<Heard>> = running.iter().map(|_| None).collect();
    let mut poll = |cx: &mut Context<'_>| {
        for (call, heard) in running.iter_mut().zip(&mut heard) {
            if heard.is_none()
                && let Poll::Ready(done) = call.as_mut().poll(cx)
            {
                *heard = Some(done);
            }
        }
        if heard.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    };
    poll_fn(&mut poll).await;
    heard.into_iter().flatten().collect()
}
