//! A program that runs for long: whatever changes about its credentials, it uses on its next call, and a key that the
//! service no longer takes costs one retry.

mod program;

use outcrop::{ErrorKind, Sources};
use serde_json::{Value, json};
use time::Duration;

use self::program::{Call, Library, Program};
use super::{Variables, World};
use crate::support::identity::{
    ACCOUNT, BEDROCK_API_KEY, CONTAINER_TOKEN, DEVELOPER, Key, Link, REGION, SSO_ROLE, START_URL, WEB_ROLE,
    WEB_TOKEN,
};

impl World {
    /// Asserts that every way to call works and is signed by this key, at once.
    #[track_caller]
    fn assert_all_signed_by(&self, program: &mut Program, key: &Key) {
        for call in Call::ALL {
            program.succeeds(call);
        }
        let requests = self.assert_signed_by(key);
        let made: Vec<&Value> = requests.iter().map(|request| &request["operation"]).collect();
        for operation in Call::ALL.iter().flat_map(|call| call.operations()) {
            assert!(made.contains(&&json!(operation)), "{operation} is not among {made:?}");
        }
        assert!(requests.iter().all(|request| request["status"] == 200), "{requests:?}");
    }

    /// What became of the requests of one operation: the key and the status of each, in the order of time.
    fn journal(&self, operation: &str) -> Vec<(Value, Value)> {
        let requests = self.emulator.requests_of(operation);
        requests.iter().map(|request| (request["accessKeyId"].clone(), request["status"].clone())).collect()
    }

    /// How often somebody asked for the credentials of this link.
    fn asked(&self, link: Link) -> usize {
        let actions =
            |wanted: &str| self.identity.actions().iter().filter(|action| *action == wanted).count();
        match link {
            Link::Container => self.identity.count("GET", "/v1/credentials"),
            Link::InstanceMetadata => {
                self.identity.count("GET", "/latest/meta-data/iam/security-credentials/outcrop-instance")
            }
            Link::AssumedRole => actions("AssumeRole"),
            Link::WebIdentity => actions("AssumeRoleWithWebIdentity"),
            other => panic!("nobody is asked for {other:?}"),
        }
    }

    /// What makes a program take its credentials from this link.
    fn variables_of(&self, link: Link) -> Variables {
        match link {
            Link::Container => {
                let token = self.home.plant("container/token", CONTAINER_TOKEN);
                vec![
                    (
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                        format!("{}/v1/credentials", self.identity.endpoint()),
                    ),
                    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.display().to_string()),
                ]
            }
            Link::InstanceMetadata => self.metadata_variables(),
            Link::AssumedRole => {
                let role = DEVELOPER.arn();
                self.home.plant_config(&format!("[profile dev]\nrole_arn = {role}\nsource_profile = base\n"));
                let base = self.identity.key(Link::SourceProfile).lines();
                self.home.plant_credentials(&format!("[base]\n{base}"));
                vec![("AWS_PROFILE", "dev".to_owned())]
            }
            Link::WebIdentity => {
                let token = self.home.plant("pod/token", WEB_TOKEN);
                vec![
                    ("AWS_WEB_IDENTITY_TOKEN_FILE", token.display().to_string()),
                    ("AWS_ROLE_ARN", WEB_ROLE.arn()),
                ]
            }
            other => panic!("no test needs {other:?}"),
        }
    }
}

#[test]
fn a_rewritten_file_is_used_by_the_very_next_call() {
    let world = World::new();
    let elsewhere = world.home.plant("elsewhere", "");
    for (path, variables) in [
        (".aws/credentials", vec![]),
        ("elsewhere", vec![("AWS_SHARED_CREDENTIALS_FILE", elsewhere.display().to_string())]),
    ] {
        let mut key = world.identity.key(Link::DefaultProfile);
        world.home.plant(path, &format!("[default]\n{}", key.lines()));
        let mut program = world.program(&variables);
        // Several times, as fast as it goes: the file's time may stay the same, and its length always does.
        for _ in 0..3 {
            world.assert_all_signed_by(&mut program, &key);
            key = world.identity.rotate(Link::DefaultProfile);
            world.home.plant(path, &format!("[default]\n{}", key.lines()));
        }
        world.assert_all_signed_by(&mut program, &key);
    }
}

