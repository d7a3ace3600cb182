//! A WebSocket API in CloudFormation's own form: `AWS::ApiGatewayV2::Api` and the resources that belong to it.
//!
//! Decides what the parts amount to together; `parts` reads them one by one, with `service` and `http` for integrations other than
//! functions, and `deployment` for what a stage serves. The most common mistake with these resources
//! is a template that CloudFormation accepts and AWS then serves wrongly, so missing pieces are reported here.

mod deployment;
mod http;
mod parts;
mod permission;
mod service;

use std::collections::{BTreeMap, BTreeSet};

use self::permission::Caller;
use super::{
    access::Kind,
    error::{Error, Problem},
    fields::Fields,
    owner::belongs,
    resolve::{self, Resolver},
    resources::{self, Part},
    routes as settings,
    stack::{Access, Api, Authorizer, Integration, Route},
    stage::Served,
    yaml::Entry,
};
use crate::route;

/// Properties of the API that change permissions, names or administration, and nothing that a client or function sees.
const IGNORED: &[&str] = &[
    "ApiKeySelectionExpression",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "FailOnWarnings",
    "IpAddressType",
    "Name",
    "Tags",
];

/// Reads the API `resource` and everything that belongs to it.
pub(crate) fn read(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    resource: &Entry,
    served: &Served<'_>,
) -> Result<Api, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    fields.ignore(IGNORED);
    fields.node("ProtocolType");
    let selection = settings::selection(&mut fields)?;
    fields.finish();

    let id = resolver.physical_name(&resource.key, resource.line)?;
    let api = Parts {
        resolver,
        resources,
        api: resource,
        id: &id,
    };
    let (stage_entry, stage) = api.stage(served)?;
    let authorizers = api.each(Part::Authorizer, |_, fields| {
        super::access::of_v2(fields, &stage.variables)
    });
    let mut responses = BTreeMap::<_, Vec<_>>::new();
    for (_, (integration, response)) in api.each(Part::IntegrationResponse, service::response) {
        responses.entry(integration).or_default().push(response);
    }
    let integrations = api.each(Part::Integration, |entry, fields| {
        parts::integration(entry, fields, &stage.variables, &responses)
    });
    let drafts = api.each(Part::Route, parts::route);
    let answered = route_responses(resolver, &id)?;
    let deployments = api.each(Part::Deployment, |entry, fields| {
        Ok(deployment::read(entry, fields))
    });
    api.check_deployed(stage_entry, &stage, &served.name, &drafts, &deployments);

    let mut callers = Vec::new();
    let access = api.access(&drafts, &authorizers, &mut callers);
    let api_key = drafts.iter().any(|(_, draft)| draft.api_key);
    let routes = api.routes(&drafts, &integrations, &answered, &mut callers);
    permission::check(resolver, resources, &id, &served.name, &callers);
    Ok(Api {
        domain: resolve::domain(&id),
        stage: served.name.clone(),
        selection,
        routes,
        access,
        api_key,
        variables: stage.variables,
        throttles: stage.throttles,
        id,
    })
}

/// Remarks on a route that has one of the two things that make a two-way route.
fn half_two_way(resolver: &Resolver<'_>, route: &Entry, responds: bool, has_response: bool) {
    let half = match (responds, has_response) {
        (true, false) => {
            "has a RouteResponseSelectionExpression and no AWS::ApiGatewayV2::RouteResponse"
        }
        (false, true) => {
            "has an AWS::ApiGatewayV2::RouteResponse and no RouteResponseSelectionExpression: $default"
        }
        _ => return,
    };
    let remark = format!("the route {} {half}; a two-way route needs both", route.key);
    resolver.remark(route.line, &remark);
}

/// The physical names of the routes of the API `id` that have a response.
pub(crate) fn route_responses(
    resolver: &Resolver<'_>,
    id: &str,
) -> Result<BTreeSet<String>, Error> {
    let mut routes = BTreeSet::new();
    let all = resources::of_kind(
        resolver.resources(),
        resources::Kind::V2(Part::RouteResponse),
    );
    for resource in all.filter(|resource| belongs(resolver, resource, id)) {
        let mut fields = Fields::of(resolver, resource)?;
        fields.node("ApiId");
        routes.insert(parts::route_response(&mut fields)?);
        fields.finish();
    }
    Ok(routes)
}

/// The parts of one API.
struct Parts<'o> {
    resolver: &'o Resolver<'o>,
    resources: &'o [Entry],
    api: &'o Entry,
    id: &'o str,
}

impl<'o> Parts<'o> {
    /// All parts of one kind, each read by `read`; the problems of those that cannot be read are collected.
    fn each<T>(
        &self,
        part: Part,
        mut read: impl FnMut(&'o Entry, &mut Fields<'_>) -> Result<T, Error>,
    ) -> Vec<(&'o Entry, T)> {
        let mut found = Vec::new();
        for resource in resources::of_kind(self.resources, resources::Kind::V2(part)) {
            let Some(mut fields) = self.resolver.keep(Fields::of(self.resolver, resource)) else {
                continue;
            };
            match self.resolver.keep(fields.required_text("ApiId")) {
                Some(owner) if owner == self.id => {}
                // Part of an API that is left out.
                Some(owner) if self.is_other_api(&owner) => continue,
                Some(owner) => {
                    let wanted = "expected an API of this template, as !Ref gives it";
                    self.resolver
                        .collect(fields.invalid("ApiId", owner, wanted));
                    continue;
                }
                None => continue,
            }
            let value = self.resolver.keep(read(resource, &mut fields));
            fields.finish();
            found.extend(value.map(|value| (resource, value)));
        }
        found
    }

