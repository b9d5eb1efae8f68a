//! The environment of the program, as it is now.

use std::sync::{Arc, PoisonError, RwLock};

use outcrop_core::Environment;

/// A snapshot that can be put in the place of an older one while sessions go on.
#[derive(Debug, Clone, Default)]
pub(crate) struct CurrentEnvironment(Arc<RwLock<Numbered>>);

/// A snapshot, and how many there were before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbered {
    pub(crate) environment: Environment,
    pub(crate) number: u64,
}

impl CurrentEnvironment {
    pub(crate) fn new(environment: Environment) -> Self {
        Self(Arc::new(RwLock::new(Numbered { environment, number: 0 })))
    }

    pub(crate) fn get(&self) -> Environment {
        self.numbered().environment
    }

    pub(crate) fn numbered(&self) -> Numbered {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).number
    }

    pub(crate) fn replace(&self, environment: Environment) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let number = current.number + 1;
        *current = Numbered { environment, number };
    }
}
