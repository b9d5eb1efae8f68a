//! Trust policies: which service may take on a role.

use outcrop_model_facts::Partition;

use super::Policy;
use super::document::{PolicyDocument, Statement};

/// A service that runs programs under a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrustedService {
    /// EC2: instances, through an instance profile.
    Ec2,
    /// ECS: tasks, as their task role.
    Ecs,
    /// EKS: pods with Pod Identity.
    EksPod,
    /// Lambda: functions, as their execution role.
    Lambda,
}

impl TrustedService {
    /// Every service.
    pub const ALL: [Self; 4] = [Self::Ec2, Self::Ecs, Self::EksPod, Self::Lambda];

    /// The word on the command line: `ec2`, `ecs`, `eks-pod`, `lambda`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Ecs => "ecs",
            Self::EksPod => "eks-pod",
            Self::Lambda => "lambda",
        }
    }

    /// The service of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// Its principal. Only EC2 has a name of its own in China; sources: "Create an IAM role" for each of the services,
    /// and the table of service principals of the AWS CDK.
    const fn principal(self, partition: Partition) -> &'static str {
        match (self, partition) {
            (Self::Ec2, Partition::AwsCn) => "ec2.amazonaws.com.cn",
            (Self::Ec2, _) => "ec2.amazonaws.com",
            (Self::Ecs, _) => "ecs-tasks.amazonaws.com",
            (Self::EksPod, _) => "pods.eks.amazonaws.com",
            (Self::Lambda, _) => "lambda.amazonaws.com",
        }
    }

    pub(super) fn policy(self, partition: Partition) -> Policy {
        // Pod Identity tags its sessions with cluster, namespace and service account.
        let actions = match self {
            Self::EksPod => vec!["sts:AssumeRole", "sts:TagSession"],
            Self::Ec2 | Self::Ecs | Self::Lambda => vec!["sts:AssumeRole"],
        };
        let principal = self.principal(partition);
        let statement = Statement::new("Trust", actions).of(principal.to_owned());
        let usual = matches!(partition, Partition::Aws | Partition::AwsUsGov | Partition::AwsCn);
        let doubt = format!(
            "whether the principal is called `{principal}` in the partition `{}` is not known here: compare it with \
             the documentation of that partition",
            partition.name()
        );
        Policy {
            document: PolicyDocument::new(vec![statement]),
            notes: if usual { Vec::new() } else { vec![doubt] },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_service_has_its_principal() {
        for (service, partition, principal, actions) in [
            (TrustedService::Ec2, Partition::Aws, "ec2.amazonaws.com", &["sts:AssumeRole"][..]),
            (TrustedService::Ec2, Partition::AwsUsGov, "ec2.amazonaws.com", &["sts:AssumeRole"]),
            (TrustedService::Ec2, Partition::AwsCn, "ec2.amazonaws.com.cn", &["sts:AssumeRole"]),
            (TrustedService::Ecs, Partition::AwsCn, "ecs-tasks.amazonaws.com", &["sts:AssumeRole"]),
            (
                TrustedService::EksPod,
                Partition::Aws,
                "pods.eks.amazonaws.com",
                &["sts:AssumeRole", "sts:TagSession"],
            ),
            (TrustedService::Lambda, Partition::Aws, "lambda.amazonaws.com", &["sts:AssumeRole"]),
        ] {
            let policy = service.policy(partition);
            let expected = json!({ "Version": "2012-10-17", "Statement": [{
                "Sid": "Trust",
                "Effect": "Allow",
                "Principal": { "Service": principal },
                "Action": actions,
            }] });
            assert_eq!(serde_json::to_value(policy.document).unwrap(), expected);
            assert_eq!(policy.notes, [""; 0]);
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let notes = TrustedService::Ec2.policy(Partition::AwsEusc).notes;
        assert!(notes.len() == 1 && notes[0].contains("`aws-eusc`"), "{notes:?}");
    }

    #[test]
    fn names_round_trip() {
        for service in TrustedService::ALL {
            assert_eq!(TrustedService::from_name(service.name()), Some(service));
        }
        assert_eq!(TrustedService::from_name("s3"), None);
    }
}
