//! Counts the request units that a DynamoDB client consumes; for tests and benchmarks.
//!
//! The embedded database counts as the Developer Guide says. DynamoDB Local does not: it counts the three writes of a
//! transaction as two.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use serde_json::Value;

/// Request units of an on-demand table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Write units.
    pub writes: f64,
    /// Read units.
    pub reads: f64,
}

/// Requests and sums up the consumed capacity of one request after the other. Failed requests do not report it.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Reading>>);

#[derive(Debug, Default)]
struct Reading {
    units: Units,
    /// Whether the current request reads.
    reads: bool,
}

impl Meter {
    /// The same client, metered.
    pub fn attach(&self, client: &Client) -> Client {
        let config = client.config().to_builder().interceptor(self.clone());
        Client::from_conf(config.build())
    }

    /// The capacity consumed since the last call.
    pub fn take(&self) -> Units {
        std::mem::take(&mut self.lock().units)
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let target = request.headers().get("x-amz-target");
        let target = target.ok_or("a request without a target")?;
        let reads = [".GetItem", ".Query", ".Scan"];
        self.lock().reads = reads.iter().any(|reads| target.ends_with(reads));
        let body = request.body().bytes().ok_or("a request that is a stream")?;
        let mut body: Value = serde_json::from_slice(body)?;
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        let body = body.to_string();
        let length = body.len().to_string();
        request.headers_mut().insert("content-length", length);
        *request.body_mut() = body.into();
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body)?;
        let of_tables = match &body["ConsumedCapacity"] {
            Value::Array(tables) => &tables[..],
            Value::Null => &[],
            table => std::slice::from_ref(table),
        };
        let units: f64 = of_tables
            .iter()
            .filter_map(|table| table["CapacityUnits"].as_f64())
            .sum();
        let mut reading = self.lock();
        if reading.reads {
            reading.units.reads += units;
        } else {
            reading.units.writes += units;
        }
        Ok(())
    }
}
