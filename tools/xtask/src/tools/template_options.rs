//! The parameters that enable every option of the template, for the tools that check it.

/// Every option. `Issuer` and `CreateUserPool` exclude each other; of these, the pool adds resources.
pub(crate) const ALL_OPTIONS: [&str; 22] = [
    "Production=true",
    "Site=true",
    "DomainName=chat.example.com",
    "CertificateArn=arn:aws:acm:us-east-1:123456789012:certificate/0123",
    "OriginSecret=0123456789abcdef",
    "PreviousOriginSecret=fedcba9876543210",
    "Fanout=stream",
    "Deliverers=4",
    "RateLimit=6000",
    "CreateUserPool=true",
    "SelfRegistration=false",
    "ClientId=papo",
    "HealthCheck=true",
    "HealthCheckSecret=0123456789abcdef",
    "Tracing=Active",
    "AccessLog=true",
    "KmsKeyArn=arn:aws:kms:us-east-1:123456789012:key/0123",
    "MaxTableUnits=1000",
    "ReservedConcurrency=10",
    "AlarmEmail=operator@example.com",
    "MonthlyBudget=10",
    "ConnectionsAlarm=1000",
];

#[cfg(test)]
mod tests {
    use super::ALL_OPTIONS;

    #[test]
    fn every_parameter_of_a_condition_is_set() {
        let template = include_str!("../../../../lambdas/template.yaml");
        let (_, conditions) = template.split_once("\nConditions:\n").unwrap();
        let (conditions, _) = conditions.split_once("\n\n").unwrap();
        let parameters = conditions.split("!Ref ").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
            &rest[..end.unwrap_or(rest.len())]
        });
        for parameter in parameters.filter(|it| *it != "Issuer") {
            let set = |option: &&str| option.split('=').next() == Some(parameter);
            assert!(ALL_OPTIONS.iter().any(set), "{parameter}");
        }
    }
}