#[test]
fn another_key_of_a_role_s_source_makes_another_session_of_the_role() {
    let world = World::new();
    let mut program = world.program(&world.variables_of(Link::AssumedRole));
    world.assert_all_signed_by(&mut program, &world.identity.key(Link::AssumedRole));
    let role = world.identity.rotate(Link::AssumedRole);
    let base = world.identity.rotate(Link::SourceProfile);
    world.home.plant_credentials(&format!("[base]\n{}", base.lines()));
    world.assert_all_signed_by(&mut program, &role);
    assert_eq!(world.asked(Link::AssumedRole), 2);
}

#[test]
fn another_token_is_shown_as_soon_as_it_is_there() {
    for (link, file, token) in
        [(Link::WebIdentity, "pod/token", WEB_TOKEN), (Link::Container, "container/token", CONTAINER_TOKEN)]
    {
        let world = World::new();
        let variables = world.variables_of(link);
        world.home.plant(file, "a token that nobody knows");
        let mut program = world.program(&variables);
        program.is_refused(Call::Stream);
        assert_eq!(world.emulator.requests().len(), 0);

        world.home.plant(file, token);
        let first = world.identity.key(link);
        world.assert_all_signed_by(&mut program, &first);
        let asked = world.asked(link);
        world.assert_all_signed_by(&mut program, &first);
        assert_eq!(world.asked(link), asked, "{link:?}: nothing changed");

        // The next token; here it differs from the one before by the end of its line only.
        let second = world.identity.rotate(link);
        world.home.plant(file, &format!("{token}\n"));
        world.assert_all_signed_by(&mut program, &second);
        assert_eq!(world.asked(link), asked + 1, "{link:?}");
    }
}

#[test]
fn a_sign_in_is_seen() {
    let world = World::new();
    world.home.plant_config(&format!(
        "[profile dev]\nsso_session = team\nsso_account_id = {ACCOUNT}\nsso_role_name = {SSO_ROLE}\n\n\
         [sso-session team]\nsso_start_url = {START_URL}\nsso_region = {REGION}\n"
    ));
    let sign_in = |good_for| {
        let file = world.home.plant_sso_token("team", good_for);
        let mut token: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        // Without the means to renew itself.
        for field in ["refreshToken", "clientId", "clientSecret", "registrationExpiresAt"] {
            token.as_object_mut().unwrap().remove(field);
        }
        world.home.plant(&file, &token.to_string());
    };
    sign_in(-Duration::HOUR);
    let mut program = world.program(&[
        ("AWS_PROFILE", "dev".to_owned()),
        ("AWS_ENDPOINT_URL_SSO", world.identity.endpoint()),
        ("AWS_ENDPOINT_URL_SSO_OIDC", world.identity.endpoint()),
    ]);
    let error = program.is_refused(Call::Stream);
    assert!(error["hints"].to_string().contains("`aws sso login --profile dev`"), "{error}");
    assert_eq!(world.emulator.requests().len(), 0);

    sign_in(Duration::HOUR);
    world.assert_all_signed_by(&mut program, &world.identity.key(Link::SingleSignOn));
    assert_eq!(world.identity.count("GET", "/federation/credentials"), 1, "the credentials are kept");

    // Somebody signs in anew: with another token come other keys.
    let second = world.identity.rotate(Link::SingleSignOn);
    sign_in(Duration::hours(2));
    world.assert_all_signed_by(&mut program, &second);
}

