//! The library as a program links it, with an emulator to talk to.

use std::collections::BTreeMap;
use std::sync::Arc;

use outcrop::outcrop_core::Secret;
use outcrop::{DEFAULT_PROVIDER, Emulator as Service, ModelProvider, Outcrop, Sources};
use tokio::runtime::Runtime;

use super::Emulator;

/// The facade, and its provider with layers around it.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) emulator: Emulator,
    pub(crate) outcrop: Outcrop,
    pub(crate) provider: Arc<dyn ModelProvider>,
    pub(crate) runtime: Runtime,
}

impl Library {
    #[track_caller]
    pub(crate) fn start() -> Self {
        let emulator = Emulator::start();
        let variables = BTreeMap::from(emulator.variables());
        let secret = Secret::new(variables["AWS_SECRET_ACCESS_KEY"].clone());
        let service = Service::new(emulator.endpoint(), &variables["AWS_ACCESS_KEY_ID"], secret);
        let outcrop = Outcrop::builder(Sources::default()).emulator(service).build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let provider = runtime.block_on(outcrop.provider(&DEFAULT_PROVIDER.into())).unwrap();
        Self { emulator, outcrop, provider, runtime }
    }
}
