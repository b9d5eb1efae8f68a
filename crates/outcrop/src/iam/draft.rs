//! A policy in the making: what the configuration or the request names, and what follows from it.

use std::collections::BTreeSet;

use outcrop_aws::{AwsSettings, DEFAULT_REGION, Region, RegionOrigin};
use outcrop_config::ProviderEntry;
use outcrop_core::{Error, ErrorKind, ModelId, Result};
use outcrop_discovery::GeographyPreference;

use super::action::Action;
use super::document::{MANAGED_POLICY_SIZE, PolicyDocument};
use super::home::Home;
use super::needs::{Needs, Place};
use super::{Policy, PolicyRequest, statements};
use crate::Outcrop;

const NAME_A_MODEL: &str = "name it by its id or its ARN; `outcrop models list` shows what there is";

/// A policy in the making.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    outcrop: &'a Outcrop,
    request: &'a PolicyRequest,
    account: &'a str,
    geography: GeographyPreference,
    needs: Needs,
    guardrails: BTreeSet<String>,
    /// Who calls, by each entry.
    callers: Vec<AwsSettings>,
    /// Whether the region was made up.
    assumed: bool,
    /// Whether nothing says which models are called.
    everything: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(outcrop: &'a Outcrop, request: &'a PolicyRequest) -> Result<Self> {
        let account = request.account.as_deref().unwrap_or("*");
        let is_number = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if request.account.is_some() && !is_number {
            return Err(invalid(format!("`{account}` is no AWS account"), "an account has 12 digits"));
        }
        let geography = outcrop.settings().models.bedrock_discovery.geography.clone().unwrap_or_default();
        Ok(Self {
            outcrop,
            request,
            account,
            geography: geography.into(),
            needs: Needs::default(),
            guardrails: BTreeSet::new(),
            callers: Vec::new(),
            assumed: false,
            everything: false,
        })
    }

    /// Finds out what is called, and under which guardrails.
    pub(super) fn collect(mut self) -> Result<Self> {
        let outcrop = self.outcrop;
        for entry in outcrop.bedrock_entries() {
            self.callers.push(outcrop.aws_settings(&entry.id().into())?);
            let Some(guardrail) = &entry.provider().guardrail else { continue };
            let id = guardrail.guardrail_identifier.trim();
            let arn = if id.starts_with("arn:") {
                id.to_owned()
            } else {
                let region = self.home(&entry)?;
                self.place(&region).arn("guardrail", id)
            };
            self.guardrails.insert(arn);
        }
        if self.request.models.is_empty() {
            self.add_configured()?;
        } else {
            self.add_named()?;
        }
        Ok(self)
    }

    fn place<'b>(&'b self, region: &'b str) -> Place<'b> {
        Place { region, account: self.account, geography: &self.geography }
    }

    /// The region that an entry calls. From now on it matters.
    fn home(&mut self, entry: &ProviderEntry<'_>) -> Result<String> {
        let home = Home::of(self.outcrop, entry)?;
        self.assumed |= !home.said;
        Ok(home.region)
    }

    /// Adds a model of an entry, with what the entry says about it. The answer is `false` for what is no model.
    fn add(&mut self, entry: &ProviderEntry<'_>, model: &ModelId) -> Result<bool> {
        let mut models = entry.provider().models.iter().flatten();
        let known = models.find(|known| known.id == model.as_str());
        let region = match known.and_then(|known| known.region.clone()) {
            Some(region) => Region::named(region, RegionOrigin::Settings)?.name,
            None => self.home(entry)?,
        };
        let base = known.and_then(|known| known.base_model.as_deref());
        let place = Place { region: &region, account: self.account, geography: &self.geography };
        Ok(self.needs.add(model, base, place))
    }

    fn add_named(&mut self) -> Result<()> {
        for name in &self.request.models {
            let reference = self.outcrop.reference(name);
            let Some(entry) = self.outcrop.bedrock_entry(&reference.provider) else {
                return Err(invalid(
                    format!("`{name}` is no model of Bedrock"),
                    "only what calls AWS needs a policy: name models of Bedrock",
                ));
            };
            if !self.add(&entry, &reference.model)? {
                return Err(invalid(format!("`{name}` is no id and no ARN of a model"), NAME_A_MODEL));
            }
        }
        Ok(())
    }

    /// The default model, its fallbacks, and the models of the entries; without any, everything.
    fn add_configured(&mut self) -> Result<()> {
        let outcrop = self.outcrop;
        let defaults = &outcrop.settings().agents.defaults.model;
        let named = defaults.primary.iter().chain(&defaults.fallbacks).map(|name| outcrop.reference(name));
        let mut models: Vec<_> = named
            .filter_map(|reference| Some((outcrop.bedrock_entry(&reference.provider)?, reference.model)))
            .collect();
        for entry in outcrop.bedrock_entries() {
            let own = entry.provider().models.iter().flatten();
            models.extend(own.map(|model| (entry, ModelId::from(model.id.as_str()))));
        }
        if models.is_empty() {
            return self.add_everything();
        }
        let mut found = false;
        for (entry, id) in models {
            if self.add(&entry, &id)? {
                found = true;
            } else {
                self.needs.notes.push(format!("`{id}` is no id and no ARN of a model: it is left out"));
            }
        }
        if found {
            return Ok(());
        }
        // To allow everything instead would be the opposite of what was meant.
        Err(Error::config("none of the models of the configuration is an id or ARN of Bedrock")
            .with_hint(NAME_A_MODEL))
    }

    fn add_everything(&mut self) -> Result<()> {
        let discovery = &self.outcrop.settings().models.bedrock_discovery;
        let mut regions = BTreeSet::new();
        for entry in self.outcrop.bedrock_entries() {
            regions.insert(self.home(&entry)?);
        }
        let several = discovery.regions.iter().flatten().filter(|region| !region.trim().is_empty());
        let listed: Vec<_> = match several.collect::<Vec<_>>() {
            none if none.is_empty() => discovery.region.iter().collect(),
            some => some,
        };
        for region in listed {
            regions.insert(Region::named(region.trim().to_owned(), RegionOrigin::Settings)?.name);
        }
        for region in regions {
            let place = Place { region: &region, account: self.account, geography: &self.geography };
            self.needs.add_everything(place);
        }
        self.everything = true;
        Ok(())
    }

    /// The actions that the configuration needs.
    fn needed_actions(&self) -> Vec<Action> {
        let discovery = &self.outcrop.settings().models.bedrock_discovery;
        let mut actions = Action::INVOKE.to_vec();
        let mut add = |needed: bool, group: &[Action]| {
            if needed {
                actions.extend(group);
            }
        };
        let lists = discovery.enabled != Some(false);
        add(lists, &Action::LIST);
        for action in discovery.include.iter().flatten().filter_map(|kind| Action::listing(*kind)) {
            add(lists, &[action]);
        }
        add(!self.needs.application_profiles.is_empty(), &[Action::GetInferenceProfile]);
        add(lists && discovery.check_access == Some(true), &[Action::GetFoundationModelAvailability]);
        add(!self.guardrails.is_empty(), &[Action::ApplyGuardrail]);
        let environment = self.outcrop.environment();
        add(
            self.callers.iter().any(|settings| settings.sends_api_key(environment)),
            &[Action::CallWithBearerToken],
        );
        actions
    }

    pub(super) fn finish(mut self) -> Result<Policy> {
        let chosen: BTreeSet<_> = match &self.request.actions {
            Some(actions) => actions.iter().copied().collect(),
            None => self.needed_actions().into_iter().collect(),
        };
        let fallback = match self.outcrop.bedrock_entries().next() {
            Some(entry) => Home::of(self.outcrop, &entry)?.region,
            None => DEFAULT_REGION.to_owned(),
        };
        let write = |draft: &Self| {
            let statements =
                statements::write(&draft.needs, &draft.guardrails, &chosen, draft.place(&fallback));
            PolicyDocument::new(statements)
        };
        let mut document = write(&self);
        if document.size() > MANAGED_POLICY_SIZE && self.needs.shorten() {
            document = write(&self);
            self.needs.notes.push(format!(
                "the regions that profiles route to are written as `*`: by name, the policy would have more than the \
                 {MANAGED_POLICY_SIZE} characters of a managed policy. The models can be called through their profiles \
                 only, as before"
            ));
        }
        let notes = self.notes(&document, &chosen, &fallback);
        Ok(Policy { document, notes })
    }

    fn notes(&mut self, document: &PolicyDocument, chosen: &BTreeSet<Action>, region: &str) -> Vec<String> {
        let calls =
            chosen.iter().any(|action| Action::INVOKE.contains(action) || *action == Action::CountTokens);
        let resources: Vec<_> =
            document.statements().iter().flat_map(|statement| &statement.resources).collect();
        let mut notes = Vec::new();
        if self.assumed && resources.iter().any(|resource| resource.contains(region)) {
            notes.push(format!("nobody names a region: written for `{region}`; `--region` names another"));
        }
        if calls && self.everything {
            notes.push(
                "the configuration names no models: all of the region are allowed; `--models` names those that are \
                 called"
                    .to_owned(),
            );
        }
        if resources.iter().any(|resource| resource.split(':').nth(4) == Some("*")) {
            notes.push("the account is written as `*`: `--account` names yours".to_owned());
        }
        for role in self.callers.iter().filter_map(|settings| settings.assume_role.as_ref()) {
            notes.push(format!(
                "this is for the role `{0}`; whoever takes it on needs `sts:AssumeRole` on `{0}`",
                role.role_arn
            ));
        }
        if chosen.contains(&Action::ApplyGuardrail) {
            notes.push(
                "a guardrail with cross-Region inference needs `bedrock:ApplyGuardrail` for its guardrail profile too"
                    .to_owned(),
            );
        }
        if calls {
            for note in std::mem::take(&mut self.needs.notes) {
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        notes
    }
}

fn invalid(message: String, hint: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, message).with_hint(hint)
}
