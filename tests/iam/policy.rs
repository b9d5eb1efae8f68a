//! `outcrop iam policy`: JSON on standard output, everything else on standard error.

use serde_json::{Value, json};

use crate::support::Outcrop;

const MODEL: &str = "amazon.nova-lite-v1:0";

fn policy(args: &[&str]) -> Outcrop {
    Outcrop::new(["iam", "policy"].iter().chain(args))
}

/// All resources of a policy.
fn resources(policy: &Value) -> Vec<&str> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    let resources = statements.flat_map(|statement| statement["Resource"].as_array().unwrap());
    resources.map(|resource| resource.as_str().unwrap()).collect()
}

#[test]
fn it_needs_no_credentials_and_its_output_is_a_policy() {
    let run =
        policy(&["--models", MODEL, "--actions", "invoke"]).env("AWS_REGION", "eu-west-1").run().succeeds();
    assert_eq!(run.stderr, "");
    let expected = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "InvokeModels",
        "Effect": "Allow",
        "Action": ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
        "Resource": ["arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"],
    }] });
    assert_eq!(run.json(), expected);
    assert!(run.stdout.starts_with("{\n  \"Version\": \"2012-10-17\","), "{}", run.stdout);
    let line =
        policy(&["--json", "--models", MODEL, "--actions=invoke"]).env("AWS_REGION", "eu-west-1").run();
    assert_eq!((line.json(), line.stdout.lines().count()), (expected, 1));
}

#[test]
fn what_was_assumed_is_said_on_standard_error() {
    let run = policy(&[]).run().succeeds();
    for said in ["nobody names a region: written for `us-east-1`", "names no models", "`--account`"] {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    assert!(resources(&run.json()).contains(&"arn:aws:bedrock:us-east-1:*:inference-profile/*"));
    let quiet = policy(&["-q"]).run().succeeds();
    assert_eq!((quiet.stderr.as_str(), quiet.stdout), ("", run.stdout));
}

#[test]
fn flags_and_variables_of_the_configuration_count() {
    let run = policy(&["--region", "us-gov-west-1", "--account", "123456789012"])
        .env("OUTCROP_MODEL", "amazon-bedrock/us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0")
        .env("AWS_REGION", "us-east-1")
        .run()
        .succeeds();
    assert_eq!(run.stderr, "");
    let policy = run.json();
    let base = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let expected = [
        "*".to_owned(),
        format!("arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.{base}"),
        format!("arn:aws-us-gov:bedrock:us-gov-east-1::foundation-model/{base}"),
        format!("arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{base}"),
    ];
    assert_eq!(resources(&policy), expected);
}

#[test]
fn several_models_can_be_named_in_every_usual_way() {
    let region = ["--region", "us-east-1"];
    let expected = policy(&["--models", MODEL, "amazon.nova-pro-v1:0"]).args(&region).run().succeeds().stdout;
    for args in [
        &["--models", "amazon.nova-lite-v1:0,amazon.nova-pro-v1:0"][..],
        &["--models", MODEL, "--models", "amazon-bedrock/amazon.nova-pro-v1:0"],
    ] {
        assert_eq!(policy(args).args(&region).run().succeeds().stdout, expected, "{args:?}");
    }
}

#[test]
fn a_policy_that_fits_nowhere_is_warned_of() {
    let models: Vec<_> = (0..99).map(|number| format!("us.anthropic.claude-{number:02}")).collect();
    let run = policy(&["--region", "us-east-1", "--models"])
        .args(&models.iter().map(String::as_str).collect::<Vec<_>>());
    let run = run.run().succeeds();
    assert!(run.stderr.contains("warning: the policy has ") && run.stderr.contains("6144"), "{}", run.stderr);
    let size = run.stdout.chars().filter(|character| !character.is_whitespace()).count();
    assert!(run.stderr.contains(&size.to_string()), "{size}: {}", run.stderr);
}

#[test]
fn trust_policies_know_the_partition() {
    for (service, region, principal) in [
        ("ec2", "us-east-1", "ec2.amazonaws.com"),
        ("ec2", "cn-north-1", "ec2.amazonaws.com.cn"),
        ("ecs", "us-east-1", "ecs-tasks.amazonaws.com"),
        ("eks-pod", "us-east-1", "pods.eks.amazonaws.com"),
        ("lambda", "us-east-1", "lambda.amazonaws.com"),
    ] {
        let run = policy(&["--trust", service, "--region", region]).run().succeeds();
        assert_eq!(run.stderr, "");
        assert_eq!(run.json()["Statement"][0]["Principal"], json!({ "Service": principal }), "{service}");
    }
}

#[test]
fn mistakes_are_refused_with_the_way_out() {
    for (args, code, said) in [
        (
            &["--actions", "invok"][..],
            2,
            &["'invok'", "a similar value exists: 'invoke'", "count-tokens"][..],
        ),
        (&["--actions", "bedrock:DeleteModel"], 2, &["bedrock:InvokeModelWithResponseStream"]),
        (&["--trust", "lamda"], 2, &["a similar value exists: 'lambda'", "eks-pod"]),
        (&["--trust", "ec2", "--models", MODEL], 2, &["cannot be used with"]),
        (&["--account", "12"], 2, &["12 digits"]),
        (&["--models", "nonsense"], 6, &["`nonsense` is no id and no ARN of a model", "outcrop models list"]),
        (&["--region", "everywhere!"], 3, &["`everywhere!` is no region"]),
        (&["--config", "nowhere.json5"], 3, &["nowhere.json5"]),
    ] {
        let run = policy(args).run().exits_with(code);
        assert_eq!(run.stdout, "", "{args:?}");
        for said in said {
            assert!(run.stderr.contains(said), "{args:?} does not say {said}: {}", run.stderr);
        }
    }
    let run = policy(&["--json", "--models", "nonsense"]).run().exits_with(6);
    assert_eq!(run.error_json()["error"]["kind"], "InvalidRequest");
}
