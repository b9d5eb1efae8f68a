//! The keys that each link of the credential chain gives out.

/// How many rotations of each link the emulator is prepared for.
const GENERATIONS: usize = 8;

/// A place where credentials come from, with keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    /// The variables of the environment.
    Environment,
    /// The keys of a profile that somebody names.
    Profile,
    /// The keys of the profile `default`.
    DefaultProfile,
    /// The keys that a role is assumed with.
    SourceProfile,
    /// What a program prints.
    Process,
    /// A role that was assumed.
    AssumedRole,
    /// A role that was assumed with a web identity.
    WebIdentity,
    /// A role of IAM Identity Center.
    SingleSignOn,
    /// The agent of ECS or of EKS Pod Identity.
    Container,
    /// Instance metadata.
    InstanceMetadata,
}

impl Link {
    const ALL: [Self; 10] = [
        Self::Environment,
        Self::Profile,
        Self::DefaultProfile,
        Self::SourceProfile,
        Self::Process,
        Self::AssumedRole,
        Self::WebIdentity,
        Self::SingleSignOn,
        Self::Container,
        Self::InstanceMetadata,
    ];

    /// Four characters for key ids.
    const fn tag(self) -> &'static str {
        match self {
            Self::Environment => "ENVI",
            Self::Profile => "PROF",
            Self::DefaultProfile => "DFLT",
            Self::SourceProfile => "BASE",
            Self::Process => "PROC",
            Self::AssumedRole => "ROLE",
            Self::WebIdentity => "WEBI",
            Self::SingleSignOn => "SSOC",
            Self::Container => "CONT",
            Self::InstanceMetadata => "IMDS",
        }
    }

    /// Whether its keys belong to a user, and come without session token and end.
    pub(super) const fn is_long_term(self) -> bool {
        matches!(self, Self::Environment | Self::Profile | Self::DefaultProfile | Self::SourceProfile)
    }
}

/// What requests are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "these are the names that AWS gives them")]
pub(crate) struct Key {
    pub(crate) link: Link,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

impl Key {
    /// The key that a link gives out after so many rotations.
    #[track_caller]
    pub(super) fn of(link: Link, generation: usize) -> Self {
        assert!(
            generation < GENERATIONS,
            "{link:?} was rotated more often than the emulator is prepared for"
        );
        let tag = link.tag();
        let kind = if link.is_long_term() { "AKIA" } else { "ASIA" };
        Self {
            link,
            access_key_id: format!("{kind}{tag}OUTCROP{generation:05}"),
            // With characters that have a meaning in forms, URLs and XML.
            secret_access_key: format!("secret/of+{tag}&{generation}/for=the<test>"),
            session_token: (!link.is_long_term())
                .then(|| format!("session-token-of-{tag}-{generation}//for+the+test==")),
        }
    }

    /// The key of all links and rotations with this id.
    pub(super) fn find(access_key_id: &str) -> Option<Self> {
        Self::all().find(|key| key.access_key_id == access_key_id)
    }

    /// The keys of all links and rotations.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let generations = |link| (0..GENERATIONS).map(move |generation| Self::of(link, generation));
        Link::ALL.into_iter().flat_map(generations)
    }

    /// As `--accept-key` takes it.
    pub(super) fn pair(&self) -> String {
        format!("{}:{}", self.access_key_id, self.secret_access_key)
    }

    /// The id as the emulator's list of requests shows it.
    pub(crate) fn shortened(&self) -> String {
        let (begin, rest) = self.access_key_id.split_at(8);
        format!("{begin}…{}", &rest[rest.len() - 4..])
    }

    /// As a file of profiles takes it.
    pub(crate) fn lines(&self) -> String {
        let token = self.session_token.as_ref().map(|token| format!("aws_session_token = {token}\n"));
        format!(
            "aws_access_key_id = {}\naws_secret_access_key = {}\n{}",
            self.access_key_id,
            self.secret_access_key,
            token.unwrap_or_default()
        )
    }

    /// As the environment takes it.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let pair = [
            ("AWS_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
        ];
        let token = self.session_token.clone().map(|token| ("AWS_SESSION_TOKEN", token));
        pair.into_iter().chain(token).collect()
    }
}
