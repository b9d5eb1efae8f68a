//! IAM Identity Center: the portal that gives out credentials for an access token, and the OIDC service that renews the
//! token.

use serde_json::json;

use super::http::{Answer, Request};
use super::{ACCOUNT, Link, State};

/// The permission set that the user has.
pub(crate) const SSO_ROLE: &str = "Developer";
/// Where the user signs in.
pub(crate) const START_URL: &str = "https://outcrop.awsapps.com/start";

const ACCESS_TOKEN: &str = "sso-access-token-of-the-test-";
const REFRESH_TOKEN: &str = "sso-refresh-token-of-the-test";
const CLIENT_SECRET: &str = "sso-client-secret-of-the-test";

/// What no program may print.
pub(super) fn secrets() -> impl Iterator<Item = String> {
    [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET].into_iter().map(str::to_owned)
}

/// The access token after so many renewals.
fn access_token(renewals: usize) -> String {
    format!("{ACCESS_TOKEN}{renewals}")
}

/// What `aws sso login` leaves behind; `expires_at` is of the access token.
pub(super) fn cached_token(expires_at: &str) -> serde_json::Value {
    json!({
        "startUrl": START_URL,
        "region": super::REGION,
        "accessToken": access_token(0),
        "expiresAt": expires_at,
        "clientId": "outcrop-test",
        "clientSecret": CLIENT_SECRET,
        "registrationExpiresAt": "2099-01-01T00:00:00Z",
        "refreshToken": REFRESH_TOKEN,
    })
}

impl State {
    pub(super) fn role_credentials(&self, request: &Request) -> Answer {
        let token = request.header("x-amz-sso_bearer_token");
        if token != Some(&access_token(self.changing().renewals)) {
            return refused(401, "UnauthorizedException", "Session token not found or invalid");
        }
        let parameters = request.parameters();
        let asked = |name: &str| parameters.get(name).map(String::as_str);
        if (asked("account_id"), asked("role_name")) != (Some(ACCOUNT), Some(SSO_ROLE)) {
            return refused(403, "ForbiddenException", "No access");
        }
        let (key, expiration) = self.issue(Link::SingleSignOn);
        let credentials = json!({
            "accessKeyId": key.access_key_id,
            "secretAccessKey": key.secret_access_key,
            "sessionToken": key.session_token,
            // Milliseconds since 1970.
            "expiration": expiration.unix_timestamp() * 1000,
        });
        Answer::json(200, &json!({ "roleCredentials": credentials }))
    }

    pub(super) fn renew(&self, request: &Request) -> Answer {
        let asked = request.json();
        let known = json!(["outcrop-test", CLIENT_SECRET, "refresh_token", REFRESH_TOKEN]);
        let given =
            json!([asked["clientId"], asked["clientSecret"], asked["grantType"], asked["refreshToken"]]);
        if given != known {
            return refused(400, "InvalidGrantException", "Invalid refresh token provided");
        }
        let renewals = &mut self.changing().renewals;
        *renewals += 1;
        let renewed = json!({
            "accessToken": access_token(*renewals),
            "tokenType": "Bearer",
            "expiresIn": 28_800,
            "refreshToken": REFRESH_TOKEN,
        });
        Answer::json(200, &renewed)
    }
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message })).with("x-amzn-errortype", code)
}
