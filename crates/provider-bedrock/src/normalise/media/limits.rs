//! How many attachments one request may have.

use std::collections::BTreeMap;

use super::attachment::{Attachment, Kind};
use crate::target::Target;

/// The most documents in a request ("API restrictions" in the Bedrock user guide).
const DOCUMENTS: usize = 5;
/// The most videos in a request to Nova ("Video understanding" in the Nova user guide).
const VIDEOS: usize = 1;
/// The most images in a request ("You can include up to 20 images.", `Message` in the API reference). Claude before 4 says
/// so itself: "too many images and documents: 21 + 0 > 20".
const IMAGES: usize = 20;
/// The most images and documents in a request to Claude from 4 on: "too many images and documents: 200 + 0 > 100". (Some
/// regions take up to 600 for the newer models, others do not, and a cross-region profile calls either.)
const CLAUDE_IMAGES: usize = 100;
/// The longer side of an image for Claude among more than 20: "image exceed max allowed size for many-image requests:
/// 2000 pixels".
pub(super) const AMONG_MANY: usize = 2000;

/// How many of each kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    images: usize,
    videos: Option<usize>,
    /// More images could stand there if all were small.
    pub only_small: bool,
}

impl Limits {
    /// For a message with these attachments.
    pub(super) fn of<'a>(attachments: impl Iterator<Item = &'a Attachment> + Clone, target: &Target) -> Self {
        let documents = attachments.clone().filter(|attachment| attachment.kind == Kind::Document).count();
        let mut images = most_images(target);
        let mut only_small = false;
        if target.is_claude() {
            images -= documents.min(DOCUMENTS);
            let all = attachments.filter(|attachment| attachment.kind == Kind::Image);
            let wide = all.clone().any(Attachment::is_wide);
            only_small = wide && images > IMAGES && all.count() > IMAGES;
        }
        Self {
            images: if only_small { IMAGES } else { images },
            videos: target.is_amazon().then_some(VIDEOS),
            only_small,
        }
    }

    pub(super) const fn most(&self, kind: Kind) -> Option<usize> {
        match kind {
            Kind::Image => Some(self.images),
            Kind::Document => Some(DOCUMENTS),
            Kind::Video => self.videos,
            Kind::Audio => None,
        }
    }
}

/// How many of each kind have to go, the oldest, for the rest to be taken. Of the last message none has, as long as it is
/// within the limits by itself.
pub(super) fn surplus(attachments: &[Attachment], target: &Target) -> BTreeMap<Kind, usize> {
    let together = target.is_claude().then(|| most_images(target));
    let limits = Limits::of(std::iter::empty(), target);
    let (mut kept, mut surplus) = (Kept::default(), BTreeMap::new());
    for attachment in attachments.iter().rev() {
        let kind = attachment.kind;
        // Once one is left out, so are all that are older.
        let fits = !surplus.contains_key(&kind)
            && limits.most(kind).is_none_or(|most| kept.of(kind) < most)
            && together.is_none_or(|most| !kind.counts_together() || kept.together() < most)
            && !(together.is_some() && kept.would_be_too_wide(attachment));
        if fits {
            kept.add(attachment);
        } else {
            *surplus.entry(kind).or_default() += 1;
        }
    }
    surplus
}

/// What is kept of the newest.
#[derive(Default)]
struct Kept {
    counts: BTreeMap<Kind, usize>,
    wide: bool,
}

impl Kept {
    fn of(&self, kind: Kind) -> usize {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    fn together(&self) -> usize {
        self.of(Kind::Image) + self.of(Kind::Document)
    }

    /// Whether there would be a wide image among more than twenty.
    fn would_be_too_wide(&self, attachment: &Attachment) -> bool {
        attachment.kind == Kind::Image
            && self.of(Kind::Image) >= IMAGES
            && (self.wide || attachment.is_wide())
    }

    fn add(&mut self, attachment: &Attachment) {
        *self.counts.entry(attachment.kind).or_default() += 1;
        self.wide |= attachment.is_wide();
    }
}

impl Kind {
    /// Claude has one limit for these.
    const fn counts_together(self) -> bool {
        matches!(self, Self::Image | Self::Document)
    }
}

impl Attachment {
    fn is_wide(&self) -> bool {
        self.side.is_some_and(|side| side > AMONG_MANY)
    }
}

/// Llama's limits are nowhere documented; users met them
/// (<https://github.com/aws-samples/generative-ai-use-cases/issues/1040>, <https://github.com/boto/boto3/issues/4463>).
fn most_images(target: &Target) -> usize {
    let id = target.facts.map_or("", |facts| facts.id);
    if target.is_claude() {
        if target.is_before_claude_4() { IMAGES } else { CLAUDE_IMAGES }
    } else if id.starts_with("meta.llama3-2-") {
        1
    } else if id.starts_with("meta.llama4-") {
        8
    } else {
        IMAGES
    }
}
