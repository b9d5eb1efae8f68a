//! OpenAI-compatible endpoints: who calls them, whether they answer, and what they have.

use std::any::Any;
use std::sync::Arc;

use outcrop_aws::Presence;
use outcrop_core::{Error, ErrorKind, ModelCatalog, ModelId, ProviderId, Result};
use outcrop_discovery::{Verdict as Rule, Why};
use outcrop_provider_openai::{Credential, OpenAiCatalog};
use serde::Serialize;

use crate::doctor::{Check, Examination, Verdict};
use crate::{ModelReference, Outcrop};

/// The rules of `why`: the endpoint's own list, and the models that its entry names.
const ENDPOINT_LIST: &str = "endpoint-list";
const CONFIGURED: &str = "configured";

/// The names that are like one, at most.
const NEAREST: usize = 3;

/// Who calls an OpenAI-compatible endpoint. Holds no secret.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EndpointStatus {
    /// The provider's id.
    pub provider: String,
    /// Where the key is from: `api-key`, `header`, or `none` for calls without one.
    pub source: &'static str,
    /// Whether there is a key.
    pub state: Presence,
    /// The base URL that is called.
    pub endpoint: String,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Why the key is none, if that was asked.
    #[serde(skip)]
    pub error: Option<Error>,
}

/// An OpenAI-compatible endpoint, as far as is known without asking it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProviderEndpoint {
    /// The provider.
    pub provider: String,
    /// The base URL that is called; `None` where the settings are wrong.
    pub endpoint: Option<String>,
    /// The models that the configuration names; where it names none, the endpoint is asked for its list.
    pub configured: usize,
    /// What is wrong with the settings.
    pub problem: Option<String>,
}

/// The catalogue of an endpoint.
#[derive(Clone)]
pub(crate) struct Endpoint(Arc<dyn ModelCatalog>);

impl Endpoint {
    /// The catalogue as one of an endpoint; `None` if it is another.
    pub(crate) fn of(catalog: &Arc<dyn ModelCatalog>) -> Option<Self> {
        let any: &dyn Any = &**catalog;
        any.is::<OpenAiCatalog>().then(|| Self(Arc::clone(catalog)))
    }

    fn catalog(&self) -> Option<&OpenAiCatalog> {
        let any: &dyn Any = &*self.0;
        any.downcast_ref()
    }
}

impl Outcrop {
    /// The entries of the configuration that are OpenAI-compatible endpoints.
    pub(crate) fn endpoints(&self) -> Vec<ProviderId> {
        let entries = self.config().providers();
        let of_api = entries.filter(|entry| entry.api() == Some(outcrop_provider_openai::API));
        of_api.map(|entry| ProviderId::from(entry.id())).collect()
    }

    /// What is known of an endpoint without asking it.
    pub(crate) async fn endpoint_of(&self, id: ProviderId) -> ProviderEndpoint {
        let (endpoint, configured, problem) = match self.endpoint(&id).await {
            Ok(Some(endpoint)) => {
                let catalog = endpoint.catalog();
                (catalog.map(OpenAiCatalog::endpoint), catalog.map_or(0, OpenAiCatalog::named), None)
            }
            Ok(None) => (None, 0, None),
            Err(error) => (None, 0, Some(error.to_string())),
        };
        ProviderEndpoint { provider: id.to_string(), endpoint, configured, problem }
    }

    /// Who calls an endpoint; with `verify`, it is asked for its list of models.
    pub(crate) async fn endpoint_status(&self, id: &ProviderId, verify: bool) -> Result<EndpointStatus> {
        let endpoint = self.known_endpoint(id).await?;
        let catalog = endpoint.catalog();
        let credential = catalog.and_then(OpenAiCatalog::credential);
        let mut status = EndpointStatus {
            provider: id.to_string(),
            source: match &credential {
                None => "none",
                Some(Credential::ApiKey) => "api-key",
                Some(_) => "header",
            },
            state: if credential.is_some() { Presence::Present } else { Presence::Absent },
            endpoint: catalog.map(OpenAiCatalog::endpoint).unwrap_or_default(),
            notes: Vec::new(),
            error: None,
        };
        let Some(catalog) = catalog.filter(|_| verify) else { return Ok(status) };
        match catalog.listed().await {
            Ok(_) => status.notes.push("verified by a listing of models".to_owned()),
            Err(error) if is_without_a_list(&error) => status.notes.push(format!(
                "not verified: nobody can be asked without a call of a model, since {}",
                error.message()
            )),
            Err(error) => status.error = Some(error),
        }
        Ok(status)
    }

