//! Deployments: whether the stage that is served has one, and whether it contains every route.

use super::{Parts, parts};
use crate::template::{
    error::Problem,
    fields::Fields,
    resolve, resources,
    yaml::{Entry, Node, Value},
};

/// An `AWS::ApiGatewayV2::Deployment`.
pub(super) struct Deployment<'t> {
    /// The stage that the deployment names.
    pub(super) stage: Option<&'t Node>,
    /// Logical ids of the resources that it waits for.
    pub(super) depends_on: Vec<String>,
}

pub(super) fn read<'t>(entry: &'t Entry, fields: &mut Fields<'_>) -> Deployment<'t> {
    fields.ignore(&["Description", "StageName"]);
    let depends_on = match entry.node.get("DependsOn").map(|node| &node.value) {
        Some(Value::Scalar { text, .. }) => vec![text.clone()],
        Some(Value::Sequence(nodes)) => nodes
            .iter()
            .filter_map(Node::text)
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    let stage = resources::property(entry, "StageName");
    Deployment { stage, depends_on }
}

impl Parts<'_> {
    /// A stage serves what was deployed to it, and CloudFormation orders resources by their dependencies only.
    pub(super) fn check_deployed(
        &self,
        entry: &Entry,
        stage: &parts::Stage,
        name: &str,
        routes: &[(&Entry, parts::Draft)],
        deployments: &[(&Entry, Deployment<'_>)],
    ) {
        if stage.auto_deploy {
            return;
        }
        let by_stage = |deployment: &Deployment<'_>| {
            let named = deployment
                .stage
                .map(|node| self.resolver.text(node, "StageName"));
            matches!(named, Some(Ok(Some(named))) if named == name)
        };
        let serving = deployments.iter().find(|(deployment, content)| {
            stage.deployment.as_deref() == Some(&resolve::generated(&deployment.key))
                || by_stage(content)
        });
        let Some((deployment, content)) = serving else {
            let missing = "DeploymentId, or AutoDeploy: true; without them AWS serves nothing";
            let problem = Problem::missing(&entry.key, missing);
            self.resolver.report(entry.line, problem);
            return;
        };
        for (route, _) in routes {
            // The order of stacks is not in their templates.
            let is_ordered = !self.resolver.are_in_one_file(route.line, deployment.line);
            if !is_ordered && !content.depends_on.contains(&route.key) {
                let remark = format!(
                    "{} may be deployed before the route {} exists, and AWS then answers Forbidden; add the route to \
                     DependsOn of {}",
                    self.api.key, route.key, deployment.key
                );
                self.resolver.remark(deployment.line, &remark);
            }
        }
    }
}
