//! Amazon Bedrock API keys.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Token;
use aws_credential_types::provider::error::TokenError;
use aws_credential_types::provider::future;
use aws_credential_types::provider::token::ProvideToken;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use outcrop_core::{Environment, Error, ErrorKind, Result, Secret};

use super::link::Outcome;
use super::link::{Link, Step};
use super::read;
use super::shared_files::expanded;
use crate::AwsSettings;
use crate::environment::CurrentEnvironment;

pub(crate) const BEARER_VARIABLE: &str = "AWS_BEARER_TOKEN_BEDROCK";

/// Where an API key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// In the configuration.
    Config(Secret),
    /// In a file of its own.
    File(PathBuf),
    /// In [`BEARER_VARIABLE`].
    Variable,
}

impl KeySource {
    /// What the settings say.
    pub(crate) fn explicit(settings: &AwsSettings, environment: &Environment) -> Option<Self> {
        if let Some(key) = settings.api_key.as_ref().filter(|key| !key.expose().trim().is_empty()) {
            return Some(Self::Config(Secret::new(key.expose().trim())));
        }
        let path = settings.api_key_file.as_ref()?;
        Some(Self::File(expanded(&path.to_string_lossy(), environment)))
    }

    /// What the environment says.
    pub(crate) fn ambient(environment: &Environment) -> Option<Self> {
        environment.get(BEARER_VARIABLE).map(|_| Self::Variable)
    }

    /// The link that it is.
    pub(crate) const fn link(&self) -> Link {
        match self {
            Self::Config(_) | Self::File(_) => Link::Config,
            Self::Variable => Link::Env,
        }
    }

    /// The key as it is now.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] if there is none, or one that cannot be sent or has ended.
    pub(crate) fn read(&self, environment: &Environment) -> Result<Secret> {
        let key = match self {
            Self::Config(key) => key.clone(),
            Self::Variable => Secret::new(environment.get(BEARER_VARIABLE).unwrap_or_default()),
            Self::File(path) => {
                let text = read::text(path).map_err(|error| {
                    let message = format!("the Bedrock API key cannot be read from `{}`", path.display());
                    Error::new(ErrorKind::Unauthenticated, message)
                        .with_hint("check `apiKeyFile`, and that this user may read the file")
                        .with_source(error)
                })?;
                Secret::new(text.trim())
            }
        };
        if key.expose().is_empty() || key.expose().contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Error::new(ErrorKind::Unauthenticated, format!("{self} is no Bedrock API key"))
                .with_hint("it must be one word without spaces and line ends: copy it again"));
        }
        Ok(key)
    }

    /// The step of the chain that it is.
    pub(crate) fn step(&self) -> Step {
        Step::new(self.link(), Outcome::Used, self.to_string())
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(_) => f.write_str("`apiKey` of the configuration"),
            Self::File(path) => write!(f, "the API key in `{}`", path.display()),
            Self::Variable => write!(f, "`{BEARER_VARIABLE}`"),
        }
    }
}

/// What a short-term API key says about itself: it is a signed URL (Amazon Bedrock User Guide, "Generate Amazon Bedrock
/// API keys"), in which region and time stand readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortTermKey {
    pub(crate) region: String,
    pub(crate) expires_at: SystemTime,
}

/// With and without the signs at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

impl ShortTermKey {
    /// What can be read off a key; `None` for long-term keys, which say nothing.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let encoded = key.strip_prefix("bedrock-api-key-")?;
        let url = LENIENT.decode(encoded).or_else(|_| STANDARD.decode(encoded)).ok()?;
        let url = String::from_utf8(url).ok()?;
        let (_, query) = url.split_once('?')?;
        let value = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
                .map(|(_, v)| v)
        };
        let scope = value("X-Amz-Credential")?.replace("%2F", "/");
        let region = scope.split('/').nth(2)?.to_owned();
        let lifetime = Duration::from_secs(value("X-Amz-Expires")?.parse().ok()?);
        Some(Self { region, expires_at: signed_at(value("X-Amz-Date")?)?.checked_add(lifetime)? })
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.expires_at <= SystemTime::now()
    }
}

/// A time of the form `20261123T100000Z`.
fn signed_at(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let part = |text: &str, range: std::ops::Range<usize>| text.get(range).map(str::to_owned);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(date, 0..4)?,
        part(date, 4..6)?,
        part(date, 6..8)?,
        part(time, 0..2)?,
        part(time, 2..4)?,
        part(time, 4..6)?
    );
    SystemTime::try_from(DateTime::from_str(&text, Format::DateTime).ok()?).ok()
}

/// Gives the SDK the API key as it is at the time of each call.
#[derive(Debug)]
pub(crate) struct BearerToken {
    source: KeySource,
    environment: CurrentEnvironment,
    /// The key that was handed out last, and how many different ones there were, with it.
    last: Mutex<(u64, Option<Secret>)>,
}

impl BearerToken {
    pub(crate) const fn new(source: KeySource, environment: CurrentEnvironment) -> Self {
        Self { source, environment, last: Mutex::new((0, None)) }
    }

