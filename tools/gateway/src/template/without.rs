//! Functions that the command line leaves out, so that the rest of a stack runs where they cannot: those in container images, for
//! example. Their routes answer `Internal server error`, as those of a function that fails.

use super::{
    error::{List, Problem},
    resolve::Resolver,
    stack::{Access, Api, EventSource, Integration, Schedule, Topic},
};

/// The functions, by logical id.
pub(super) struct Without<'w>(&'w [String]);

impl<'w> Without<'w> {
    /// Reports names that no function has.
    pub(super) fn new(names: &'w [String], resolver: &Resolver<'_>) -> Self {
        for name in names {
            if resolver.functions().all(|(id, _)| id != name) {
                let known: Vec<_> = resolver.functions().map(|(id, _)| id).collect();
                let wanted = format!("the functions here are {}", List(&known));
                resolver.report(1, Problem::value("--without", name, wanted));
            }
        }
        Self(names)
    }

    pub(super) fn contains(&self, function: &str) -> bool {
        self.0.iter().any(|name| name == function)
    }

    /// Makes the routes of these functions fail. The authorizer cannot be left out, because clients would not be authorized.
    pub(super) fn apply_to(&self, api: &mut Api, resolver: &Resolver<'_>) {
        for route in api.routes.values_mut() {
            if let Some(function) = route.integration.function().filter(|id| self.contains(id)) {
                let what = format!("{function} (left out by --without)");
                route.integration = Integration::Unsupported(what);
            }
        }
        if let Access::Authorized(authorizer) = &api.access
            && self.contains(&authorizer.function)
        {
            let wanted = "it is the authorizer, and no client could connect";
            let problem = Problem::value("--without", &authorizer.function, wanted);
            resolver.report(1, problem);
        }
    }

    /// Removes what would invoke these functions.
    pub(super) fn retain(
        &self,
        schedules: &mut Vec<Schedule>,
        sources: &mut Vec<EventSource>,
        topics: &mut [Topic],
    ) {
        schedules.retain(|schedule| !self.contains(&schedule.function));
        sources.retain(|source| !self.contains(&source.function));
        for topic in topics {
            let subscriptions = &mut topic.subscriptions;
            subscriptions.retain(|one| !one.to.function().is_some_and(|id| self.contains(id)));
        }
    }
}
