//! The Security Token Service: the query protocol, with errors and texts as the API reference has them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::http::{Answer, Request};
use super::metadata::{INSTANCE, INSTANCE_ROLE};
use super::signature::{Wrong, signer};
use super::{ACCOUNT, Key, Link, SSO_ROLE, State, WEB_TOKEN, stamp};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// The code that a device for multi-factor authentication shows at this moment, and always.
pub(crate) const TOKEN_CODE: &str = "123456";

/// A role, and what its trust policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Role {
    name: &'static str,
    pub(crate) external_id: Option<&'static str>,
    /// Whether a code of [`Role::mfa_serial`] must come along.
    mfa: bool,
}

/// A role that the known keys may assume.
pub(crate) const DEVELOPER: Role = Role { name: "Developer", external_id: None, mfa: false };
/// A role that somebody else's account lends.
pub(crate) const AUDITOR: Role = Role { name: "Auditor", external_id: Some("outcrop-audit"), mfa: false };
/// A role that wants to see a second factor.
pub(crate) const ADMINISTRATOR: Role = Role { name: "Administrator", external_id: None, mfa: true };
/// The role of a pod.
pub(crate) const WEB_ROLE: Role = Role { name: "outcrop-pod", external_id: None, mfa: false };

impl Role {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{}", self.name)
    }

    /// The device whose code the role wants to see.
    pub(crate) fn mfa_serial() -> String {
        format!("arn:aws:iam::{ACCOUNT}:mfa/outcrop")
    }

    fn find(arn: Option<&String>) -> Option<Self> {
        [DEVELOPER, AUDITOR, ADMINISTRATOR].into_iter().find(|role| Some(&role.arn()) == arn)
    }

    /// Whoever has assumed it under this name.
    pub(crate) fn session(&self, name: &str) -> String {
        assumed(self.name, name)
    }

    /// Why a request must not assume it.
    fn refuses(&self, form: &BTreeMap<String, String>) -> Option<&'static str> {
        if form.get("ExternalId").map(String::as_str) != self.external_id {
            return Some("the external id is missing or wrong");
        }
        let factor = (form.get("SerialNumber").cloned(), form.get("TokenCode").map(String::as_str));
        let wanted = self.mfa.then(|| (Some(Self::mfa_serial()), Some(TOKEN_CODE)));
        if wanted.is_some_and(|wanted| wanted != factor) {
            return Some("MultiFactorAuthentication failed with invalid MFA one time pass code.");
        }
        None
    }
}

fn assumed(role: &str, session: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}")
}

impl State {
    pub(super) fn sts(&self, request: &Request) -> Answer {
        let form = request.form();
        match form.get("Action").map(String::as_str) {
            Some("GetCallerIdentity") => signer(request, "sts").map_or_else(refused, |key| self.caller(&key)),
            Some("AssumeRole") => {
                signer(request, "sts").map_or_else(refused, |key| self.assume_role(&key, &form))
            }
            Some("AssumeRoleWithWebIdentity") => self.assume_role_with_web_identity(&form),
            action => {
                let action = action.unwrap_or_default();
                error(
                    400,
                    "InvalidAction",
                    &format!("Could not find operation {action} for version 2011-06-15"),
                )
            }
        }
    }

    fn caller(&self, key: &Key) -> Answer {
        let fields = [
            ("Arn", self.arn(key)),
            ("UserId", format!("AIDAOUTCROP{}", &key.access_key_id[4..8])),
            ("Account", ACCOUNT.to_owned()),
        ];
        success("GetCallerIdentity", &elements(&fields))
    }

