//! The order of the links, and what each makes of its settings.

use super::*;
use crate::credentials::bearer::BEARER_VARIABLE;

async fn planned(settings: &AwsSettings, variables: &[(&str, &str)]) -> Planned {
    let environment: Environment = variables.iter().copied().collect();
    let files = SharedFiles::load(&environment, active_profile(settings, &environment)).await.unwrap();
    plan(settings, &environment, &files).unwrap()
}

#[tokio::test]
async fn explicit_settings_beat_the_environment() {
    let variables = [(BEARER_VARIABLE, "key"), ("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let none = AwsSettings { auth: Auth::None, ..AwsSettings::default() };
    assert_eq!(planned(&none, &variables).await.source, CredentialSource::Unsigned);
    assert_eq!(planned(&AwsSettings::default(), &variables).await.source, CredentialSource::Bearer);
}
