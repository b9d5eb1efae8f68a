//! The instance metadata service, version 2, and the container agents that are much like it.
//!
//! Sources: EC2 user guide, "Use the Instance Metadata Service to access instance metadata"; SDKs and tools reference
//! guide, "Container credential provider".

use serde_json::json;
use time::OffsetDateTime;

use super::http::{Answer, Request};
use super::{ACCOUNT, CONTAINER_TOKEN, Key, Link, REGION, State, stamp};

pub(super) const TOKEN_PATH: &str = "/latest/api/token";
/// What all tokens begin with; a number follows.
pub(super) const TOKEN_BEGINNING: &str = "metadata-token-of-the-test-";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials";
pub(super) const INSTANCE: &str = "i-0123456789abcdef0";
pub(super) const INSTANCE_ROLE: &str = "outcrop-instance";

/// What stands at the address of the metadata service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metadata {
    /// The service of an instance with a role.
    Role,
    /// The service of an instance without one.
    NoRole,
    /// A proxy that lets nobody through.
    Forbidden,
    /// Something that accepts connections and never answers.
    Silent,
    /// The service, too many hops away: the answer to the request for a token does not arrive. What comes without a
    /// token is refused.
    HopLimit,
}

impl State {
    pub(super) fn instance_metadata(&self, request: &Request) -> Answer {
        match (self.metadata, request.method.as_str()) {
            (Metadata::Forbidden, _) => Answer::of(403, "text/html", "<h1>Blocked by the proxy</h1>"),
            (Metadata::Silent, _) | (Metadata::HopLimit, "PUT") => Answer::Silence,
            (_, "PUT") if request.path == TOKEN_PATH => self.metadata_token(request),
            (_, "GET") if !self.has_metadata_token(request) => Answer::text(401, "Unauthorized"),
            (_, "GET") => self.document(&request.path),
            _ => Answer::text(405, "Method Not Allowed"),
        }
    }

    fn metadata_token(&self, request: &Request) -> Answer {
        let Some(seconds) = request.header(TTL).filter(|it| it.parse().is_ok_and(|it: u32| it > 0)) else {
            return Answer::text(400, "Bad Request");
        };
        let tokens = &mut self.changing().metadata_tokens;
        let token = format!("{TOKEN_BEGINNING}{}", tokens.len());
        tokens.insert(token.clone());
        Answer::text(200, token).with(TTL, seconds)
    }

    fn has_metadata_token(&self, request: &Request) -> bool {
        let token = request.header("x-aws-ec2-metadata-token");
        token.is_some_and(|token| self.changing().metadata_tokens.contains(token))
    }

    fn document(&self, path: &str) -> Answer {
        let role = self.metadata != Metadata::NoRole;
        match path.strip_prefix(CREDENTIALS).map(|name| name.trim_matches('/')) {
            Some("") if role => Answer::text(200, INSTANCE_ROLE),
            Some(INSTANCE_ROLE) if role => {
                let (key, expiration) = self.issue(Link::InstanceMetadata);
                let mut document = credentials(&key, expiration);
                document["Code"] = "Success".into();
                document["Type"] = "AWS-HMAC".into();
                document["LastUpdated"] = stamp(OffsetDateTime::now_utc()).into();
                // The service itself says so.
                Answer::text(200, document.to_string())
            }
            Some(_) => Answer::text(404, "Not Found"),
            None => match path {
                "/latest/meta-data/placement/region" => Answer::text(200, REGION),
                "/latest/meta-data/placement/availability-zone" => Answer::text(200, format!("{REGION}a")),
                "/latest/dynamic/instance-identity/document" => {
                    let document = json!({
                        "accountId": ACCOUNT,
                        "availabilityZone": format!("{REGION}a"),
                        "instanceId": INSTANCE,
                        "region": REGION,
                        "version": "2017-09-30",
                    });
                    Answer::text(200, document.to_string())
                }
                _ => Answer::text(404, "Not Found"),
            },
        }
    }

    pub(super) fn container_credentials(&self, request: &Request) -> Answer {
        if request.header("authorization") != Some(CONTAINER_TOKEN) {
            let message = "The authorization token is missing or wrong";
            return Answer::json(401, &json!({ "code": "AccessDeniedException", "message": message }));
        }
        let (key, expiration) = self.issue(Link::Container);
        let mut document = credentials(&key, expiration);
        document["RoleArn"] = format!("arn:aws:iam::{ACCOUNT}:role/outcrop-task").into();
        Answer::json(200, &document)
    }
}

/// The fields that both services have.
fn credentials(key: &Key, expiration: OffsetDateTime) -> serde_json::Value {
    json!({
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "Token": key.session_token,
        "Expiration": stamp(expiration),
    })
}