    fn is_other_api(&self, id: &str) -> bool {
        self.resources.iter().any(|resource| {
            let other = !matches!(resources::kind_of(resource), resources::Kind::V2(part) if part != Part::Api);
            other
                && self
                    .resolver
                    .physical_name(&resource.key, resource.line)
                    .is_ok_and(|name| name == id)
        })
    }

    /// The stage that is served; others are left out.
    fn stage(&self, served: &Served<'_>) -> Result<(&'o Entry, parts::Stage), Error> {
        let keys = self.route_keys()?;
        let stages = self.each(Part::Stage, |entry, fields| {
            let read = parts::stage(fields, &keys)?;
            let chosen = served.resource.as_ref() == Some(&entry.key);
            if !chosen {
                let what = format!(
                    "the stage {}; --stage NAME selects another stage",
                    entry.key
                );
                self.resolver.left_out(entry.line, &what);
            }
            Ok(chosen.then_some(read))
        });
        let chosen = stages
            .into_iter()
            .find_map(|(entry, stage)| Some((entry, stage?)));
        chosen.ok_or_else(|| {
            self.resolver
                .error(self.api.line, Problem::NoStage(self.api.key.clone()))
        })
    }

    fn route_keys(&self) -> Result<BTreeSet<String>, Error> {
        let mut keys = BTreeSet::new();
        for resource in resources::of_kind(self.resources, resources::Kind::V2(Part::Route)) {
            if let Some(node) = resources::property(resource, "RouteKey") {
                keys.extend(self.resolver.text(node, "RouteKey")?);
            }
        }
        Ok(keys)
    }

    /// Who may connect, which only the route `$connect` decides.
    fn access<'a>(
        &self,
        drafts: &[(&Entry, parts::Draft)],
        authorizers: &'a [(&'a Entry, Authorizer)],
        callers: &mut Vec<Caller<'a>>,
    ) -> Access {
        let mut access = Access::Open;
        for (entry, draft) in drafts {
            match draft.access {
                Kind::Open => {}
                Kind::Signed => access = Access::Signed,
                Kind::Custom => {
                    let name = draft.authorizer.as_deref().unwrap_or_default();
                    let found = self.authorizer(entry, name, authorizers);
                    if let Some((authorizer_entry, authorizer)) = self.resolver.keep(found) {
                        callers.push(Caller::authorizer(authorizer_entry, authorizer));
                        access = Access::Authorized(authorizer.clone());
                    }
                }
            }
        }
        access
    }

    /// The routes that lead to an integration, by their keys.
    fn routes<'i>(
        &self,
        drafts: &[(&Entry, parts::Draft)],
        integrations: &'i [(&Entry, parts::Integration)],
        answered: &BTreeSet<String>,
        callers: &mut Vec<Caller<'i>>,
    ) -> BTreeMap<String, Route> {
        let mut routes = BTreeMap::new();
        for (entry, draft) in drafts {
            let found = draft.target.as_ref().and_then(|target| {
                let found = self.integration(entry, target, integrations);
                self.resolver.keep(found).flatten()
            });
            let Some(integration) = found else { continue };
            let has_response = answered.contains(&resolve::generated(&entry.key));
            if let Integration::Function(function) = &integration.integration {
                callers.push(Caller::route(function, &draft.key));
                half_two_way(self.resolver, entry, draft.responds, has_response);
            }
            let route = Route {
                integration: integration.integration.clone(),
                timeout: integration.timeout,
                responds: draft.responds && has_response,
            };
            if routes.insert(draft.key.clone(), route).is_some() {
                let of = format!("RouteKey of {}", entry.key);
                let why = "another route has this key already";
                let problem = Problem::value(of, draft.key.clone(), why);
                self.resolver.report(entry.line, problem);
            }
        }
        routes
    }

    /// The integration that `target` names; `None` when it could not be read, which has been reported.
    fn integration<'i>(
        &self,
        route: &Entry,
        target: &str,
        integrations: &'i [(&Entry, parts::Integration)],
    ) -> Result<Option<&'i parts::Integration>, Error> {
        let name = target.strip_prefix("integrations/").unwrap_or_default();
        let is_named = |entry: &Entry| resolve::generated(&entry.key) == name;
        if let Some((_, integration)) = integrations.iter().find(|(entry, _)| is_named(entry)) {
            return Ok(Some(integration));
        }
        let kind = resources::Kind::V2(Part::Integration);
        if resources::of_kind(self.resources, kind).any(is_named) {
            return Ok(None);
        }
        let wanted = "expected an AWS::ApiGatewayV2::Integration of this API, as !Sub integrations/${Integration} \
                      gives it";
        let problem = Problem::value(format!("Target of {}", route.key), target, wanted);
        Err(self.resolver.error(route.line, problem))
    }

    fn authorizer<'a>(
        &self,
        route: &Entry,
        name: &str,
        authorizers: &'a [(&'a Entry, Authorizer)],
    ) -> Result<(&'a Entry, &'a Authorizer), Error> {
        let named = authorizers
            .iter()
            .find(|(entry, _)| resolve::generated(&entry.key) == name);
        named
            .map(|(entry, authorizer)| (*entry, authorizer))
            .ok_or_else(|| {
                let wanted =
                    "expected an AWS::ApiGatewayV2::Authorizer of this API, as !Ref gives it";
                let of = format!("AuthorizerId of {}", route.key);
                let problem = Problem::value(of, name, wanted);
                self.resolver.error(route.line, problem)
            })
    }
}

/// Whether a route needs no integration.
fn may_lack_target(key: &str) -> bool {
    [route::CONNECT, route::DISCONNECT].contains(&key)
}
