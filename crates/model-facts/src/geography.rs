//! Geographies: the first label of a system inference profile's id, as in `eu.anthropic.…`.

use std::fmt;

use crate::Partition;

/// The prefix of a cross-region inference profile: it names where requests may be routed.
///
/// The set is open: AWS adds geographies without notice, so any lower-case word is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Geography<'a>(&'a str);

impl Geography<'static> {
    /// Anywhere in the commercial partition; the only geography that may leave a continent.
    pub const GLOBAL: Self = Self("global");
    /// The United States; some profiles reach Canada too.
    pub const US: Self = Self("us");
    /// AWS GovCloud (US).
    pub const US_GOV: Self = Self("us-gov");
    /// The European Union.
    pub const EU: Self = Self("eu");
    /// Asia and the Pacific.
    pub const APAC: Self = Self("apac");
    /// Japan.
    pub const JP: Self = Self("jp");
    /// Australia.
    pub const AU: Self = Self("au");
    /// India.
    pub const IN: Self = Self("in");
    /// Canada.
    pub const CA: Self = Self("ca");
    /// South America.
    pub const SA: Self = Self("sa");

    /// The geographies that are known to exist, with the spellings `ap` and `amer` that users have reported.
    ///
    /// A known geography is recognised in front of any model; another word only in front of a known maker.
    pub const KNOWN: [Self; 12] = [
        Self::GLOBAL,
        Self::US,
        Self::US_GOV,
        Self::EU,
        Self::APAC,
        Self::JP,
        Self::AU,
        Self::IN,
        Self::CA,
        Self::SA,
        Self("ap"),
        Self("amer"),
    ];
}

impl<'a> Geography<'a> {
    /// Reads a prefix (without its dot): lower-case ASCII letters and inner dashes.
    pub fn new(prefix: &'a str) -> Option<Self> {
        let well_formed = !prefix.is_empty()
            && !prefix.starts_with('-')
            && !prefix.ends_with('-')
            && prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        well_formed.then_some(Self(prefix))
    }

    /// The prefix, without its dot.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether requests may leave every geography: a matter of data residency, so never chosen unasked.
    pub fn is_global(self) -> bool {
        self == Geography::GLOBAL
    }

    /// Whether it is one of [`Geography::KNOWN`].
    pub fn is_known(self) -> bool {
        Geography::KNOWN.contains(&self)
    }
}