    /// Looks at everything that a call to an endpoint needs.
    pub(crate) async fn examine_endpoint(
        &self,
        id: &ProviderId,
        examination: &mut Examination,
    ) -> Result<()> {
        let endpoint = self.known_endpoint(id).await?;
        let Some(catalog) = endpoint.catalog() else { return Ok(()) };
        let [key, reached, models] = ["key", "endpoint", "models"].map(|name| format!("{name} {id}"));
        let sent = catalog.credential();
        let key_sent =
            sent.map_or_else(|| "none is sent".to_owned(), |credential| format!("{credential} is sent"));
        let listed = catalog.listed().await;
        let answered = || Check::new(reached.clone(), Verdict::Ok, catalog.endpoint());
        match &listed {
            Ok(ids) => {
                examination.add(answered());
                examination.add(Check::new(key, Verdict::Ok, key_sent));
                examination.add(self.models_check(models, id, catalog, ids));
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::PermissionDenied) =>
            {
                examination.add(answered());
                examination.fail(Check::failed(key, error), error.kind());
                examination.add(Check::new(models, Verdict::Skip, "the endpoint does not accept the key"));
            }
            // Many a proxy has none, and answers all the same.
            Err(error) if is_without_a_list(error) => {
                examination.add(answered());
                examination.add(Check::new(
                    key,
                    Verdict::Ok,
                    format!("{key_sent}; nobody can tell whether it is right"),
                ));
                examination.add(Check::new(models, Verdict::Warn, error.message().to_owned()).with_fix(format!(
                    "if calls fail too, check `baseUrl`; else name the models in `models.providers.{id}.models`"
                )));
            }
            Err(error) => {
                let mut check = Check::failed(reached, error);
                check.detail = format!("{} ({})", check.detail, catalog.endpoint());
                examination.fail(check, error.kind());
                let detail = "the endpoint does not answer";
                examination.add(Check::new(key, Verdict::Skip, detail));
                examination.add(Check::new(models, Verdict::Skip, detail));
            }
        }
        Ok(())
    }

    /// Whether the default model is one that the endpoint has.
    fn models_check(
        &self,
        name: String,
        id: &ProviderId,
        catalog: &OpenAiCatalog,
        listed: &[ModelId],
    ) -> Check {
        let count = match listed.len() {
            1 => "1 model is listed".to_owned(),
            count => format!("{count} models are listed"),
        };
        let default =
            self.settings().agents.defaults.model.primary.as_deref().map(|name| self.reference(name));
        let missing = default
            .filter(|it| it.provider == *id && !listed.contains(&it.model) && !catalog.names(&it.model));
        match missing {
            None => Check::new(name, Verdict::Ok, count),
            Some(missing) => {
                let detail = format!("{count}, and the default model `{}` is none of them", missing.model);
                let fix = format!(
                    "`outcrop models list --provider {id}` shows them, `outcrop models set` takes another"
                );
                Check::new(name, Verdict::Warn, detail).with_fix(fix)
            }
        }
    }

    /// Why a model of an endpoint is listed or not. `None` if the provider is no endpoint.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] and [`ErrorKind::Unsupported`] as of [`Outcrop::provider`].
    pub(crate) async fn why_of_endpoint(&self, reference: &ModelReference) -> Result<Option<Why>> {
        let Some(endpoint) = self.endpoint(&reference.provider).await? else { return Ok(None) };
        let Some(catalog) = endpoint.catalog() else { return Ok(None) };
        let id = &reference.model;
        let place = catalog.endpoint();
        let listed = catalog.listed().await;
        let by_endpoint = match &listed {
            Ok(ids) if ids.contains(id) => Rule::passed(ENDPOINT_LIST, format!("`{place}` lists it")),
            Ok(ids) => {
                let count = ids.len();
                Rule::failed(ENDPOINT_LIST, format!("`{place}` lists {count} models, and it is none of them"))
            }
            Err(error) => Rule::failed(ENDPOINT_LIST, format!("`{place}` gave no list: {}", error.message())),
        };
        let mut rules = vec![by_endpoint];
        let key = format!("models.providers.{}.models", reference.provider);
        if catalog.names(id) {
            rules.push(Rule::passed(CONFIGURED, format!("`{key}` names it")));
        } else if catalog.named() > 0 {
            rules.push(Rule::failed(CONFIGURED, format!("`{key}` names others")));
        }
        let ids = listed.unwrap_or_default();
        let is_known = ids.contains(id);
        let mut why = Why::new(id.clone(), rules);
        why.callable = is_known.then_some(true);
        why.listed = catalog.names(id) || (is_known && catalog.named() == 0);
        if !is_known && !catalog.names(id) {
            why.nearest = nearest(id, &ids);
        }
        why.fix = match why.nearest.as_slice() {
            _ if why.listed => None,
            _ if is_known => Some(format!("name it in `{key}`, or call it all the same")),
            [] => Some(format!("name it in `{key}` if the endpoint has it")),
            names => Some(format!("call one of these: `{}`", names.join("`, `"))),
        };
        Ok(Some(why))
    }

    /// The catalogue of an endpoint; `None` if the provider is none.
    async fn endpoint(&self, id: &ProviderId) -> Result<Option<Endpoint>> {
        Ok(self.catalog(id).await?.and_then(|catalog| Endpoint::of(&catalog)))
    }

    async fn known_endpoint(&self, id: &ProviderId) -> Result<Endpoint> {
        let unknown = || Error::unsupported(format!("nobody can say how the provider `{id}` is called"));
        self.endpoint(id).await?.ok_or_else(|| unknown().with_provider(id))
    }
}

/// Whether somebody answered who has no list of models, in whatever words: the question is right wherever there is one.
/// A web page, somebody who sends one elsewhere, and somebody who does not speak HTTP are no endpoint at all.
fn is_without_a_list(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidRequest | ErrorKind::ModelNotFound | ErrorKind::Unsupported => true,
        ErrorKind::Protocol => error.status().is_some_and(|status| !(300..400).contains(&status)),
        _ => false,
    }
}

/// The ids that hold the one that was asked for, or are held by it.
fn nearest(asked: &ModelId, ids: &[ModelId]) -> Vec<String> {
    let asked = asked.as_str().to_lowercase();
    let is_like = |id: &&ModelId| {
        let id = id.as_str().to_lowercase();
        id.contains(&asked) || asked.contains(&id)
    };
    ids.iter().filter(is_like).take(NEAREST).map(ToString::to_string).collect()
}
