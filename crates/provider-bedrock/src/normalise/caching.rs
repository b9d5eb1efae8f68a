//! Cache points: as many, where and for as long as the model takes them.

use outcrop_core::Caching;

use super::{Normalised, Warnings};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[];

/// Puts cache points where they pay, and takes out those that the model refuses.
pub(super) fn apply(
    _normalised: &mut Normalised,
    _wanted: Option<Caching>,
    _target: &Target,
    _warnings: &mut Warnings,
) {
}
