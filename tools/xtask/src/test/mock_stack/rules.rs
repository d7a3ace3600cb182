//! Parameters that contradict each other must be rejected before anything is deployed, with a reason.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::Mock;
use crate::output::say;
use crate::process;

/// Contradictions, and the rule that rejects each.
const CONTRADICTIONS: [(&[&str], &str); 7] = [
    (&["MonthlyBudget=10"], "BudgetNeedsAddress"),
    (&["Issuer=https://id.example.com"], "IssuerNeedsAudience"),
    (
        &[
            "CreateUserPool=true",
            "Issuer=https://id.example.com",
            "Audience=papo",
        ],
        "UserPoolIsTheIssuer",
    ),
    (&["PreviousOriginSecret=old"], "PreviousSecretNeedsSecret"),
    (
        &["CreateUserPool=true", "HealthCheck=true"],
        "HealthCheckNeedsSecret",
    ),
    (
        &["Site=true", "DomainName=chat.example.com"],
        "DomainNeedsCertificate",
    ),
    (
        &[
            "DomainName=chat.example.com",
            "CertificateArn=arn:aws:acm:us-east-1:123456789012:certificate/0123",
        ],
        "DomainNeedsSite",
    ),
];

/// Tries all of [`CONTRADICTIONS`].
pub(super) fn check(mock: &Mock<'_>) -> Result<()> {
    let template = fs::read_to_string(&mock.template)
        .with_context(|| format!("cannot read {}", mock.template))?;
    let file = mock.workspace.target().join("mock-stack/rules.yaml");
    let rules = only_rules(&template).context("the template has no conditions")?;
    fs::write(&file, rules).with_context(|| format!("cannot write {}", file.display()))?;
    let file = format!("file://{}", file.display());
    for (parameters, rule) in CONTRADICTIONS {
        let create = [
            "cloudformation",
            "create-stack",
            "--stack-name",
            "papo-contradiction",
            "--template-body",
            &file,
            "--parameters",
        ];
        let mut create = mock.redirect(mock.aws.aws(mock.workspace, &create));
        create.args(parameters.iter().map(|it| {
            let (key, value) = it.split_once('=').unwrap_or((it, ""));
            format!("ParameterKey={key},ParameterValue={value}")
        }));
        let rejection = process::output(&mut create).err();
        let rejection = rejection.map(|error| format!("{error:#}"));
        ensure!(
            rejection.as_ref().is_some_and(|it| it.contains(rule)),
            "{parameters:?} is not rejected by {rule}: {rejection:?}"
        );
    }
    say!("rejected {} contradictions", CONTRADICTIONS.len());
    Ok(())
}

/// The parameters and rules with a single resource: a whole template is too large to be sent in a request.
fn only_rules(template: &str) -> Option<String> {
    let (rules, _) = template.split_once("\nConditions:\n")?;
    let rules = rules.replacen("Transform: AWS::Serverless-2016-10-31\n", "", 1);
    Some(format!(
        "{rules}\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_contradiction() {
        let template = include_str!("../../../../../lambdas/template.yaml");
        let (_, rules) = template.split_once("\nRules:\n").unwrap();
        let (rules, _) = rules.split_once("\n\n").unwrap();
        let names = rules
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .map(|line| line.trim().trim_end_matches(':'));
        let mut names: Vec<_> = names.collect();
        let mut tried = CONTRADICTIONS.map(|(_, rule)| rule);
        names.sort_unstable();
        tried.sort_unstable();
        assert_eq!(names, tried);
        let reduced = only_rules(template).unwrap();
        assert!(reduced.len() < 51_200);
    }
}
