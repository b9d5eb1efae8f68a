//! That what is said of the region's own endpoint is where the SDK's client calls.

use aws_sdk_bedrock::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use outcrop_aws::Auth;

use super::*;

/// A region of every partition, and one that nobody has heard of.
const REGIONS: [&str; 11] = [
    "us-east-1",
    "eu-central-1",
    "us-gov-west-1",
    "cn-north-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
    "mx-central-1",
    "xx-nowhere-9",
];

#[tokio::test]
async fn the_sdk_calls_the_endpoint_that_the_session_tells() {
    let aws = Aws::new(std::iter::empty::<(String, String)>().collect());
    let resolver = DefaultResolver::new();
    for region in REGIONS {
        for (fips, dual_stack) in [(false, false), (true, false), (false, true), (true, true)] {
            let settings = AwsSettings {
                auth: Auth::None,
                region: Some(region.into()),
                fips: Some(fips),
                dual_stack: Some(dual_stack),
                ..AwsSettings::default()
            };
            let session = aws.session(&settings).await.unwrap();
            assert_eq!(session.endpoint(Plane::Control).unwrap(), None, "the choice is the SDK's");
            let told = session.resolved_endpoint(Plane::Control).unwrap();
            let params = Params::builder().region(region).use_fips(fips).use_dual_stack(dual_stack).build();
            let called = resolver.resolve_endpoint(&params.unwrap()).await.unwrap();
            assert_eq!(told, (called.url().to_owned(), format!("the region `{region}`")));
        }
    }
}
