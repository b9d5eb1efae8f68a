//! Whether a model is one that can be written down and called later.

use outcrop_core::{Error, ErrorKind, ModelId, Result};
use outcrop_discovery::Why;

use crate::{ModelReference, Outcrop};

/// A model that can be called, as far as anybody can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vetted {
    /// The model to call: the one that was asked about, or what is called for it.
    pub reference: ModelReference,
    /// Why it is another one.
    pub note: Option<String>,
    /// Why nobody can tell whether it can be called.
    pub warning: Option<String>,
}

impl Outcrop {
    /// Finds out whether a model can be called, and by which id. What is not known is no obstacle: only a model that is
    /// known not to be callable is refused.
    ///
    /// # Errors
    /// [`ErrorKind::ModelNotFound`] for a model that cannot be called, with what to do about it, and for one that nobody
    /// knows, with the names that are most like it. [`ErrorKind::Config`] if the provider's settings are wrong.
    pub async fn vet(&self, reference: &ModelReference) -> Result<Vetted> {
        let why = match self.why(reference).await {
            Ok(why) => why,
            Err(error) if error.kind() == ErrorKind::Config => return Err(error),
            Err(error) => {
                let warning = format!("whether `{}` can be called is not known: {error}", reference.model);
                return Ok(Vetted { warning: Some(warning), ..unchanged(reference) });
            }
        };
        match why.callable {
            Some(true) => Ok(called(reference, why)),
            // What somebody configured is meant.
            None if why.listed => Ok(called(reference, why)),
            None => {
                let warning = format!(
                    "whether `{}` can be called is not known: {}",
                    reference.model,
                    why.obstacle().map_or("no list tells", |rule| &*rule.detail)
                );
                Ok(Vetted { warning: Some(warning), ..unchanged(reference) })
            }
            Some(false) => Err(refusal(reference, &why)),
        }
    }
}

fn unchanged(reference: &ModelReference) -> Vetted {
    Vetted { reference: reference.clone(), note: None, warning: None }
}

/// The model by the id that is called. A region that was asked for stays.
fn called(reference: &ModelReference, why: Why) -> Vetted {
    let Some(id) = why.called_as else { return unchanged(reference) };
    let asked = reference.model.as_str();
    let region = outcrop_discovery::region_of(asked).map(|region| format!("@{region}"));
    let model = ModelId::from(format!("{id}{}", region.unwrap_or_default()));
    if model == reference.model {
        return unchanged(reference);
    }
    Vetted {
        note: Some(format!("`{asked}` is called as `{model}`")),
        reference: ModelReference { provider: reference.provider.clone(), model },
        warning: None,
    }
}

fn refusal(reference: &ModelReference, why: &Why) -> Error {
    let id = &reference.model;
    let reason = why.obstacle().map(|rule| format!(": {}", rule.detail)).unwrap_or_default();
    let error = Error::new(ErrorKind::ModelNotFound, format!("`{id}` cannot be called{reason}"));
    let error = error.with_provider(&reference.provider);
    let error = why.fix.iter().fold(error, |error, fix| error.with_hint(fix.clone()));
    error.with_hint(format!("run `outcrop models why {}` to see every rule", reference.short()))
}