#[tokio::test]
async fn a_changed_variable_is_used_by_the_next_call() {
    let world = World::new();
    let [environment, profile] = [Link::Environment, Link::Profile].map(|link| world.identity.key(link));
    world.home.plant_credentials(&format!("[dev]\n{}", profile.lines()));
    let sources = Sources { environment: world.environment(&environment.variables()), ..Sources::default() };
    let library = Library::start(sources).await;
    let call_all = async || {
        for call in Call::ALL {
            library.call(call).await.unwrap();
        }
        assert!(world.emulator.requests().iter().all(|request| request["status"] == 200));
    };
    let renew = |variables: &[(&'static str, String)]| {
        library.outcrop.renew_environment(world.environment(variables));
    };
    call_all().await;
    world.assert_signed_by(&environment);

    let rotated = world.identity.rotate(Link::Environment);
    renew(&rotated.variables());
    call_all().await;
    world.assert_signed_by(&rotated);

    renew(&[("AWS_PROFILE", "dev".to_owned())]);
    call_all().await;
    world.assert_signed_by(&profile);

    // Another way to sign, and back again.
    renew(&[("AWS_BEARER_TOKEN_BEDROCK", BEDROCK_API_KEY.to_owned())]);
    call_all().await;
    assert!(world.emulator.requests().iter().all(|request| request["auth"] == "bearer"));
    world.emulator.forget_requests();
    let mut variables = profile.variables();
    variables.push(("AWS_REGION", "eu-west-1".to_owned()));
    renew(&variables);
    call_all().await;
    for request in world.assert_signed_by(&profile) {
        assert_eq!(request["region"], "eu-west-1", "{request}");
    }

    renew(&[]);
    for call in Call::ALL {
        let error = library.call(call).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{call:?}: {error}");
    }
    assert_eq!(world.emulator.requests().len(), 0);
}

#[test]
fn a_key_that_ended_costs_one_retry() {
    for link in [Link::InstanceMetadata, Link::Container, Link::AssumedRole] {
        for reason in ["expired", "revoked"] {
            let world = World::new();
            let mut program = world.program(&world.variables_of(link));
            let mut old = world.identity.key(link);
            world.assert_all_signed_by(&mut program, &old);
            for call in Call::ALL {
                let new = world.identity.rotate(link);
                world.emulator.withdraw(&json!({ reason: [old.access_key_id] }));
                let asked = world.asked(link);
                program.succeeds(call);
                for operation in call.operations() {
                    let expected =
                        [(json!(old.shortened()), json!(403)), (json!(new.shortened()), json!(200))];
                    let journal = world.journal(operation);
                    // Of two calls side by side, the second may begin when the first has new keys already.
                    let spared = call == Call::List && journal == expected[1..];
                    assert!(journal == expected || spared, "{link:?} {reason} {operation}: {journal:?}");
                }
                assert_eq!(world.asked(link), asked + 1, "{link:?} {call:?}: one look at the source");
                world.emulator.forget_requests();
                old = new;
            }
        }
    }
}

#[test]
fn all_who_call_after_the_end_succeed_and_the_source_is_asked_once() {
    const CALLERS: usize = 12;
    for link in [Link::InstanceMetadata, Link::Container, Link::AssumedRole] {
        for call in [Call::Stream, Call::Generate] {
            let world = World::new();
            let mut program = world.program(&world.variables_of(link));
            program.succeeds(call);
            let (old, new) = (world.identity.key(link), world.identity.rotate(link));
            world.emulator.withdraw(&json!({ "expired": [old.access_key_id] }));
            world.emulator.forget_requests();
            let asked = world.asked(link);
            assert_eq!(program.calls(call, CALLERS), vec![Value::Null; CALLERS], "{link:?}");
            assert_eq!(world.asked(link), asked + 1, "{link:?}");
            let requests = world.emulator.requests();
            let of = |key: &Key, status: u16| {
                let fits = |it: &&Value| it["accessKeyId"] == key.shortened() && it["status"] == status;
                requests.iter().filter(fits).count()
            };
            assert_eq!(of(&new, 200), CALLERS, "{link:?}: {requests:?}");
            assert!((1..=CALLERS).contains(&of(&old, 403)), "{link:?}: {requests:?}");
            assert_eq!(requests.len(), of(&new, 200) + of(&old, 403), "{link:?}: {requests:?}");
        }
    }
}

#[test]
fn if_nothing_is_new_there_is_no_retry() {
    for (reason, code) in [("expired", "ExpiredTokenException"), ("revoked", "UnrecognizedClientException")] {
        for link in [Link::InstanceMetadata, Link::AssumedRole, Link::Environment] {
            let world = World::new();
            let key = world.identity.key(link);
            let variables =
                if link == Link::Environment { key.variables() } else { world.variables_of(link) };
            let mut program = world.program(&variables);
            program.succeeds(Call::Generate);
            world.emulator.withdraw(&json!({ reason: [key.access_key_id] }));
            for call in Call::ALL {
                world.emulator.forget_requests();
                let error = program.is_refused(call);
                assert_eq!(error["code"], code, "{link:?} {call:?}: {error}");
                for operation in call.operations() {
                    let refused = [(json!(key.shortened()), json!(403))];
                    assert_eq!(world.journal(operation), refused, "{link:?} {operation}");
                }
            }
            // However many are refused at the same time, nobody tries again.
            world.emulator.forget_requests();
            let errors = program.calls(Call::Generate, 8);
            assert!(errors.iter().all(|error| error["code"] == code), "{link:?}: {errors:?}");
            assert_eq!(world.journal("Converse").len(), 8, "{link:?}");
            // What was taken back may be given again.
            world.emulator.withdraw_nothing();
            program.succeeds(Call::Generate);
        }
    }
}

#[test]
fn credentials_that_are_about_to_end_are_renewed_while_calls_go_on() {
    let world = World::new();
    world.identity.set_lifetime(Link::Container, Duration::seconds(2));
    let mut program = world.program(&world.variables_of(Link::Container));
    program.succeeds(Call::Generate);
    world.emulator.forget_requests();
    let second = world.identity.rotate(Link::Container);
    world.identity.set_lifetime(Link::Container, Duration::HOUR);
    // The first ones end soon; what is called meanwhile is signed by these or by those, and always taken.
    loop {
        program.succeeds(Call::Generate);
        let requests = world.emulator.requests();
        assert!(requests.iter().all(|request| request["status"] == 200), "{requests:?}");
        if requests.last().unwrap()["accessKeyId"] == second.shortened() {
            break;
        }
    }
}

/// A short-term API key that was good for twelve hours at the beginning of 2020.
const ENDED_API_KEY: &str = "bedrock-api-key-\
    YmVkcm9jay5hbWF6b25hd3MuY29tLz9BY3Rpb249Q2FsbFdpdGhCZWFyZXJUb2tlbiZYLUFtei1BbGdvcml0aG09QVdTNC1ITUFD\
    LVNIQTI1NiZYLUFtei1DcmVkZW50aWFsPUFTSUFFWEFNUExFJTJGMjAyMDAxMDElMkZ1cy13ZXN0LTIlMkZiZWRyb2NrJTJGYXdz\
    NF9yZXF1ZXN0JlgtQW16LURhdGU9MjAyMDAxMDFUMDAwMDAwWiZYLUFtei1FeHBpcmVzPTQzMjAwJlgtQW16LVNpZ25lZEhlYWRl\
    cnM9aG9zdCZYLUFtei1TaWduYXR1cmU9MDAmVmVyc2lvbj0x";

#[test]
fn a_new_api_key_takes_the_place_of_one_that_is_not_taken_any_more() {
    for (old, asked) in [("ABSK-an-old-key", 1), (ENDED_API_KEY, 0)] {
        let world = World::new();
        let file = world.home.plant("api-key", &format!("{old}\n"));
        let entry = json!({ "apiKeyFile": file });
        let config = json!({ "models": { "providers": { "amazon-bedrock": entry } } });
        world.home.plant("config/outcrop/config.json5", &config.to_string());
        let mut program = world.program(&[]);
        for call in [Call::Stream, Call::Generate, Call::CountTokens] {
            world.emulator.forget_requests();
            program.is_refused(call);
            assert_eq!(world.emulator.requests().len(), asked, "{call:?}");
        }
        world.home.plant("api-key", &format!("{BEDROCK_API_KEY}\n"));
        world.emulator.forget_requests();
        for call in Call::ALL {
            program.succeeds(call);
        }
        let requests = world.emulator.requests();
        let good = |it: &Value| it["auth"] == "bearer" && it["status"] == 200;
        assert!(requests.len() == 5 && requests.iter().all(good), "{requests:?}");
    }
}
