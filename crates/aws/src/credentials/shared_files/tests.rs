//! What stands in the shared files, and which of their settings holds.

use super::*;
use crate::testing::Home;

async fn files(home: &Home, variables: &[(&str, &str)]) -> SharedFiles {
    let environment = home.environment(variables);
    let profile = environment.get("AWS_PROFILE").unwrap_or(DEFAULT_PROFILE).to_owned();
    SharedFiles::load(&environment, &profile).await.unwrap()
}

#[tokio::test]
async fn files_are_looked_for_where_the_variables_say() {
    let home = Home::new("[default]\nregion = usual\n", "");
    let elsewhere = home.plant("elsewhere", "[default]\nregion = elsewhere\n");
    for (path, region) in [
        (None, Some("usual")),
        (Some(" "), Some("usual")),
        (Some("~/elsewhere"), Some("elsewhere")),
        (elsewhere.to_str(), Some("elsewhere")),
        (Some("/nowhere/at/all"), None),
    ] {
        let variables: Vec<_> = path.map(|path| ("AWS_CONFIG_FILE", path)).into_iter().collect();
        let files = files(&home, &variables).await;
        assert_eq!(files.value("region"), region, "{path:?}");
        assert_eq!(files.unreadable(), [""; 0]);
    }
    assert_eq!(
        paths(&[("USERPROFILE", "/users/me")].into_iter().collect())[0],
        Path::new("/users/me/.aws/config")
    );
}

#[test]
fn without_a_home_no_folder_of_that_name_is_taken_for_it() {
    let nowhere = paths(&Environment::default());
    assert_eq!(nowhere, [PathBuf::new(), PathBuf::new()], "`~` in the working directory is anybody's");
    let blank = paths(&[("HOME", " "), ("AWS_CONFIG_FILE", "/etc/aws")].into_iter().collect());
    assert_eq!(blank, [PathBuf::from("/etc/aws"), PathBuf::new()]);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_what_cannot_be_parsed_is_an_error() {
    let home = Home::new("", "[dev]\naws_access_key_id = AKIA\naws_secret_access_key = hush-hush\n");
    let folder = home.path(".aws").display().to_string();
    let files = files(&home, &[("AWS_CONFIG_FILE", &folder)]).await;
    assert!(files.unreadable()[0].contains(&folder), "{:?}", files.unreadable());
    assert!(files.profile("dev").is_some() && !format!("{files:?}").contains("hush-hush"));
    home.plant(".aws/credentials", "[dev\naws_secret_access_key = hush-hush\n");
    let error = SharedFiles::load(&home.environment(&[]), "dev").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains(home.path(".aws/credentials").to_str().unwrap()), "{error}");
    assert!(!format!("{error:?}").contains("hush-hush"), "{error:?}");
}

#[tokio::test]
async fn switches_are_said_by_the_variable_or_the_profile() {
    let config = |value: &str| Home::new(&format!("[default]\nuse_fips_endpoint = {value}\n"), "");
    for (in_file, variable, expected) in [
        ("", None, None),
        ("", Some("TRUE"), Some(true)),
        ("true", None, Some(true)),
        ("True", Some("false"), Some(false)),
        ("true", Some(" "), Some(true)),
    ] {
        let variables: Vec<_> = variable.map(|value| ("AWS_USE_FIPS_ENDPOINT", value)).into_iter().collect();
        let switch =
            files(&config(in_file), &variables).await.switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
        assert_eq!(switch.unwrap(), expected, "{in_file} {variable:?}");
    }
    for (in_file, variables, name) in [
        ("", vec![("AWS_USE_FIPS_ENDPOINT", "maybe")], "the environment variable `AWS_USE_FIPS_ENDPOINT`"),
        ("maybe", vec![], "`use_fips_endpoint` of profile `default`"),
    ] {
        let error =
            files(&config(in_file), &variables).await.switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.message(), format!("{name} is `maybe`, which is not `true` or `false`"));
    }
}

#[tokio::test]
async fn settings_of_services_are_said_by_the_nearest() {
    let config = "[profile dev]\nservices = all\nendpoint_url = https://profile\n[services all]\nbedrock =\n  \
                  endpoint_url = https://section\nbedrock_runtime =\n  endpoint_url = https://runtime\nbedrock-agent \
                  =\n  endpoint_url = https://agent\nsso =\n  endpoint_url =\n";
    let home = Home::new(config, "");
    let general = ("AWS_ENDPOINT_URL", "https://general");
    let own = ("AWS_ENDPOINT_URL_BEDROCK", "https://own");
    let profile = ("AWS_PROFILE", "dev");
    for (variables, service, expected) in [
        (vec![], "Bedrock", None),
        (vec![("AWS_ENDPOINT_URL", " ")], "Bedrock", None),
        (
            vec![profile],
            "Bedrock",
            Some(("https://section", "`endpoint_url` of `bedrock` in `[services all]`")),
        ),
        (
            vec![profile],
            "Bedrock Runtime",
            Some(("https://runtime", "`endpoint_url` of `bedrock_runtime` in `[services all]`")),
        ),
        (
            vec![profile],
            "Bedrock Agent",
            Some(("https://agent", "`endpoint_url` of `bedrock-agent` in `[services all]`")),
        ),
        (vec![profile], "STS", Some(("https://profile", "`endpoint_url` of profile `dev`"))),
        (vec![profile], "SSO", Some(("https://profile", "`endpoint_url` of profile `dev`"))),
        (vec![profile, general], "Bedrock", Some(("https://general", "AWS_ENDPOINT_URL"))),
        (vec![profile, general, own], "Bedrock", Some(("https://own", "AWS_ENDPOINT_URL_BEDROCK"))),
        (vec![general, own], "Bedrock Runtime", Some(("https://general", "AWS_ENDPOINT_URL"))),
    ] {
        let files = files(&home, &variables).await;
        let found = files.service_value("AWS_ENDPOINT_URL", "endpoint_url", service);
        let expected = expected.map(|(value, origin)| (value.to_owned(), origin.to_owned()));
        assert_eq!(found, expected, "{variables:?} {service}");
    }
}
