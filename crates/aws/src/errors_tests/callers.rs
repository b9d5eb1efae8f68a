//! Callers whom nothing identifies, as far as that shows without asking anybody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outcrop_core::{Error, Secret};

use super::{KEYS, failure, of_variables};
use crate::session::Signer;
use crate::testing::Home;
use crate::{AccessKeys, Auth, Aws, AwsSettings, ClosedWorld};

const BEARER: &str = "AWS_BEARER_TOKEN_BEDROCK";

pub(super) async fn errors(home: &Home) -> Vec<Error> {
    let mut errors = of_nothing(home).await;
    errors.extend(of_profiles(home).await);
    errors.extend(of_keys(home).await);
    errors.extend(of_api_keys(home).await);
    errors.extend(of_identities(home).await);
    errors
}

fn with_profile(name: &str) -> AwsSettings {
    AwsSettings { profile: Some(name.into()), ..AwsSettings::default() }
}

async fn of_nothing(home: &Home) -> Vec<Error> {
    let folder = home.path(".aws");
    vec![
        of_variables(home, &[]).await,
        of_variables(home, &[("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")]).await,
        of_variables(home, &[("AWS_CONFIG_FILE", folder.to_str().unwrap())]).await,
    ]
}

async fn of_profiles(home: &Home) -> Vec<Error> {
    let by_profile = AwsSettings { auth: Auth::Profile, ..AwsSettings::default() };
    let mut errors = vec![
        failure(home, &with_profile("work"), &[]).await,
        failure(home, &by_profile, &[]).await,
        of_variables(home, &[("AWS_PROFILE", "nobody")]).await,
    ];
    let folder = home.path(".aws");
    let many: Vec<_> = (10..24).map(|number| format!("[team{number}]\n{KEYS}")).collect();
    home.plant(".aws/credentials", &many.concat());
    errors.push(failure(home, &with_profile("taem10"), &[]).await);
    home.plant(".aws/credentials", &format!("[work]\n{KEYS}[default]\nregion = eu-west-1\n"));
    errors.push(failure(home, &by_profile, &[("AWS_PROFILE", "wrok")]).await);
    errors.push(failure(home, &by_profile, &[]).await);
    // Of two files, one can be read.
    let blocked = ("AWS_CONFIG_FILE", folder.to_str().unwrap());
    errors.push(failure(home, &with_profile("home"), &[blocked]).await);
    // Nobody knows what would be below a file.
    let below = home.path(".aws/config/below");
    let below = ("AWS_CONFIG_FILE", below.to_str().unwrap());
    errors.push(failure(home, &with_profile("home"), &[below]).await);
    home.plant(".aws/credentials", "");
    errors
}

async fn of_keys(home: &Home) -> Vec<Error> {
    let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    let mut errors = vec![
        of_variables(home, &[(id, "hushhushhushhushhushhushhushhush"), (secret, "AKIAIOSFODNN7EXAMPLE")])
            .await,
        of_variables(home, &[(id, "AKIA HUSH"), (secret, "hush")]).await,
        of_variables(home, &[(id, "ASIA"), (secret, "hush"), ("AWS_SESSION_TOKEN", "\"hush hush\"")]).await,
    ];
    home.plant(
        ".aws/credentials",
        "[default]\naws_access_key_id = AKIA\naws_secret_access_key = hush hush\n",
    );
    errors.push(of_variables(home, &[]).await);
    home.plant(".aws/credentials", "");
    // An older session goes on in an environment for which another one would be built.
    let region = ("AWS_REGION", "eu-west-1");
    let aws = Aws::new(home.environment(&[region, (id, "AKIA"), (secret, "hush")]));
    let session = aws.session(&AwsSettings::default()).await.unwrap();
    aws.renew_environment(home.environment(&[region, (BEARER, "hush")]));
    errors.push(session.fetch_credentials().await.unwrap_err());
    errors
}

async fn of_api_keys(home: &Home) -> Vec<Error> {
    let bearer = AwsSettings { auth: Auth::Bearer, ..AwsSettings::default() };
    let file = |path| AwsSettings { api_key_file: Some(home.path(path)), ..AwsSettings::default() };
    home.plant("key", "hush\nhush\n");
    let given = AwsSettings { api_key: Some(Secret::new("hush hush")), ..AwsSettings::default() };
    let mut errors = vec![
        failure(home, &bearer, &[]).await,
        failure(home, &file("missing"), &[]).await,
        failure(home, &file("key"), &[]).await,
        failure(home, &given, &[]).await,
        of_variables(home, &[(BEARER, "hush hush")]).await,
    ];
    let url = "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential=ASIAEXAMPLE%2F20200101%2Feu-west-1%2F\
               bedrock%2Faws4_request&X-Amz-Date=20200101T000000Z&X-Amz-Expires=43200&X-Amz-SignedHeaders=host";
    let ended = format!("bedrock-api-key-{}", STANDARD.encode(url));
    let aws = Aws::new(home.environment(&[(BEARER, &ended)]));
    let session = aws.session(&AwsSettings::default()).await.unwrap();
    let Signer::Bearer(token) = session.signer() else { panic!("{session:?}") };
    errors.push(token.token().unwrap_err());
    errors
}

/// Of callers of whom nobody knows who they are.
async fn of_identities(home: &Home) -> Vec<Error> {
    let keys = AccessKeys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: Secret::new("hush-hush"),
        session_token: None,
    };
    let emulator = Aws::closed_world(ClosedWorld { endpoint: "http://127.0.0.1:9".into(), keys });
    let by_key = Aws::new(home.environment(&[(BEARER, "hush-hush"), ("AWS_REGION", "eu-west-1")]));
    let usual = AwsSettings::default();
    vec![
        emulator.caller_identity(&usual).await.unwrap_err(),
        by_key.caller_identity(&usual).await.unwrap_err(),
    ]
}