impl fmt::Display for Geography<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The geographies whose profiles serve a region without going global, best (narrowest) first.
///
/// Never [`Geography::GLOBAL`]. Empty where no such geography is known: then a profile has to be chosen by its id.
/// Source: the region tables of "Supported Regions and models for inference profiles" in the Bedrock user guide.
///
/// ```
/// use outcrop_model_facts::{Geography, profile_geographies};
///
/// assert_eq!(profile_geographies("ap-northeast-1"), [Geography::JP, Geography::APAC]);
/// assert!(profile_geographies("cn-north-1").is_empty());
/// ```
pub fn profile_geographies(region: &str) -> &'static [Geography<'static>] {
    const BY_REGION: [(&str, &[Geography<'static>]); 14] = [
        ("us-gov-", &[Geography::US_GOV]),
        // The isolated and sovereign regions begin like their open neighbours and share nothing with them.
        ("us-iso", &[]),
        ("eu-iso", &[]),
        ("eusc-", &[]),
        ("us-", &[Geography::US]),
        ("ca-", &[Geography::CA, Geography::US]),
        ("eu-", &[Geography::EU]),
        ("ap-northeast-1", &[Geography::JP, Geography::APAC]),
        ("ap-northeast-3", &[Geography::JP, Geography::APAC]),
        ("ap-southeast-2", &[Geography::AU, Geography::APAC]),
        ("ap-southeast-4", &[Geography::AU, Geography::APAC]),
        ("ap-south-", &[Geography::IN, Geography::APAC]),
        ("ap-", &[Geography::APAC]),
        ("sa-", &[Geography::SA]),
    ];
    BY_REGION
        .into_iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or(&[], |(_, candidates)| candidates)
}

/// The regions that the profiles of a geography may route to, sorted; the region of the caller may be among them or
/// not. Empty for [`Geography::GLOBAL`], which means every commercial region, and where nothing is known.
///
/// Which of them a certain profile reaches depends on the model and on the caller's region, and only
/// `GetInferenceProfile` knows: this is what all of them reach together. Sources: "Supported Regions and models for
/// inference profiles" in the Bedrock user guide, and `CrossRegionInferenceProfileRegion` of the AWS CDK.
///
/// ```
/// use outcrop_model_facts::{Geography, destination_regions};
///
/// assert_eq!(destination_regions(Geography::JP), ["ap-northeast-1", "ap-northeast-3"]);
/// assert!(destination_regions(Geography::GLOBAL).is_empty());
/// ```
pub fn destination_regions(geography: Geography<'_>) -> &'static [&'static str] {
    match geography {
        // Some profiles reach Canada too.
        Geography::US => &["ca-central-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
        Geography::US_GOV => &["us-gov-east-1", "us-gov-west-1"],
        Geography::EU => &[
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
        ],
        Geography::APAC => &[
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-7",
            "me-central-1",
        ],
        Geography::JP => &["ap-northeast-1", "ap-northeast-3"],
        Geography::AU => &["ap-southeast-2", "ap-southeast-4"],
        Geography::IN => &["ap-south-1", "ap-south-2"],
        Geography::CA => &["ca-central-1", "ca-west-1"],
        _ => &[],
    }
}

/// The regions in which Bedrock lists models, by partition, sorted; empty for partitions without it. What a certain
/// account may use of them, only the account can say: many have to be switched on first.
///
/// Source: the endpoints of the service `bedrock` in the `endpoints.json` of the AWS SDKs.
///
/// ```
/// use outcrop_model_facts::{Partition, bedrock_regions};
///
/// assert!(bedrock_regions(Partition::Aws).contains(&"eu-central-1"));
/// assert!(bedrock_regions(Partition::AwsCn).is_empty());
/// ```
pub const fn bedrock_regions(partition: Partition) -> &'static [&'static str] {
    match partition {
        Partition::Aws => &[
            "af-south-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
        Partition::AwsUsGov => &["us-gov-east-1", "us-gov-west-1"],
        Partition::AwsIso => &["us-iso-east-1"],
        Partition::AwsIsoB => &["us-isob-east-1"],
        Partition::AwsIsoF => &["us-isof-east-1", "us-isof-south-1"],
        Partition::AwsEusc => &["eusc-de-east-1"],
        Partition::AwsCn | Partition::AwsIsoE => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Partition;

    #[test]
    fn every_known_geography_is_well_formed() {
        for geography in Geography::KNOWN {
            assert_eq!(Geography::new(geography.as_str()), Some(geography));
            assert!(geography.is_known());
        }
    }

    #[test]
    fn other_words_are_taken_and_anything_else_is_not() {
        assert_eq!(Geography::new("mena").map(Geography::as_str), Some("mena"));
        assert!(!Geography("mena").is_known());
        for wrong in ["", "US", "us1", "-us", "us-", "u s", "ü"] {
            assert_eq!(Geography::new(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_narrowest_geography_comes_first_and_global_never() {
        for (region, expected) in [
            ("us-east-1", &[Geography::US][..]),
            ("us-gov-west-1", &[Geography::US_GOV]),
            ("us-iso-east-1", &[]),
            ("us-isob-east-1", &[]),
            ("eu-central-1", &[Geography::EU]),
            ("eu-isoe-west-1", &[]),
            ("eusc-de-east-1", &[]),
            ("ca-central-1", &[Geography::CA, Geography::US]),
            ("ap-northeast-1", &[Geography::JP, Geography::APAC]),
            ("ap-northeast-2", &[Geography::APAC]),
            ("ap-northeast-3", &[Geography::JP, Geography::APAC]),
            ("ap-southeast-1", &[Geography::APAC]),
            ("ap-southeast-2", &[Geography::AU, Geography::APAC]),
            ("ap-southeast-4", &[Geography::AU, Geography::APAC]),
            ("ap-south-1", &[Geography::IN, Geography::APAC]),
            ("sa-east-1", &[Geography::SA]),
            ("me-central-1", &[]),
            ("cn-north-1", &[]),
            ("", &[]),
        ] {
            assert_eq!(profile_geographies(region), expected, "{region}");
            assert!(!profile_geographies(region).iter().any(|candidate| candidate.is_global()));
        }
    }

    #[test]
    fn destinations_are_sorted_and_of_one_partition() {
        for geography in Geography::KNOWN {
            let regions = destination_regions(geography);
            assert!(regions.is_sorted_by(|one, next| one < next), "{geography}: {regions:?}");
            let of_gov = geography == Geography::US_GOV;
            let wanted = if of_gov { Partition::AwsUsGov } else { Partition::Aws };
            assert!(regions.iter().all(|region| Partition::of_region(region) == wanted), "{geography}");
        }
    }

    #[test]
    fn a_region_whose_geography_routes_only_at_home_is_among_its_destinations() {
        for region in
            ["us-east-1", "us-gov-west-1", "eu-central-1", "ca-central-1", "ap-northeast-3", "ap-south-1"]
        {
            for geography in profile_geographies(region) {
                assert!(destination_regions(*geography).contains(&region), "{region} {geography}");
            }
        }
        for unknown in [Geography::GLOBAL, Geography::SA, Geography("mena")] {
            assert!(destination_regions(unknown).is_empty(), "{unknown}");
        }
    }
}