    /// Who a key belongs to.
    fn arn(&self, key: &Key) -> String {
        let user = |name| format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        match key.link {
            Link::Environment => user("environment"),
            Link::Profile => user("profile"),
            Link::DefaultProfile => user("default"),
            Link::SourceProfile => user("base"),
            Link::Process => assumed("outcrop-process", "process"),
            Link::SingleSignOn => assumed(&format!("AWSReservedSSO_{SSO_ROLE}_0123456789abcdef"), "user"),
            Link::Container => assumed("outcrop-task", "task"),
            Link::InstanceMetadata => assumed(INSTANCE_ROLE, INSTANCE),
            Link::AssumedRole | Link::WebIdentity => {
                let session = self.changing().sessions.get(&key.access_key_id).cloned();
                session.unwrap_or_else(|| assumed("nobody", "yet"))
            }
        }
    }

    fn assume_role(&self, caller: &Key, form: &BTreeMap<String, String>) -> Answer {
        let trusted = [Link::SourceProfile, Link::Environment, Link::Container, Link::InstanceMetadata]
            .contains(&caller.link);
        let role = Role::find(form.get("RoleArn")).filter(|_| trusted);
        let problem = role.map_or(Some("the role does not trust the caller"), |role| role.refuses(form));
        match (role, problem) {
            (Some(role), None) => self.assumed_role("AssumeRole", Link::AssumedRole, role, form),
            (_, problem) => {
                let arn = form.get("RoleArn").cloned().unwrap_or_default();
                let message = format!(
                    "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn} ({})",
                    self.arn(caller),
                    problem.unwrap_or_default()
                );
                error(403, "AccessDenied", &message)
            }
        }
    }

    fn assume_role_with_web_identity(&self, form: &BTreeMap<String, String>) -> Answer {
        if form.get("WebIdentityToken").map(String::as_str) != Some(WEB_TOKEN) {
            return error(
                400,
                "InvalidIdentityToken",
                "Couldn't retrieve verification key from your identity provider",
            );
        }
        if form.get("RoleArn") != Some(&WEB_ROLE.arn()) {
            return error(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
        }
        self.assumed_role("AssumeRoleWithWebIdentity", Link::WebIdentity, WEB_ROLE, form)
    }

    fn assumed_role(&self, action: &str, link: Link, role: Role, form: &BTreeMap<String, String>) -> Answer {
        let (key, expiration) = self.issue(link);
        let name = form.get("RoleSessionName").map_or("", String::as_str);
        if name.is_empty() {
            return error(
                400,
                "ValidationError",
                "1 validation error detected: Value null at 'roleSessionName'",
            );
        }
        let arn = role.session(name);
        self.changing().sessions.insert(key.access_key_id.clone(), arn.clone());
        let user = [("AssumedRoleId", format!("AROAOUTCROP:{name}")), ("Arn", arn)];
        let credentials = [
            ("AccessKeyId", key.access_key_id),
            ("SecretAccessKey", key.secret_access_key),
            ("SessionToken", key.session_token.unwrap_or_default()),
            ("Expiration", stamp(expiration)),
        ];
        let (user, credentials) = (elements(&user), elements(&credentials));
        success(
            action,
            &format!("<AssumedRoleUser>{user}</AssumedRoleUser><Credentials>{credentials}</Credentials>"),
        )
    }
}

fn elements(fields: &[(&str, String)]) -> String {
    fields.iter().fold(String::new(), |mut text, (name, value)| {
        write!(text, "<{name}>{}</{name}>", escaped(value)).unwrap();
        text
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn success(action: &str, result: &str) -> Answer {
    xml(
        200,
        &format!(
            "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
             <ResponseMetadata><RequestId>00000000-0000-4000-a000-000000000000</RequestId></ResponseMetadata>\
             </{action}Response>"
        ),
    )
}

fn refused(wrong: Wrong) -> Answer {
    match wrong {
        Wrong::Missing => error(403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        Wrong::Caller => {
            error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        }
        Wrong::Signature => error(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ),
    }
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let message = escaped(message);
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>00000000-0000-4000-a000-000000000000</RequestId>\
             </ErrorResponse>"
        ),
    )
}

fn xml(status: u16, body: &str) -> Answer {
    Answer::of(status, "text/xml", body)
}
