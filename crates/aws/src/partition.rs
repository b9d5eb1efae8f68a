//! AWS partitions: which regions belong together, and under which domains their endpoints are.
//!
//! Source: `partitions.json` and the Bedrock endpoint rules of botocore 1.44.

/// A partition: a separate AWS with its own accounts, regions and domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// Its name in ARNs, such as `aws-us-gov`.
    pub name: &'static str,
    /// What its regions start with; nothing for the commercial one, which takes what no other claims.
    region_prefixes: &'static [&'static str],
    /// The domain of its endpoints.
    pub dns_suffix: &'static str,
    /// The domain of its endpoints that speak IPv6 too.
    pub dual_stack_dns_suffix: &'static str,
}

static COMMERCIAL: Partition = Partition {
    name: "aws",
    region_prefixes: &[],
    dns_suffix: "amazonaws.com",
    dual_stack_dns_suffix: "api.aws",
};

static OTHERS: [Partition; 7] = [
    Partition {
        name: "aws-us-gov",
        region_prefixes: &["us-gov-"],
        dns_suffix: "amazonaws.com",
        dual_stack_dns_suffix: "api.aws",
    },
    Partition {
        name: "aws-cn",
        region_prefixes: &["cn-"],
        dns_suffix: "amazonaws.com.cn",
        dual_stack_dns_suffix: "api.amazonwebservices.com.cn",
    },
    Partition {
        name: "aws-eusc",
        region_prefixes: &["eusc-"],
        dns_suffix: "amazonaws.eu",
        dual_stack_dns_suffix: "api.amazonwebservices.eu",
    },
    Partition {
        name: "aws-iso",
        region_prefixes: &["us-iso-"],
        dns_suffix: "c2s.ic.gov",
        dual_stack_dns_suffix: "api.aws.ic.gov",
    },
    Partition {
        name: "aws-iso-b",
        region_prefixes: &["us-isob-"],
        dns_suffix: "sc2s.sgov.gov",
        dual_stack_dns_suffix: "api.aws.scloud",
    },
    Partition {
        name: "aws-iso-e",
        region_prefixes: &["eu-isoe-"],
        dns_suffix: "cloud.adc-e.uk",
        dual_stack_dns_suffix: "api.cloud-aws.adc-e.uk",
    },
    Partition {
        name: "aws-iso-f",
        region_prefixes: &["us-isof-"],
        dns_suffix: "csp.hci.ic.gov",
        dual_stack_dns_suffix: "api.aws.hci.ic.gov",
    },
];

impl Partition {
    /// The partition of a region: the one with the longest prefix that fits, else the commercial one.
    pub fn of_region(region: &str) -> &'static Self {
        let longest = |partition: &&'static Self| {
            let fits = partition.region_prefixes.iter().filter(|prefix| region.starts_with(**prefix));
            fits.map(|prefix| prefix.len()).max().unwrap_or(0)
        };
        OTHERS.iter().max_by_key(longest).filter(|found| longest(found) > 0).unwrap_or(&COMMERCIAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_claims_its_regions() {
        let cases = [
            ("us-east-1", "aws"),
            ("eu-central-2", "aws"),
            ("mx-central-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("moon-base-1", "aws"),
        ];
        for (region, partition) in cases {
            assert_eq!(Partition::of_region(region).name, partition, "{region}");
        }
    }
}