    /// The number of the key that a call that begins now is signed with.
    pub(crate) fn number(&self) -> u64 {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).0.max(1)
    }

    /// Whether there is another key than the one with this number, which was refused.
    ///
    /// # Errors
    /// As of [`BearerToken::token`].
    pub(crate) fn renew(&self, refused: u64) -> Result<bool> {
        let key = self.source.read(&self.environment.get())?;
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(last.0 > refused || last.1.as_ref() != Some(&key))
    }

    /// The key as it is now.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] if there is none, or one that cannot be sent or has ended.
    pub(crate) fn token(&self) -> Result<Token> {
        let key = self.source.read(&self.environment.get())?;
        self.remember(&key);
        let short_term = ShortTermKey::parse(key.expose());
        if let Some(ended) = short_term.as_ref().filter(|key| key.has_ended()) {
            return Err(Error::new(
                ErrorKind::Unauthenticated,
                format!("the Bedrock API key has ended ({})", DateTime::from(ended.expires_at)),
            )
            .with_hint("get a new short-term key, or use AWS credentials instead of one"));
        }
        Ok(Token::new(key.expose(), short_term.map(|key| key.expires_at)))
    }
}

impl BearerToken {
    fn remember(&self, key: &Secret) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.1.as_ref() != Some(key) {
            *last = (last.0 + 1, Some(key.clone()));
        }
    }
}

impl ProvideToken for BearerToken {
    fn provide_token<'a>(&'a self) -> future::ProvideToken<'a>
    where
        Self: 'a,
    {
        future::ProvideToken::ready(self.token().map_err(TokenError::provider_error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_key_is_given_up_for_another_one_only() {
        let environment = |key: &str| [(BEARER_VARIABLE, key)].into_iter().collect::<Environment>();
        let current = CurrentEnvironment::new(environment("one"));
        let token = BearerToken::new(KeySource::Variable, current.clone());
        let first = token.number();
        token.token().unwrap();
        assert_eq!((token.number(), token.renew(first).unwrap()), (first, false));
        current.replace(environment("two"));
        assert!(token.renew(first).unwrap(), "nobody has used the new one yet");
        token.token().unwrap();
        // Somebody else has: whoever was refused with the old one may still try the new one, once.
        assert!(token.renew(first).unwrap());
        assert!(!token.renew(token.number()).unwrap());
        current.replace(environment(" "));
        assert!(token.renew(first).is_err());
    }

    fn short_term(date: &str) -> String {
        let url = format!(
            "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\
             ASIAEXAMPLE%2F20261123%2Feu-west-1%2Fbedrock%2Faws4_request&X-Amz-Date={date}&X-Amz-Expires=43200&\
             X-Amz-SignedHeaders=host&X-Amz-Signature=00&Version=1"
        );
        format!("bedrock-api-key-{}", STANDARD.encode(url))
    }

    #[test]
    fn a_short_term_key_says_region_and_end() {
        let key = ShortTermKey::parse(&short_term("20261123T100000Z")).unwrap();
        assert_eq!(key.region, "eu-west-1");
        let noon = DateTime::from_str("2026-11-23T22:00:00Z", Format::DateTime).unwrap();
        assert_eq!(DateTime::from(key.expires_at), noon);
        assert_eq!(ShortTermKey::parse("ABSKQmVkcm9ja0FQSUtleS1"), None);
        assert_eq!(ShortTermKey::parse("bedrock-api-key-"), None);
        assert_eq!(ShortTermKey::parse("bedrock-api-key-!!"), None);
    }

    fn read(variables: &[(&str, &str)], settings: &AwsSettings) -> Result<Token> {
        let environment: Environment = variables.iter().copied().collect();
        let source =
            KeySource::explicit(settings, &environment).or_else(|| KeySource::ambient(&environment)).unwrap();
        BearerToken::new(source, CurrentEnvironment::new(environment)).token()
    }

    #[test]
    fn what_is_no_key_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
            AwsSettings { api_key_file: Some(path), ..AwsSettings::default() }
        };
        assert_eq!(read(&[], &file("good", "ABSKgood\n")).unwrap().token(), "ABSKgood");
        for settings in [file("empty", " \n"), file("two", "ABSKhush hush"), file("lines", "ABSKhush\nABSK")]
        {
            let error = read(&[], &settings).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(!format!("{error:?}").contains("hush"));
        }
        let missing = AwsSettings { api_key_file: Some("/nowhere/key".into()), ..AwsSettings::default() };
        assert!(read(&[], &missing).unwrap_err().to_string().contains("/nowhere/key"));
        let ended = short_term("20200101T000000Z");
        let error = read(&[(BEARER_VARIABLE, &ended)], &AwsSettings::default()).unwrap_err();
        assert!(error.to_string().contains("2020-01-01T12:00:00Z"), "{error}");
    }

    #[test]
    fn the_configuration_beats_the_environment() {
        let settings = AwsSettings { api_key: Some(Secret::new("mine")), ..AwsSettings::default() };
        assert_eq!(read(&[(BEARER_VARIABLE, "ambient")], &settings).unwrap().token(), "mine");
    }
}
